//! The built-in test models: who may use them, what they obey, what is told of their use.

use serde_json::json;
use std::time::{Duration, Instant};
use testkit::http::{Request, Streamed};
use testkit::site::MODEL;
use testkit::upstream::FakeUpstream;
use testkit::{Database, Site, wait};

use super::{EMAIL, TWO_SECONDS, receipt, sandbox_site};

#[test]
fn a_sandbox_key_sees_and_uses_sandbox_models_only() {
    let upstream = FakeUpstream::start();
    let site = Site::new(Database::sqlite()).upstream(&upstream);
    site.customer(EMAIL, "10.00");
    let key = site.cli_ok(&[
        "key",
        "create",
        "--account",
        EMAIL,
        "--name",
        "sand",
        "--scope",
        "sandbox",
    ]);
    let serving = site.serve();
    let models = serving.send(&Request::get("/v1/models").key(&key)).json();
    assert_eq!(
        models["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|m| &m["id"])
            .collect::<Vec<_>>(),
        ["sandbox-chat", "sandbox-embed"]
    );
    assert_eq!(
        serving.send(&Request::get("/v1/models/sandbox-chat").key(&key)).status,
        200
    );
    assert_eq!(
        serving
            .send(&Request::get(format!("/v1/models/{MODEL}")).key(&key))
            .status,
        404
    );
    assert_eq!(
        serving.send(&Request::chat(MODEL, "x", Streamed::No).key(&key)).status,
        404
    );
    assert_eq!(
        serving
            .send(&Request::chat("sandbox-chat", "x", Streamed::No).key(&key))
            .status,
        200
    );
    assert_eq!(upstream.request_count(), 0);
}

#[test]
fn the_sandbox_obeys_its_directives() {
    let (site, key) = sandbox_site();
    let serving = site.serve();
    let ask = |prompt: &str, streamed| serving.send(&Request::chat("sandbox-chat", prompt, streamed).key(&key));
    assert_eq!(ask("[[error:418]]", Streamed::No).status, 418);
    let cut = ask("[[cut]]", Streamed::Yes);
    assert!(cut.text().contains("upstream_cut") && !cut.is_delivered());
    let began = Instant::now();
    assert_eq!(ask("[[delay:300ms]]", Streamed::No).status, 200);
    assert!(began.elapsed() >= Duration::from_millis(300));
    let (plain, streamed) = (ask("same", Streamed::No), ask("same", Streamed::Yes));
    assert_eq!(plain.chat_text(), streamed.chat_text());
}

#[test]
fn what_a_key_used_can_be_read_with_the_key() {
    let (site, key) = sandbox_site();
    let serving = site.serve();
    let ids: Vec<String> = (0..3)
        .map(|_| {
            serving
                .send(&Request::chat("sandbox-chat", "x", Streamed::No).key(&key))
                .header("x-candor-receipt")
                .unwrap()
                .to_owned()
        })
        .collect();
    receipt(&serving, &key, &ids[2]);
    let shown = wait::until(TWO_SECONDS, "the books have caught up with the log", || {
        let shown = serving.send(&Request::get("/v1/candor/key").key(&key)).json();
        let (balance, cost) = (
            shown["balance_micro"].as_i64().unwrap(),
            shown["usage"]["cost_micro"].as_i64().unwrap(),
        );
        (balance + cost == 10_000_000).then_some(shown)
    });
    assert_eq!(
        (&shown["name"], &shown["usage"]["requests"]),
        (&json!("test"), &json!(3))
    );
    let page = |query: &str| {
        serving
            .send(&Request::get(format!("/api/usage/generations{query}")).key(&key))
            .json()
    };
    let first = page("?limit=2");
    assert_eq!(
        (first["data"].as_array().unwrap().len(), &first["has_more"]),
        (2, &json!(true))
    );
    assert_eq!(first["data"][0]["receipt"], json!(ids[2]));
    let rest = page(&format!(
        "?limit=2&after={}",
        first["data"][1]["receipt"].as_str().unwrap()
    ));
    assert_eq!(
        (&rest["data"][0]["receipt"], &rest["has_more"]),
        (&json!(ids[0]), &json!(false))
    );
    assert_eq!(
        serving
            .send(&Request::get("/api/usage/generations?limit=0").key(&key))
            .status,
        400
    );
    assert_eq!(serving.send(&Request::get("/api/usage/generations")).status, 401);
}
