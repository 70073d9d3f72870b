//! Bodies that come slowly, or hold memory.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use testkit::{Request, Serving, wait};

use super::{Healthy, MIB, SOON, alone, connect, grew_at_most, most_memory, rest, site, told};

/// A request whose body has begun and is announced to have `length` bytes.
fn begun(serving: &Serving<'_>, key: &str, length: usize, first: &[u8]) -> TcpStream {
    let mut stream = connect(serving.address());
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(first).unwrap();
    stream
}

fn is_timeout(stream: &mut TcpStream) {
    let answer = String::from_utf8(rest(stream)).unwrap();
    let expected = (Some(408), Some("request_timeout".to_owned()));
    assert_eq!(told(&answer), expected, "{answer}");
    assert!(
        answer.contains("x-request-id: gen_") && answer.contains("x-should-retry: true"),
        "{answer}"
    );
}

#[test]
fn slow_bodies_end_in_time_whether_they_trickle_or_flow() {
    let _alone = alone();
    let (site, key) = site("body_idle = \"1s\"\nbody_total = \"3s\"");
    let serving = site.serve();
    let healthy = Healthy::start(&serving, &key);
    let (before, began) = (most_memory(&serving), Instant::now());
    let mut trickling: Vec<TcpStream> = (0..200).map(|_| begun(&serving, &key, 1 << 20, b"{")).collect();
    let mut flowing: Vec<TcpStream> = (0..50).map(|_| begun(&serving, &key, 1 << 20, b"{")).collect();
    while began.elapsed() < Duration::from_secs(4) {
        for stream in &mut trickling {
            let _sent = stream.write_all(b" ");
        }
        for stream in &mut flowing {
            let _sent = stream.write_all(&[b' '; 1024]);
        }
        wait::pass(Duration::from_millis(200));
    }
    trickling.iter_mut().chain(&mut flowing).for_each(is_timeout);
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    healthy.never_waited();
    grew_at_most(&serving, before, 32 * MIB);
}

#[test]
fn large_bodies_hold_no_more_memory_than_they_may_and_small_ones_pass() {
    let _alone = alone();
    const PIECE: usize = 1 << 20;
    let (site, key) = site("bodies = \"8MiB\"");
    let serving = site.serve();
    let healthy = Healthy::start(&serving, &key);
    let before = most_memory(&serving);
    let large = vec![b' '; PIECE];
    let mut streams: Vec<TcpStream> = (0..64).map(|_| begun(&serving, &key, 4 * PIECE, &large)).collect();
    let ask = || Request::post("/v1/chat/completions", vec![b' '; 4 * PIECE]).key(&key);
    let refused = wait::until(SOON, "a large one is refused", || {
        let answer = serving.send(&ask());
        (answer.status == 503).then_some(answer)
    });
    assert_eq!(refused.json()["error"]["code"], "overloaded");
    assert_eq!(refused.header("retry-after"), Some("1"));
    let mut told_so = 0;
    for stream in &mut streams {
        stream.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
        let mut status = [0; 12];
        told_so += usize::from(std::io::Read::read_exact(stream, &mut status).is_ok() && &status == b"HTTP/1.1 503");
    }
    assert!((50..64).contains(&told_so), "{told_so} of 64 were refused");
    healthy.never_waited();
    grew_at_most(&serving, before, 96 * MIB);
    drop(streams);
    // What is no JSON is told so, which shows that it was read.
    wait::until_true(SOON, "there is room again", || serving.send(&ask()).status == 400);
}
