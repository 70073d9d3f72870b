//! The program is killed at any moment, and asked to end at a bad one.
//!
//! `CANDOR_TEST_KILLS` says how often it is killed on each database (default 10; `cargo xtask crash 200` for a long run).

use std::time::Duration;

use base::random::{Random, SystemRandom};
use testkit::http::Streamed;
use testkit::upstream::Chat;
use testkit::{Answer, FakeUpstream, Reply, Site, wait};

use crate::books::{Books, receipt};
use crate::load::{Load, WORKERS, chat};

const EMAIL: &str = "ada@example.test";
const GRANTED: i64 = 1_000_000_000;
const READY_WITHIN: Duration = Duration::from_secs(2);

testkit::both_databases! {
    /// Delivered answers are recorded once each, and the books agree to the micro-unit.
    fn a_kill_at_any_moment_loses_no_delivered_answer_and_counts_none_twice(database) {
        let kills: u64 = std::env::var("CANDOR_TEST_KILLS").map_or(10, |kills| kills.parse().unwrap());
        let upstream = FakeUpstream::start();
        let site = Site::new(database).upstream(&upstream);
        let key = site.customer(EMAIL, "1000.00");
        upstream.always(Reply::Good(Chat::of_pieces(12).paced(Duration::from_millis(1))));
        let (mut delivered, mut slowest) = (Vec::new(), Duration::ZERO);
        for _ in 0..kills {
            let serving = site.serve();
            slowest = slowest.max(serving.ready_after());
            let load = Load::start(serving.address(), &key);
            wait::pass(Duration::from_millis(20 + random_below(400)));
            serving.kill9();
            delivered.extend(load.stop().delivered);
        }
        let serving = site.serve();
        let books = Books::settled(&site, &serving, EMAIL, &key, GRANTED);
        let lost: Vec<&String> = delivered.iter().filter(|id| !books.generations.contains_key(*id)).collect();
        println!(
            "{kills} kills: {} answers delivered, {} recorded, ready after at most {slowest:?}",
            delivered.len(),
            books.generations.len()
        );
        assert!(lost.is_empty(), "{} of {} delivered answers were lost: {lost:?}", lost.len(), delivered.len());
        assert!(delivered.len() as u64 >= kills, "only {} answers were delivered: the load is too small to prove anything", delivered.len());
        for id in delivered.iter().rev().take(20) {
            assert_eq!(receipt(&serving, &key, id)["status"], "completed");
        }
        assert!(slowest <= READY_WITHIN, "ready only after {slowest:?}");
    }
}

testkit::both_databases! {
    fn a_begun_answer_is_finished_before_the_program_ends(database) {
        let upstream = FakeUpstream::start();
        let site = Site::new(database).upstream(&upstream);
        let key = site.customer(EMAIL, "1000.00");
        let serving = site.serve();
        upstream.always(Reply::Good(Chat::of_pieces(20).paced(Duration::from_millis(20))));
        let asked: Vec<_> = (0..8_u64)
            .map(|number| {
                let (request, address) = (chat(number, Streamed::Yes).key(&key), serving.address());
                std::thread::spawn(move || request.send(address))
            })
            .collect();
        upstream.wait_for_requests(8);
        let status = serving.terminate();
        let answers: Vec<_> = asked.into_iter().map(|thread| thread.join().unwrap().unwrap()).collect();
        assert!(status.success(), "{status}");
        assert!(answers.iter().all(Answer::is_delivered), "{answers:?}");
        let serving = site.serve();
        let books = Books::settled(&site, &serving, EMAIL, &key, GRANTED);
        assert_eq!(books.generations.len(), answers.len());
        for answer in &answers {
            assert_eq!(receipt(&serving, &key, answer.header("x-candor-receipt").unwrap())["status"], "completed");
        }
    }
}

testkit::both_databases! {
    /// At any moment, while answers begin and end: whatever a client saw the head of comes whole, and each is booked once.
    fn a_signal_under_load_cuts_no_begun_answer(database) {
        const SIGNALS: u64 = 4;
        let upstream = FakeUpstream::start();
        let site = Site::new(database).upstream(&upstream);
        let key = site.customer(EMAIL, "1000.00");
        upstream.always(Reply::Good(Chat::of_pieces(12).paced(Duration::from_millis(4))));
        let mut delivered = Vec::new();
        for _ in 0..SIGNALS {
            let serving = site.serve();
            let load = Load::start(serving.address(), &key);
            wait::pass(Duration::from_millis(200 + random_below(300)));
            let status = serving.terminate();
            assert!(status.success(), "{status}");
            let heard = load.stop();
            assert!(heard.cut.is_empty(), "{} begun answers were cut: {:?}", heard.cut.len(), heard.cut);
            delivered.extend(heard.delivered);
        }
        assert!(delivered.len() as u64 >= SIGNALS * WORKERS, "only {} answers were delivered", delivered.len());
        let serving = site.serve();
        let books = Books::settled(&site, &serving, EMAIL, &key, GRANTED);
        assert!(delivered.iter().all(|id| books.generations.contains_key(id)), "a delivered answer is not recorded");
        assert_eq!(books.generations.len(), delivered.len(), "nothing else was recorded");
    }
}

fn random_below(limit: u64) -> u64 {
    let mut bytes = [0; 8];
    SystemRandom.fill(&mut bytes);
    u64::from_le_bytes(bytes) % limit
}
