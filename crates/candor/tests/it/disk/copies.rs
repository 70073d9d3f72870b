//! A data folder that is copied at a sync, as a snapshot of the volume would.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use store::disk::Operation;
use testkit::http::Streamed;
use testkit::site::MODEL;
use testkit::upstream::Chat;
use testkit::{Database, FakeUpstream, Reply, Request, Site};

use super::plan::{Plan, Trouble};
use super::site_and_disk;
use crate::books::Books;

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
        let delivered = load.delivered_so_far();
        serving.pause();
        let copy = Site::new(Database::sqlite()).upstream(&upstream).config(spool);
        copy_files(&site.data(), &copy.data());
        serving.resume();
        disk.heal();
        copies.push((copy, delivered));
    }
    load.stop();
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

/// Somebody who asks again and again and tells which answers were delivered.
struct Load {
    ending: Arc<AtomicBool>,
    delivered: mpsc::Receiver<String>,
    workers: Vec<std::thread::JoinHandle<()>>,
}

impl Load {
    fn start(address: std::net::SocketAddr, key: &str) -> Self {
        const MOST: usize = 100_000;
        let ending = Arc::new(AtomicBool::new(false));
        let (tell, delivered) = mpsc::sync_channel(MOST);
        let worker = |number: u32| {
            let (ending, tell, key) = (Arc::clone(&ending), tell.clone(), key.to_owned());
            let stream = if number.is_multiple_of(2) {
                Streamed::Yes
            } else {
                Streamed::No
            };
            std::thread::spawn(move || {
                while !ending.load(Ordering::Relaxed) {
                    let answer = Request::chat(MODEL, "Hello", stream).key(&key).send(address).unwrap();
                    assert!(answer.is_delivered(), "{answer:?}");
                    tell.send(answer.header("x-candor-receipt").unwrap().to_owned())
                        .unwrap();
                }
            })
        };
        let workers = (0..4).map(worker).collect();
        Self {
            ending,
            delivered,
            workers,
        }
    }

    /// Receipts since the last time.
    fn delivered_so_far(&self) -> Vec<String> {
        self.delivered.try_iter().collect()
    }

    fn stop(self) {
        self.ending.store(true, Ordering::Relaxed);
        for worker in self.workers {
            worker.join().unwrap();
        }
    }
}
