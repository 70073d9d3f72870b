//! Whether this process lives and whether it should be given work.
//!
//! Promises: ready is only said while serving and while every check agrees; a check is asked each time, never remembered.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

/// Where a process is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// Opening its stores.
    Starting = 0,
    /// Taking requests.
    Serving = 1,
    /// Ending what has begun.
    Draining = 2,
}

/// One thing that must hold for new work to make sense.
pub struct Check {
    /// What it is about, one word.
    pub name: &'static str,
    /// Why it doesn't hold, if it doesn't.
    pub ask: Box<dyn Fn() -> Option<String> + Send + Sync>,
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The health of this process.
#[derive(Debug)]
pub struct Health {
    phase: AtomicU8,
    checks: OnceLock<Vec<Check>>,
}

impl Health {
    /// Of a process that starts.
    pub const fn starting() -> Self {
        Self {
            phase: AtomicU8::new(Phase::Starting as u8),
            checks: OnceLock::new(),
        }
    }

    /// The stores are open: asks these from now on and says ready if they agree.
    pub fn serve(&self, checks: Vec<Check>) {
        // A second call would be a defect of `serve`; the first checks stay.
        let _first = self.checks.set(checks);
        self.phase.store(Phase::Serving as u8, Ordering::Release);
    }

    /// The end has begun: not ready any more.
    pub fn drain(&self) {
        self.phase.store(Phase::Draining as u8, Ordering::Release);
    }

    /// Why no new work should come; nothing if it may.
    pub fn unready(&self) -> Option<String> {
        match self.phase.load(Ordering::Acquire) {
            phase if phase == Phase::Starting as u8 => Some("starting".to_owned()),
            phase if phase == Phase::Draining as u8 => Some("draining".to_owned()),
            _ => {
                let wrong = self
                    .checks
                    .get()
                    .into_iter()
                    .flatten()
                    .filter_map(|check| Some(format!("{}: {}", check.name, (check.ask)()?)));
                Some(wrong.collect::<Vec<_>>().join("\n")).filter(|wrong| !wrong.is_empty())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_ready_only_while_it_serves_and_every_check_agrees() {
        let health = Health::starting();
        assert_eq!(health.unready().as_deref(), Some("starting"));
        let broken = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let seen = broken.clone();
        let ask = Box::new(move || seen.load(Ordering::Relaxed).then(|| "it can't be written".to_owned()));
        health.serve(vec![Check { name: "spool", ask }]);
        assert_eq!(health.unready(), None);
        broken.store(true, Ordering::Relaxed);
        assert_eq!(health.unready().as_deref(), Some("spool: it can't be written"));
        broken.store(false, Ordering::Relaxed);
        health.drain();
        assert_eq!(health.unready().as_deref(), Some("draining"));
    }
}
