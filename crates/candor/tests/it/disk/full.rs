//! A disk that is full.

use std::time::Duration;

use store::disk::Operation;
use testkit::http::Streamed;
use testkit::site::MODEL;
use testkit::upstream::Chat;
use testkit::{FakeUpstream, Reply, Request, wait};

use super::plan::{Plan, Trouble};
use super::site_and_disk;
use crate::books::Books;

const EMAIL: &str = "ada@example.test";
/// More than fits into what a spool of 2 MiB has allocated.
const MOST_REQUESTS: usize = 2_000;
const SOON: Duration = Duration::from_secs(10);

/// What is allocated already is used up; then new work gets 503 and `/readyz` says why, until there is room again. What was delivered
/// stays in the books.
#[test]
fn a_full_disk_refuses_new_work_and_says_so_until_there_is_room_again() {
    let upstream = FakeUpstream::start();
    let (site, disk) = site_and_disk();
    let site = site.upstream(&upstream).config("[spool]\nlimit = \"2MiB\"");
    let key = site.customer(EMAIL, "10.00");
    upstream.always(Reply::Good(Chat::of_pieces(2)));
    let serving = site.serve();
    // Nothing leaves the spool and no segment is used again, so that what is allocated can be used up.
    disk.fail(Plan::always(Operation::Allocate, Trouble::NoRoom));
    let long = "word ".repeat(8_000);
    let request = Request::chat(MODEL, &long, Streamed::No).key(&key);
    let mut delivered = Vec::new();
    let refused = (0..MOST_REQUESTS).find_map(|_| {
        let answer = serving.send(&request);
        if answer.status == 200 {
            delivered.push(answer.header("x-candor-receipt").unwrap().to_owned());
            return None;
        }
        Some(answer)
    });
    let refused = refused.expect("what is allocated is used up at last");
    assert!(disk.struck() && !delivered.is_empty());
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert!(refused.header("retry-after").is_some() && refused.json()["error"]["message"].is_string());
    let ready = serving.operations("/readyz");
    assert_eq!(
        (ready.status, ready.text().as_str()),
        (503, "spool: the disk is full\n")
    );

    disk.heal();
    wait::until_true(SOON, "it is ready again", || serving.is_ready());
    let answer = serving.send(&request);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let books = Books::settled(&site, &serving, EMAIL, &key, 10_000_000);
    assert!(delivered.iter().all(|receipt| books.generations.contains_key(receipt)));
    assert!(serving.terminate().success());
}
