//! A data folder that is copied at a sync, as a snapshot of the volume would.

use std::path::Path;
use std::time::Duration;

use store::disk::Operation;
use testkit::upstream::Chat;
use testkit::{Database, FakeUpstream, Reply, Site};

use super::plan::{Plan, Trouble};
use super::site_and_disk;
use crate::books::Books;
use crate::load::Load;

const EMAIL: &str = "ada@example.test";
const GRANTED: i64 = 1_000_000_000;
const COPIES: u64 = 6;

/// Held in the middle of a sync while answers go on, stopped, copied: each copy opens, holds all that was delivered before, and adds up.
#[test]
fn a_data_folder_copied_at_any_sync_opens_and_adds_up() {
    let upstream = FakeUpstream::start();
    let (site, disk) = site_and_disk();
    let spool = "[spool]\nlimit = \"2MiB\"";
    let site = site.upstream(&upstream).config(spool);
    let key = site.customer(EMAIL, "1000.00");
    upstream.always(Reply::Good(Chat::of_pieces(12).paced(Duration::from_millis(1))));
    let serving = site.serve();
    let load = Load::start(serving.address(), &key);
    let mut copies = Vec::new();
    for number in 1..=COPIES {
        disk.fail(Plan::once(Operation::Sync, 5 * number, Trouble::Held));
        disk.wait_until_struck();
        let delivered = load.delivered();
        serving.pause();
        let copy = Site::new(Database::sqlite()).upstream(&upstream).config(spool);
        copy_files(&site.data(), &copy.data());
        serving.resume();
        disk.heal();
        copies.push((copy, delivered));
    }
    assert!(load.stop().cut.is_empty());
    Books::settled(&site, &serving, EMAIL, &key, GRANTED);
    let mut counted = 0;
    for (copy, delivered) in &copies {
        let serving = copy.serve();
        let books = Books::settled(copy, &serving, EMAIL, &key, GRANTED);
        counted += delivered.len();
        assert!(
            delivered.iter().all(|id| books.generations.contains_key(id)),
            "a delivered answer is lost"
        );
    }
    assert!(
        counted as u64 >= COPIES,
        "only {counted} answers were delivered before the copies"
    );
}

/// Regular files and folders; sockets are not copied.
fn copy_files(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (kind, target) = (entry.file_type().unwrap(), to.join(entry.file_name()));
        if kind.is_dir() {
            copy_files(&entry.path(), &target);
        } else if kind.is_file() {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
