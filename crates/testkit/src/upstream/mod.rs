//! A provider that speaks OpenAI's chat format, its embeddings and Anthropic's messages over plain TCP, and breaks whatever rule a test asks it to break.
//!
//! Promises: every request is kept as it came over the wire; each answer follows its [`Reply`], taken from a script in order, and the last
//! one set by [`FakeUpstream::always`] when the script is empty.

mod altered;
mod answer;
mod anthropic;
mod connection;
mod reply;

use std::collections::VecDeque;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

pub use reply::{Altered, Chat, Reply};

use crate::wait;

/// The operator's key for this provider.
pub const KEY: &str = "sk-operator-canary-4c1f0b7d9e52";

/// What a provider says of its own insides, which no client may read.
pub const INTERNAL: &str = "internal-canary: shard 7 of db-3 is down";

/// A request as it came over the wire.
#[derive(Debug, Clone)]
pub struct Captured {
    /// The head with its empty line.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Captured {
    /// The first value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let line = |line: &'_ str| {
            line.split_once(':')
                .is_some_and(|(known, _)| known.eq_ignore_ascii_case(name))
        };
        self.head
            .lines()
            .find(|text| line(text))
            .and_then(|line| line.split_once(':'))
            .map(|(_, value)| value.trim())
    }

    /// The path with its query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    /// The body as JSON; null if it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or(serde_json::Value::Null)
    }
}

/// The provider; ends when dropped.
#[derive(Debug)]
pub struct FakeUpstream {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    script: Mutex<VecDeque<Reply>>,
    otherwise: Mutex<Reply>,
    captured: Mutex<Vec<Captured>>,
    /// Answers that the other side hung up on.
    hung_up: AtomicUsize,
    /// Answers that were written to their end.
    finished: AtomicUsize,
    ending: AtomicBool,
}

/// A panic of one connection's thread must not hide what the others captured.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FakeUpstream {
    /// Starts on a free port of 127.0.0.1. Without a script it answers every chat well.
    ///
    /// # Panics
    /// If no port is free.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let address = listener.local_addr().expect("a bound listener has an address");
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let acceptor = std::thread::spawn(move || accept(&listener, &theirs));
        Self {
            address,
            shared,
            acceptor: Some(acceptor),
        }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Adds a reply to the script.
    pub fn next(&self, reply: Reply) {
        locked(&self.shared.script).push_back(reply);
    }

    /// Sets the reply for when the script is empty.
    pub fn always(&self, reply: Reply) {
        *locked(&self.shared.otherwise) = reply;
    }

    /// All requests so far.
    #[must_use]
    pub fn requests(&self) -> Vec<Captured> {
        locked(&self.shared.captured).clone()
    }

    /// How many requests came so far.
    #[must_use]
    pub fn request_count(&self) -> usize {
        locked(&self.shared.captured).len()
    }

    /// How many answers the other side hung up on.
    #[must_use]
    pub fn hung_up(&self) -> usize {
        self.shared.hung_up.load(Ordering::SeqCst)
    }

    /// How many answers were written to their end.
    #[must_use]
    pub fn finished(&self) -> usize {
        self.shared.finished.load(Ordering::SeqCst)
    }

    /// Waits until `count` requests have come.
    ///
    /// # Panics
    /// If they haven't within ten seconds.
    pub fn wait_for_requests(&self, count: usize) {
        wait::until_true(
            Duration::from_secs(10),
            &format!("{count} requests reach the provider"),
            || self.request_count() >= count,
        );
    }
}

impl Drop for FakeUpstream {
    fn drop(&mut self) {
        self.shared.ending.store(true, Ordering::SeqCst);
        // Wakes the acceptor, which then sees that it is over.
        drop(TcpStream::connect(self.address));
        if let Some(acceptor) = self.acceptor.take() {
            drop(acceptor.join());
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming().flatten() {
        if shared.ending.load(Ordering::SeqCst) {
            return;
        }
        let shared = Arc::clone(shared);
        // Ends by itself: when the other side hangs up, when its reply is over, or when it sees `ending`.
        drop(std::thread::spawn(move || connection::serve(stream, &shared)));
    }
}
