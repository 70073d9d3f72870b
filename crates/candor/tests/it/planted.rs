//! Each breach that can be planted, planted: the probes of its promise must see it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use candor::privacy::probes::PROBES;
use policy::Document;
use policy::document::State;
use testkit::http::Streamed;
use testkit::{Request, Site, both_databases};

/// The longest that a day of the generation log lives, and a day more.
fn days_until_the_end() -> u32 {
    let document = Document::embedded().unwrap();
    let parameters = policy::Parameters::of(&document, &[]).unwrap();
    parameters.retention_generation_log.unwrap().get() + 1
}

/// The breaches of each promise in force whose probes are all there.
fn breaches() -> BTreeMap<String, Vec<String>> {
    let is_there = |name: &String| PROBES.iter().any(|probe| probe.name == name);
    let promises = Document::embedded().unwrap().promises.into_iter();
    let watched = promises.filter_map(|promise| match promise.state {
        State::InForce {
            planted_breaches,
            probes,
            ..
        } if probes.iter().all(is_there) => Some((promise.id.to_string(), planted_breaches)),
        State::InForce { .. } | State::Planned { .. } => None,
    });
    watched.collect()
}

/// What the promises' states are, after a sweep.
fn states(site: &Site) -> BTreeMap<String, String> {
    // A sweep that can't do its work fails, and says so: what that means for the promise is for the probes to find.
    let _swept = site.cli(&["sweep"]);
    let verified = site.cli(&["verify", "--json"]);
    let told: serde_json::Value = serde_json::from_slice(&verified.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&verified.stderr));
    });
    let rows = told["promises"].as_array().unwrap().iter();
    let states: BTreeMap<String, String> = rows
        .map(|row| {
            (
                row["id"].as_str().unwrap().to_owned(),
                row["state"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    let red = states.values().any(|state| state == "broken" || state == "stale");
    assert_eq!(verified.status.code(), Some(red.into()), "{states:?}");
    states
}

fn red(states: &BTreeMap<String, String>) -> BTreeSet<&str> {
    let red = states.iter().filter(|(_, state)| *state == "broken");
    red.map(|(promise, _)| promise.as_str()).collect()
}

both_databases! {
    /// In a used instance whose generations have just ended, so that each probe has something to look at.
    fn each_planted_breach_turns_its_promise_red(database) {
        let site = Site::new(database);
        let key = site.customer("ada@example.test", "10.00");
        let serving = site.serve();
        for answer in 0..3 {
            let asked = Request::chat("sandbox-chat", &format!("Hello {answer}"), Streamed::No).key(&key);
            assert_eq!(serving.send(&asked).status, 200);
        }
        drop(serving);
        site.travel(days_until_the_end());
        let mut planted = 0;
        for (promise, breaches) in breaches() {
            assert!(!breaches.is_empty(), "{promise} has no planted breach");
            for breach in breaches {
                site.plant(&breach);
                let states = states(&site);
                assert!(red(&states).contains(promise.as_str()), "{breach}: {promise} is {}", states[&promise]);
                planted += 1;
            }
        }
        site.plant("");
        let states = states(&site);
        assert_eq!(red(&states), BTreeSet::new(), "with nothing planted");
        assert!(!states.values().any(|state| state == "stale"), "{states:?}");
        assert!(planted >= 2, "{planted}");
    }
}

#[test]
fn the_document_names_the_breaches_that_the_code_can_plant() {
    let named: BTreeSet<String> = breaches().into_values().flatten().collect();
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut planted = BTreeSet::new();
    let mut files = 0;
    for krate in std::fs::read_dir(crates).unwrap() {
        files += breaches_in(&krate.unwrap().path().join("src"), &mut planted);
    }
    assert!(files > 200, "{files}");
    let missing: Vec<&String> = named.difference(&planted).collect();
    assert!(missing.is_empty(), "no code plants {missing:?}");
    let all = named_anywhere();
    let nameless: Vec<&String> = planted.iter().filter(|name| !all.contains(*name)).collect();
    assert!(nameless.is_empty(), "no promise names {nameless:?}");
}

/// All planted breaches that promises name.
fn named_anywhere() -> BTreeSet<String> {
    let promises = Document::embedded().unwrap().promises.into_iter();
    let named = promises.filter_map(|promise| match promise.state {
        State::InForce { planted_breaches, .. } => Some(planted_breaches),
        State::Planned { .. } => None,
    });
    named.flatten().collect()
}

/// Adds the names of `planted::is("…")` in the program's files below `folder`; how many files that were.
fn breaches_in(folder: &Path, planted: &mut BTreeSet<String>) -> usize {
    let mut files = 0;
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files += breaches_in(&path, planted);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("base/src/planted.rs")
        {
            let text = std::fs::read_to_string(&path).unwrap();
            let calls = text.split("planted::is(\"").skip(1);
            planted.extend(calls.filter_map(|call| Some(call.split_once('"')?.0.to_owned())));
            files += 1;
        }
    }
    files
}
