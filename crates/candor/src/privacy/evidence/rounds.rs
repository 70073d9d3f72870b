//! The rounds: each probe looks again when its period is over.
//!
//! Promises: with several processes a probe looks about once a period, not once a process: each reads what the others saw
//! before it looks; one that could not look tries again a minute later.

use std::time::Duration;

use base::time::Timestamp;
use tokio::sync::watch;

use super::Evidence;
use crate::privacy::probes::{Observation, Outcome, Probe};

/// How often it is asked which probes are due.
const ROUND: Duration = Duration::from_secs(60);

impl Evidence {
    /// Looks when it is time, until `stop` says true or its sender is gone. Begins with those that are due.
    pub async fn keep(&self, mut stop: watch::Receiver<bool>) {
        loop {
            if let Err(error) = self.round().await {
                tracing::warn!(error = %error, "what the probes saw can't be kept at the moment; they look again in a minute");
            }
            tokio::select! {
                () = tokio::time::sleep(ROUND) => {}
                _ended = stop.changed() => return,
            }
        }
    }

    async fn round(&self) -> Result<(), ::store::db::DbError> {
        self.reread().await?;
        let (latest, now) = (self.latest.load_full(), self.probing.clock.now());
        let due = |probe: &&Probe| is_due(probe, latest.iter().find(|seen| seen.probe == probe.name), now);
        self.look_with(self.probes.iter().filter(due)).await
    }
}

/// A look in the future comes from a clock that was set back: it tells nothing of now.
fn is_due(probe: &Probe, last: Option<&Observation>, now: Timestamp) -> bool {
    let Some(last) = last else { return true };
    let again = match last.outcome {
        Outcome::Blind(_) => ROUND,
        Outcome::Kept | Outcome::Broken(_) | Outcome::Nothing => probe.period,
    };
    last.at > now || now.since(last.at) >= again
}
