//! Each API over each kind of provider: what the client gets, what the provider reads, what is charged.

use serde_json::{Value, json};
use testkit::http::{Answer, Request, Streamed};
use testkit::upstream::{FakeUpstream, KEY};
use testkit::{Database, Serving, Site, both_databases};

use super::{EMAIL, account, receipt, sandbox_site, usage};

const TEXT: &str = "Once upon a time.";

/// A client of one API.
type Client = fn(&str, &str, Streamed) -> Request;

const CLIENTS: [(&str, Client); 3] = [
    ("chat", Request::chat),
    ("responses", Request::responses),
    ("messages", Request::messages),
];

/// The text of an answer in any API, plain or streamed, and its last event's name.
fn text(answer: &Answer) -> (String, String) {
    let whole = answer.json();
    if whole.is_object() {
        let texts = [
            &whole["choices"][0]["message"]["content"],
            &whole["output"][0]["content"][0]["text"],
            &whole["content"][0]["text"],
        ];
        return (texts.into_iter().filter_map(Value::as_str).collect(), String::new());
    }
    let mut text = String::new();
    let mut last = String::new();
    for data in answer.events() {
        let event: Value = serde_json::from_str(&data).unwrap_or(Value::Null);
        let pieces = [
            &event["choices"][0]["delta"]["content"],
            &event["delta"]["text"],
            &event["delta"],
        ];
        text.extend(pieces.into_iter().filter_map(Value::as_str));
        last = event["type"].as_str().unwrap_or(&data).to_owned();
    }
    (text, last)
}

fn site(database: Database, upstream: &FakeUpstream) -> (Site, String) {
    let site = Site::new(database)
        .provider("compatible", "compatible", upstream)
        .provider("openai", "openai", upstream)
        .provider("mistral", "mistral", upstream)
        .provider("anthropic", "anthropic", upstream);
    let key = site.customer(EMAIL, "10.00");
    (site, key)
}

both_databases! {
    fn every_api_is_answered_over_every_kind_of_provider_and_charged_once(database) {
        let upstream = FakeUpstream::start();
        let (site, key) = site(database, &upstream);
        let serving = site.serve();
        let (mut asked, mut charged) = (0, 0);
        for (name, client) in CLIENTS {
            // The fake provider has no responses of its own: to a provider of kind `openai` they would pass.
            for model in ["compatible", "mistral", "anthropic", "openai", "sandbox-chat"] {
                if (name, model) == ("responses", "openai") {
                    continue;
                }
                for stream in [Streamed::No, Streamed::Yes] {
                    let answer = serving.send(&client(model, "Hello", stream).key(&key));
                    let told = format!("{name} over {model}, {stream:?}: {}", answer.text());
                    assert_eq!(answer.status, 200, "{told}");
                    let (said, last) = text(&answer);
                    if model == "sandbox-chat" {
                        assert!(said.contains("test model"), "{told}");
                    } else {
                        assert_eq!(said, TEXT, "{told}");
                    }
                    if stream == Streamed::Yes {
                        let expected = [("chat", "[DONE]"), ("responses", "response.completed"), ("messages", "message_stop")];
                        assert!(expected.contains(&(name, last.as_str())), "{told}");
                    }
                    let receipt = receipt(&serving, &key, answer.header("x-candor-receipt").unwrap());
                    assert_eq!((&receipt["status"], &receipt["usage"]["estimated"]), (&json!("completed"), &json!(false)), "{told}");
                    if model != "sandbox-chat" {
                        assert_eq!((&receipt["usage"]["input_tokens"], &receipt["usage"]["output_tokens"]), (&json!(9), &json!(4)), "{told}");
                    }
                    asked += 1;
                    charged += receipt["cost_micro"].as_i64().unwrap();
                }
            }
        }
        assert_eq!(asked, 28);
        assert_eq!((&usage(&site)["requests"], &usage(&site)["cost_micro"]), (&json!(asked), &json!(charged)));
        assert_eq!(account(&site)["balance_micro"], 10_000_000 - charged);
    }
}

#[test]
fn messages_arrive_upstream_as_they_were_sent_but_for_what_is_listed() {
    let upstream = FakeUpstream::start();
    let (site, key) = site(Database::sqlite(), &upstream);
    let serving = site.serve();
    let body = r#"{ "model":"anthropic","max_tokens":7,"unknown":[1.0e2],"messages":[{"role":"user","content":"hi"}],"metadata":{"user_id":"alice"} }"#;
    let request = Request::post("/v1/messages?beta=true", body)
        .header("x-api-key", &key)
        .header("anthropic-version", "2026-10-21")
        .header("anthropic-beta", "new-thing-1, other");
    let answer = serving.send(&request);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("request-id"), answer.header("x-candor-receipt"));
    assert_eq!(
        answer.json()["id"],
        "msg_fake",
        "an answer that passes is not written anew"
    );
    let seen = upstream.requests().pop().unwrap();
    assert_eq!(seen.path(), "/v1/messages?beta=true");
    assert_eq!(
        [
            seen.header("anthropic-version"),
            seen.header("anthropic-beta"),
            seen.header("x-api-key")
        ],
        [Some("2026-10-21"), Some("new-thing-1,other"), Some(KEY)]
    );
    let pseudonym = seen.json()["metadata"]["user_id"].as_str().unwrap().to_owned();
    assert_ne!(pseudonym, "alice");
    let sent = String::from_utf8(seen.body.clone()).unwrap();
    assert_eq!(
        sent,
        body.replace("\"anthropic\"", "\"served\"").replace("alice", &pseudonym)
    );
    assert!(!seen.head.contains(&key), "the customer's key went to the provider");
}

#[test]
fn what_the_provider_has_no_words_for_is_told_or_refused() {
    let (upstream, other) = (FakeUpstream::start(), FakeUpstream::start());
    let (site, key) = site(Database::sqlite(), &upstream);
    let site = site.provider("second", "compatible", &other).config(
        "[[model]]\nname = \"both\"\nroutes = [\"anthropic/a\", \"second/b\"]\nprice = { currency = \"EUR\", input = \"1\", output = \"2\" }\n",
    );
    let serving = site.serve();
    let chat = |model: &str, more: Value| {
        let mut body = json!({"model": model, "messages": [{"role": "user", "content": "x"}]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serving.send(&Request::post("/v1/chat/completions", body.to_string()).key(&key))
    };
    let seeded = chat("anthropic", json!({"seed": 1, "logit_bias": {"1": 2}}));
    assert_eq!(
        (seeded.status, seeded.header("x-candor-dropped")),
        (200, Some("logit_bias, seed")),
        "{}",
        seeded.text()
    );
    let passed = chat("compatible", json!({"seed": 1}));
    assert_eq!((passed.status, passed.header("x-candor-dropped")), (200, None));
    let several = json!({"n": 2});
    let asked = upstream.request_count();
    let refused = chat("anthropic", several.clone());
    assert_eq!(refused.status, 400, "{}", refused.text());
    assert_eq!(
        (&refused.json()["error"]["code"], &refused.json()["error"]["param"]),
        (&json!("unsupported_parameter"), &json!("n"))
    );
    assert_eq!(upstream.request_count(), asked, "it was sent all the same");
    let receipt = receipt(&serving, &key, refused.header("x-candor-receipt").unwrap());
    assert_eq!(
        (&receipt["status"], receipt["tries"].as_array().unwrap().len()),
        (&json!("refused"), 0)
    );
    // Where another provider of the model has the words, it answers.
    assert_eq!(chat("both", several).status, 200);
    assert_eq!((upstream.request_count(), other.request_count()), (asked, 1));
}

fn post(serving: &Serving<'_>, key: &str, path: &str, body: &Value) -> Answer {
    serving.send(&Request::post(path, body.to_string()).key(key))
}

#[test]
fn tokens_are_counted_by_who_can_and_cost_nothing() {
    let upstream = FakeUpstream::start();
    let (site, key) = site(Database::sqlite(), &upstream);
    let serving = site.serve();
    let prompt = |model: &str| json!({"model": model, "messages": [{"role": "user", "content": "four words of text"}]});
    let by_provider = post(&serving, &key, "/v1/messages/count_tokens", &prompt("anthropic"));
    assert_eq!(
        (by_provider.status, &by_provider.json()),
        (200, &json!({"input_tokens": 9}))
    );
    assert_eq!(upstream.requests()[0].path(), "/v1/messages/count_tokens");
    let told = receipt(&serving, &key, by_provider.header("x-candor-receipt").unwrap());
    assert_eq!(
        (&told["provider"], &told["cost_micro"]),
        (&json!("anthropic"), &json!(0))
    );
    let here = post(&serving, &key, "/v1/messages/count_tokens", &prompt("compatible"));
    assert!(here.json()["input_tokens"].as_u64().unwrap() >= 4, "{}", here.text());
    let input = json!({"model": "anthropic", "input": "four words of text"});
    let translated = post(&serving, &key, "/v1/responses/input_tokens", &input);
    assert_eq!(
        translated.json(),
        json!({"object": "response.input_tokens", "input_tokens": 9})
    );
    assert_eq!(upstream.request_count(), 2);
    assert_eq!(account(&site)["balance_micro"], 10_000_000);
}

#[test]
fn vectors_come_in_the_encoding_that_was_asked_for_and_are_charged_by_their_prompt() {
    let upstream = FakeUpstream::start();
    let (site, key) = site(Database::sqlite(), &upstream);
    let serving = site.serve();
    let mut body = json!({"model": "compatible", "input": ["one", "two"], "encoding_format": "base64"});
    let encoded = post(&serving, &key, "/v1/embeddings", &body);
    assert_eq!(
        encoded.json()["data"][1]["embedding"],
        "AACAPwAAAL8=",
        "{}",
        encoded.text()
    );
    assert_eq!(encoded.json()["model"], "compatible");
    let told = receipt(&serving, &key, encoded.header("x-candor-receipt").unwrap());
    assert_eq!(
        (&told["usage"]["input_tokens"], &told["cost_micro"]),
        (&json!(9), &json!(9))
    );
    body["encoding_format"] = json!("float");
    assert_eq!(
        post(&serving, &key, "/v1/embeddings", &body).json()["data"][0]["embedding"],
        json!([1.0, -0.5])
    );
    body["encoding_format"] = json!("int8");
    assert_eq!(post(&serving, &key, "/v1/embeddings", &body).status, 400);
    // A provider without embeddings, a model without conversations.
    for (path, model) in [
        ("/v1/embeddings", "anthropic"),
        ("/v1/completions", "anthropic"),
        ("/v1/embeddings", "sandbox-chat"),
    ] {
        let refused = post(
            &serving,
            &key,
            path,
            &json!({"model": model, "input": "x", "prompt": "x"}),
        );
        assert_eq!(
            (refused.status, &refused.json()["error"]["code"]),
            (400, &json!("unsupported_model")),
            "{path}: {}",
            refused.text()
        );
    }
}

#[test]
fn moderations_are_answered_by_the_filter_and_leave_nothing_behind() {
    let site = Site::new(Database::sqlite()).config("[filter]\nblock = [\"forbidden words\"]\n");
    let key = site.customer(EMAIL, "1.00");
    let serving = site.serve();
    let body = json!({"model": "omni-moderation-latest", "input": ["fine", "some FORBIDDEN words"]});
    let answer = post(&serving, &key, "/v1/moderations", &body);
    let results = answer.json()["results"].clone();
    assert_eq!(
        (&results[0]["flagged"], &results[1]["flagged"]),
        (&json!(false), &json!(true)),
        "{}",
        answer.text()
    );
    assert_eq!(results[0]["categories"].as_object().map(serde_json::Map::len), Some(13));
    assert_eq!(post(&serving, &key, "/v1/moderations", &json!({})).status, 400);
    assert_eq!(usage(&site)["requests"], 0, "a moderation was counted as a generation");
}

#[test]
fn responses_are_never_kept_and_say_so() {
    let (site, key) = sandbox_site();
    let serving = site.serve();
    let ask = |more: Value| {
        let mut body = json!({"model": "sandbox-chat", "input": "x"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        post(&serving, &key, "/v1/responses", &body)
    };
    assert_eq!(ask(json!({})).json()["store"], false);
    for (member, value) in [
        ("store", json!(true)),
        ("previous_response_id", json!("resp_1")),
        ("background", json!(true)),
    ] {
        let refused = ask(json!({ member: value }));
        assert_eq!(
            (refused.status, &refused.json()["error"]["param"]),
            (400, &json!(member)),
            "{}",
            refused.text()
        );
    }
}

#[test]
fn models_are_listed_in_anthropics_shape_to_its_clients() {
    let (site, key) = sandbox_site();
    let serving = site.serve();
    let get = |path: &str| {
        serving.send(
            &Request::get(path)
                .header("x-api-key", &key)
                .header("anthropic-version", "2023-06-01"),
        )
    };
    let first = get("/v1/models?limit=1").json();
    assert_eq!(
        (&first["data"][0]["type"], &first["has_more"]),
        (&json!("model"), &json!(true)),
        "{first}"
    );
    let next = get(&format!(
        "/v1/models?limit=5&after_id={}",
        first["last_id"].as_str().unwrap()
    ))
    .json();
    assert_eq!(
        (&next["data"][0]["id"], &next["has_more"]),
        (&json!("sandbox-embed"), &json!(false)),
        "{next}"
    );
    assert_eq!(
        get("/v1/models?limit=1&before_id=sandbox-embed").json()["data"][0]["id"],
        "sandbox-chat"
    );
    assert_eq!(get("/v1/models/sandbox-chat").json()["display_name"], "sandbox-chat");
    let missing = get("/v1/models/sandbox-chut");
    assert_eq!((missing.status, &missing.json()["type"]), (404, &json!("error")));
    assert!(
        missing.text().contains("Did you mean 'sandbox-chat'?"),
        "{}",
        missing.text()
    );
    assert_eq!(get("/v1/models?limit=0").status, 400);
}
