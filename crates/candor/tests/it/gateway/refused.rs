//! What never reaches a provider, and what the client is told.

use serde_json::json;
use testkit::http::{Request, Streamed};
use testkit::site::MODEL;
use testkit::upstream::FakeUpstream;
use testkit::{Database, Site};

use super::{EMAIL, receipt, sandbox_site, usage};

#[test]
fn a_blocked_prompt_reaches_no_provider_and_costs_nothing() {
    let upstream = FakeUpstream::start();
    let site = Site::new(Database::sqlite())
        .upstream(&upstream)
        .config("[filter]\nblock = [\"forbidden words\"]\n");
    let key = site.customer(EMAIL, "10.00");
    let serving = site.serve();
    let answer = serving.send(&Request::chat(MODEL, "some FORBIDDEN words", Streamed::No).key(&key));
    assert_eq!(
        (answer.status, &answer.json()["error"]["code"]),
        (400, &json!("content_policy_violation"))
    );
    assert_eq!(upstream.request_count(), 0);
    let receipt = receipt(&serving, &key, answer.header("x-candor-receipt").unwrap());
    assert_eq!(
        (&receipt["status"], &receipt["filter"]["category"]),
        (&json!("refused"), &json!("block_list"))
    );
    assert_eq!(receipt["cost_micro"], 0);
    assert_eq!(usage(&site)["requests"], 0);
}

#[test]
fn retention_none_is_honoured_and_other_controls_are_refused() {
    let (site, key) = sandbox_site();
    let serving = site.serve();
    let ask = || Request::chat("sandbox-chat", "Hello", Streamed::No).key(&key);
    let none = serving.send(&ask().header("x-candor-retention", "none"));
    let receipt = receipt(&serving, &key, none.header("x-candor-receipt").unwrap());
    assert!(!receipt["stored"].to_string().contains("prompt"), "{receipt}");
    for (name, value) in [
        ("x-candor-region", "eu"),
        ("x-candor-retention", "1d"),
        ("x-candor-cache", "no-store"),
    ] {
        let answer = serving.send(&ask().header(name, value));
        assert_eq!((answer.status, &answer.json()["error"]["param"]), (400, &json!(name)));
    }
}

#[test]
fn each_wrong_request_is_told_what_is_wrong_in_the_apis_own_shape() {
    let (site, key) = sandbox_site();
    let serving = site.serve();
    let post = |body: &str| Request::post("/v1/chat/completions", body).key(&key);
    let cases = [
        (post("{\"model\":"), 400, "invalid_json"),
        (post("{}"), 400, "missing_required_parameter"),
        (post(r#"{"model":"nope","messages":[{}]}"#), 404, "model_not_found"),
        (
            post(r#"{"model":"a","model":"b","messages":[{}]}"#),
            400,
            "duplicate_parameter",
        ),
        (
            Request::post("/v1/chat/completions", "{}")
                .media_type("text/plain")
                .key(&key),
            400,
            "invalid_content_type",
        ),
        (
            Request::chat("sandbox-chat", "x", Streamed::No).key("cdr_wrong"),
            401,
            "invalid_api_key",
        ),
        (Request::chat("sandbox-chat", "x", Streamed::No), 401, "invalid_api_key"),
        (Request::get("/v1/nothing").key(&key), 404, "unknown_url"),
    ];
    for (request, status, code) in cases {
        let answer = serving.send(&request);
        let error = answer.json()["error"].clone();
        assert_eq!((answer.status, &error["code"]), (status, &json!(code)), "{error}");
        assert!(
            error["message"].as_str().unwrap().len() > 20 && error.get("param").is_some(),
            "{error}"
        );
        assert!(answer.header("x-request-id").is_some());
    }
}
