//! The main job end to end: a stock client, a provider made of bytes, books and receipts.

mod apis;
mod broken;
mod counted;
mod limited;
mod narrow;
mod refused;
mod routing;
mod sandbox;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::http::{Request, Streamed};
use testkit::site::MODEL;
use testkit::upstream::{Chat, FakeUpstream, KEY, Reply};
use testkit::{Database, Serving, Site, both_databases, wait};

const EMAIL: &str = "ada@example.org";
/// What interface.md promises for a receipt, a revocation and a cancelled provider.
const TWO_SECONDS: Duration = Duration::from_secs(2);
/// After which nothing may be reserved for what has ended.
const FIVE_SECONDS: Duration = Duration::from_secs(5);
const A_SECOND: Duration = Duration::from_secs(1);

fn receipt(serving: &Serving<'_>, key: &str, id: &str) -> Value {
    let request = Request::get(format!("/v1/candor/receipts/{id}")).key(key);
    let answer = wait::until(TWO_SECONDS * 2, "the receipt is there", || {
        Some(serving.send(&request)).filter(|answer| answer.status == 200)
    });
    answer.json()
}

fn account(site: &Site) -> Value {
    site.cli_json(&["account", "show", EMAIL])
}

fn usage(site: &Site) -> Value {
    site.cli_json(&["usage", "--account", EMAIL])["keys"][0].clone()
}

fn sandbox_site() -> (Site, String) {
    let site = Site::new(Database::sqlite());
    let key = site.customer(EMAIL, "10.00");
    (site, key)
}

both_databases! {
    fn a_plain_answer_is_delivered_charged_and_recorded_once(database) {
        let upstream = FakeUpstream::start();
        let site = Site::new(database).upstream(&upstream);
        let key = site.customer(EMAIL, "10.00");
        let serving = site.serve();
        let answer = serving.send(&Request::chat(MODEL, "Hello", Streamed::No).key(&key));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let told = answer.json()["usage"].clone();
        let id = answer.header("x-candor-receipt").unwrap().to_owned();
        assert_eq!(answer.header("x-request-id"), Some(id.as_str()));

        let receipt = receipt(&serving, &key, &id);
        assert_eq!(receipt["status"], "completed");
        assert_eq!((&receipt["provider"], &receipt["region"]), (&json!("fake"), &json!("eu")));
        assert_eq!(receipt["usage"]["input_tokens"], told["prompt_tokens"]);
        assert_eq!(receipt["usage"]["output_tokens"], told["completion_tokens"]);
        assert_eq!(receipt["usage"]["estimated"], false);
        assert!(receipt["stored"].as_array().unwrap().iter().any(|part| part["promise"] == "P-13.3"));

        let used = usage(&site);
        assert_eq!((&used["requests"], &used["key_name"]), (&json!(1), &json!("test")));
        assert_eq!(used["cost_micro"], receipt["cost_micro"]);
        let standing = account(&site);
        assert_eq!(standing["balance_micro"].as_i64().unwrap(), 10_000_000 - receipt["cost_micro"].as_i64().unwrap());
        assert_eq!(standing["currency"], "EUR");
        wait::until_true(FIVE_SECONDS, "nothing is reserved", || account(&site)["reserved_micro"] == 0);
    }

    fn a_stream_passes_event_by_event_and_ends_in_its_mark(database) {
        let upstream = FakeUpstream::start();
        let site = Site::new(database).upstream(&upstream);
        let key = site.customer(EMAIL, "10.00");
        let serving = site.serve();
        let chat = Chat::of_pieces(5).paced(Duration::from_millis(200));
        upstream.next(Reply::Good(chat.clone()));
        let began = Instant::now();
        let mut exchange = Request::chat(MODEL, "Hello", Streamed::Yes).key(&key).open(serving.address()).unwrap();
        let first = exchange.piece().unwrap().unwrap();
        assert!(first.starts_with(b"data: ") && began.elapsed() < A_SECOND, "the first event waited for others");
        let answer = exchange.read_to_end().unwrap();
        assert!(answer.is_delivered());
        let receipt = receipt(&serving, &key, answer.header("x-candor-receipt").unwrap());
        assert_eq!((&receipt["status"], &receipt["usage"]["estimated"]), (&json!("completed"), &json!(false)));
        assert_eq!(usage(&site)["requests"], 1);
    }

    fn a_revoked_key_and_a_frozen_account_are_refused_within_two_seconds(database) {
        let site = Site::new(database);
        let key = site.customer(EMAIL, "1.00");
        let serving = site.serve();
        let ask = Request::chat("sandbox-chat", "Hello", Streamed::No).key(&key);
        assert_eq!(serving.send(&ask).status, 200);
        site.cli_ok(&["account", "freeze", EMAIL]);
        wait::until_true(TWO_SECONDS, "the frozen account is refused", || serving.send(&ask).status == 403);
        site.cli_ok(&["account", "unfreeze", EMAIL]);
        wait::until_true(TWO_SECONDS, "the account works again", || serving.send(&ask).status == 200);
        site.cli_ok(&["key", "revoke", "--account", EMAIL, "--name", "test"]);
        wait::until_true(TWO_SECONDS, "the revoked key is refused", || serving.send(&ask).status == 401);
    }

    fn credit_is_never_overdrawn_however_many_ask_at_once(database) {
        let site = Site::new(database);
        let key = site.customer(EMAIL, "0.01");
        let serving = site.serve();
        let ask = Request::chat("sandbox-chat", "[[length:200]] Hello", Streamed::No).key(&key);
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| (0..25).map(|_| serving.send(&ask).status).collect::<Vec<_>>()))
                .collect();
            workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
        });
        assert!(statuses.contains(&200) && statuses.contains(&402), "{statuses:?}");
        let standing = account(&site);
        let (balance, cost) = (standing["balance_micro"].as_i64().unwrap(), usage(&site)["cost_micro"].as_i64().unwrap());
        assert!(balance >= 0, "{balance}");
        assert_eq!(balance, 10_000 - cost);
        assert_eq!(usage(&site)["requests"].as_u64().unwrap() as usize, statuses.iter().filter(|s| **s == 200).count());
    }
}

#[test]
fn a_request_arrives_upstream_as_it_was_sent_but_for_what_is_listed() {
    let upstream = FakeUpstream::start();
    let site = Site::new(Database::sqlite()).upstream(&upstream);
    let key = site.customer(EMAIL, "10.00");
    let serving = site.serve();
    let body = format!(
        r#"{{ "model":"{MODEL}","unknown":[1.0e2,"\u00e4"],"messages":[{{"role":"user","content":"hi"}}],"max_tokens":7,"store":true,"user":"alice" }}"#
    );
    let request = Request::post("/v1/chat/completions", body.clone())
        .header("cookie", "secret=1")
        .key(&key);
    assert_eq!(serving.send(&request).status, 200);
    let seen = upstream.requests().pop().unwrap();
    let sent = String::from_utf8(seen.body.clone()).unwrap();
    let pseudonym = seen.json()["user"].as_str().unwrap().to_owned();
    assert_eq!(
        sent,
        body.replace("\"store\":true", "\"store\":false")
            .replace("alice", &pseudonym)
    );
    assert_ne!(pseudonym, "alice");
    assert_eq!(seen.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    assert_eq!(seen.header("cookie"), None);
    assert!(!seen.head.contains(&key), "the customer's key went to the provider");
}

#[test]
fn a_usage_chunk_that_nobody_asked_for_is_swallowed_and_one_that_was_is_not() {
    let upstream = FakeUpstream::start();
    let site = Site::new(Database::sqlite()).upstream(&upstream);
    let key = site.customer(EMAIL, "10.00");
    let serving = site.serve();
    let quiet = serving.send(&Request::chat(MODEL, "Hello", Streamed::Yes).key(&key));
    assert!(
        quiet.is_delivered() && !quiet.text().contains("\"prompt_tokens\""),
        "{}",
        quiet.text()
    );
    assert_eq!(upstream.requests()[0].json()["stream_options"]["include_usage"], true);
    let asked = json!({"model": MODEL, "stream": true, "stream_options": {"include_usage": true},
        "messages": [{"role": "user", "content": "Hello"}]});
    let request = Request::post("/v1/chat/completions", asked.to_string()).key(&key);
    assert!(serving.send(&request).text().contains("\"prompt_tokens\""));
}

#[test]
fn a_client_that_leaves_ends_the_provider_within_a_second_and_pays_what_was_sent() {
    let upstream = FakeUpstream::start();
    let site = Site::new(Database::sqlite()).upstream(&upstream);
    let key = site.customer(EMAIL, "10.00");
    let serving = site.serve();
    upstream.next(Reply::Good(Chat::of_pieces(1000).paced(Duration::from_millis(20))));
    let mut exchange = Request::chat(MODEL, "Hello", Streamed::Yes)
        .key(&key)
        .open(serving.address())
        .unwrap();
    let id = exchange
        .headers
        .iter()
        .find(|(name, _)| name == "x-candor-receipt")
        .unwrap()
        .1
        .clone();
    for _ in 0..10 {
        exchange.piece().unwrap().unwrap();
    }
    drop(exchange);
    wait::until_true(A_SECOND, "the provider is told to stop", || upstream.hung_up() == 1);
    let receipt = receipt(&serving, &key, &id);
    assert_eq!(
        (&receipt["status"], &receipt["usage"]["estimated"]),
        (&json!("interrupted"), &json!(true))
    );
    let output = receipt["usage"]["output_tokens"].as_u64().unwrap();
    assert!((5..200).contains(&output), "{output} tokens for about ten events");
    wait::until_true(FIVE_SECONDS, "nothing is reserved", || {
        account(&site)["reserved_micro"] == 0
    });
}

#[test]
fn the_next_route_is_tried_before_the_first_byte_and_never_after_it() {
    let (first, second) = (FakeUpstream::start(), FakeUpstream::start());
    let provider = |name: &str, upstream: &FakeUpstream| {
        format!(
            "[[provider]]\nname = \"{name}\"\nkind = \"openai\"\nbase_url = \"http://{}/v1\"\n",
            upstream.address()
        )
    };
    let site = Site::new(Database::sqlite())
        .config(&provider("first", &first))
        .config(&provider("second", &second))
        .config("[[model]]\nname = \"m\"\nroutes = [\"first/a\", \"second/b\"]\nprice = { currency = \"EUR\", input = \"1\", output = \"1\" }\n");
    let key = site.customer(EMAIL, "10.00");
    let serving = site.serve();
    for broken in [
        Reply::error(500, "x"),
        Reply::ResetAtOnce,
        Reply::TruncatedJson,
        // A longer wait would be kept: the next request would go to the second at once.
        Reply::too_many(0),
        Reply::Garbage,
    ] {
        first.next(broken.clone());
        let answer = serving.send(&Request::chat("m", "Hello", Streamed::No).key(&key));
        assert_eq!(answer.status, 200, "after {broken:?}: {}", answer.text());
        let receipt = receipt(&serving, &key, answer.header("x-candor-receipt").unwrap());
        assert_eq!(
            (&receipt["provider"], receipt["tries"].as_array().unwrap().len()),
            (&json!("second"), 2)
        );
    }
    let before = second.request_count();
    first.next(Reply::CutStream);
    let cut = serving.send(&Request::chat("m", "Hello", Streamed::Yes).key(&key));
    assert!(
        cut.text().contains("upstream_cut") && !cut.text().contains("[DONE]"),
        "{}",
        cut.text()
    );
    assert_eq!(second.request_count(), before);
}
