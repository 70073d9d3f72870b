//! Many connections.

use std::io::Write as _;
use std::net::TcpStream;

use testkit::{Request, wait};

use super::{Healthy, SOON, alone, connect, grew_at_most, most_memory, rest, site, told};

/// Descriptors that this process needs for other things.
const OTHERS: usize = 500;
/// What an idle connection may cost.
const IDLE_BYTES: u64 = 12 * 1024;

/// How many connections this process can open: 10 000, or fewer where the system gives fewer descriptors.
fn most() -> usize {
    let descriptors = store::descriptors::raise().map_or(usize::MAX, |most| usize::try_from(most).unwrap());
    // The server keeps a third of its own for other things.
    10_000.min(descriptors / 3 * 2 - OTHERS)
}

#[test]
fn ten_thousand_idle_connections_cost_little_and_keep_nobody_waiting() {
    let _alone = alone();
    let most = most();
    let (site, key) = site("connections = 11000\nhead = \"60s\"");
    let serving = site.serve();
    let healthy = Healthy::start(&serving, &key);
    let before = most_memory(&serving);
    // Of each kind a third: silent, in the middle of a head, and after a request.
    let heads = [
        "",
        "GET /v1/models HTTP/1.1\r\n",
        "GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n",
    ];
    let streams: Vec<TcpStream> = (0..most)
        .map(|number| {
            let mut stream = connect(serving.address());
            stream.write_all(heads[number % heads.len()].as_bytes()).unwrap();
            stream
        })
        .collect();
    let count = || {
        std::fs::read_dir(format!("/proc/{}/fd", serving.process_id()))
            .unwrap()
            .count()
    };
    wait::until_true(SOON, "all are taken in", || count() > most);
    println!(
        "{most} idle connections: {} KiB each",
        (most_memory(&serving) - before) / most as u64 / 1024
    );
    healthy.never_waited();
    grew_at_most(&serving, before, IDLE_BYTES * most as u64);
    drop(streams);
    wait::until_true(SOON, "all are gone", || count() < OTHERS);
}

#[test]
fn who_holds_all_connections_keeps_nobody_out() {
    let _alone = alone();
    // Who brings as many at once as there may be pushes out a connection between its first packet and its key; so less than that.
    const CONNECTIONS: usize = 400;
    const AT_ONCE: usize = 50;
    let (site, key) = site(&format!("connections = {CONNECTIONS}"));
    let serving = site.serve();
    let healthy = Healthy::start(&serving, &key);
    let mut silent: Vec<TcpStream> = Vec::new();
    for round in 0..40 {
        silent.extend((0..AT_ONCE).map(|_| connect(serving.address())));
        assert!(
            serving.send(&Request::get("/v1/models").key(&key)).status == 200,
            "round {round}"
        );
    }
    for stream in silent.iter_mut().take(CONNECTIONS) {
        assert_eq!(rest(stream), b"", "the first ones made room");
    }
    let metrics = serving.operations("/metrics").text();
    let made_room: usize = metrics
        .lines()
        .find_map(|line| line.strip_prefix("candor_connections_total{fate=\"made_room\"} "))
        .and_then(|count| count.parse().ok())
        .unwrap_or_default();
    assert!(made_room >= 3 * CONNECTIONS, "{metrics}");
    healthy.never_waited();
}

#[test]
fn when_all_connections_are_at_work_one_more_is_told_so() {
    let _alone = alone();
    let (site, key) = site("connections = 3");
    let serving = site.serve();
    let ask = Request::get("/v1/models").key(&key);
    let used: Vec<TcpStream> = (0..3)
        .map(|_| {
            let mut stream = connect(serving.address());
            let bytes = String::from_utf8(ask.to_bytes(serving.address())).unwrap();
            stream
                .write_all(bytes.replace("connection: close\r\n", "").as_bytes())
                .unwrap();
            let mut begin = [0; 12];
            std::io::Read::read_exact(&mut stream, &mut begin).unwrap();
            assert_eq!(&begin, b"HTTP/1.1 200");
            stream
        })
        .collect();
    let answer = String::from_utf8(rest(&mut connect(serving.address()))).unwrap();
    assert_eq!(
        told(&answer),
        (Some(503), Some("too_many_connections".to_owned())),
        "{answer}"
    );
    assert!(
        answer.contains("x-request-id: gen_") && answer.contains("retry-after: 1"),
        "{answer}"
    );
    drop(used);
    wait::until_true(SOON, "there is room again", || {
        ask.send(serving.address()).is_ok_and(|answer| answer.status == 200)
    });
}
