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
const STOPPED_WITHIN: Duration = Duration::from_secs(5);
const ENDED_WITHIN: Duration = Duration::from_secs(60);

/// A running `candor serve`; killed when dropped.
#[derive(Debug)]
pub struct Serving<'a> {
    site: &'a Site,
    child: Child,
    ready_after: Duration,
}

/// A start that came to nothing.
#[derive(Debug)]
pub struct Ended {
    /// How it ended.
    pub status: ExitStatus,
    /// The end of what it wrote to stderr.
    pub said: String,
}

impl<'a> Serving<'a> {
    /// Starts it and waits until `/readyz` answers 200, or it has ended.
    pub(crate) fn start(site: &'a Site) -> Result<Self, Ended> {
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
            .server()
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
        let ended = wait::until(READY_WITHIN, "/readyz answers 200", || {
            match serving.child.try_wait().expect("a child can be asked") {
                Some(status) => Some(Some(status)),
                None => serving.is_ready().then_some(None),
            }
        });
        serving.ready_after = began.elapsed();
        match ended {
            None => Ok(serving),
            Some(status) => Err(Ended {
                status,
                said: serving.log_tail(),
            }),
        }
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

    /// Stops it in the middle of whatever it does (SIGSTOP), and waits until every thread stands still.
    ///
    /// # Panics
    /// If they don't within a few seconds.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
        let tasks = format!("/proc/{}/task", self.child.id());
        wait::until_true(STOPPED_WITHIN, "every thread stands still", || {
            let mut tasks = std::fs::read_dir(&tasks).expect("a stopped child has threads");
            tasks.all(|task| {
                let stat = std::fs::read_to_string(task.expect("a thread's entry can be read").path().join("stat"));
                // After the name, which stands in parentheses.
                stat.is_ok_and(|stat| stat.rsplit(')').next().is_some_and(|rest| rest.starts_with(" T")))
            })
        });
    }

    /// Lets it go on.
    ///
    /// # Panics
    /// If it is gone.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// Asks it to end (SIGTERM); the caller may go on meanwhile.
    ///
    /// # Panics
    /// If it is gone already.
    pub fn ask_to_end(&self) {
        self.signal(Signal::TERM);
    }

    /// Asks it to load its configuration again (SIGHUP).
    ///
    /// # Panics
    /// If it is gone.
    pub fn hang_up(&self) {
        self.signal(Signal::HUP);
    }

    fn signal(&self, signal: Signal) {
        let process = i32::try_from(self.child.id())
            .ok()
            .and_then(Pid::from_raw)
            .expect("a child has a process id");
        kill_process(process, signal).expect("a running child can be signalled");
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
