//! The folder `policy/` as it is, and with breaches planted in it.

use policy::document::{Document, EvidenceRule, Hours, PromiseId, RedIf, State};
use policy::{Category, Parameters, Purpose};

/// What every issue of the specification counts on.
const PROMISES_BY_SECTION: [u8; 13] = [3, 10, 6, 5, 6, 5, 10, 5, 2, 2, 4, 1, 6];

fn document() -> Document {
    Document::embedded().unwrap()
}

fn faults(document: &Document) -> Vec<String> {
    document.check().faults.iter().map(ToString::to_string).collect()
}

#[test]
fn the_document_has_no_contradiction() {
    let checked = document().check();
    assert_eq!(checked.faults, []);
    let entries = Category::ALL.len() + Purpose::ALL.len() + 65 + 10;
    assert!(
        checked.examined > entries,
        "looked at {} entries only",
        checked.examined
    );
}

#[test]
fn every_promise_of_the_list_stands_in_its_section() {
    let document = document();
    let mut found = 0;
    for (section, promises) in (1..).zip(PROMISES_BY_SECTION) {
        for number in 1..=promises {
            let id = PromiseId { section, number };
            assert!(document.promise(id).is_some(), "{id} is missing");
            found += 1;
        }
    }
    assert_eq!((found, document.promises.len()), (65, 65));
}

#[test]
fn nothing_is_called_kept_before_it_is_built() {
    let planned = document()
        .promises
        .iter()
        .filter(|promise| matches!(promise.state, State::Planned { .. }))
        .count();
    assert_eq!(
        planned, 59,
        "a promise came into force: give it controls, probes and planted breaches, and count it here"
    );
}

#[test]
fn words_carry_the_numbers_in_force() {
    let document = document();
    let parameters = Parameters::of(&document, &[]).unwrap();
    let promise = document.promise("P-13.3".parse().unwrap()).unwrap();
    let words = promise.words(&parameters).unwrap();
    assert!(words.contains("30 days") && !words.contains('{'), "{words}");
    let with_numbers = document
        .promises
        .iter()
        .filter(|promise| promise.parameters().count() > 0)
        .count();
    assert!(with_numbers >= 4, "only {with_numbers} promises name a number");
    for promise in &document.promises {
        assert!(promise.words(&parameters).is_ok(), "{}", promise.id);
    }
}

/// A breach, and what must be told of it.
type Plant = (&'static str, fn(&mut Document));

fn in_force(controls: &[&str], probes: &[&str], planted_breaches: &[&str]) -> State {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    State::InForce {
        controls: names(controls),
        probes: names(probes),
        planted_breaches: names(planted_breaches),
        evidence: EvidenceRule {
            freshness: Hours::new(24),
            red_if: RedIf::AnyProbeFailed,
        },
        since: "0.1.0".to_owned(),
    }
}

const PLANTS: [Plant; 16] = [
    ("`marketing` is missing", |it| {
        it.purposes.retain(|entry| entry.id != Purpose::Marketing);
    }),
    ("categories.yaml: `usage` stands twice", |it| {
        it.categories.extend(it.categories.clone());
    }),
    ("no promise answers its point 12/1", |it| {
        it.promises
            .retain(|promise| !promise.clauses.contains(&"12/1".to_owned()));
    }),
    ("its clause 99/1 stands in no section", |it| {
        it.promises[0].clauses.push("99/1".to_owned());
    }),
    ("each once", |it| it.promises.swap(3, 4)),
    ("its words name `retention.nothing`", |it| {
        it.promises[0].text.push_str("{retention.nothing}");
    }),
    ("retention.generation_log: there is no P-99.1", |it| {
        it.parameters[0].promise = "P-99.1".parse().unwrap();
    }),
    ("a reason is missing", |it| {
        it.promises[1].state = State::Planned {
            awaits: "x".to_owned(),
            until: Vec::new(),
        }
    }),
    ("names no control", |it| {
        it.promises[0].state = in_force(&[], &["probe"], &["breach"]);
    }),
    ("names no probe", |it| {
        it.promises[6].state = in_force(&["control"], &[], &["breach"]);
    }),
    ("no planted breach", |it| {
        it.promises[0].state = in_force(&["control"], &["probe"], &[]);
    }),
    ("its `least` must be 3d", |it| it.parameters[0].least = None),
    ("has no `aggregates.k`", |it| {
        it.parameters.retain(|parameter| parameter.key != "aggregates.k");
    }),
    ("uses no personal data", |it| {
        it.recipients[0].purposes.push(Purpose::Improvement);
    }),
    ("P-13.4: none of its kinds of data is used for `statistics`", |it| {
        for entry in &mut it.categories {
            entry.purposes.retain(|purpose| *purpose != Purpose::Statistics);
        }
    }),
    ("say what it receives", |it| it.recipients[0].receives.clear()),
];

#[test]
fn planted_contradictions_are_all_told() {
    for (expected, plant) in PLANTS {
        let mut document = document();
        plant(&mut document);
        let faults = faults(&document);
        assert!(
            faults.iter().any(|fault| fault.contains(expected)),
            "`{expected}` was not told, but {faults:#?}"
        );
    }
}

#[test]
fn a_promise_has_one_text() {
    assert_eq!("P-13.3".parse::<PromiseId>().unwrap().to_string(), "P-13.3");
    for wrong in ["13.3", "P-13", "P-013.3", "P-13.+3", "p-13.3", "P-13.3.1", "P-300.1"] {
        assert!(wrong.parse::<PromiseId>().is_err(), "{wrong} was taken");
    }
}
