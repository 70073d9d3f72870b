//! Each breach that can be planted, planted: the probes of its promise must see it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use policy::Document;
use policy::document::State;
use testkit::http::Streamed;
use testkit::{Database, Request, Site, both_databases, wait};

/// Probes begin with the process.
const TOLD_WITHIN: Duration = Duration::from_secs(20);
/// The control that a command runs on demand.
const SWEEP: &str = "retention.sweep";

/// A promise in force.
struct InForce {
    id: String,
    controls: Vec<String>,
    breaches: Vec<String>,
}

fn in_force() -> Vec<InForce> {
    let promises = Document::embedded().unwrap().promises.into_iter();
    let in_force = promises.filter_map(|promise| match promise.state {
        State::InForce {
            controls,
            planted_breaches: breaches,
            ..
        } => Some(InForce {
            id: promise.id.to_string(),
            controls,
            breaches,
        }),
        State::Planned { .. } => None,
    });
    in_force.collect()
}

/// The longest that a day of the generation log lives, and a day more.
fn days_until_the_end() -> u32 {
    let document = Document::embedded().unwrap();
    let parameters = policy::Parameters::of(&document, &[]).unwrap();
    parameters.retention_generation_log.unwrap().get() + 1
}

/// The state of each promise.
fn states(site: &Site) -> BTreeMap<String, String> {
    let verified = site.cli(&["verify", "--json"]);
    let told: serde_json::Value = serde_json::from_slice(&verified.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&verified.stderr));
    });
    let text = |row: &serde_json::Value, field: &str| row[field].as_str().unwrap().to_owned();
    let rows = told["promises"].as_array().unwrap().iter();
    let states: BTreeMap<String, String> = rows.map(|row| (text(row, "id"), text(row, "state"))).collect();
    let fails = states.values().any(|state| state == "broken" || state == "stale");
    assert_eq!(verified.status.code(), Some(fails.into()), "{states:?}");
    states
}

both_databases! {
    /// In a used instance whose generations are over and not swept yet.
    fn each_planted_breach_turns_its_promise_red(database) {
        let site = Site::new(database);
        let key = site.customer("ada@example.test", "10.00");
        let serving = site.serve();
        for number in 0..3 {
            let asked = Request::chat("sandbox-chat", &format!("Hello {number}"), Streamed::No).key(&key);
            assert_eq!(serving.send(&asked).status, 200);
        }
        assert!(serving.terminate().success(), "what was answered is recorded before the days go by");
        site.travel(days_until_the_end());
        let mut planted = 0;
        for promise in in_force() {
            assert!(!promise.breaches.is_empty(), "{} has no planted breach", promise.id);
            for breach in &promise.breaches {
                site.plant(breach);
                if promise.controls.iter().any(|control| control == SWEEP) {
                    // A sweep that can't do its work fails, and says so: what that means for the promise is for the probes to find.
                    let _swept = site.cli(&["sweep"]);
                }
                assert_eq!(states(&site)[&promise.id], "broken", "{} with `{breach}` planted", promise.id);
                planted += 1;
            }
        }
        assert!(planted >= in_force().len(), "{planted}");
        site.plant("");
        site.cli_ok(&["sweep"]);
        let states = states(&site);
        for promise in in_force() {
            assert_eq!(states[&promise.id], "kept", "{} with nothing planted", promise.id);
        }
    }
}

/// Nobody has to ask: probes look by themselves.
#[test]
fn a_running_instance_tells_a_planted_breach_on_its_page_and_in_its_metrics() {
    let site = Site::new(Database::sqlite());
    site.plant("page_drifts");
    let serving = site.serve();
    let broken = "candor_promises{state=\"broken\"} 1";
    wait::until_true(TOLD_WITHIN, "a promise counts as broken", || {
        serving.operations("/metrics").text().lines().any(|line| line == broken)
    });
    let trust = serving.send(&Request::get("/trust.json")).json();
    let red = trust["promises"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|promise| promise["state"] == "broken");
    assert_eq!(red.map(|promise| &promise["id"]).collect::<Vec<_>>(), ["P-1.1"]);
}

#[test]
fn the_document_names_the_breaches_that_the_code_can_plant() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut planted = BTreeSet::new();
    let mut files = 0;
    for krate in std::fs::read_dir(crates).unwrap() {
        files += breaches_in(&krate.unwrap().path().join("src"), &mut planted);
    }
    assert!(files > 200, "{files}");
    let named: BTreeSet<String> = in_force().into_iter().flat_map(|promise| promise.breaches).collect();
    assert!(named.len() >= in_force().len(), "each promise has one of its own");
    assert_eq!(planted, named);
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
