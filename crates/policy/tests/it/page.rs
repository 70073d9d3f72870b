//! The page, made from the folder `policy/` as it is, and with gaps planted in it.

use std::collections::BTreeSet;

use policy::document::{Document, Fact, State, Surface, WordsFile};
use policy::inventory::Inventory;
use policy::page::{Listing, Making, NamedRecipient, Operator, Page, Updated};
use policy::parameters::Override;
use policy::{Category, Parameters, Purpose};
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

fn document() -> Document {
    Document::embedded().unwrap()
}

fn page_of(document: &Document, overrides: &[Override], operator: &Operator, named: &[NamedRecipient]) -> Page {
    let making = Making {
        document,
        parameters: &Parameters::of(document, overrides).unwrap(),
        inventory: &Inventory::default(),
        operator,
        named,
    };
    making.page(None).unwrap()
}

fn page() -> Page {
    page_of(&document(), &[], &Operator::default(), &[])
}

fn gaps(document: &Document) -> (usize, Vec<String>) {
    let making = Making {
        document,
        parameters: &Parameters::of(document, &[]).unwrap(),
        inventory: &Inventory::default(),
        operator: &Operator::default(),
        named: &[],
    };
    let checked = making.check();
    (
        checked.examined,
        checked.faults.iter().map(ToString::to_string).collect(),
    )
}

#[test]
fn the_page_has_no_gap() {
    let (examined, gaps) = gaps(&document());
    assert_eq!(gaps, Vec::<String>::new());
    assert!(examined > 100, "looked at {examined} things only");
}

fn words(document: &mut Document, section: u8, text: &'static str) {
    let file = document
        .words
        .iter_mut()
        .find(|file| file.section == Some(section))
        .unwrap();
    *file = WordsFile { text, ..file.clone() };
}

/// A gap, and what must be told of it.
type Plant = (&'static str, fn(&mut Document));

const PLANTS: [Plant; 9] = [
    ("12/1: the page has no words", |it| words(it, 12, "Nothing to say.")),
    ("words for 1/1, which is no point", |it| {
        words(it, 12, "## 1/1 Elsewhere\n\nWords.\n\n## 12/1 Here\n\nWords.");
    }),
    ("words for 12/1 twice", |it| {
        words(it, 12, "## 12/1 Here\n\nWords.\n\n## 12/1 Again\n\nWords.");
    }),
    ("table purposes: it must stand on the page once", |it| {
        words(it, 4, "## 4/proposed Grounds\n\nWords.");
    }),
    ("#nowhere: the page links to it", |it| {
        words(it, 12, "## 12/1 Here\n\n[Look](#nowhere).");
    }),
    ("#P-99.1: the page links to it", |it| {
        words(it, 12, "## 12/1 Here\n\nSee P-99.1.");
    }),
    ("page/en/12-contact.md: line 3: `{retention.nothing}`", |it| {
        words(it, 12, "## 12/1 Here\n\n{retention.nothing}");
    }),
    ("there is no table `dreams`", |it| {
        words(it, 12, "## 12/1 Here\n\n{table dreams}");
    }),
    ("it needs a purpose", |it| it.categories[0].purposes.clear()),
];

#[test]
fn planted_gaps_are_all_told() {
    for (expected, plant) in PLANTS {
        let mut document = document();
        plant(&mut document);
        let (_, gaps) = gaps(&document);
        assert!(
            gaps.iter().any(|gap| gap.contains(expected)),
            "`{expected}` was not told, but {gaps:#?}"
        );
    }
}

#[test]
fn a_link_to_an_address_that_nothing_answers_is_told() {
    use policy::inventory::{Admits, Method, Processing, Route};
    static ROUTE: Route = Route {
        method: Method::Get,
        path: "/trust",
        admits: Admits::Anyone,
        processing: Processing::Nobody("a page of words"),
    };
    let mut document = document();
    words(
        &mut document,
        12,
        "## 12/1 Here\n\n[There](/trust) or [elsewhere](/dreams).",
    );
    let inventory = Inventory {
        routes: vec![&ROUTE],
        ..Inventory::default()
    };
    let making = Making {
        document: &document,
        parameters: &Parameters::of(&document, &[]).unwrap(),
        inventory: &inventory,
        operator: &Operator::default(),
        named: &[],
    };
    let faults: Vec<String> = making.check().faults.iter().map(ToString::to_string).collect();
    assert_eq!(faults, ["/dreams: the page links to it, and nothing answers there"]);
}

#[test]
fn every_promise_stands_on_the_page_once_with_an_anchor() {
    let page = page();
    let anchors: BTreeSet<&str> = page.promises().map(|promise| promise.anchor.as_str()).collect();
    assert_eq!((anchors.len(), page.promises().count()), (65, 65));
    assert!(anchors.contains("P-13.3"));
}

#[test]
fn an_operators_stricter_number_stands_on_the_page_beside_the_promised_one() {
    let week = Override {
        key: "retention.generation_log".to_owned(),
        value: "7d".to_owned(),
    };
    let shorter = page_of(&document(), &[week], &Operator::default(), &[]);
    let number = &shorter.content.numbers[0];
    assert_eq!(
        (number.key.as_str(), number.value.as_str()),
        ("retention.generation_log", "7 days")
    );
    assert_eq!(number.stricter.as_ref().unwrap().than, "30 days");
    assert!(shorter.markdown().contains("At most 7 days after a request"));
    assert_ne!(page().hash, shorter.hash);
}

#[test]
fn where_nothing_is_kept_at_all_the_page_says_so() {
    let none = Override {
        key: "retention.generation_log".to_owned(),
        value: "none".to_owned(),
    };
    let page = page_of(&document(), &[none], &Operator::default(), &[]);
    let row = page
        .content
        .data
        .iter()
        .find(|row| row.category == Category::GenerationContent)
        .unwrap();
    assert_eq!(row.kept, ["not at all"]);
    assert!(
        page.markdown()
            .contains("At most 0 days after a request nothing is left")
    );
}

#[test]
fn whatever_changes_the_page_changes_its_hash() {
    let before = page();
    assert_eq!(before.hash, page().hash);
    assert_eq!(before.updated, Updated::NotYet);
    let mut hashes = BTreeSet::from([before.hash]);
    let named = Operator {
        name: Some("Ada Lovelace".to_owned()),
        ..Operator::default()
    };
    hashes.insert(page_of(&document(), &[], &named, &[]).hash);
    let provider = NamedRecipient {
        recipient: "model_provider".to_owned(),
        name: "north".to_owned(),
        host: "api.north.example".to_owned(),
        region: Some("eu".to_owned()),
        unencrypted: None,
    };
    hashes.insert(page_of(&document(), &[], &Operator::default(), &[provider]).hash);
    let changes: [fn(&mut Document); 3] = [
        |it| it.promises[0].text.push('!'),
        |it| it.version.push('1'),
        |it| words(it, 12, "## 12/1 Here\n\nOther words."),
    ];
    for change in changes {
        let mut document = document();
        change(&mut document);
        hashes.insert(page_of(&document, &[], &Operator::default(), &[]).hash);
    }
    assert_eq!(hashes.len(), 6);
}

#[derive(Deserialize)]
struct Published {
    hash: String,
    document: Box<RawValue>,
    page: Box<RawValue>,
}

#[test]
fn anybody_can_compute_the_hash_from_the_json() {
    let document = document();
    let published: Published = serde_json::from_str(&page().json(&document)).unwrap();
    let hashed = format!(
        "{{\"document\":{},\"page\":{}}}",
        published.document.get(),
        published.page.get()
    );
    let digest: String = Sha256::digest(hashed)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(digest, published.hash);
}

#[test]
fn markdown_has_every_promise_and_what_an_operator_wrote_stays_text() {
    let odd = Operator {
        name: Some("*Ada* <script>|[x](y)".to_owned()),
        ..Operator::default()
    };
    let page = page_of(&document(), &[], &odd, &[]);
    let markdown = page.markdown();
    for promise in page.promises() {
        assert!(markdown.contains(&format!("<a id=\"{}\"></a>**{}**", promise.anchor, promise.id)));
    }
    assert!(
        markdown.contains("Name: \\*Ada\\* &lt;script&gt;\\|\\[x\\](y)"),
        "{markdown}"
    );
    assert!(markdown.contains("not named yet"));
    assert!(!markdown.contains('{'), "a number was left unfilled");
}

#[test]
fn every_row_has_a_cell_a_column() {
    let page = page();
    let mut rows = 0;
    for listing in Listing::ALL {
        let table = page.table(listing);
        rows += table.rows.len();
        for row in &table.rows {
            assert_eq!(row.cells.len(), table.columns.len(), "{}", table.caption);
            assert!(row.cells.iter().all(|cell| !cell.is_empty()), "{}", table.caption);
        }
    }
    assert!(rows > 50, "{rows}");
}

#[test]
fn what_a_planned_promise_awaits_cannot_arrive_alone() {
    let document = document();
    let inventory = Inventory::default();
    let (mut controls, mut probes) = (Vec::new(), Vec::new());
    for promise in &document.promises {
        if let State::InForce {
            controls: named,
            probes: looking,
            ..
        } = &promise.state
        {
            controls.extend(named.iter().map(String::as_str));
            probes.extend(looking.iter().map(String::as_str));
        }
    }
    let surface = Surface {
        inventory: &inventory,
        commands: &["policy check".to_owned()],
        probes: &probes,
        controls: &controls,
    };
    assert_eq!(
        document
            .check_arrivals(&surface)
            .and(document.check_names(&surface))
            .faults,
        []
    );
    let commands = ["policy publish".to_owned()];
    let (first, rest) = controls.split_first().unwrap();
    let more = [probes.as_slice(), &["probe.refused_host"]].concat();
    let arrived = Surface {
        commands: &commands,
        probes: &more,
        controls: rest,
        ..surface
    };
    let told: Vec<String> = document
        .check_arrivals(&arrived)
        .and(document.check_names(&arrived))
        .faults
        .iter()
        .map(ToString::to_string)
        .collect();
    for expected in [
        "P-11.1: `command policy publish` has arrived",
        "P-5.1: `probe refused_host` has arrived",
        "probe.refused_host: the program has this probe, and no promise in force names it",
        &format!("{first}: the document names this control, and the program has none"),
    ] {
        assert!(
            told.iter().any(|fault| fault.contains(expected)),
            "`{expected}` was not told, but {told:#?}"
        );
    }
}

#[test]
fn facts_are_found_in_what_is_declared() {
    use policy::inventory::{Admits, Cookie, Host, LogField, Method, Processing, Route};
    static ROUTE: Route = Route {
        method: Method::Get,
        path: "/signup/done",
        admits: Admits::Anyone,
        processing: Processing::Nobody("a page of words"),
    };
    static HOST: Host = Host {
        name: "mail",
        recipient: "mail_relay",
        categories: &[Category::Contact],
        purpose: Purpose::ServiceNotices,
    };
    static COOKIE: Cookie = Cookie {
        name: "session",
        why: "keeps somebody signed in",
        lives: "a day",
    };
    static FIELD: LogField = LogField {
        name: "address",
        category: Category::Operations,
        why: "a port of ours",
    };
    let empty = Inventory::default();
    let full = Inventory {
        routes: vec![&ROUTE],
        hosts: vec![&HOST],
        cookies: vec![&COOKIE],
        log_fields: vec![&FIELD],
        ..Inventory::default()
    };
    let commands = ["rights export".to_owned()];
    let surface = |inventory| Surface {
        inventory,
        commands: &commands,
        probes: &[],
        controls: &[],
    };
    for text in ["route /signup", "recipient mail_relay", "cookie *", "log_field address"] {
        let fact = Fact::try_from(text.to_owned()).unwrap();
        assert_eq!(fact.to_string(), text);
        assert!(fact.is_in(&surface(&full)) && !fact.is_in(&surface(&empty)), "{text}");
    }
    let command = |text: &str| Fact::try_from(text.to_owned()).unwrap().is_in(&surface(&empty));
    assert!(command("command rights") && !command("command right"));
    for wrong in [
        "table",
        "dream house",
        "route signup",
        "category dreams",
        "cookie x",
        "column x",
    ] {
        assert!(Fact::try_from(wrong.to_owned()).is_err(), "{wrong}");
    }
}
