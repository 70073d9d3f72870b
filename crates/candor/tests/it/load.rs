//! Clients that ask again and again, and note what came back.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use testkit::http::Streamed;
use testkit::site::MODEL;
use testkit::{Answer, Request, wait};

/// Clients of a [`Load`].
pub(crate) const WORKERS: u64 = 6;

/// Workers that ask again and again, plain and streamed in turn.
pub(crate) struct Load {
    ending: Arc<AtomicBool>,
    heard: Arc<Mutex<Heard>>,
    workers: Vec<JoinHandle<()>>,
}

/// What the workers heard.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// Receipts of answers that came whole.
    pub(crate) delivered: Vec<String>,
    /// Answers whose head came and whose end didn't.
    pub(crate) cut: Vec<Answer>,
}

impl Load {
    pub(crate) fn start(address: SocketAddr, key: &str) -> Self {
        let (ending, heard) = (Arc::default(), Arc::default());
        let workers = (0..WORKERS).map(|_| {
            let (ending, heard, key) = (Arc::clone(&ending), Arc::clone(&heard), key.to_owned());
            std::thread::spawn(move || work(address, &key, &ending, &heard))
        });
        Self {
            workers: workers.collect(),
            ending,
            heard,
        }
    }

    /// Receipts of what was delivered so far.
    pub(crate) fn delivered(&self) -> Vec<String> {
        lock(&self.heard).delivered.clone()
    }

    /// All that was heard.
    pub(crate) fn stop(self) -> Heard {
        self.ending.store(true, Ordering::Relaxed);
        for worker in self.workers {
            worker.join().unwrap();
        }
        std::mem::take(&mut lock(&self.heard))
    }
}

fn work(address: SocketAddr, key: &str, ending: &AtomicBool, heard: &Mutex<Heard>) {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    while !ending.load(Ordering::Relaxed) {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let stream = if number.is_multiple_of(2) {
            Streamed::Yes
        } else {
            Streamed::No
        };
        match chat(number, stream).key(key).send(address) {
            Ok(answer) if answer.is_delivered() => {
                let receipt = answer.header("x-candor-receipt").unwrap().to_owned();
                lock(heard).delivered.push(receipt);
            }
            Ok(answer) if answer.whole && answer.status != 200 => panic!("{}: {}", answer.status, answer.text()),
            Ok(answer) => lock(heard).cut.push(answer),
            // Nobody listens any more.
            Err(_) => wait::pass(Duration::from_millis(1)),
        }
    }
}

fn lock(heard: &Mutex<Heard>) -> MutexGuard<'_, Heard> {
    heard.lock().unwrap()
}

/// One question of many.
pub(crate) fn chat(number: u64, stream: Streamed) -> Request {
    Request::chat(MODEL, &format!("Question {number}"), stream)
}
