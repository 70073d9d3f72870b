//! Where the program answers, and to which methods.

use testkit::http::Streamed;
use testkit::{Database, Request, Site};

#[test]
fn a_port_that_the_system_chose_is_the_one_that_is_told() {
    let site = Site::new(Database::sqlite()).environment("CANDOR__SERVER__LISTEN", "127.0.0.1:0");
    let serving = site.serve();
    let output = site.output();
    let word = |start: &str| {
        output
            .split_whitespace()
            .find_map(|word| word.strip_prefix(start))
            .unwrap()
    };
    let told = word("http://").parse().unwrap();
    assert_ne!(told, "127.0.0.1:0".parse().unwrap());
    let key = format!("cdr_{}", word("cdr_"));
    let answer = Request::chat("sandbox-chat", "Hello", Streamed::No)
        .key(&key)
        .send(told)
        .unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    let log = String::from_utf8(site.log()).unwrap();
    assert!(log.contains(&format!("\"port\":{}", told.port())), "{log}");
    assert!(serving.terminate().success());
}

#[test]
fn head_is_answered_as_get_without_the_body() {
    let site = Site::new(Database::sqlite());
    let key = site.customer("ada@example.test", "1.00");
    let serving = site.serve();
    for (path, status) in [
        ("/v1/models", 200),
        ("/v1/models/sandbox-chat", 200),
        ("/v1/candor/key", 200),
        ("/v1/none", 404),
    ] {
        let got = serving.send(&Request::get(path).key(&key));
        let head = Request::head(path).key(&key).open(serving.address()).unwrap();
        assert_eq!((head.status, got.status), (status, status), "{path}");
        let length = |headers: &[(String, String)]| headers.iter().find(|(name, _)| name == "content-length").cloned();
        // The refusal names the method, which is one letter longer.
        let longer = usize::from(status == 404);
        let expected = ("content-length".to_owned(), (got.text().len() + longer).to_string());
        assert_eq!(length(&head.headers), Some(expected), "{path}");
    }
}

#[test]
fn who_is_refused_before_the_body_was_read_still_reads_why() {
    const LIMIT: usize = 32 * 1024 * 1024;
    let site = Site::new(Database::sqlite());
    let key = site.customer("ada@example.test", "1.00");
    let serving = site.serve();
    let body = |bytes: usize| vec![b' '; bytes];
    let large = || Request::post("/v1/chat/completions", body(LIMIT + 1)).key(&key);
    // The whole body is written before the answer is read: a connection that was closed before would have been reset.
    let cases = [
        (
            "invalid_api_key",
            Request::post("/v1/chat/completions", body(LIMIT)).key("cdr_wrong"),
        ),
        ("request_too_large", large()),
        ("unsupported_control", large().header("x-candor-region", "eu")),
        ("unknown_url", Request::post("/v1/nothing", body(LIMIT)).key(&key)),
    ];
    for round in 0..5 {
        for (code, request) in &cases {
            let answer = request.send(serving.address());
            let answer = answer.unwrap_or_else(|error| panic!("round {round}, {code}: {error}"));
            assert_eq!(answer.json()["error"]["code"], *code, "round {round}");
        }
    }
}

#[test]
fn every_answer_has_an_id_whatever_was_asked() {
    let site = Site::new(Database::sqlite());
    let key = site.customer("ada@example.test", "1.00");
    let serving = site.serve();
    let mut asked = 0;
    for path in [
        "/",
        "/privacy",
        "/trust.json",
        "/none",
        "/api/none",
        "/api/usage/generations",
        "/v1/models",
        "/v1/models/none",
        "/v1/messages",
        "/v1/chat/completions",
        "/chat/completions",
        "/v1/none",
    ] {
        for request in [
            Request::get(path),
            Request::post(path, "{}"),
            Request::get(path).key(&key),
        ] {
            let answer = serving.send(&request);
            let id = answer.header("x-request-id").unwrap_or_default();
            assert!(id.starts_with("gen_"), "{path}: {} {}", answer.status, answer.text());
            asked += 1;
        }
    }
    assert_eq!(asked, 36);
}

#[test]
fn a_base_url_without_its_version_is_told_the_right_one() {
    let site = Site::new(Database::sqlite());
    let key = site.customer("ada@example.test", "1.00");
    let serving = site.serve();
    let answer = serving.send(&Request::post("/chat/completions", "{}").key(&key));
    assert_eq!(
        (answer.status, &answer.json()["error"]["code"]),
        (404, &"unknown_url".into())
    );
    assert!(
        answer.text().contains("Did you mean /v1/chat/completions?"),
        "{}",
        answer.text()
    );
    let answer = serving.send(&Request::get("/v1/chat/completions").key(&key));
    assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
}
