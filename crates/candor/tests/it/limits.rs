//! What clients may send at most, and that they hear it.

use testkit::http::Streamed;
use testkit::site::MODEL;
use testkit::{Database, FakeUpstream, Request, Site};

use crate::books::Books;

const EMAIL: &str = "ada@example.test";

#[test]
fn a_client_that_sends_too_much_hears_why_and_not_a_reset() {
    let upstream = FakeUpstream::start();
    let site = Site::new(Database::sqlite())
        .upstream(&upstream)
        .config("[limits]\nbody = \"8MiB\"\n");
    let key = site.customer(EMAIL, "10.00");
    let serving = site.serve();
    let ask = |bytes: usize| serving.send(&Request::chat(MODEL, &"x".repeat(bytes), Streamed::No).key(&key));
    for _ in 0..5 {
        let answer = ask(14_000_000);
        assert_eq!(
            (answer.status, &answer.json()["error"]["code"]),
            (413, &"request_too_large".into()),
            "{}",
            answer.text()
        );
    }
    assert!(ask(500_000).is_delivered());
    assert_eq!(upstream.request_count(), 1);
    Books::settled(&site, &serving, EMAIL, &key, 10_000_000);
}
