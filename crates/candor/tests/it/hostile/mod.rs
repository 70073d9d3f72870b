//! Clients that mean harm, over real connections, and beside each of them one that only wants its answers: it never waits a
//! second, and the program's memory stays within a figure that is told.

mod bodies;
mod deep;
mod heads;
mod http2;
mod large;
mod many;
mod readers;
mod smuggling;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use testkit::http::Streamed;
use testkit::{Database, Request, Serving, Site, wait};

const EMAIL: &str = "ada@example.org";
/// What a healthy client never waits for an answer of the sandbox.
const A_SECOND: Duration = Duration::from_secs(1);
/// How long the healthy client rests between two questions.
const PAUSE: Duration = Duration::from_millis(20);
/// Longest wait for something that a test's own settings put below it.
const SOON: Duration = Duration::from_secs(10);
const MIB: u64 = 1024 * 1024;

/// Held while a hostile client is at work, so that a healthy one is measured beside it alone.
static AT_WORK: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    AT_WORK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A site with these limits, and the key of a customer.
fn site(limits: &str) -> (Site, String) {
    let site = Site::new(Database::sqlite()).config(&format!("[limits]\n{limits}\n"));
    let key = site.customer(EMAIL, "1000.00");
    (site, key)
}

/// A client that asks the sandbox again and again, each time over a connection of its own.
struct Healthy {
    ending: Arc<AtomicBool>,
    worker: JoinHandle<(u32, Duration)>,
}

impl Healthy {
    fn start(serving: &Serving<'_>, key: &str) -> Self {
        let ending = Arc::<AtomicBool>::default();
        let (ends, address) = (Arc::clone(&ending), serving.address());
        let ask = Request::chat("sandbox-chat", "Hello", Streamed::No).key(key);
        let worker = std::thread::spawn(move || {
            let (mut answers, mut longest) = (0, Duration::ZERO);
            while !ends.load(Ordering::Relaxed) {
                let began = Instant::now();
                let answer = ask
                    .send(address)
                    .unwrap_or_else(|error| panic!("answer {answers}: {error}"));
                assert!(answer.is_delivered(), "{}: {}", answer.status, answer.text());
                longest = longest.max(began.elapsed());
                answers += 1;
                wait::pass(PAUSE);
            }
            (answers, longest)
        });
        Self { ending, worker }
    }

    /// Ends it, and looks how it fared.
    fn never_waited(self) {
        self.ending.store(true, Ordering::Relaxed);
        let (answers, longest) = self.worker.join().unwrap();
        assert!(answers > 0);
        println!("beside it: {answers} answers, the longest took {longest:?}");
        assert!(longest < A_SECOND, "the longest of {answers} answers took {longest:?}");
    }
}

/// Bytes of memory that the process has had at most.
fn most_memory(serving: &Serving<'_>) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", serving.process_id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kib * 1024
}

/// The memory of the process grew by no more than so much since `before`.
fn grew_at_most(serving: &Serving<'_>, before: u64, most: u64) {
    let grew = most_memory(serving).saturating_sub(before);
    assert!(
        grew <= most,
        "it grew by {} MiB, {} are allowed",
        grew / MIB,
        most / MIB
    );
}

fn connect(to: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(to).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream.set_write_timeout(Some(SOON)).unwrap();
    stream
}

/// All that comes until the other side ends; also if it ends by a reset.
fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut said = Vec::new();
    let mut piece = [0; 4096];
    loop {
        match stream.read(&mut piece) {
            Ok(0) => return said,
            Ok(count) => said.extend_from_slice(&piece[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return said,
            Err(error) => panic!("it did not end: {error}; so far: {}", String::from_utf8_lossy(&said)),
        }
    }
}

/// Sends these bytes and reads until the other side ends.
fn exchange(to: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = connect(to);
    // It may have ended before all was sent.
    let _sent = stream.write_all(bytes);
    String::from_utf8_lossy(&rest(&mut stream)).into_owned()
}

/// An answer that came as text: its status, and its error's code.
fn told(answer: &str) -> (Option<u16>, Option<String>) {
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    (status, body["error"]["code"].as_str().map(str::to_owned))
}
