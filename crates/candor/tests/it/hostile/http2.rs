//! Floods of HTTP/2, frame by frame.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use testkit::http2::{
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, PREFACE, RST_STREAM, SETTINGS, frame,
    head, literal, next_frame,
};

use super::{Healthy, MIB, SOON, alone, connect, grew_at_most, most_memory, site};

/// Most bytes that a flood sends.
const FLOOD_BYTES: usize = 64 << 20;
/// A flood goes on for no longer.
const FLOOD_WITHIN: Duration = Duration::from_secs(2);

fn begun(to: SocketAddr) -> TcpStream {
    let mut stream = connect(to);
    stream.write_all(PREFACE).unwrap();
    stream.write_all(&frame(SETTINGS, 0, 0, &[])).unwrap();
    stream
}

/// How a flood ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// The other side ended the connection.
    Refused,
    /// All was taken, or as much as the time allowed.
    Taken,
}

/// Sends what `next` makes, again and again, and forgets what comes back.
fn send(to: SocketAddr, first: &[u8], mut next: impl FnMut(u32) -> Vec<u8>) -> End {
    let mut stream = begun(to);
    let mut reader = stream.try_clone().unwrap();
    let reading = std::thread::spawn(move || {
        let mut piece = [0; 16 * 1024];
        while reader.read(&mut piece).is_ok_and(|count| count > 0) {}
    });
    let (began, mut sent, mut number) = (Instant::now(), 0, 0);
    let mut end = End::Taken;
    let mut batch = first.to_vec();
    while sent < FLOOD_BYTES && began.elapsed() < FLOOD_WITHIN {
        while batch.len() < 64 * 1024 {
            batch.extend(next(number));
            number += 1;
        }
        match stream.write_all(&batch) {
            Ok(()) => sent += batch.len(),
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => {
                end = End::Refused;
                break;
            }
            Err(error) => panic!("after {sent} bytes: {error}"),
        }
        batch.clear();
    }
    let _closed = stream.shutdown(std::net::Shutdown::Both);
    reading.join().unwrap();
    end
}

/// The number of a client's stream.
const fn odd(number: u32) -> u32 {
    2 * number + 1
}

/// A flood: what is sent at first, what again and again, and how it has to end if that is sure.
struct Flood {
    what: &'static str,
    first: Vec<u8>,
    next: Box<dyn FnMut(u32) -> Vec<u8>>,
    end: Option<End>,
}

fn floods(to: SocketAddr) -> Vec<Flood> {
    let flood = |what, first: &[u8], end, next: Box<dyn FnMut(u32) -> Vec<u8>>| Flood {
        what,
        first: first.to_vec(),
        next,
        end,
    };
    let same = |frame: Vec<u8>| -> Box<dyn FnMut(u32) -> Vec<u8>> { Box::new(move |_| frame.clone()) };
    let get = head("GET", "/v1/models", to, &[]);
    let post = head(
        "POST",
        "/v1/chat/completions",
        to,
        &[("content-type", "application/json")],
    );
    let mut line = vec![0];
    literal(&mut line, "x");
    literal(&mut line, &"y".repeat(16_000));
    let unfinished = frame(HEADERS, 0, 1, &get);
    let opened = frame(HEADERS, END_HEADERS, 1, &post);
    let reset = move |number: u32| {
        let begin = frame(HEADERS, END_HEADERS | END_STREAM, odd(number), &get);
        [begin, frame(RST_STREAM, 0, odd(number), &8u32.to_be_bytes())].concat()
    };
    let begin = move |number: u32| frame(HEADERS, END_HEADERS, odd(number), &post);
    let refused = || Some(End::Refused);
    vec![
        flood("streams that are reset at once", &[], None, Box::new(reset)),
        flood("streams beyond the limit", &[], refused(), Box::new(begin)),
        flood(
            "a head that never ends",
            &unfinished,
            refused(),
            same(frame(CONTINUATION, 0, 1, &line)),
        ),
        flood(
            "a head that goes on with nothing",
            &unfinished,
            refused(),
            same(frame(CONTINUATION, 0, 1, &[])),
        ),
        flood("settings", &[], None, same(frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 9]))),
        flood("pings", &[], None, same(frame(PING, 0, 0, &[7; 8]))),
        flood(
            "acknowledged settings that were never sent",
            &[],
            None,
            same(frame(SETTINGS, ACK, 0, &[])),
        ),
        flood("empty pieces of a body", &opened, None, same(frame(DATA, 0, 1, &[]))),
    ]
}

#[test]
fn floods_of_frames_keep_nobody_waiting_and_take_no_memory() {
    let _alone = alone();
    let (site, key) = site("");
    let serving = site.serve();
    let healthy = Healthy::start(&serving, &key);
    let before = most_memory(&serving);
    for Flood { what, first, next, end } in floods(serving.address()) {
        let ended = send(serving.address(), &first, next);
        println!("{what}: {ended:?}, {} MiB", (most_memory(&serving) - before) / MIB);
        assert!(end.is_none_or(|end| end == ended), "{what}");
    }
    healthy.never_waited();
    grew_at_most(&serving, before, 32 * MIB);
}

#[test]
fn a_head_that_unpacks_to_more_than_it_may_is_refused() {
    let _alone = alone();
    let (site, key) = site("");
    let serving = site.serve();
    let healthy = Healthy::start(&serving, &key);
    let (before, to) = (most_memory(&serving), serving.address());
    // One line of 4000 bytes that the table keeps (index 62), and then told again by a byte each.
    let mut block = head("GET", "/v1/models", to, &[]);
    block.push(0x40);
    literal(&mut block, "x");
    literal(&mut block, &"y".repeat(3_900));
    block.extend([0xbe; 12_000]);
    for stream in [1, 3, 5] {
        let mut connection = begun(to);
        connection
            .write_all(&frame(HEADERS, END_HEADERS | END_STREAM, stream, &block))
            .unwrap();
        assert!(!is_answered_well(&mut connection));
    }
    healthy.never_waited();
    grew_at_most(&serving, before, 32 * MIB);
}

#[test]
fn a_head_with_too_many_lines_is_told_so_over_http2_too() {
    let _alone = alone();
    let (site, _) = site("");
    let serving = site.serve();
    let names: Vec<String> = (0..150).map(|number| format!("x-{number}")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "y")).collect();
    let large = "y".repeat(40_000);
    for headers in [many, vec![("x", large.as_str())]] {
        let answer = testkit::http2::post(serving.address(), "/v1/messages", &headers, b"{}").unwrap();
        let body: serde_json::Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(body["error"]["details"]["error_code"], "headers_too_large", "{body}");
        assert!(body["request_id"].as_str().unwrap().starts_with("gen_"), "{body}");
    }
}

#[test]
fn a_connection_on_which_nothing_is_asked_is_ended() {
    let _alone = alone();
    let (site, key) = site("idle = \"500ms\"\nhead = \"1s\"");
    let serving = site.serve();
    let healthy = Healthy::start(&serving, &key);
    let mut connection = begun(serving.address());
    let began = Instant::now();
    let mut said_goodbye = false;
    while let Ok((kind, flags, payload)) = next_frame(&mut connection) {
        said_goodbye |= kind == GOAWAY;
        if kind == PING && flags & ACK == 0 {
            connection.write_all(&frame(PING, ACK, 0, &payload)).unwrap();
        }
    }
    assert!(
        said_goodbye && began.elapsed() < SOON,
        "{said_goodbye} {:?}",
        began.elapsed()
    );
    healthy.never_waited();
}

/// Did a stream get an answer other than a refusal of its head?
fn is_answered_well(connection: &mut TcpStream) -> bool {
    while let Ok((kind, _, payload)) = next_frame(connection) {
        match kind {
            RST_STREAM | GOAWAY => return false,
            // `:status: 200` of the static table.
            HEADERS => return payload.first() == Some(&0x88),
            _ => {}
        }
    }
    false
}
