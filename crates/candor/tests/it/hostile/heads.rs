//! Heads that come slowly, or are too much.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use testkit::Request;

use super::{Healthy, MIB, SOON, alone, connect, exchange, grew_at_most, most_memory, rest, site, told};

/// Heads that stay open at once, with 8 KiB each.
const SLOW: usize = 500;

#[test]
fn slow_heads_end_in_time_and_keep_nobody_waiting() {
    let _alone = alone();
    let (site, key) = site("head = \"2s\"");
    let serving = site.serve();
    let healthy = Healthy::start(&serving, &key);
    let (before, began) = (most_memory(&serving), Instant::now());
    let beginnings = ["P", "PRI", "GET / HTTP/1.1\r\nx: "];
    let mut slow: Vec<TcpStream> = (0..SLOW)
        .map(|number| {
            let mut stream = connect(serving.address());
            let beginning = beginnings[number % beginnings.len()];
            stream.write_all(beginning.as_bytes()).unwrap();
            stream
        })
        .collect();
    while began.elapsed() < Duration::from_secs(4) {
        for stream in &mut slow {
            // It may have been ended meanwhile.
            let _sent = stream.write_all(b"x");
        }
        testkit::wait::pass(Duration::from_millis(100));
    }
    for stream in &mut slow {
        rest(stream);
    }
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    healthy.never_waited();
    grew_at_most(&serving, before, 32 * MIB);
}

#[test]
fn heads_that_are_too_large_are_told_so_with_an_id() {
    let _alone = alone();
    let (site, key) = site("");
    let serving = site.serve();
    let healthy = Healthy::start(&serving, &key);
    let before = most_memory(&serving);
    let lines = |count: usize| {
        (0..count)
            .map(|number| format!("x-{number}: y\r\n"))
            .collect::<String>()
    };
    let head = |path: &str, headers: &str| format!("GET {path} HTTP/1.1\r\nhost: x\r\n{headers}\r\n");
    for (what, bytes) in [
        ("10 000 lines", head("/v1/models", &lines(10_000))),
        ("101 lines", head("/v1/models", &lines(101))),
        (
            "a line of 1 MiB",
            head("/v1/models", &format!("x: {}\r\n", "y".repeat(1 << 20))),
        ),
        ("an address of 1 MiB", head(&format!("/v1/{}", "y".repeat(1 << 20)), "")),
        (
            "a name of 70 000 letters",
            head("/v1/models", &format!("{}: x\r\n", "y".repeat(70_000))),
        ),
    ] {
        let answer = exchange(serving.address(), bytes.as_bytes());
        let expected = (Some(431), Some("headers_too_large".to_owned()));
        assert_eq!(told(&answer), expected, "{what}: {answer}");
        for header in [
            "x-request-id: gen_",
            "x-should-retry: false",
            "connection: close",
            "date: ",
        ] {
            assert!(answer.contains(header), "{what}: {answer}");
        }
    }
    let fits = serving.send(&Request::get("/v1/models").key(&key).header("x", &"y".repeat(20_000)));
    assert_eq!(fits.status, 200, "{}", fits.text());
    healthy.never_waited();
    grew_at_most(&serving, before, 16 * MIB);
}
