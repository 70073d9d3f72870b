//! Whom a request is tried with: several keys, weights, what rests, and how often anything is tried again.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use testkit::http::{Answer, Request, Streamed};
use testkit::upstream::{FakeUpstream, Reply};
use testkit::{Database, Serving, Site};

use super::{EMAIL, receipt};

const ONE: &str = "sk-operator-one-5e1d0c2b";
const TWO: &str = "sk-operator-two-91ab77f3";

fn provider(name: &str, upstream: &FakeUpstream, keys: &str) -> String {
    let address = upstream.address();
    format!("[[provider]]\nname = \"{name}\"\nkind = \"openai\"\nbase_url = \"http://{address}/v1\"\n{keys}\n")
}

fn model(routes: &str) -> String {
    format!(
        "[[model]]\nname = \"m\"\nroutes = {routes}\nprice = {{ currency = \"EUR\", input = \"1\", output = \"1\" }}\n"
    )
}

fn site(config: &[String]) -> (Site, String) {
    let site = Site::new(Database::sqlite())
        .environment("SECOND_KEY", TWO)
        .config(&config.concat());
    let key = site.customer(EMAIL, "10.00");
    (site, key)
}

fn ask(serving: &Serving<'_>, key: &str) -> Answer {
    serving.send(&Request::chat("m", "Hello", Streamed::No).key(key))
}

fn metrics(serving: &Serving<'_>) -> String {
    serving.operations("/metrics").text()
}

/// How often each key was seen since the last look.
fn keys_seen(upstream: &FakeUpstream, from: usize) -> BTreeMap<String, usize> {
    let mut seen = BTreeMap::new();
    for request in &upstream.requests()[from..] {
        let key = request.header("authorization").unwrap_or_default();
        *seen.entry(key.trim_start_matches("Bearer ").to_owned()).or_default() += 1;
    }
    seen
}

fn two_keys(upstream: &FakeUpstream, limits: &str) -> (Site, String) {
    let keys = format!("keys = [\"{ONE}\", {{ env = \"SECOND_KEY\", weight = 3 }}]");
    site(&[limits.to_owned(), provider("p", upstream, &keys), model("[\"p/a\"]")])
}

#[test]
fn keys_take_turns_by_their_weights() {
    let upstream = FakeUpstream::start();
    let (site, key) = two_keys(&upstream, "");
    let serving = site.serve();
    for _ in 0..8 {
        assert_eq!(ask(&serving, &key).status, 200);
    }
    let seen = keys_seen(&upstream, 0);
    assert_eq!((seen[ONE], seen[TWO]), (2, 6));
}

#[test]
fn a_key_that_is_refused_or_limited_rests_and_another_one_answers() {
    let upstream = FakeUpstream::start();
    for refusal in [
        Reply::error(401, "Incorrect API key provided"),
        Reply::error(403, "no"),
        Reply::too_many(30),
        Reply::error(429, "no"),
    ] {
        let (site, key) = two_keys(&upstream, "");
        let serving = site.serve();
        let before = upstream.request_count();
        upstream.next(refusal.clone());
        for _ in 0..6 {
            let answer = ask(&serving, &key);
            assert_eq!(answer.status, 200, "after {refusal:?}: {}", answer.text());
        }
        let seen = keys_seen(&upstream, before);
        assert!(
            seen.values().sum::<usize>() == 7 && seen.values().any(|count| *count == 1),
            "after {refusal:?}: {seen:?}"
        );
        let metrics = metrics(&serving);
        assert!(
            metrics.contains("candor_upstream_rests_total{provider=\"p\",what=\"key\"} 1"),
            "{metrics}"
        );
    }
}

#[test]
fn where_all_keys_rest_one_is_still_tried_and_what_the_provider_says_is_told_without_any_of_them() {
    let upstream = FakeUpstream::start();
    let (site, key) = two_keys(&upstream, "");
    let serving = site.serve();
    upstream.always(Reply::too_many(30));
    for tries in [2, 1] {
        let before = upstream.request_count();
        let answer = ask(&serving, &key);
        assert_eq!(
            (answer.status, answer.header("retry-after")),
            (429, Some("30")),
            "{}",
            answer.text()
        );
        assert_eq!(upstream.request_count() - before, tries);
    }
    upstream.always(Reply::Status(
        400,
        format!("{{\"error\":{{\"message\":\"{ONE} {TWO}\"}}}}"),
        vec![],
    ));
    let told = ask(&serving, &key).text();
    assert!(!told.contains(ONE) && !told.contains(TWO), "{told}");
    upstream.always(Reply::default());
    assert_eq!(ask(&serving, &key).status, 200);
}

#[test]
fn retry_after_is_told_whichever_way_it_was_written() {
    let upstream = FakeUpstream::start();
    let (site, key) = site(&[provider("p", &upstream, ""), model("[\"p/a\"]")]);
    let serving = site.serve();
    let limited = |name, value: &str| {
        let body = "{\"error\":{\"message\":\"no\"}}".to_owned();
        upstream.next(Reply::Status(429, body, vec![(name, value.to_owned())]));
        let answer = ask(&serving, &key);
        let told = |name| answer.header(name).map(str::to_owned);
        (answer.status, told("retry-after"), told("x-should-retry"))
    };
    let (yes, no) = (Some("true".to_owned()), Some("false".to_owned()));
    assert_eq!(limited("retry-after", "7"), (429, Some("7".to_owned()), yes.clone()));
    assert_eq!(
        limited("retry-after-ms", "1200"),
        (429, Some("2".to_owned()), yes.clone())
    );
    assert_eq!(limited("retry-after", "soon"), (429, None, yes));
    let (status, told, should_retry) = limited("retry-after", "Tue, 01 Jan 2999 00:00:00 GMT");
    assert_eq!(
        (status, told, should_retry),
        (429, None, Some("true".to_owned())),
        "no wait that means nothing"
    );
    assert_eq!(limited("retry-after", "300").2, no);
}

#[test]
fn routes_with_weights_share_requests_and_the_next_place_takes_over() {
    let (one, other, last) = (FakeUpstream::start(), FakeUpstream::start(), FakeUpstream::start());
    let routes = "[{ route = \"one/a\", weight = 3 }, { route = \"other/b\", weight = 1 }, \"last/c\"]";
    let (site, key) = site(&[
        provider("one", &one, ""),
        provider("other", &other, ""),
        provider("last", &last, ""),
        model(routes),
    ]);
    let serving = site.serve();
    for _ in 0..8 {
        assert_eq!(ask(&serving, &key).status, 200);
    }
    assert_eq!(
        (one.request_count(), other.request_count(), last.request_count()),
        (6, 2, 0)
    );
    one.always(Reply::error(503, "x"));
    other.always(Reply::ResetAtOnce);
    let answer = ask(&serving, &key);
    assert_eq!(answer.status, 200);
    let receipt = receipt(&serving, &key, answer.header("x-candor-receipt").unwrap());
    assert_eq!(
        (&receipt["provider"], receipt["tries"].as_array().unwrap().len()),
        (&json!("last"), 3)
    );
}

#[test]
fn a_route_that_keeps_failing_rests_and_one_request_finds_out_when_it_is_back() {
    let (first, second) = (FakeUpstream::start(), FakeUpstream::start());
    let (site, key) = site(&[
        "[upstream.rest]\nfailures = 3\ntime = \"700ms\"\n".to_owned(),
        provider("first", &first, ""),
        provider("second", &second, ""),
        model("[\"first/a\", \"second/b\"]"),
    ]);
    let serving = site.serve();
    first.always(Reply::error(500, "x"));
    for _ in 0..10 {
        assert_eq!(ask(&serving, &key).status, 200);
    }
    let before = first.request_count();
    assert!((3..6).contains(&before), "{before} requests to a provider that is down");
    assert!(metrics(&serving).contains("candor_upstream_rests_total{provider=\"first\",what=\"route\"} 1"));
    first.always(Reply::default());
    testkit::wait::until_true(Duration::from_secs(5), "it is asked again", || {
        assert_eq!(ask(&serving, &key).status, 200);
        first.request_count() > before
    });
    let before = second.request_count();
    assert_eq!(ask(&serving, &key).status, 200);
    assert_eq!(second.request_count(), before, "it is preferred again");
}

#[test]
fn further_tries_end_with_their_budget() {
    let (first, second) = (FakeUpstream::start(), FakeUpstream::start());
    let (site, key) = site(&[
        "[upstream]\nrest.failures = 1000\nretries.percent = 1\nretries.floor = 1\n".to_owned(),
        provider("first", &first, ""),
        provider("second", &second, ""),
        model("[\"first/a\", \"second/b\"]"),
    ]);
    let serving = site.serve();
    first.always(Reply::error(500, "x"));
    let statuses: Vec<u16> = (0..60).map(|_| ask(&serving, &key).status).collect();
    let answered = statuses.iter().filter(|status| **status == 200).count();
    assert!((11..40).contains(&answered), "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 502).count(), 60 - answered);
    assert_eq!(second.request_count(), answered);
    let saved = format!("candor_upstream_tries_saved_total {}", 60 - answered);
    assert!(metrics(&serving).contains(&saved), "{saved}");
}

#[test]
fn one_try_leaves_time_for_the_next_and_all_end_with_the_total() {
    let (first, second) = (FakeUpstream::start(), FakeUpstream::start());
    let (site, key) = site(&[
        "[upstream]\ntry = \"300ms\"\ntotal = \"900ms\"\n".to_owned(),
        provider("first", &first, ""),
        provider("second", &second, ""),
        model("[\"first/a\", \"second/b\"]"),
    ]);
    let serving = site.serve();
    let slow = Duration::from_secs(20);
    for fault in [Reply::SlowHead(slow), Reply::SlowFirstByte(slow)] {
        first.next(fault.clone());
        let began = std::time::Instant::now();
        assert_eq!(ask(&serving, &key).status, 200, "after {fault:?}");
        assert!(began.elapsed() >= Duration::from_millis(300));
    }
    first.next(Reply::SlowHead(slow));
    second.next(Reply::SlowHead(slow));
    let began = std::time::Instant::now();
    let answer = ask(&serving, &key);
    assert_eq!(answer.status, 504, "{}", answer.text());
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn what_is_wrong_with_keys_and_weights_is_named() {
    let start = "[[provider]]\nname = \"p\"\nkind = \"openai\"\nbase_url = \"https://example.com/v1\"\n";
    for (config, wrong) in [
        (format!("{start}key = \"a\"\nkeys = [\"b\"]\n"), "there is a `key`, too"),
        (
            format!("{start}keys = [{{ env = \"X\", weight = 0 }}]\n"),
            "a weight is a whole number from 1 to 100",
        ),
        (
            format!("{start}keys = [{{ weight = 2 }}]\n"),
            "doesn't say where the secret is",
        ),
        (
            format!("{start}{}", model("[{ route = \"p/a\" }]")),
            "\"weight\" is missing",
        ),
        (
            format!("{start}{}", model("[{ route = \"p/a\", weight = 1, wait = 2 }]")),
            "a route has no \"wait\"",
        ),
    ] {
        let output = Site::new(Database::sqlite()).config(&config).cli(&["config", "check"]);
        assert_eq!(output.status.code(), Some(2));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains(wrong), "{told}");
    }
}
