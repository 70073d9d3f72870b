//! Background jobs: one registry, and what runs them.
//!
//! Promises: a job takes no input, may stop anywhere and runs on demand too; it has a period, a time limit, and a lease that
//! says whether every process does it or one of all; a failure is told, counted and tried again; each ends with the process.
//! Leaves out: what a job does (its domain), loops that beat more than once a second (people, credit, the applier).

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::watch;

use crate::instance::Instance;
use crate::privacy::probes::MAX_AGE_RAW;
use crate::telemetry;

/// A job.
#[derive(Clone, Copy)]
pub struct Job {
    /// Its name, in logs and metrics.
    pub name: &'static str,
    /// How long after one run the next begins. The first begins with the process.
    pub period: Duration,
    /// How long a run may take; then it is stopped and told.
    pub budget: Duration,
    /// Who does it.
    pub lease: Lease,
    /// What it does.
    pub run: fn(Arc<Instance>) -> BoxFuture<'static, Result<(), JobError>>,
}

/// Which processes do a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// Each for itself: it is about the process's own memory, or costs nothing.
    EachProcess,
    /// One at a time, of all that share a database.
    OneOfAll,
}

/// Why a job failed; it runs again.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct JobError(String);

impl JobError {
    /// A failure, told.
    pub fn new(why: impl std::fmt::Display) -> Self {
        Self(why.to_string())
    }
}

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ran {
    /// It did what it does.
    Done,
    /// Another process is at it.
    Elsewhere,
    /// It failed, and told so.
    Failed,
    /// It took too long and was stopped.
    Stopped,
}

impl Ran {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Elsewhere => "elsewhere",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }
}

const MINUTE: Duration = Duration::from_mins(1);

/// Today's, tomorrow's and this week's keys, and the partitions of the next days, so that no request waits for one.
pub const PREPARE: Job = Job {
    name: "prepare",
    period: Duration::from_mins(30),
    budget: Duration::from_mins(5),
    lease: Lease::EachProcess,
    run: |instance| {
        Box::pin(async move {
            instance.keys.prepare().await.map_err(JobError::new)?;
            instance.stores.days.create_ahead().await.map_err(JobError::new)
        })
    },
};

/// Keys that nobody used leave memory, and those that another process ended.
pub const FORGET: Job = Job {
    name: "forget",
    period: MINUTE,
    budget: MINUTE,
    lease: Lease::EachProcess,
    run: |instance| {
        Box::pin(async move {
            instance.keys.drop_idle();
            instance.keys.follow_ends().await.map(drop).map_err(JobError::new)
        })
    },
};

/// Days of the generation log end: each minute, so that little is past its end for more than one.
pub const SWEEP: Job = Job {
    name: "sweep",
    period: MINUTE,
    budget: Duration::from_hours(2),
    lease: Lease::OneOfAll,
    run: |instance| {
        Box::pin(async move {
            let swept = instance.sweep.run().await.map_err(JobError::new)?;
            swept.tell();
            if !swept.ended.is_empty() {
                // What a sweep says of itself is no evidence: the probe looks.
                instance.evidence.look_again(MAX_AGE_RAW).await.map_err(JobError::new)?;
            }
            match swept.left.first() {
                None => Ok(()),
                Some(left) => Err(JobError::new(format!(
                    "{} days are over and could not be ended; {}: {}",
                    swept.left.len(),
                    left.day,
                    left.why
                ))),
            }
        })
    },
};

/// Probes look, those whose period is over.
pub const PROBE: Job = Job {
    name: "probe",
    period: MINUTE,
    budget: Duration::from_mins(30),
    lease: Lease::OneOfAll,
    run: |instance| Box::pin(async move { instance.evidence.look_when_due().await.map_err(JobError::new) }),
};

/// What the probes saw, by whatever process, is known to this one.
pub const LEARN: Job = Job {
    name: "learn",
    period: MINUTE,
    budget: MINUTE,
    lease: Lease::EachProcess,
    run: |instance| Box::pin(async move { instance.evidence.reread().await.map_err(JobError::new) }),
};

/// Every job.
pub const JOBS: &[Job] = &[PREPARE, FORGET, SWEEP, PROBE, LEARN];

/// Runs a job now, within its budget, if it is this process's turn.
pub async fn run(job: &Job, instance: &Arc<Instance>) -> Ran {
    let work = tokio::time::timeout(job.budget, (job.run)(instance.clone()));
    let ran = match job.lease {
        Lease::EachProcess => Ok(Some(work.await)),
        Lease::OneOfAll => instance.stores.db.alone(job.name, work).await,
    };
    let ran = match ran {
        Ok(Some(Ok(Ok(())))) => Ran::Done,
        Ok(None) => Ran::Elsewhere,
        Ok(Some(Ok(Err(error)))) => {
            tracing::error!(name = job.name, error = %error, "a job failed; it runs again");
            Ran::Failed
        }
        Ok(Some(Err(_))) => {
            tracing::error!(name = job.name, "a job took too long and was stopped; it runs again");
            Ran::Stopped
        }
        Err(error) => {
            tracing::error!(name = job.name, error = %error, "a job's turn could not be asked for; it is asked for again");
            Ran::Failed
        }
    };
    metrics::counter!(telemetry::JOB_RUNS.name, "job" => job.name, "outcome" => ran.as_str()).increment(1);
    ran
}

/// Runs a job again and again until `stop` says true or its sender is gone. A run that is under way is left where it is.
pub async fn keep(job: &'static Job, instance: Arc<Instance>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        tokio::select! {
            _ = run(job, &instance) => {}
            changed = stop.changed() => if changed.is_err() { break } else { continue },
        }
        tokio::select! {
            () = tokio::time::sleep(job.period) => {}
            changed = stop.changed() => if changed.is_err() { break },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_job_has_a_name_of_its_own_and_a_budget() {
        let names: BTreeSet<&str> = JOBS.iter().map(|job| job.name).collect();
        assert_eq!(names.len(), JOBS.len());
        assert!(JOBS.iter().all(|job| !job.period.is_zero() && !job.budget.is_zero()));
    }
}
