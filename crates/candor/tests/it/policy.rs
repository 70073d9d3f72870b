//! The policy of a running installation: its date, its page, and whether document and program agree.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base::clock::Clock;
use candor::privacy::controls::CONTROLS;
use candor::privacy::probes::PROBES;
use candor::privacy::published::Parts;
use candor::privacy::{declared, versions};
use policy::document::{State, Surface};
use policy::inventory::Host;
use policy::page::{Operator, Page, Updated};
use policy::{Category, Document, Inventory, Parameters, Purpose};
use store::db::{Db, DbOptions, Statement};
use testkit::{Database, Request, Site, both_databases};

use crate::ground::Ground;

const PLANT: Statement = Statement::common("test.plant", "ALTER TABLE account ADD COLUMN birthday TEXT");

fn page(operator: &Operator) -> Page {
    parts(operator.clone()).making().page(None).unwrap()
}

both_databases! {
    async fn a_page_is_dated_by_its_first_run_and_never_again(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let (first, later) = (ground.clock.now(), Duration::from_hours(50));
        let draft = versions::dated(&ground.db, page(&Operator::default())).await.unwrap();
        assert_eq!(draft.updated, Updated::NotYet);
        let dated = versions::ran(&ground.db, draft.clone(), first).await.unwrap();
        assert_eq!(dated.updated, Updated::FirstRan(first));
        ground.clock.advance(later);
        let again = versions::ran(&ground.db, draft, ground.clock.now()).await.unwrap();
        assert_eq!(again, dated, "a second start keeps the date");

        let named = Operator { name: Some("Ada".to_owned()), ..Operator::default() };
        let changed = versions::ran(&ground.db, page(&named), ground.clock.now()).await.unwrap();
        assert_eq!(changed.updated, Updated::FirstRan(ground.clock.now()));
        let hashes: Vec<_> = versions::store::all(&ground.db).await.unwrap().iter().map(|one| one.hash).collect();
        assert_eq!(hashes, [changed.hash, dated.hash], "the newest first");
    }
}

fn parts(operator: Operator) -> Parts {
    let document = Arc::new(Document::embedded().unwrap());
    Parts {
        parameters: Parameters::of(&document, &[]).unwrap(),
        document,
        inventory: candor::instance::inventory(),
        operator,
        named: Vec::new(),
    }
}

#[test]
fn document_declarations_and_page_agree() {
    let checked = declared::examine(&parts(Operator::default()), &[]);
    let faults: Vec<String> = checked.faults.iter().map(ToString::to_string).collect();
    assert_eq!(faults, Vec::<String>::new());
    assert!(checked.examined > 600, "looked at {} things only", checked.examined);
}

#[test]
fn a_kind_of_data_that_is_used_or_kept_otherwise_than_the_page_says_ends_the_start() {
    let mut changed = parts(Operator::default());
    let document = Arc::make_mut(&mut changed.document);
    let contact = document
        .categories
        .iter_mut()
        .find(|entry| entry.id == Category::Contact)
        .unwrap();
    contact.purposes = vec![Purpose::Marketing];
    contact.kept = vec!["retention.security_log".to_owned().into()];
    let told = declared::require(&changed).unwrap_err().to_string();
    for expected in [
        "account: it uses `contact` for `provide_service`",
        "account: it keeps `contact` as WhileAccount",
    ] {
        assert!(told.contains(expected), "{told}");
    }
}

#[test]
fn without_an_instance_the_page_is_a_draft_and_nothing_is_left_behind() {
    let site = Site::new(Database::sqlite());
    let page = site.cli_ok(&["policy", "render"]);
    assert!(page.contains("a draft that no instance has run with"), "{page}");
    assert!(page.contains("**P-13.3** At most 30 days after a request"), "{page}");
    let checked = site.cli_json(&["policy", "check"]);
    assert_eq!(checked["contradictions"], serde_json::json!([]));
    assert_eq!(
        (checked["promises"].as_u64(), checked["in_force"].as_u64()),
        (Some(65), Some(6))
    );
    assert!(
        checked["columns"].is_null() && checked["examined"].as_u64() > Some(600),
        "{checked}"
    );
    let text = site.cli_ok(&["policy", "check"]);
    assert!(
        text.contains("the operator has not named itself: set policy.controller.name"),
        "{text}"
    );
    assert!(
        !site.data().join("candor.db").exists(),
        "a command that looks made an instance"
    );
}

#[test]
fn an_instance_dates_its_page_and_shows_its_stricter_numbers_and_its_name() {
    let site = Site::new(Database::sqlite()).config(
        "[policy]\nretention.generation_log = \"7d\"\n\
         controller.name = \"Ada & Sons <Ltd>\"\ncontroller.privacy_contact = \"privacy@ada.example\"\n",
    );
    let serving = site.serve();
    let served = serving.send(&Request::get("/privacy"));
    drop(serving);
    let rendered = |format: &str| site.cli_ok(&["policy", "render", "--format", format]);
    let json: serde_json::Value = serde_json::from_str(&rendered("json")).unwrap();
    let hash = json["hash"].as_str().unwrap();
    assert!(json["updated"]["first_ran"].is_string(), "{}", json["updated"]);
    assert!(
        served.text().contains(hash),
        "the page on show has another hash than the command's"
    );
    let (html, markdown) = (rendered("html"), rendered("md"));
    for page in [&served.text(), &html, &markdown] {
        assert!(page.contains("7 days") && page.contains("Sons"), "{page}");
        assert!(!page.contains("<Ltd>"), "an operator's name turned into markup");
    }
    assert!(html.contains("<style>") && html.contains("id=\"P-13.3\""));
    let checked = site.cli_json(&["policy", "check"]);
    assert_eq!(checked["hash"], hash);
    assert!(
        checked["first_ran_at"].is_string() && checked["columns"].as_u64() > Some(60),
        "{checked}"
    );
    assert_eq!(checked["unnamed"], serde_json::json!(["policy.controller.address"]));
    assert_eq!(checked["stricter"][0]["value"], "7 days");
}

#[test]
fn an_undeclared_column_fails_the_check_with_the_lines_to_paste() {
    let site = Site::new(Database::sqlite());
    site.customer("ada@example.test", "1.00");
    assert_eq!(site.cli(&["policy", "check"]).status.code(), Some(0));
    let url = format!("sqlite:{}", site.data().join("candor.db").display());
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let db = Db::open(&url.parse().unwrap(), DbOptions::default()).await.unwrap();
        db.execute(&PLANT, vec![]).await.unwrap();
        db.close().await;
    });
    let checked = site.cli(&["policy", "check"]);
    let told = String::from_utf8(checked.stderr).unwrap();
    assert_eq!(checked.status.code(), Some(1), "{told}");
    assert!(
        told.contains("account.birthday") && told.contains("Column { name: \"birthday\""),
        "{told}"
    );
}

/// The repository, whose texts say at each place what it keeps.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

#[test]
fn every_control_says_at_its_place_what_it_keeps() {
    let document = Document::embedded().unwrap();
    let mut in_document = BTreeSet::new();
    for promise in &document.promises {
        if let State::InForce { controls, .. } = &promise.state {
            in_document.extend(controls.iter().map(|name| (name.as_str(), promise.id)));
        }
    }
    let in_program: BTreeSet<_> = CONTROLS.iter().map(|control| (control.name, control.promise)).collect();
    assert_eq!(in_program, in_document);
    for control in CONTROLS {
        let text = std::fs::read_to_string(Path::new(ROOT).join(control.file)).unwrap();
        let said = format!("keeps {}", control.promise);
        let says = text
            .match_indices(&said)
            .any(|(at, _)| !text[at + said.len()..].starts_with(|next: char| next.is_ascii_digit()));
        assert!(
            says,
            "{} should say `// {said}` where {} is",
            control.file, control.name
        );
    }
}

#[test]
fn every_control_and_probe_of_the_document_is_in_the_program() {
    let probes: Vec<&str> = PROBES.iter().map(|probe| probe.name).collect();
    let controls: Vec<&str> = CONTROLS.iter().map(|control| control.name).collect();
    let document = Document::embedded().unwrap();
    let surface = Surface {
        inventory: &Inventory::default(),
        commands: &[],
        probes: &probes,
        controls: &controls,
    };
    let checked = document.check_names(&surface);
    assert_eq!(checked.faults, []);
    assert_eq!(checked.examined, probes.len() + controls.len());
    for probe in PROBES {
        for id in probe.promises {
            let State::InForce { probes: named, .. } = &document.promise(*id).unwrap().state else {
                panic!("{} looks after {id}, which is planned", probe.name);
            };
            assert!(
                named.iter().any(|name| name == probe.name),
                "{id} doesn't name {}",
                probe.name
            );
        }
    }
}

#[test]
fn nothing_that_a_planned_promise_waits_for_is_here() {
    let commands = candor::cli::commands();
    assert!(
        commands.len() > 15 && commands.contains(&"policy check".to_owned()),
        "{commands:?}"
    );
    let checked = declared::examine(&parts(Operator::default()), &commands);
    assert_eq!(checked.faults, []);
}

#[test]
fn whoever_hosts_the_database_is_said_to_get_every_kind_of_data_in_it() {
    let inventory = candor::instance::inventory();
    let columns = inventory.tables.iter().flat_map(|table| table.columns);
    let held: BTreeSet<Category> = columns.map(|column| column.category).collect();
    let is_database = |host: &&&Host| host.recipient == "database_host";
    let host = inventory.hosts.iter().find(is_database).unwrap();
    assert_eq!(held, host.categories.iter().copied().collect());
    assert!(held.len() > 10, "{held:?}");
}
