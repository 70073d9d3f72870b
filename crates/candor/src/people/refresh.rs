//! How every process learns what changed: it polls one number each second and reads anew when that grew.
//!
//! Promises: what this process changes it knows at once; what others change within a second; a snapshot is as old as the
//! moment *before* it was asked for, never younger.
//! Leaves out: telling others sooner (a hint may come later and changes no promise).

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;

use super::{People, PeopleError, store};

/// How often a process asks whether anything changed: half of the default `auth.stale`, so that one slow answer is forgiven.
pub const PERIOD: Duration = Duration::from_secs(1);

impl People {
    /// Polls until `stop` says true or its sender is gone. A poll that fails is told: after `auth.stale` without one nobody is served.
    pub async fn keep(&self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            if let Err(error) = self.poll().await {
                tracing::warn!(error = %error, "keys and accounts can't be checked at the moment");
            }
            tokio::select! {
                () = tokio::time::sleep(PERIOD) => {}
                changed = stop.changed() => if changed.is_err() { break },
            }
        }
    }

    /// Once a second: confirms the snapshot, or reads it anew if anything changed.
    pub async fn poll(&self) -> Result<(), PeopleError> {
        let read_at = self.clock.monotonic();
        let change = store::change(&self.db).await?;
        if change == self.seen.load(Ordering::Acquire) {
            self.callers.confirm(read_at);
            return Ok(());
        }
        self.refresh().await
    }

    /// Reads the snapshot anew: who holds which key, and everybody's state.
    pub async fn refresh(&self) -> Result<(), PeopleError> {
        let turn = self.turn.acquire().await.expect("the semaphore is never closed");
        let read_at = self.clock.monotonic();
        // The number first: what changes while the rows are read makes the next poll read again.
        let change = store::change(&self.db).await?;
        let states = store::states(&self.db).await?;
        let snapshot = store::snapshot(&self.db).await?;
        self.gate.replace(states);
        self.callers.replace(snapshot, read_at);
        self.seen.store(change, Ordering::Release);
        drop(turn);
        Ok(())
    }
}
