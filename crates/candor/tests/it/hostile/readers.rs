//! Clients that don't take what they asked for.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use testkit::http::Streamed;
use testkit::http2::{DATA, END_HEADERS, END_STREAM, HEADERS, PREFACE, RST_STREAM, SETTINGS, frame, head};
use testkit::site::MODEL;
use testkit::upstream::{Chat, FakeUpstream, Reply};
use testkit::{Database, Request, Site, wait};

use super::{EMAIL, Healthy, MIB, SOON, alone, connect, grew_at_most, most_memory};

#[test]
fn who_takes_nothing_of_an_answer_is_given_up_and_so_is_the_provider() {
    let _alone = alone();
    let upstream = FakeUpstream::start();
    let site = Site::new(Database::sqlite())
        .upstream(&upstream)
        .config("[limits]\nanswer_idle = \"1s\"\n");
    let key = site.customer(EMAIL, "1000.00");
    let serving = site.serve();
    let healthy = Healthy::start(&serving, &key);
    let before = most_memory(&serving);
    // More than the buffers of both kernels take.
    let long = Chat {
        pieces: vec!["x".repeat(60_000); 500],
        ..Chat::default()
    };
    let streams: Vec<_> = (0..4)
        .map(|_| {
            upstream.next(Reply::Good(long.clone()));
            let mut stream = connect(serving.address());
            let ask = Request::chat(MODEL, "Hello", Streamed::Yes).key(&key);
            stream.write_all(&ask.to_bytes(serving.address())).unwrap();
            stream
        })
        .collect();
    wait::until_true(SOON, "the provider is told to stop", || upstream.hung_up() == 4);
    wait::until_true(SOON, "nothing is reserved", || {
        site.cli_json(&["account", "show", EMAIL])["reserved_micro"] == 0
    });
    drop(streams);
    healthy.never_waited();
    grew_at_most(&serving, before, 64 * MIB);
}

#[test]
fn a_client_that_hangs_up_ends_the_providers_work_within_a_second() {
    let _alone = alone();
    let upstream = FakeUpstream::start();
    let site = Site::new(Database::sqlite()).upstream(&upstream);
    let key = site.customer(EMAIL, "1000.00");
    let serving = site.serve();
    let slow = Chat::of_pieces(200).paced(Duration::from_millis(100));
    for (count, (reply, stream)) in [
        (Reply::SlowHead(SOON), Streamed::No),
        (Reply::SlowHead(SOON), Streamed::Yes),
        (Reply::SlowFirstByte(SOON), Streamed::No),
        (Reply::Good(slow), Streamed::Yes),
    ]
    .into_iter()
    .enumerate()
    {
        let told = format!("{reply:?}, {stream:?}");
        upstream.next(reply);
        let mut client = connect(serving.address());
        let ask = Request::chat(MODEL, "Hello", stream).key(&key);
        client.write_all(&ask.to_bytes(serving.address())).unwrap();
        wait::until_true(SOON, "the provider is asked", || upstream.request_count() == count + 1);
        drop(client);
        wait::until_true(Duration::from_secs(1), &told, || upstream.hung_up() == count + 1);
    }
}

/// A connection of HTTP/2 on which one streamed answer is asked for, and nothing is granted beyond the usual window.
fn asking_over_http2(to: SocketAddr, key: &str) -> TcpStream {
    let body =
        serde_json::json!({ "model": MODEL, "messages": [{ "role": "user", "content": "Hello" }], "stream": true });
    let bearer = format!("Bearer {key}");
    let headers = [("content-type", "application/json"), ("authorization", bearer.as_str())];
    let block = head("POST", "/v1/chat/completions", to, &headers);
    let mut stream = connect(to);
    for bytes in [
        PREFACE.to_vec(),
        frame(SETTINGS, 0, 0, &[]),
        frame(HEADERS, END_HEADERS, 1, &block),
        frame(DATA, END_STREAM, 1, body.to_string().as_bytes()),
    ] {
        stream.write_all(&bytes).unwrap();
    }
    stream
}

#[test]
fn who_grants_no_window_of_http2_is_given_up_too() {
    let _alone = alone();
    let upstream = FakeUpstream::start();
    let site = Site::new(Database::sqlite())
        .upstream(&upstream)
        .config("[limits]\nanswer_idle = \"1s\"\nbody_total = \"1s\"\n[upstream]\ntotal = \"1s\"\n");
    let key = site.customer(EMAIL, "1000.00");
    let serving = site.serve();
    let healthy = Healthy::start(&serving, &key);
    upstream.next(Reply::Good(Chat {
        pieces: vec!["x".repeat(60_000); 500],
        ..Chat::default()
    }));
    let stream = asking_over_http2(serving.address(), &key);
    wait::until_true(SOON, "the provider is told to stop", || upstream.hung_up() == 1);
    drop(stream);
    healthy.never_waited();
}

#[test]
fn a_stream_of_http2_that_is_reset_ends_the_providers_work_within_a_second() {
    let _alone = alone();
    let upstream = FakeUpstream::start();
    let site = Site::new(Database::sqlite()).upstream(&upstream);
    let key = site.customer(EMAIL, "1000.00");
    let serving = site.serve();
    let slow = Chat::of_pieces(200).paced(Duration::from_millis(100));
    for (count, reply) in [Reply::SlowHead(SOON), Reply::Good(slow)].into_iter().enumerate() {
        let told = format!("{reply:?}");
        upstream.next(reply);
        let mut stream = asking_over_http2(serving.address(), &key);
        wait::until_true(SOON, "the provider is asked", || upstream.request_count() == count + 1);
        stream.write_all(&frame(RST_STREAM, 0, 1, &8u32.to_be_bytes())).unwrap();
        wait::until_true(Duration::from_secs(1), &told, || upstream.hung_up() == count + 1);
    }
}
