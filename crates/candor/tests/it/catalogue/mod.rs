//! What is on offer: other names, what models can do, and their end.

mod prices;
mod reload;

use base::clock::{Clock, SystemClock};
use base::time::Day;
use serde_json::{Value, json};
use testkit::http::{Answer, Streamed};
use testkit::{Database, FakeUpstream, Request, Serving, Site, both_databases, wait};

use std::time::Duration;

const EMAIL: &str = "ada@example.test";
const SOON: Duration = Duration::from_secs(5);
const PRICE: &str = "price = { currency = \"EUR\", input = \"1\", output = \"2\" }\n";

fn receipt(serving: &Serving<'_>, key: &str, answer: &Answer) -> Value {
    let id = answer.header("x-candor-receipt").unwrap();
    let request = Request::get(format!("/v1/candor/receipts/{id}")).key(key);
    let there = wait::until(SOON, "the receipt is there", || {
        Some(serving.send(&request)).filter(|answer| answer.status == 200)
    });
    there.json()
}

fn model(name: &str, more: &str) -> String {
    format!("[[model]]\nname = \"{name}\"\nroutes = [\"fake/served\"]\n{PRICE}{more}\n")
}

/// A place with one provider and these models at it.
fn site(database: Database, upstream: &FakeUpstream, models: &str) -> Site {
    let address = upstream.address();
    Site::new(database).config(&format!(
        "[[provider]]\nname = \"fake\"\nkind = \"openai\"\nbase_url = \"http://{address}/v1\"\n\n{models}"
    ))
}

both_databases! {
    fn an_alias_is_served_and_its_receipt_and_books_name_the_model(database) {
        let upstream = FakeUpstream::start();
        let site = site(database, &upstream, &model("large", "aliases = [\"gpt/best\", \"best\"]"));
        site.migrate();
        let key = site.customer(EMAIL, "10.00");
        let narrow = site.cli_ok(&["key", "create", "--account", EMAIL, "--name", "narrow", "--model", "best"]);
        let serving = site.serve();
        for key in [&key, &narrow] {
            let answer = serving.send(&Request::chat("gpt/best", "Hello", Streamed::No).key(key));
            assert_eq!(answer.status, 200, "{}", answer.text());
            assert_eq!(receipt(&serving, key, &answer)["model"], "large");
        }
        assert!(upstream.requests().iter().all(|seen| seen.json()["model"] == "served"));
        let shown = serving.send(&Request::get("/v1/models/gpt%2Fbest").key(&key)).json();
        assert_eq!((&shown["id"], &shown["aliases"]), (&json!("large"), &json!(["gpt/best", "best"])));
        let near = serving.send(&Request::chat("gpt/bets", "Hello", Streamed::No).key(&key));
        assert!(near.status == 404 && near.text().contains("gpt/best"), "{}", near.text());
    }
}

#[test]
fn what_was_declared_is_told_and_only_what_was_declared_absent_is_refused() {
    let upstream = FakeUpstream::start();
    let declared = "context_length = 8192\ninput_modalities = [\"text\"]\noutput_modalities = [\"text\"]\ntools = false\nstructured_outputs = true\nreasoning = false\n";
    let models = model("plain", declared) + &model("unknown", "");
    let site = site(Database::sqlite(), &upstream, &models);
    let key = site.customer(EMAIL, "10.00");
    let serving = site.serve();

    let shown = serving.send(&Request::get("/v1/models/plain").key(&key)).json();
    assert_eq!(shown["context_length"], 8192);
    assert_eq!(
        shown["architecture"],
        json!({"input_modalities": ["text"], "output_modalities": ["text"]})
    );
    assert_eq!(shown["supported_parameters"], json!(["structured_outputs"]));
    let unknown = serving.send(&Request::get("/v1/models/unknown").key(&key)).json();
    assert_eq!(
        unknown,
        json!({"id": "unknown", "object": "model", "created": 0, "owned_by": "fake"})
    );
    let anthropic = Request::get("/v1/models/plain").key(&key);
    let anthropic = serving
        .send(&anthropic.header("anthropic-version", "2023-06-01"))
        .json();
    assert_eq!(
        anthropic["capabilities"],
        json!({
            "image_input": {"supported": false}, "pdf_input": {"supported": false},
            "structured_outputs": {"supported": true}, "thinking": {"supported": false},
        })
    );
    assert_eq!(
        (&anthropic["max_input_tokens"], &anthropic["max_tokens"]),
        (&json!(8192), &json!(4096))
    );
    assert_eq!(
        (&anthropic["lifecycle"], &anthropic["retires_at"]),
        (&json!("active"), &Value::Null)
    );

    let tools = r#""tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]"#;
    let image = r#"[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]"#;
    for (content, more, param) in [
        ("\"hi\"", format!(",{tools}"), "tools"),
        (image, String::new(), "messages"),
        ("\"hi\"", r#","reasoning_effort":"low""#.to_owned(), "reasoning_effort"),
    ] {
        let ask = |model: &str| {
            let body = format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":{content}}}]{more}}}"#);
            serving.send(&Request::post("/v1/chat/completions", body).key(&key))
        };
        let before = upstream.request_count();
        let refused = ask("plain");
        let error = &refused.json()["error"];
        assert_eq!(refused.status, 400, "{param}");
        assert_eq!(
            (&error["code"], &error["param"]),
            (&json!("unsupported_parameter"), &json!(param))
        );
        assert_eq!(upstream.request_count(), before, "no provider is asked");
        assert_eq!(ask("unknown").status, 200, "nothing is known of it: {param}");
    }
    let schema = r#"{"model":"plain","messages":[{"role":"user","content":"hi"}],"response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{}}}}"#;
    assert_eq!(
        serving
            .send(&Request::post("/v1/chat/completions", schema).key(&key))
            .status,
        200
    );
}

fn today() -> Day {
    SystemClock::new().now().day()
}

/// Two models that end tomorrow, one refused from then on, one served by the successor of both.
struct Ending<'s> {
    serving: Serving<'s>,
    key: String,
    deprecated: Day,
    retires: Day,
}

impl Ending<'_> {
    fn ask(&self, model: &str, key: &str) -> Answer {
        self.serving.send(&Request::chat(model, "Hello", Streamed::No).key(key))
    }

    fn shown(&self, request: Request) -> Value {
        self.serving.send(&request.key(&self.key)).json()
    }

    fn listed(&self) -> Vec<Value> {
        let list = self.shown(Request::get("/v1/models"));
        let names = list["data"].as_array().unwrap().iter().map(|model| model["id"].clone());
        names
            .filter(|name| !name.as_str().unwrap().starts_with("sandbox"))
            .collect()
    }

    fn warns(&self, answer: &Answer) {
        assert_eq!(answer.status, 200, "{}", answer.text());
        let since = format!("@{}", self.deprecated.start().as_seconds());
        assert_eq!(answer.header("deprecation"), Some(since.as_str()));
        let until = self.retires.start().to_http_date();
        assert_eq!(answer.header("sunset"), Some(until.as_str()));
        let links = answer.header("link").unwrap();
        assert!(
            links.contains("</v1/models/new%2F1>; rel=\"successor-version\""),
            "{links}"
        );
    }

    fn before_the_end(&self) {
        for model in ["refused", "served"] {
            let answer = self.ask(model, &self.key);
            self.warns(&answer);
            assert_eq!(receipt(&self.serving, &self.key, &answer)["model"], model);
        }
        assert_eq!(self.ask("new/1", &self.key).header("sunset"), None);
        assert_eq!(self.listed(), ["new/1", "refused", "served"]);
        let shown = self.shown(Request::get("/v1/models/refused"));
        assert_eq!(
            (&shown["expiration_date"], &shown["successor"]),
            (&json!(self.retires.to_string()), &json!("new/1"))
        );
        let anthropic = Request::get("/v1/models/refused").header("anthropic-version", "2023-06-01");
        let anthropic = self.shown(anthropic);
        assert_eq!(
            (&anthropic["lifecycle"], &anthropic["retires_at"]),
            (&json!("deprecated"), &json!(self.retires.start().to_string()))
        );
    }

    /// A key that may use nothing but the old one, `old`, may go on.
    fn after_the_end(&self, old: &str) {
        wait::until_true(SOON, "the last day is over", || {
            self.ask("refused", &self.key).status == 404
        });
        let refused = self.ask("refused", &self.key).json();
        assert_eq!(refused["error"]["code"], "model_not_found");
        let message = refused["error"]["message"].as_str().unwrap();
        assert!(
            message.contains(&self.retires.to_string()) && message.contains("'new/1'"),
            "{message}"
        );
        let messages = Request::messages("refused", "Hello", Streamed::No).key(&self.key);
        let anthropic = self.serving.send(&messages);
        assert_eq!(
            (anthropic.status, &anthropic.json()["error"]["type"]),
            (404, &json!("not_found_error"))
        );
        for key in [self.key.as_str(), old] {
            let answer = self.ask("served", key);
            self.warns(&answer);
            assert_eq!(receipt(&self.serving, key, &answer)["model"], "new/1");
        }
        assert_eq!(self.listed(), ["new/1"]);
    }
}

#[test]
fn a_model_warns_of_its_end_and_from_then_on_its_successor_is_named_or_serves() {
    let upstream = FakeUpstream::start();
    let (deprecated, retires) = (today(), today().plus_days(1));
    let end = format!("deprecated = \"{deprecated}\"\nretires = \"{retires}\"\nsuccessor = \"new/1\"\n");
    let models = model("refused", &end)
        + &model("served", &format!("{end}on_retirement = \"successor\"\n"))
        + &model("new/1", "");
    let site = site(Database::sqlite(), &upstream, &models);
    site.set_wall(0);
    let key = site.customer(EMAIL, "10.00");
    let old = site.cli_ok(&[
        "key",
        "create",
        "--account",
        EMAIL,
        "--name",
        "old",
        "--model",
        "served",
    ]);
    let ending = Ending {
        serving: site.serve(),
        key,
        deprecated,
        retires,
    };
    ending.before_the_end();
    site.set_wall(1);
    ending.after_the_end(&old);
}
