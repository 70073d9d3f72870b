//! When a probe looks again by itself: after its period.

use std::time::Duration;

use ::store::db::DbError;
use base::time::Timestamp;

use super::Evidence;
use crate::privacy::probes::{Observation, Outcome, Probe};

/// When one that could not look tries again.
const TRY_AGAIN: Duration = Duration::from_mins(1);

impl Evidence {
    /// Looks with those probes whose period is over since anybody's last look: with several processes a probe looks once a
    /// period, not once a process.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn look_when_due(&self) -> Result<(), DbError> {
        self.reread().await?;
        let (seen, now) = (self.seen.load_full(), self.probing.clock.now());
        let due = |probe: &&Probe| is_due(probe, seen.latest.iter().find(|seen| seen.probe == probe.name), now);
        self.look_with(self.probes.iter().filter(due)).await
    }
}

/// A look in the future comes from a clock that was set back: it tells nothing of now.
fn is_due(probe: &Probe, last: Option<&Observation>, now: Timestamp) -> bool {
    let Some(last) = last else { return true };
    let again = match last.outcome {
        Outcome::Blind(_) => TRY_AGAIN,
        Outcome::Kept | Outcome::Broken(_) | Outcome::Nothing => probe.period,
    };
    last.at > now || now.since(last.at) >= again
}
