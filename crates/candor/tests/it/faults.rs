//! Providers that break every rule: the client gets an answer in its own format or a stream that says it was cut, the books stay right,
//! and the next request is answered.

use std::time::Duration;

use serde_json::Value;
use testkit::http::{Answer, Streamed};
use testkit::site::MODEL;
use testkit::upstream::{Chat, KEY};
use testkit::{Database, FakeUpstream, Reply, Request, Serving, Site, wait};

use crate::books::{Books, receipt};

const EMAIL: &str = "ada@example.test";
const GRANTED: i64 = 10_000_000;
const LONG: Duration = Duration::from_secs(20);
/// What an answer may take beyond the time limit that it ran into.
const GRACE: Duration = Duration::from_secs(3);
/// What an endless answer may make the program grow by.
const GROWTH_KIB: u64 = 32 * 1024;

/// A site with one provider and short time limits.
struct Scene {
    upstream: FakeUpstream,
    site: Site,
    key: String,
}

impl Scene {
    fn new() -> Self {
        let upstream = FakeUpstream::start();
        let site = Site::new(Database::sqlite()).upstream(&upstream).config(
            "[upstream]\nconnect = \"1s\"\nfirst_byte = \"400ms\"\nidle = \"400ms\"\ntotal = \"2s\"\nline = \"64KiB\"\nbody = \"1MiB\"\n",
        );
        let key = site.customer(EMAIL, "10.00");
        Self { upstream, site, key }
    }

    fn ask(&self, serving: &Serving<'_>, reply: Reply, stream: Streamed) -> Answer {
        self.upstream.next(reply);
        let began = std::time::Instant::now();
        let answer = serving.send(&Request::chat(MODEL, "Hello", stream).key(&self.key));
        assert!(
            began.elapsed() < Duration::from_secs(2) + GRACE,
            "answered only after {:?}",
            began.elapsed()
        );
        answer
    }

    /// Asserts that the books are right and a good answer comes again.
    fn assert_unharmed(&self, serving: &Serving<'_>) -> Books {
        let answer = self.ask(serving, Reply::default(), Streamed::Yes);
        assert!(answer.is_delivered(), "{answer:?}");
        Books::settled(&self.site, serving, EMAIL, &self.key, GRANTED)
    }
}

fn error(answer: &Answer) -> Value {
    let error = answer.json()["error"].clone();
    assert!(
        error["message"].is_string()
            && error["type"].is_string()
            && error.get("param").is_some()
            && error.get("code").is_some(),
        "{}",
        answer.text()
    );
    error
}

/// The error in which a cut stream ends.
fn last_error(answer: &Answer) -> Value {
    assert!(
        answer.status == 200 && answer.whole,
        "a cut stream is closed cleanly: {answer:?}"
    );
    assert!(
        !answer.events().contains(&"[DONE]".to_owned()),
        "a cut stream never looks complete"
    );
    let event: Value = serde_json::from_str(answer.events().last().unwrap()).unwrap();
    assert_eq!(event["error"]["type"], "upstream_error", "{event}");
    event["error"].clone()
}

#[test]
fn a_fault_before_the_first_byte_is_an_error_in_the_clients_format_and_costs_nothing() {
    let scene = Scene::new();
    let serving = scene.site.serve();
    let faults = [
        (Reply::SlowHead(LONG), 504),
        (Reply::ResetAtOnce, 502),
        (Reply::Garbage, 502),
        (Reply::ManyHeaders, 502),
        (Reply::error(500, "no"), 502),
        (Reply::error(503, "no"), 503),
        (
            Reply::Redirect(format!("http://{}/v1/elsewhere", scene.upstream.address())),
            502,
        ),
    ];
    for (fault, status) in &faults {
        for stream in [Streamed::No, Streamed::Yes] {
            let answer = scene.ask(&serving, fault.clone(), stream);
            assert_eq!(answer.status, *status, "{fault:?}: {}", answer.text());
            error(&answer);
        }
    }
    let asked = scene.upstream.request_count();
    let books = scene.assert_unharmed(&serving);
    let charged = books.generations.values().filter(|cost| **cost > 0).count();
    assert_eq!(charged, 1, "only the good answer costs something");
    assert!(asked >= 2 * faults.len(), "each fault was met: {asked} requests");
    assert!(
        scene
            .upstream
            .requests()
            .iter()
            .all(|request| !request.head.contains("elsewhere")),
        "a redirect is not followed"
    );
}

#[test]
fn a_plain_answer_that_is_not_whole_is_an_error() {
    let scene = Scene::new();
    let serving = scene.site.serve();
    let faults = [
        Reply::Stall,
        Reply::Reset,
        Reply::TruncatedJson,
        Reply::LyingLength,
        Reply::Endless,
        Reply::SlowFirstByte(LONG),
    ];
    for fault in &faults {
        let answer = scene.ask(&serving, fault.clone(), Streamed::No);
        assert!(
            matches!(answer.status, 502 | 504),
            "{fault:?}: {}: {}",
            answer.status,
            answer.text()
        );
        error(&answer);
    }
    scene.assert_unharmed(&serving);
}

#[test]
fn a_stream_that_breaks_says_so_and_what_came_is_charged() {
    let scene = Scene::new();
    let serving = scene.site.serve();
    let faults = [
        (Reply::Stall, "idle_timeout"),
        (Reply::Reset, "upstream_cut"),
        (Reply::CutStream, "upstream_cut"),
        (Reply::TruncatedJson, "upstream_cut"),
        (
            Reply::Good(Chat::of_pieces(100).paced(Duration::from_millis(100))),
            "total_timeout",
        ),
    ];
    for (fault, code) in &faults {
        let answer = scene.ask(&serving, fault.clone(), Streamed::Yes);
        assert_eq!(last_error(&answer)["code"], *code, "{fault:?}");
        let receipt = receipt(&serving, &scene.key, answer.header("x-candor-receipt").unwrap());
        assert_eq!(receipt["status"], "interrupted", "{fault:?}");
        assert!(
            receipt["usage"]["estimated"] == true && receipt["cost_micro"].as_i64() > Some(0),
            "{receipt}"
        );
    }
    scene.assert_unharmed(&serving);
}

#[test]
fn an_endless_line_is_cut_at_the_limit_and_not_held_in_memory() {
    let scene = Scene::new();
    let serving = scene.site.serve();
    assert!(scene.ask(&serving, Reply::default(), Streamed::Yes).is_delivered());
    let before = resident_kib(&serving);
    for stream in [Streamed::Yes, Streamed::No] {
        let answer = scene.ask(&serving, Reply::Endless, stream);
        assert!(!answer.is_delivered());
    }
    let grown = resident_kib(&serving).saturating_sub(before);
    assert!(grown < GROWTH_KIB, "the program grew by {grown} KiB");
    wait::until_true(Duration::from_secs(2), "the endless answers are hung up on", || {
        scene.upstream.hung_up() >= 2
    });
    scene.assert_unharmed(&serving);
}

#[test]
fn a_providers_error_never_shows_the_operators_key_or_host() {
    let scene = Scene::new();
    let serving = scene.site.serve();
    for status in [400, 401, 403, 404, 422, 500] {
        let answer = scene.ask(&serving, Reply::Echo(status), Streamed::No);
        let text = format!("{:?} {}", answer.headers, answer.text());
        assert!(
            !text.contains(KEY) && !text.contains(&scene.upstream.address().to_string()),
            "{status}: {text}"
        );
        error(&answer);
    }
    scene.assert_unharmed(&serving);
}

#[test]
fn a_provider_that_asks_for_patience_is_heard_by_the_client() {
    let scene = Scene::new();
    let serving = scene.site.serve();
    let answer = scene.ask(&serving, Reply::too_many(7), Streamed::No);
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("7")));
    error(&answer);
}

#[test]
fn a_client_that_hangs_up_ends_the_providers_work_within_a_second_and_pays_for_what_came() {
    let scene = Scene::new();
    let serving = scene.site.serve();
    scene
        .upstream
        .next(Reply::Good(Chat::of_pieces(1_000).paced(Duration::from_millis(10))));
    let mut exchange = Request::chat(MODEL, "Hello", Streamed::Yes)
        .key(&scene.key)
        .open(serving.address())
        .unwrap();
    let id = exchange
        .headers
        .iter()
        .find(|(name, _)| name == "x-candor-receipt")
        .unwrap()
        .1
        .clone();
    for _ in 0..5 {
        assert!(exchange.piece().unwrap().is_some());
    }
    drop(exchange);
    wait::until_true(Duration::from_secs(1), "the provider is hung up on", || {
        scene.upstream.hung_up() == 1
    });
    let receipt = receipt(&serving, &scene.key, &id);
    assert_eq!(
        (&receipt["status"], &receipt["usage"]["estimated"]),
        (&"interrupted".into(), &true.into())
    );
    scene.assert_unharmed(&serving);
}

#[test]
fn the_next_route_is_tried_before_the_first_byte_and_never_after_it() {
    let (first, second) = (FakeUpstream::start(), FakeUpstream::start());
    let provider = |name: &str, upstream: &FakeUpstream| {
        format!(
            "[[provider]]\nname = \"{name}\"\nkind = \"openai\"\nbase_url = \"http://{}/v1\"\nkey = \"{KEY}\"\nregion = \"eu\"\n",
            upstream.address()
        )
    };
    let site = Site::new(Database::sqlite()).config(&provider("first", &first)).config(&provider("second", &second)).config(&format!(
        "[[model]]\nname = \"{MODEL}\"\nroutes = [\"first/a\", \"second/b\"]\nprice = {{ currency = \"EUR\", input = \"0.15\", output = \"0.60\" }}\n"
    ));
    let key = site.customer(EMAIL, "10.00");
    let serving = site.serve();
    let ask = |reply: Reply| {
        first.next(reply);
        serving.send(&Request::chat(MODEL, "Hello", Streamed::Yes).key(&key))
    };
    for fault in [
        Reply::ResetAtOnce,
        Reply::error(500, "no"),
        Reply::error(503, "no"),
        // A longer wait would be kept: the next request would go to the second at once.
        Reply::too_many(0),
    ] {
        let answer = ask(fault.clone());
        assert!(answer.is_delivered(), "{fault:?}: {answer:?}");
        let receipt = receipt(&serving, &key, answer.header("x-candor-receipt").unwrap());
        assert_eq!(
            (receipt["tries"].as_array().map(Vec::len), &receipt["provider"]),
            (Some(2), &"second".into()),
            "{receipt}"
        );
    }
    let asked = second.request_count();
    assert_eq!(asked, 4);
    assert_eq!(last_error(&ask(Reply::Reset))["code"], "upstream_cut");
    assert_eq!(
        second.request_count(),
        asked,
        "nothing is tried again after the first byte"
    );
    Books::settled(&site, &serving, EMAIL, &key, GRANTED);
}

/// What the kernel counts as the program's memory.
fn resident_kib(serving: &Serving<'_>) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", serving.process_id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
