//! Each write and sync fails once, at a start and under way. Allocation: `full`.

use std::time::Duration;

use store::disk::Operation;
use testkit::http::Streamed;
use testkit::site::MODEL;
use testkit::upstream::Chat;
use testkit::{FakeUpstream, Reply, Request, Serving, wait};

use super::plan::{Plan, Trouble};
use super::site_and_disk;
use crate::books::{Books, receipt};

const EMAIL: &str = "ada@example.test";
const GRANTED: i64 = 1_000_000_000;
const SOON: Duration = Duration::from_secs(10);
/// More operations than a start or three answers need.
const MOST: u64 = 100;
/// How often a test must have struck to have proved something.
const LEAST_STRUCK: u64 = 3;

const OF_A_PROCESS: &[(Operation, Trouble)] = &[
    (Operation::Write, Trouble::Refused),
    (Operation::Write, Trouble::Torn),
    (Operation::Write, Trouble::DoneButFailed),
    (Operation::Write, Trouble::NoRoom),
    (Operation::Sync, Trouble::Refused),
];
const OF_A_DISK: &[(Operation, Trouble)] = &[(Operation::Write, Trouble::Torn), (Operation::Sync, Trouble::Refused)];

/// A plain answer, one that is streamed at once, and one whose prompt is written before its words.
fn ask(serving: &Serving<'_>, key: &str, delivered: &mut Vec<String>) {
    for (prompt, stream) in [
        ("Hello".to_owned(), Streamed::No),
        ("Hello".to_owned(), Streamed::Yes),
        ("word ".repeat(30_000), Streamed::Yes),
    ] {
        let answer = serving.send(&Request::chat(MODEL, &prompt, stream).key(key));
        if answer.is_delivered() {
            delivered.push(answer.header("x-candor-receipt").unwrap().to_owned());
        } else {
            let looks_complete = answer.events().last().is_some_and(|data| data == "[DONE]");
            assert!(
                !looks_complete && (answer.status == 200 || answer.status >= 500),
                "{answer:?}"
            );
        }
    }
}

#[test]
fn a_write_or_sync_that_fails_costs_no_delivered_answer_and_the_program_goes_on() {
    fail_at_each_place("process", OF_A_PROCESS);
}

#[test]
fn the_same_where_an_answer_waits_for_the_disk() {
    fail_at_each_place("disk", OF_A_DISK);
}

/// Delivered answers are recorded once each, none that was not written looks complete, and it goes on by itself.
fn fail_at_each_place(durability: &str, troubles: &[(Operation, Trouble)]) {
    let upstream = FakeUpstream::start();
    let (site, disk) = site_and_disk();
    let site = site
        .upstream(&upstream)
        .config(&format!("[spool]\nlimit = \"2MiB\"\ndurability = \"{durability}\""));
    let key = site.customer(EMAIL, "1000.00");
    upstream.always(Reply::Good(Chat::of_pieces(30).paced(Duration::from_millis(1))));
    let mut serving = site.serve();
    let mut delivered = Vec::new();
    for (operation, trouble) in troubles.iter().copied() {
        let mut struck = 0;
        for nth in 1..=MOST {
            disk.fail(Plan::once(operation, nth, trouble));
            ask(&serving, &key, &mut delivered);
            let has_struck = disk.struck();
            disk.heal();
            if !has_struck {
                break;
            }
            struck += 1;
            if nth.is_multiple_of(4) {
                serving.kill9();
                serving = site.serve();
            }
            wait::until_true(SOON, "it is ready again", || serving.is_ready());
        }
        assert!(struck > 0, "{operation:?} never failed");
        println!("{operation:?} {trouble:?}: failed at each of {struck} places");
    }
    let books = Books::settled(&site, &serving, EMAIL, &key, GRANTED);
    let lost = lost(&books, &delivered);
    assert!(
        lost.is_empty(),
        "{} of {} delivered answers were lost",
        lost.len(),
        delivered.len()
    );
    for id in delivered.iter().rev().take(10) {
        assert_eq!(receipt(&serving, &key, id)["status"], "completed");
    }
    assert!(serving.terminate().success());
}

fn lost<'a>(books: &Books, delivered: &'a [String]) -> Vec<&'a String> {
    delivered
        .iter()
        .filter(|id| !books.generations.contains_key(*id))
        .collect()
}

/// The check is alive: a disk that only says that it writes loses what was delivered, and that is found.
#[test]
fn what_a_lying_disk_loses_is_found() {
    let (site, disk) = site_and_disk();
    let key = site.customer(EMAIL, "1000.00");
    let serving = site.serve();
    let ask = || serving.send(&Request::chat("sandbox-chat", "Hello", Streamed::No).key(&key));
    disk.fail(Plan::always(Operation::Write, Trouble::Lost));
    let answer = ask();
    assert!(disk.struck() && answer.is_delivered(), "{answer:?}");
    let delivered = [answer.header("x-candor-receipt").unwrap().to_owned()];
    serving.kill9();
    disk.heal();
    let serving = site.serve();
    let books = Books::settled(&site, &serving, EMAIL, &key, GRANTED);
    assert_eq!(lost(&books, &delivered).len(), 1);
}

/// A first start whose nth write or sync fails says so or goes on; the next one, on a disk that works, finds everything as it needs it.
#[test]
fn a_first_start_on_a_failing_disk_leaves_nothing_that_the_next_one_stumbles_over() {
    for (operation, trouble) in [
        (Operation::Write, Trouble::Torn),
        (Operation::Sync, Trouble::Refused),
        (Operation::Create, Trouble::NoRoom),
    ] {
        let (mut struck, mut refused) = (0, 0);
        for nth in 1..=MOST {
            let (site, disk) = site_and_disk();
            disk.fail(Plan::once(operation, nth, trouble));
            match site.try_serve() {
                Ok(serving) => serving.kill9(),
                Err(ended) => {
                    assert!(
                        !ended.status.success() && !ended.said.contains("panicked"),
                        "{}",
                        ended.said
                    );
                    refused += 1;
                }
            }
            if !disk.struck() {
                break;
            }
            struck += 1;
            disk.heal();
            let serving = site.serve();
            drop(serving);
        }
        println!("{operation:?} {trouble:?}: {struck} places, {refused} starts refused");
        assert!(struck >= LEAST_STRUCK, "{operation:?} failed only {struck} times");
    }
}
