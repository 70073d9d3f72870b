//! The steps in which a day ends, each safe to repeat.
//!
//! Promises: a step looks at the clock again before it destroys; whatever the partition's removal says, the key ends, since
//! that alone makes copies unreadable; a day counts as ended only when nothing of it was found afterwards.

use std::time::Duration;

use base::planted;
use store::days::DaysError;
use store::keys::{End, KeysError};

use super::trusted::Parted;
use super::{DayEnded, Part, ReleaseError, Remains, Statistics, Sweep};

/// How long statistics that fail may hold a day up: half of the day that lies between its end and its promise.
const PATIENCE: Duration = Duration::from_hours(12);

/// How long they may take. What never ends would hold a day up as surely as what always fails. It is less
/// than the sweep's job may take, which is stopped without having learned anything.
const RELEASE_WITHIN: Duration = Duration::from_hours(1);

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// What may stay is computed while the rows are there.
    Release,
    /// The partition goes.
    Drop,
    /// The key's slot is overwritten.
    EndKey,
    /// What is left is counted.
    Recount,
}

impl Step {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::Release, Self::Drop, Self::EndKey, Self::Recount];
}

/// Why a day could not be ended.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// The clock can't be believed any more.
    #[error(transparent)]
    Parted(#[from] Parted),
    /// The day is not over.
    #[error("it is not over yet")]
    NotOver,
    /// What may stay can't be computed, and there is time to try again.
    #[error("its statistics can't be computed: {0}")]
    Release(#[from] ReleaseError),
    /// The partition.
    #[error(transparent)]
    Days(#[from] DaysError),
    /// The key.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// It was ended and something of it is there.
    #[error("{0} is still there after it was ended")]
    StillThere(&'static str),
}

impl Sweep {
    pub(super) async fn end_day(&self, remains: &Remains) -> Result<DayEnded, StepError> {
        let mut ended = DayEnded {
            day: remains.day,
            ended_at: remains.ended_at,
            removed: 0,
            keys_destroyed: 0,
            statistics: Statistics::Nothing,
        };
        self.step(remains, Step::Release, &mut ended).await?;
        let dropped = self.step(remains, Step::Drop, &mut ended).await;
        self.step(remains, Step::EndKey, &mut ended).await?;
        dropped?;
        self.step(remains, Step::Recount, &mut ended).await?;
        Ok(ended)
    }

    /// Takes one step of a day's end and notes in `ended` what it did.
    ///
    /// # Errors
    /// It could not be done; it may be repeated.
    pub async fn step(&self, remains: &Remains, step: Step, ended: &mut DayEnded) -> Result<(), StepError> {
        match step {
            Step::Release => ended.statistics = self.release(remains).await?,
            Step::Drop => ended.removed = self.drop_partition(remains).await?,
            Step::EndKey => ended.keys_destroyed = self.end_key(remains).await?,
            Step::Recount => self.recount(remains).await?,
        }
        Ok(())
    }

    async fn release(&self, remains: &Remains) -> Result<Statistics, StepError> {
        let (Some(release), Part::Over) = (&self.release, remains.partition) else {
            return Ok(Statistics::Nothing);
        };
        match within(RELEASE_WITHIN, release(remains.day)).await {
            Ok(()) => Ok(Statistics::Released),
            Err(error) if self.clock.now()? < remains.ended_at.plus(PATIENCE) => Err(error.into()),
            Err(error) => {
                tracing::error!(day = %remains.day, error = %error, "a day goes without statistics: they could not be computed in time");
                Ok(Statistics::GivenUp(error.to_string()))
            }
        }
    }

    async fn drop_partition(&self, remains: &Remains) -> Result<usize, StepError> {
        if remains.partition == Part::None || planted::is("keeps_day") {
            return Ok(0);
        }
        if self.clock.now()? < self.ends.of_records(remains.day) {
            return Err(StepError::NotOver);
        }
        Ok(self.days.drop_day(remains.day).await?.removed)
    }

    async fn end_key(&self, remains: &Remains) -> Result<usize, StepError> {
        if remains.key == Part::None || planted::is("keeps_key") {
            return Ok(0);
        }
        if self.clock.now()? < self.ends.of_key(remains.day) {
            return Err(StepError::NotOver);
        }
        match self.keys.end_day(remains.day).await? {
            End::Destroyed => Ok(1),
            End::NotThere => Ok(0),
        }
    }

    /// Trusts no step: looks at the disk and into the keyring's file.
    async fn recount(&self, remains: &Remains) -> Result<(), StepError> {
        let day = remains.day;
        if remains.partition == Part::Over && self.days.list().await?.contains(&day) {
            return Err(StepError::StillThere("its partition"));
        }
        self.keys.follow_ends().await?;
        if remains.key == Part::Over && self.keys.live_days().contains(&day) {
            return Err(StepError::StillThere("its key"));
        }
        Ok(())
    }
}

async fn within(limit: Duration, release: impl Future<Output = Result<(), ReleaseError>>) -> Result<(), ReleaseError> {
    let released = tokio::time::timeout(limit, release).await;
    released.unwrap_or_else(|_late| Err(ReleaseError(format!("they took longer than {limit:?}"))))
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test]
    async fn statistics_that_never_end_count_as_failed() {
        let failed = within(Duration::from_millis(1), pending()).await;
        assert!(failed.is_err_and(|error| error.0.contains("longer than 1ms")));
        assert!(within(RELEASE_WITHIN, async { Ok(()) }).await.is_ok());
    }
}
