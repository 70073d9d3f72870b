//! What a sweep did, and what the next one would do: for people, for scripts, for the evidence.

use base::time::{Day, Timestamp};
use serde::{Deserialize, Serialize};

use super::Remains;

/// What a sweep did. It counts what it looked at, so that doing nothing can be told from seeing nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swept {
    /// When it began.
    pub at: Timestamp,
    /// Partitions that were there.
    pub partitions: usize,
    /// Keys of days that were live.
    pub keys: usize,
    /// Days that it ended.
    pub ended: Vec<DayEnded>,
    /// Days that are over and could not be ended; tried again.
    pub left: Vec<DayLeft>,
    /// How long the oldest of what is left has been over.
    pub seconds_past_cutoff: u64,
}

/// A day that was ended, as counted afterwards: nothing of it is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayEnded {
    /// The day.
    pub day: Day,
    /// When it was over.
    pub ended_at: Timestamp,
    /// Files or partitions that were removed; none if an interrupted sweep had done so.
    pub removed: usize,
    /// Keys that were overwritten; none if an interrupted sweep had done so.
    pub keys_destroyed: usize,
    /// What stays of it.
    pub statistics: Statistics,
}

/// What stays of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Statistics {
    /// Nothing: there was no partition to compute anything from.
    Nothing,
    /// What could be released was.
    Released,
    /// Nothing: it could not be computed in time, and the day could not wait.
    GivenUp(String),
}

/// A day that is over and still there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayLeft {
    /// The day.
    pub day: Day,
    /// When it was over.
    pub ended_at: Timestamp,
    /// Why it could not be ended.
    pub why: String,
}

/// What the next sweep would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outlook {
    /// When it was looked at.
    pub at: Timestamp,
    /// Partitions that are there.
    pub partitions: usize,
    /// Keys of days that are live.
    pub keys: usize,
    /// What is over.
    pub due: Vec<Remains>,
    /// When the next part of a day ends, or ended.
    pub next_end: Option<Timestamp>,
    /// How long the oldest has been over.
    pub seconds_past_cutoff: u64,
}

impl Swept {
    pub(super) const fn looked_at(at: Timestamp, partitions: usize, keys: usize) -> Self {
        Self {
            at,
            partitions,
            keys,
            ended: Vec::new(),
            left: Vec::new(),
            seconds_past_cutoff: 0,
        }
    }

    /// Tells the log which days have ended. For whoever swept the instance's own days: a rehearsal's are none.
    pub fn tell(&self) {
        for ended in &self.ended {
            let millis = self.at.since(ended.ended_at).as_millis();
            tracing::info!(
                day = %ended.day,
                count = ended.removed,
                millis = u64::try_from(millis).unwrap_or(u64::MAX),
                "a day of the generation log has ended: its partition and its key are gone"
            );
        }
    }
}
