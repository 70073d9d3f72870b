//! What is charged where the provider tells nothing, or nothing possible, or the client leaves; and what costs nothing.

use serde_json::{Value, json};
use testkit::http::{Request, Streamed};
use testkit::upstream::{Chat, FakeUpstream, Reply};
use testkit::{Database, Serving, Site, both_databases, wait};

use super::{A_SECOND, EMAIL, account, receipt, usage};

/// Six tokens, as OpenAI's documentation counts; with four around a turn and three for the answer's beginning a prompt of 13.
const PROMPT: &str = "tiktoken is great!";
const PROMPT_TOKENS: u64 = 13;
/// Five tokens, in pieces that are none of them.
const PIECES: [&str; 5] = ["On", "ce upon", " a", " ti", "me."];
const ANSWER_TOKENS: u64 = 5;

type Client = fn(&str, &str, Streamed) -> Request;
const CLIENTS: [(&str, Client); 3] = [
    ("chat", Request::chat),
    ("responses", Request::responses),
    ("messages", Request::messages),
];

fn site(database: Database, upstream: &FakeUpstream) -> (Site, String) {
    let site = Site::new(database)
        .provider("compatible", "compatible", upstream)
        .provider("openai", "openai", upstream)
        .provider("anthropic", "anthropic", upstream);
    let key = site.customer(EMAIL, "10.00");
    (site, key)
}

fn untold() -> Chat {
    Chat {
        pieces: PIECES.map(str::to_owned).to_vec(),
        usage: None,
        ..Chat::default()
    }
}

/// Input, output, and whether they were counted here.
fn used(receipt: &Value) -> (u64, u64, bool) {
    let usage = &receipt["usage"];
    let number = |name: &str| usage[name].as_u64().unwrap();
    (
        number("input_tokens"),
        number("output_tokens"),
        usage["estimated"] == true,
    )
}

both_databases! {
    fn what_no_provider_tells_is_counted_with_the_tokenizer_and_told_to_the_client(database) {
        let upstream = FakeUpstream::start();
        let (site, key) = site(database, &upstream);
        let serving = site.serve();
        let mut requests = 0;
        for (name, client) in CLIENTS {
            for stream in [Streamed::No, Streamed::Yes] {
                upstream.next(Reply::Good(untold()));
                let answer = serving.send(&client("compatible", PROMPT, stream).key(&key));
                let told = format!("{name}, {stream:?}: {}", answer.text());
                assert!(answer.status == 200 && answer.whole, "{told}");
                let receipt = receipt(&serving, &key, answer.header("x-candor-receipt").unwrap());
                assert_eq!((&receipt["status"], used(&receipt)), (&json!("completed"), (PROMPT_TOKENS, ANSWER_TOKENS, true)), "{told}");
                requests += 1;
                // A stream that passes has no usage, since nothing is added to it.
                if (name, stream) != ("chat", Streamed::Yes) {
                    for number in ["_tokens\":13", "_tokens\":5"] {
                        assert!(answer.text().contains(number), "{told}");
                    }
                }
            }
        }
        let sum = usage(&site);
        assert_eq!((&sum["input_tokens"], &sum["output_tokens"]), (&json!(requests * PROMPT_TOKENS), &json!(requests * ANSWER_TOKENS)));
        let charged = sum["cost_micro"].as_i64().unwrap();
        assert!(charged > 0);
        assert_eq!(account(&site)["balance_micro"], 10_000_000 - charged);
    }

    fn a_client_that_leaves_pays_what_the_tokenizer_counts_of_what_it_got(database) {
        let upstream = FakeUpstream::start();
        let (site, key) = site(database, &upstream);
        let serving = site.serve();
        // Each piece is a token for its word and three for the number.
        upstream.next(Reply::Good(Chat { usage: None, ..Chat::of_pieces(1000) }.paced(A_SECOND / 50)));
        let mut exchange = Request::chat("compatible", PROMPT, Streamed::Yes).key(&key).open(serving.address()).unwrap();
        let id = exchange.headers.iter().find(|(name, _)| name == "x-candor-receipt").unwrap().1.clone();
        for _ in 0..10 {
            exchange.piece().unwrap().unwrap();
        }
        drop(exchange);
        wait::until_true(A_SECOND, "the provider is told to stop", || upstream.hung_up() == 1);
        let receipt = receipt(&serving, &key, &id);
        let (input, output, estimated) = used(&receipt);
        assert_eq!((&receipt["status"], input, estimated), (&json!("interrupted"), PROMPT_TOKENS, true));
        // "word", the digit, and the space before the next one: two tokens and a bit for each of nine to some twenty pieces.
        assert!((18..120).contains(&output), "{output}");
    }
}

fn posted(serving: &Serving<'_>, key: &str, path: &str, body: &Value) -> testkit::http::Answer {
    serving.send(&Request::post(path, body.to_string()).key(key))
}

fn ok(body: &Value) -> Reply {
    Reply::Status(
        200,
        body.to_string(),
        vec![("content-type", "application/json".to_owned())],
    )
}

#[test]
fn several_answers_are_charged_each_though_the_server_tells_the_usage_of_one() {
    let upstream = FakeUpstream::start();
    let (site, key) = site(Database::sqlite(), &upstream);
    let serving = site.serve();
    let choice = |index: u64| json!({"index": index, "finish_reason": "stop", "message": {"role": "assistant", "content": "Once upon a time."}});
    let answer = |output: u64| {
        json!({"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice(0), choice(1), choice(2)],
            "usage": {"prompt_tokens": 12, "completion_tokens": output, "total_tokens": 12 + output}})
    };
    let request = json!({"model": "compatible", "n": 3, "messages": [{"role": "user", "content": PROMPT}]});
    for (told, expected) in [(5, (12, 15, true)), (14, (12, 14, false))] {
        upstream.next(ok(&answer(told)));
        let got = posted(&serving, &key, "/v1/chat/completions", &request);
        assert_eq!(got.json()["usage"]["completion_tokens"], expected.1, "{}", got.text());
        let receipt = receipt(&serving, &key, got.header("x-candor-receipt").unwrap());
        assert_eq!(used(&receipt), expected, "{told}");
    }
}

#[test]
fn empty_and_failed_answers_cost_nothing() {
    let upstream = FakeUpstream::start();
    let (site, key) = site(Database::sqlite(), &upstream);
    let serving = site.serve();
    let whole = |choices: Value, output: u64| {
        ok(
            &json!({"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": choices,
            "usage": {"prompt_tokens": 9, "completion_tokens": output}}),
        )
    };
    let silent = json!([{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": ""}}]);
    let events = |events: &[Value]| {
        let body: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
        Reply::Status(200, body, vec![("content-type", "text/event-stream".to_owned())])
    };
    let role = json!({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]});
    let unsaid = ok(&json!({"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": silent}));
    let cases = [
        ("a server error", Reply::error(500, "x"), Streamed::No),
        ("a server error before a stream", Reply::error(503, "x"), Streamed::Yes),
        (
            "an error in a 200",
            ok(&json!({"error": {"message": "x"}})),
            Streamed::No,
        ),
        ("half a document", Reply::TruncatedJson, Streamed::No),
        ("no choice", whole(json!([]), 5), Streamed::No),
        ("no word", whole(silent.clone(), 0), Streamed::No),
        ("no word and no usage", unsaid, Streamed::No),
        (
            "a stream that breaks before its first word",
            events(std::slice::from_ref(&role)),
            Streamed::Yes,
        ),
        (
            "a stream that fails before its first word",
            events(&[role, json!({"error": {"message": "x"}})]),
            Streamed::Yes,
        ),
    ];
    for (name, reply, stream) in cases {
        upstream.next(reply);
        let answer = serving.send(&Request::chat("compatible", PROMPT, stream).key(&key));
        let receipt = receipt(&serving, &key, answer.header("x-candor-receipt").unwrap());
        assert_eq!(
            (receipt["cost_micro"].as_i64(), used(&receipt).1),
            (Some(0), 0),
            "{name}: {} {receipt}",
            answer.text()
        );
    }
    assert_eq!(account(&site)["balance_micro"], 10_000_000);
    wait::until_true(A_SECOND * 5, "nothing is reserved", || {
        account(&site)["reserved_micro"] == 0
    });
}

#[test]
fn a_prompt_is_counted_here_where_the_provider_has_no_counting() {
    let upstream = FakeUpstream::start();
    let (site, key) = site(Database::sqlite(), &upstream);
    let serving = site.serve();
    let anthropic = json!({"model": "compatible", "messages": [{"role": "user", "content": PROMPT}]});
    let openai = json!({"model": "compatible", "input": PROMPT});
    let counts = |path: &str, body: &Value| posted(&serving, &key, path, body);
    assert_eq!(
        counts("/v1/messages/count_tokens", &anthropic).json(),
        json!({"input_tokens": PROMPT_TOKENS})
    );
    let told = json!({"object": "response.input_tokens", "input_tokens": PROMPT_TOKENS});
    assert_eq!(counts("/v1/responses/input_tokens", &openai).json(), told);
    // Tools, pictures and instructions count, too.
    let more = json!({"model": "compatible", "instructions": "Be brief.", "input": [{"role": "user", "content": [
        {"type": "input_text", "text": PROMPT}, {"type": "input_image", "image_url": "https://example.org/x.png"}]}],
        "tools": [{"type": "function", "name": "weather", "description": "Tells it.", "parameters": {"type": "object"}}]});
    let counted = counts("/v1/responses/input_tokens", &more).json()["input_tokens"]
        .as_u64()
        .unwrap();
    assert!(
        (PROMPT_TOKENS + 765 + 15..PROMPT_TOKENS + 765 + 45).contains(&counted),
        "{counted}"
    );
    assert_eq!(upstream.request_count(), 0);
    // A server of OpenAI's whole API that lacks this part of it.
    upstream.next(Reply::error(404, "no such address"));
    let input = json!({"model": "openai", "input": PROMPT});
    let here = counts("/v1/responses/input_tokens", &input);
    assert_eq!(here.json(), told, "{}", here.text());
    let receipt = receipt(&serving, &key, here.header("x-candor-receipt").unwrap());
    assert_eq!(
        (&receipt["tries"][0]["outcome"], &receipt["cost_micro"]),
        (&json!({"status": 404}), &json!(0)),
        "{receipt}"
    );
    // One that is there and fails is told as it is.
    upstream.next(Reply::error(500, "x"));
    assert!(counts("/v1/responses/input_tokens", &input).status >= 500);
    // A megabyte without a space keeps nobody waiting.
    let long = json!({"model": "compatible", "input": "a".repeat(1 << 20)});
    assert_eq!(
        counts("/v1/responses/input_tokens", &long).json()["input_tokens"],
        (1 << 17) + 7
    );
    assert_eq!(account(&site)["balance_micro"], 10_000_000);
}
