//! What runs again and again while a process serves: snapshots of people, leases of credit, and every job of the registry.
//!
//! Promises: each task ends when the process ends; a failure is told and tried again.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::instance::{Instance, InstanceError};
use crate::jobs::{self, Job};
use crate::money::credit::Credit;

/// The tasks, until they are stopped.
pub(super) struct Housekeeping {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Housekeeping {
    /// Begins. Today and tomorrow are prepared before this returns.
    ///
    /// # Errors
    /// Today's or tomorrow's keys or partitions can't be made.
    pub(super) async fn start(
        instance: &Arc<Instance>,
        credit: &Arc<Credit>,
        jobs: &'static [Job],
    ) -> Result<Self, InstanceError> {
        instance.keys.prepare().await?;
        instance.stores.days.create_ahead().await?;
        let (stop, stopping) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let (people, until) = (instance.people.clone(), stopping.clone());
        tasks.spawn(async move { people.keep(until).await });
        let (credit, until) = (credit.clone(), stopping.clone());
        tasks.spawn(async move { credit.keep(until).await });
        for job in jobs {
            tasks.spawn(jobs::keep(job, instance.clone(), stopping.clone()));
        }
        Ok(Self { stop, tasks })
    }

    /// Ends all tasks.
    pub(super) async fn stop(self) {
        self.stop.send_replace(true);
        self.tasks.join_all().await;
    }
}
