//! The provider makes each fault that it is asked for, and the client sees it.

use std::time::Duration;

use base::clock::{Clock, SystemClock};
use testkit::http::{Answer, Streamed};
use testkit::upstream::{Chat, KEY};
use testkit::{FakeUpstream, Reply, Request};

const BOTH: [Streamed; 2] = [Streamed::No, Streamed::Yes];

fn ask(upstream: &FakeUpstream, stream: Streamed) -> Result<Answer, std::io::Error> {
    Request::chat("m", "a prompt", stream)
        .key("cdr_x")
        .send(upstream.address())
}

fn replies(reply: &Reply) -> [Result<Answer, std::io::Error>; 2] {
    let upstream = FakeUpstream::start();
    upstream.always(reply.clone());
    BOTH.map(|stream| ask(&upstream, stream))
}

#[test]
fn a_good_answer_is_whole_and_the_same_streamed_or_not() {
    for answer in replies(&Reply::Good(Chat::of_pieces(20))) {
        let answer = answer.unwrap();
        assert!(answer.is_delivered(), "{answer:?}");
        assert_eq!(answer.chat_text(), Chat::of_pieces(20).text());
    }
}

#[test]
fn a_usage_event_comes_only_when_asked_for() {
    let upstream = FakeUpstream::start();
    let ask = |options: &str| {
        let body = format!("{{\"model\":\"m\",\"stream\":true{options}}}");
        Request::post("/v1/chat/completions", body)
            .send(upstream.address())
            .unwrap()
            .text()
    };
    assert!(!ask("").contains("prompt_tokens"));
    assert!(ask(",\"stream_options\":{\"include_usage\":true}").contains("\"prompt_tokens\":9"));
}

#[test]
fn each_cut_is_seen_as_a_cut() {
    for reply in [Reply::Reset, Reply::LyingLength] {
        for answer in replies(&reply) {
            assert!(!answer.is_ok_and(|answer| answer.whole), "{reply:?}");
        }
    }
    for reply in [Reply::ResetAtOnce, Reply::Garbage] {
        assert!(replies(&reply).iter().all(Result::is_err), "{reply:?}");
    }
    let [_, cut] = replies(&Reply::CutStream).map(Result::unwrap);
    assert!(cut.whole && !cut.is_delivered());
    for answer in replies(&Reply::TruncatedJson).map(Result::unwrap) {
        assert!(answer.whole && answer.json().is_null());
    }
}

#[test]
fn an_answer_waits_as_long_as_it_is_told_to() {
    let span = Duration::from_millis(60);
    for reply in [
        Reply::SlowHead(span),
        Reply::SlowFirstByte(span),
        Reply::Good(Chat::default().paced(span)),
    ] {
        let clock = SystemClock::new();
        assert!(replies(&reply).into_iter().all(|answer| answer.unwrap().is_delivered()));
        assert!(clock.monotonic() >= 2 * span, "{reply:?}");
    }
}

#[test]
fn an_upstream_sees_that_its_reader_hung_up() {
    let upstream = FakeUpstream::start();
    upstream.always(Reply::Stall);
    let mut exchange = Request::chat("m", "p", Streamed::Yes).open(upstream.address()).unwrap();
    assert!(exchange.piece().unwrap().is_some());
    assert_eq!(upstream.hung_up(), 0);
    drop(exchange);
    testkit::wait::until_true(Duration::from_secs(5), "the provider sees the end", || {
        upstream.hung_up() == 1
    });
}

#[test]
fn an_endless_answer_ends_when_nobody_reads_it() {
    let upstream = FakeUpstream::start();
    upstream.always(Reply::Endless);
    for stream in BOTH {
        let mut exchange = Request::chat("m", "p", stream).open(upstream.address()).unwrap();
        assert!(exchange.piece().unwrap().is_some());
    }
    testkit::wait::until_true(Duration::from_secs(5), "the provider stops", || upstream.hung_up() == 2);
}

#[test]
fn statuses_redirects_and_echoes_are_sent_as_asked() {
    let [answer, _] = replies(&Reply::too_many(7)).map(Result::unwrap);
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("7")));
    let [answer, _] = replies(&Reply::Redirect("http://127.0.0.1:1/".to_owned())).map(Result::unwrap);
    assert_eq!(
        (answer.status, answer.header("location")),
        (307, Some("http://127.0.0.1:1/"))
    );
    let [answer, _] = replies(&Reply::Echo(500)).map(Result::unwrap);
    assert!(answer.status == 500 && answer.text().contains("a prompt") && answer.text().contains(KEY));
}

#[test]
fn a_script_is_followed_in_order_and_every_request_is_kept() {
    let upstream = FakeUpstream::start();
    upstream.next(Reply::error(500, "first"));
    upstream.next(Reply::default());
    let statuses = [(); 3].map(|()| ask(&upstream, Streamed::No).unwrap().status);
    assert_eq!(statuses, [500, 200, 200]);
    let requests = upstream.requests();
    assert_eq!(requests.len(), 3);
    testkit::wait::until_true(Duration::from_secs(5), "all are written", || upstream.finished() == 3);
    assert_eq!(requests[0].header("authorization"), Some("Bearer cdr_x"));
    assert_eq!(requests[2].json()["messages"][0]["content"], "a prompt");
}
