//! The sweep: a day of the generation log ends on time, for good.
//!
//! Promises: what may stay is computed first, then the partition goes, then the key's slot, then it is counted again
//! (durability.md 2); each step is safe to repeat and may stop anywhere, so that whatever was interrupted is brought to its
//! end by the next sweep; what it costs depends on what expires, not on what is stored; nothing is destroyed by a clock that
//! jumped ([`trusted`]); statistics that can't be made hold a day up for half of its slack and no longer.
//! Leaves out: hiding (`store::days`, which does so with the sweep off), when it runs (`jobs`), what stays of a day
//! (`aggregates`).

mod ends;
mod report;
mod steps;
pub mod trusted;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use base::clock::Clock;
use base::time::{Day, Timestamp};
use futures_util::future::BoxFuture;
use store::days::{Days, DaysError};
use store::keys::{Keys, KeysError};
use tokio::sync::Mutex;

pub use ends::{Ends, Part, Remains};
pub use report::{DayEnded, DayLeft, Outlook, Statistics, Swept};
pub use steps::{Step, StepError};
use trusted::{Parted, TrustedClock};

/// Computes what may stay of a day while its rows are there; safe to repeat.
pub type Release = Box<dyn Fn(Day) -> BoxFuture<'static, Result<(), ReleaseError>> + Send + Sync>;

/// Why nothing could be computed from a day; it is tried again.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ReleaseError(pub String);

/// Why there was no sweep.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The clock can't be believed.
    #[error(transparent)]
    Parted(#[from] Parted),
    /// The partitions can't be listed.
    #[error(transparent)]
    Days(#[from] DaysError),
    /// The keyring can't be read.
    #[error(transparent)]
    Keys(#[from] KeysError),
}

/// Ends days.
pub struct Sweep {
    days: Arc<Days>,
    keys: Arc<Keys>,
    ends: Ends,
    clock: TrustedClock,
    release: Option<Release>,
    /// One sweep at a time in a process; several processes don't harm each other.
    turn: Mutex<()>,
    /// The earliest end of what was there at the last look, in microseconds; or one of the two words below.
    next_end_micros: AtomicI64,
}

const NEVER_LOOKED: i64 = i64::MIN;
const NOTHING_THERE: i64 = i64::MAX;

/// What is there at the moment.
struct Look {
    partitions: Vec<Day>,
    keys: Vec<Day>,
    next_end: Option<Timestamp>,
}

impl Sweep {
    /// Ends days after `keep` days; none: keeps nothing at all. The clock is compared with this moment from now on.
    #[must_use]
    pub fn new(days: Arc<Days>, keys: Arc<Keys>, keep: Option<policy::Days>, clock: Arc<dyn Clock>) -> Self {
        Self {
            days,
            keys,
            ends: Ends::new(keep),
            clock: TrustedClock::start(clock),
            release: None,
            turn: Mutex::new(()),
            next_end_micros: AtomicI64::new(NEVER_LOOKED),
        }
    }

    /// Computes this from each day before it goes.
    #[must_use]
    pub fn with_release(self, release: Release) -> Self {
        Self {
            release: Some(release),
            ..self
        }
    }

    /// Ends every day that is over, oldest first. A day that can't be ended is reported and doesn't keep the others.
    ///
    /// # Errors
    /// The clock can't be believed, or nothing can be looked at. Nothing was destroyed then.
    pub async fn run(&self) -> Result<Swept, SweepError> {
        // keeps P-13.3: every day that is over ends, and what can't be ended is told.
        let _turn = self.turn.lock().await;
        let now = self.clock.now()?;
        let before = self.look().await?;
        let over = self.ends.over(&before.partitions, &before.keys, now);
        let mut swept = Swept::looked_at(now, before.partitions.len(), before.keys.len());
        for remains in &over {
            match self.end_day(remains).await {
                Ok(ended) => swept.ended.push(ended),
                Err(error) => swept.left.push(DayLeft {
                    day: remains.day,
                    ended_at: remains.ended_at,
                    why: error.to_string(),
                }),
            }
        }
        let after = if over.is_empty() { before } else { self.look().await? };
        swept.seconds_past_cutoff = self.past(after.next_end);
        Ok(swept)
    }

    /// What the next sweep would do, without doing it.
    ///
    /// # Errors
    /// Nothing can be looked at.
    pub async fn outlook(&self) -> Result<Outlook, SweepError> {
        let look = self.look().await?;
        let now = self.clock.wall();
        Ok(Outlook {
            at: now,
            partitions: look.partitions.len(),
            keys: look.keys.len(),
            due: self.ends.over(&look.partitions, &look.keys, now),
            next_end: look.next_end,
            seconds_past_cutoff: self.past(look.next_end),
        })
    }

    /// How long the oldest part of a day that is still there has been over; zero if none is. Grows while no sweep runs. None as
    /// long as nobody has looked: zero would say that all is well.
    #[must_use]
    pub fn seconds_past_cutoff(&self) -> Option<u64> {
        match self.next_end_micros.load(Ordering::Relaxed) {
            NEVER_LOOKED => None,
            NOTHING_THERE => Some(0),
            micros => Some(self.past(Some(Timestamp::from_micros(micros)))),
        }
    }

    fn past(&self, end: Option<Timestamp>) -> u64 {
        end.map_or(0, |end| self.clock.wall().since(end).as_secs())
    }

    /// How far wall and monotonic time have parted, where that stops destruction.
    #[must_use]
    pub fn clock_alarm(&self) -> Option<Parted> {
        self.clock.now().err()
    }

    /// When days end.
    #[must_use]
    pub const fn ends(&self) -> Ends {
        self.ends
    }

    /// Reads what is there, also what other processes did to the keyring.
    async fn look(&self) -> Result<Look, SweepError> {
        self.keys.follow_ends().await?;
        let (partitions, keys) = (self.days.list().await?, self.keys.live_days());
        let next_end = self.ends.next(&partitions, &keys);
        let micros = next_end.map_or(NOTHING_THERE, Timestamp::as_micros);
        self.next_end_micros.store(micros, Ordering::Relaxed);
        Ok(Look {
            partitions,
            keys,
            next_end,
        })
    }
}
