//! The end of a process: a signal begins it, answers that have begun go on, nothing new is taken.
//!
//! Promises: whoever holds a [`Draining`] learns of the end without polling; a second signal ends the waiting at once.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// Begins the end; held by `serve` alone.
#[derive(Debug)]
pub struct Drain(watch::Sender<bool>);

/// Learns of the end. Clones are cheap.
#[derive(Debug, Clone)]
pub struct Draining(watch::Receiver<bool>);

/// A process that isn't ending.
pub fn drain() -> (Drain, Draining) {
    let (sender, receiver) = watch::channel(false);
    (Drain(sender), Draining(receiver))
}

impl Drain {
    /// From now on nothing new is taken.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }
}

impl Draining {
    /// Whether the end has begun.
    pub fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns when the end begins; also when `serve` is gone without one.
    pub async fn begun(&mut self) {
        // An error means that the sender was dropped, which is an end, too.
        let _ended = self.0.wait_for(|begun| *begun).await;
    }
}

/// The signals that ask for the end: SIGTERM and SIGINT.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Listens from now on; a signal before the first [`Signals::next`] is not lost.
    ///
    /// # Errors
    /// The system refuses to tell signals.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// The name of the next one.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
