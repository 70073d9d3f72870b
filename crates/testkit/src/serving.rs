//! The program while it serves.

use std::fs::OpenOptions;
use std::net::SocketAddr;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::http::{Answer, Request};
use crate::site::Site;
use crate::wait;

const READY_WITHIN: Duration = Duration::from_secs(30);
const ENDED_WITHIN: Duration = Duration::from_secs(60);

/// A running `candor serve`; killed when dropped.
#[derive(Debug)]
pub struct Serving<'a> {
    site: &'a Site,
    child: Child,
    ready_after: Duration,
}

impl<'a> Serving<'a> {
    /// Starts it and waits until `/readyz` answers 200.
    pub(crate) fn start(site: &'a Site) -> Self {
        let file = |name: &str| {
            let path = site.folder().join(name);
            OpenOptions::new()
                .create(true)
                .append(true)
                .open(path)
                .expect("a log can be opened in a fresh folder")
        };
        let began = Instant::now();
        let child = site
            .command(&["serve"])
            .stdin(Stdio::null())
            .stdout(file("stdout"))
            .stderr(file("stderr"))
            .spawn()
            .expect("the program can be started");
        let mut serving = Self {
            site,
            child,
            ready_after: Duration::ZERO,
        };
        wait::until_true(READY_WITHIN, "/readyz answers 200", || {
            if let Some(status) = serving.child.try_wait().expect("a child can be asked") {
                panic!("candor serve ended with {status}: {}", serving.log_tail());
            }
            serving.is_ready()
        });
        serving.ready_after = began.elapsed();
        serving
    }

    /// How long it took from the start until it was ready.
    #[must_use]
    pub const fn ready_after(&self) -> Duration {
        self.ready_after
    }

    /// Whether `/readyz` answers 200 now.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        Request::get("/readyz")
            .send(self.site.operations())
            .is_ok_and(|answer| answer.status == 200)
    }

    /// Where the model APIs are.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.site.listen()
    }

    /// The process.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a request and reads the answer.
    ///
    /// # Panics
    /// If no head of an answer comes; use [`Request::send`] where that is expected.
    #[must_use]
    pub fn send(&self, request: &Request) -> Answer {
        request
            .send(self.address())
            .unwrap_or_else(|error| panic!("no answer: {error}: {}", self.log_tail()))
    }

    /// Asks the operations listener.
    ///
    /// # Panics
    /// If no answer comes.
    #[must_use]
    pub fn operations(&self, path: &str) -> Answer {
        Request::get(path)
            .send(self.site.operations())
            .expect("the operations listener answers")
    }

    /// Kills it as a power cut of the process would (SIGKILL), and waits until it is gone.
    ///
    /// # Panics
    /// If it can't be killed.
    pub fn kill9(mut self) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a killed child ends");
    }

    /// Asks it to end (SIGTERM); the caller may go on meanwhile.
    ///
    /// # Panics
    /// If it is gone already.
    pub fn ask_to_end(&self) {
        let process = i32::try_from(self.child.id())
            .ok()
            .and_then(Pid::from_raw)
            .expect("a child has a process id");
        kill_process(process, Signal::TERM).expect("a running child can be signalled");
    }

    /// Asks it to end (SIGTERM) and waits until it has.
    ///
    /// # Panics
    /// If it hasn't within a minute.
    #[must_use]
    pub fn terminate(mut self) -> ExitStatus {
        self.ask_to_end();
        self.wait_for_end()
    }

    /// Waits until it has ended by itself.
    ///
    /// # Panics
    /// If it hasn't within a minute.
    pub fn wait_for_end(&mut self) -> ExitStatus {
        wait::until(ENDED_WITHIN, "the program ends", || {
            self.child.try_wait().expect("a child can be asked")
        })
    }

    fn log_tail(&self) -> String {
        let log = self.site.log();
        String::from_utf8_lossy(&log[log.len().saturating_sub(4000)..]).into_owned()
    }
}

impl Drop for Serving<'_> {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}
