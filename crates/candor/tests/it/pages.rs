//! The pages of a running program.

use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use testkit::{Database, Request, Serving, Site};

fn text(serving: &Serving<'_>, path: &str) -> String {
    let answer = serving.send(&Request::get(path));
    assert_eq!(answer.status, 200, "{path}");
    answer.text()
}

fn site() -> Site {
    Site::new(Database::sqlite())
}

#[derive(Deserialize)]
struct Published<'a> {
    hash: String,
    #[serde(borrow)]
    document: &'a RawValue,
    #[serde(borrow)]
    page: &'a RawValue,
}

#[test]
fn anybody_can_compute_the_hash_that_the_policy_shows() {
    let site = site();
    let serving = site.serve();
    let json = text(&serving, "/privacy.json");
    let published: Published<'_> = serde_json::from_str(&json).unwrap();
    let hashed = format!(
        "{{\"document\":{},\"page\":{}}}",
        published.document.get(),
        published.page.get()
    );
    let mut hash = String::new();
    for byte in Sha256::digest(hashed) {
        hash.push_str(&format!("{byte:02x}"));
    }
    assert_eq!(published.hash, hash);
    for path in ["/privacy", "/privacy.md"] {
        assert!(text(&serving, path).contains(&hash), "{path}");
    }
    assert!(text(&serving, "/").contains(&hash[..12]));
}

#[test]
fn the_policy_has_a_date_that_survives_a_restart_and_changes_with_a_number() {
    let date = |serving: &Serving<'_>| {
        let json: serde_json::Value = serde_json::from_str(&text(serving, "/privacy.json")).unwrap();
        json["updated"].clone()
    };
    let site = site();
    let (first, again) = (date(&site.serve()), date(&site.serve()));
    assert!(first.to_string().contains("first_ran"), "{first}");
    assert_eq!(first, again);
    let site = site.config("[policy.retention]\ngeneration_log = \"7d\"");
    assert_ne!(date(&site.serve()), first);
}

#[test]
fn an_operators_stricter_number_stands_on_every_page() {
    let site = site().config("[policy.retention]\ngeneration_log = \"7d\"");
    let serving = site.serve();
    assert!(text(&serving, "/").contains("at most 7 days"));
    assert!(text(&serving, "/privacy").contains("stricter than the 30 days"));
    assert!(text(&serving, "/trust").contains(">7 days</a>"));
}

#[test]
fn an_instance_that_keeps_nothing_says_so() {
    let site = site().config("[policy.retention]\ngeneration_log = \"none\"");
    let home = text(&site.serve(), "/");
    assert!(home.contains("Nothing you send is kept."));
    assert!(!home.contains("class=\"life\""));
}

#[test]
fn an_operator_that_has_not_named_itself_is_shown_as_such() {
    let site = site();
    let serving = site.serve();
    assert!(text(&serving, "/").contains("has not named itself"));
    assert!(text(&serving, "/privacy").contains("has not named itself"));
    let security = serving.send(&Request::get("/.well-known/security.txt"));
    assert_eq!(security.status, 404);
}

#[test]
fn whom_to_tell_of_a_weakness_stands_where_finders_look() {
    let site = site().config(
        "[policy.controller]\nname = \"Example\"\naddress = \"Berlin\"\nprivacy_contact = \"privacy@example.org\"",
    );
    let serving = site.serve();
    let told = text(&serving, "/.well-known/security.txt");
    assert!(
        told.starts_with("Contact: mailto:privacy@example.org\nExpires: 20"),
        "{told}"
    );
    let policy = format!("\nPolicy: http://{}/privacy\n", serving.address());
    assert!(told.contains(&policy), "{told}");
    assert!(text(&serving, "/").contains(">Example<"));
}

#[test]
fn what_did_not_change_is_not_sent_again() {
    let site = site();
    let serving = site.serve();
    for path in ["/privacy", "/privacy.json", "/robots.txt"] {
        let answer = serving.send(&Request::get(path));
        let tag = answer.header("etag").unwrap();
        let again = serving.send(&Request::get(path).header("if-none-match", tag));
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
    }
    let home = text(&serving, "/");
    let (_, after) = home.split_once("href=\"/assets/style-").unwrap();
    let (hash, _) = after.split_once('"').unwrap();
    let style = serving.send(&Request::get(format!("/assets/style-{hash}")));
    assert_eq!(style.status, 200);
    assert!(style.header("cache-control").unwrap().contains("immutable"));
    assert_eq!(style.header("content-type"), Some("text/css; charset=utf-8"));
}

#[test]
fn a_page_may_run_nothing_and_browsers_stay_with_tls_where_there_is_tls() {
    let plain = site();
    let serving = plain.serve();
    for path in ["/", "/privacy", "/trust", "/nothing", "/api/nothing"] {
        let answer = serving.send(&Request::get(path));
        let policy = answer.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'; style-src 'self'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{path}");
        assert_eq!(answer.header("strict-transport-security"), None, "{path}");
    }
    let proxied = site().config("[server]\nbehind_proxy = true");
    let serving = proxied.serve();
    for path in ["/", "/v1/models"] {
        let answer = serving.send(&Request::get(path));
        assert!(answer.header("strict-transport-security").is_some(), "{path}");
    }
}

#[test]
fn what_is_not_there_is_told_in_the_askers_form() {
    let site = site();
    let serving = site.serve();
    let page = serving.send(&Request::get("/nothing/%3Cscript%3E"));
    assert_eq!(
        (page.status, page.header("content-type")),
        (404, Some("text/html; charset=utf-8"))
    );
    assert!(page.text().contains("Nothing is here"));
    let problem = serving.send(&Request::get("/api/nothing"));
    assert_eq!(
        (problem.status, problem.header("content-type")),
        (404, Some("application/problem+json"))
    );
    let refused = serving.send(&Request::post("/privacy", Vec::new()));
    assert_eq!((refused.status, refused.header("allow")), (405, Some("GET,HEAD")));
}

#[test]
fn how_the_promises_stand_is_the_same_on_the_page_and_for_programs() {
    let site = site();
    let serving = site.serve();
    let shown = serving.send(&Request::get("/trust.json")).json();
    let told: serde_json::Value = serde_json::from_slice(&site.cli(&["verify", "--json"]).stdout).unwrap();
    let ids = |of: &serde_json::Value| -> Vec<String> {
        let promises = of["promises"].as_array().unwrap();
        promises.iter().map(|promise| promise["id"].to_string()).collect()
    };
    assert_eq!(ids(&shown), ids(&told));
    assert!(ids(&shown).len() > 50);
    let page = text(&serving, "/trust");
    for promise in told["promises"].as_array().unwrap() {
        let (id, state) = (promise["id"].as_str().unwrap(), promise["state"].as_str().unwrap());
        assert!(page.contains(&format!("title=\"{id}, {state}\"")), "{id} is {state}");
    }
}
