//! Every address of the program is declared, and lets in whom it says.

use policy::inventory::{Admits, Method, Route};
use testkit::{Answer, Database, Request, Serving, Site};

/// Where the path has a parameter, something that is not there.
fn path(route: &Route) -> String {
    match route.path.split_once('{') {
        Some((before, _)) => format!("{before}nothing"),
        None => route.path.to_owned(),
    }
}

fn ask(serving: &Serving<'_>, route: &Route) -> Answer {
    match (route.admits, route.method) {
        (Admits::Operator, _) => serving.operations(route.path),
        (_, Method::Get) => serving.send(&Request::get(path(route))),
        (_, Method::Post) => serving.send(&Request::post(path(route), b"{}".to_vec())),
    }
}

#[test]
fn every_declared_route_lets_in_whom_it_says_and_links_the_policy() {
    let contact = "[policy.controller]\nprivacy_contact = \"privacy@example.org\"";
    let site = Site::new(Database::sqlite()).config(contact);
    let serving = site.serve();
    let routes = candor::instance::inventory().routes;
    let (mut closed, mut open) = (0, 0);
    for route in routes {
        let answer = ask(&serving, route);
        let told = format!("{} {}: {}", route.method.as_str(), route.path, answer.text());
        match route.admits {
            Admits::ApiKey => {
                assert_eq!(answer.status, 401, "{told}");
                closed += 1;
            }
            Admits::Anyone | Admits::Operator => {
                assert!(matches!(answer.status, 200 | 404), "{told}");
                assert!(answer.status == 200 || route.path.contains('{'), "{told}");
                open += 1;
            }
        }
        if route.admits != Admits::Operator {
            assert!(
                answer.header("link").unwrap_or_default().contains("</privacy>"),
                "{told}"
            );
        }
        assert_eq!(answer.header("set-cookie"), None, "{told}");
    }
    assert!(closed >= 6 && open >= 9, "{closed} closed, {open} open");
}

#[test]
fn what_no_route_declares_is_not_there() {
    let site = Site::new(Database::sqlite());
    let serving = site.serve();
    for path in ["/api/none", "/v1/none", "/none"] {
        assert_eq!(serving.send(&Request::get(path)).status, 404, "{path}");
    }
    let posted = serving.send(&Request::post("/api/usage/generations", Vec::new()));
    assert_eq!(posted.status, 405);
    assert_eq!(posted.header("allow"), Some("GET,HEAD"));
}
