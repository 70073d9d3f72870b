//! Streams that fall silent or break, and errors, in each API's own words.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::http::{Answer, Request, Streamed};
use testkit::upstream::{Chat, FakeUpstream, KEY, Reply};
use testkit::{Database, Site};

use super::{EMAIL, receipt};

type Client = fn(&str, &str, Streamed) -> Request;
const CLIENTS: [(&str, Client); 3] = [
    ("chat", Request::chat),
    ("responses", Request::responses),
    ("messages", Request::messages),
];
const MODELS: [&str; 2] = ["compatible", "anthropic"];

fn site(upstream: &FakeUpstream, config: &str) -> (Site, String) {
    let site = Site::new(Database::sqlite())
        .provider("compatible", "compatible", upstream)
        .provider("anthropic", "anthropic", upstream)
        .config(config);
    let key = site.customer(EMAIL, "10.00");
    (site, key)
}

fn last_event(answer: &Answer) -> (Option<String>, Value) {
    let text = answer.text();
    let last = text.trim_end().rsplit("\n\n").next().unwrap_or_default();
    let name = last
        .lines()
        .find_map(|line| line.strip_prefix("event: "))
        .map(str::to_owned);
    let data = last
        .lines()
        .find_map(|line| line.strip_prefix("data: "))
        .unwrap_or_default();
    (name, serde_json::from_str(data).unwrap_or(Value::Null))
}

#[test]
fn a_cut_stream_ends_in_the_error_event_of_the_clients_api() {
    let upstream = FakeUpstream::start();
    let (site, key) = site(&upstream, "[upstream]\nidle = \"400ms\"\n");
    let serving = site.serve();
    for (fault, code) in [
        (Reply::CutStream, "upstream_cut"),
        (Reply::Reset, "upstream_cut"),
        (Reply::Stall, "idle_timeout"),
    ] {
        for (name, client) in CLIENTS {
            for model in MODELS {
                upstream.next(fault.clone());
                let answer = serving.send(&client(model, "Hello", Streamed::Yes).key(&key));
                let told = format!("{name} over {model} after {fault:?}: {}", answer.text());
                assert!(answer.status == 200 && answer.whole, "{told}");
                let (event, data) = last_event(&answer);
                match name {
                    "chat" => assert_eq!((event, &data["error"]["code"]), (None, &json!(code)), "{told}"),
                    "responses" => {
                        assert_eq!(
                            (event.as_deref(), &data["code"]),
                            (Some("error"), &json!(code)),
                            "{told}"
                        );
                        let numbers: Vec<u64> = answer
                            .events()
                            .iter()
                            .filter_map(|data| serde_json::from_str::<Value>(data).ok()?["sequence_number"].as_u64())
                            .collect();
                        assert!(numbers.iter().copied().eq(0..numbers.len() as u64), "{told}");
                    }
                    _ => {
                        assert_eq!(
                            (event.as_deref(), &data["type"]),
                            (Some("error"), &json!("error")),
                            "{told}"
                        );
                        assert_eq!(data["error"]["details"]["error_code"], code, "{told}");
                    }
                }
                for end in ["[DONE]", "message_stop", "response.completed", KEY] {
                    assert!(!answer.text().contains(end), "{told}");
                }
                let receipt = receipt(&serving, &key, answer.header("x-candor-receipt").unwrap());
                assert_eq!(receipt["status"], "interrupted", "{told}");
            }
        }
    }
}

#[test]
fn a_silent_stream_shows_that_it_is_alive_and_is_charged_for_nothing_more() {
    let upstream = FakeUpstream::start();
    let (site, key) = site(&upstream, "[limits]\nkeep_alive = \"100ms\"\n");
    let serving = site.serve();
    let slow = Chat::of_pieces(2).paced(Duration::from_millis(350));
    for (name, client) in CLIENTS {
        for model in MODELS {
            upstream.next(Reply::Good(slow.clone()));
            let answer = serving.send(&client(model, "Hello", Streamed::Yes).key(&key));
            let told = format!("{name} over {model}: {}", answer.text());
            let sign = if name == "messages" {
                "event: ping\n"
            } else {
                ": keep-alive\n"
            };
            assert!(answer.text().matches(sign).count() >= 2, "{told}");
            let receipt = receipt(&serving, &key, answer.header("x-candor-receipt").unwrap());
            assert_eq!(
                (&receipt["status"], &receipt["usage"]["output_tokens"]),
                (&json!("completed"), &json!(2)),
                "{told}"
            );
        }
    }
}

#[test]
fn signs_of_life_put_off_no_limit_and_stand_in_no_event() {
    let upstream = FakeUpstream::start();
    let (site, key) = site(
        &upstream,
        "[limits]\nkeep_alive = \"100ms\"\n[upstream]\nidle = \"700ms\"\n",
    );
    let serving = site.serve();
    for (name, client) in CLIENTS {
        for model in MODELS {
            // It stops in the middle of an event.
            upstream.next(Reply::Stall);
            let answer = serving.send(&client(model, "Hello", Streamed::Yes).key(&key));
            let told = format!("{name} over {model}: {}", answer.text());
            assert!(told.contains("idle_timeout"), "{told}");
            let events: Vec<String> = answer.text().split_terminator("\n\n").map(str::to_owned).collect();
            let is_sign = |event: &&String| *event == ": keep-alive" || event.starts_with("event: ping\n");
            assert!(events.iter().filter(is_sign).count() >= 2, "{told}");
            for event in events.iter().filter(|event| !event.starts_with(':')) {
                let data = event.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
                assert!(serde_json::from_str::<Value>(data).is_ok(), "{event}: {told}");
            }
        }
    }
}

#[test]
fn signs_of_life_begin_with_the_head_and_plain_answers_have_none() {
    let upstream = FakeUpstream::start();
    let (site, key) = site(&upstream, "[limits]\nkeep_alive = \"100ms\"\n");
    let serving = site.serve();
    for (name, client) in CLIENTS {
        let ask = |stream: Streamed| {
            upstream.next(Reply::SlowFirstByte(Duration::from_millis(450)));
            serving.send(&client("compatible", "Hello", stream).key(&key))
        };
        let streamed = ask(Streamed::Yes);
        let sign = if name == "messages" {
            "event: ping"
        } else {
            ": keep-alive"
        };
        assert!(streamed.text().starts_with(sign), "{name}: {}", streamed.text());
        let plain = ask(Streamed::No);
        assert!(
            plain.status == 200 && plain.json().is_object(),
            "{name}: {}",
            plain.text()
        );
    }
}

/// An error that a client of Anthropic's API meets: the request, what the provider answers, status, type, advice.
type Case = (Request, Option<Reply>, u16, &'static str, Option<&'static str>);

fn cases(key: &str) -> Vec<Case> {
    let message = |model: &str| Request::messages(model, "Hello", Streamed::No);
    let posted = |body: &str| Request::post("/v1/messages", body).key(key);
    let (wrong, no, yes) = ("invalid_request_error", Some("false"), Some("true"));
    let asked = message("compatible").key(key);
    vec![
        (message("compatible"), None, 401, "authentication_error", no),
        (message("compatable").key(key), None, 404, "not_found_error", no),
        (posted("{\"model\":"), None, 400, wrong, no),
        (posted("{}").header("anthropic-version", "1"), None, 400, wrong, no),
        (
            asked.clone(),
            Some(Reply::error(503, "busy")),
            529,
            "overloaded_error",
            yes,
        ),
        (asked.clone(), Some(Reply::too_many(7)), 429, "rate_limit_error", yes),
        (asked, Some(Reply::too_many(300)), 429, "rate_limit_error", no),
        (
            message("anthropic").key(key),
            Some(Reply::Echo(500)),
            502,
            "api_error",
            yes,
        ),
    ]
}

#[test]
fn errors_have_the_shape_the_headers_and_the_advice_of_the_clients_api() {
    let upstream = FakeUpstream::start();
    let (site, key) = site(&upstream, "");
    let serving = site.serve();
    for (request, reply, status, kind, retry) in cases(&key) {
        if let Some(reply) = reply {
            upstream.next(reply);
        }
        let answer = serving.send(&request);
        let body = answer.json();
        assert_eq!(
            (answer.status, &body["error"]["type"]),
            (status, &json!(kind)),
            "{}",
            answer.text()
        );
        assert_eq!(body["type"], "error");
        assert_eq!(body["request_id"].as_str(), answer.header("request-id"));
        assert_eq!(answer.header("x-should-retry"), retry, "{}", answer.text());
        assert!(!answer.text().contains(KEY), "{}", answer.text());
    }
    let near = serving.send(&Request::messages("compatable", "Hello", Streamed::No).key(&key));
    assert!(near.text().contains("Did you mean 'compatible'?"), "{}", near.text());
    let broken = serving.send(&Request::post("/v1/messages", "{\"model\":\n  x}").key(&key));
    assert!(broken.text().contains("line 2 column 3"), "{}", broken.text());
}
