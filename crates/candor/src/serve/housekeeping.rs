//! What runs again and again while a process serves: snapshots of people, leases of credit, tomorrow's keys and partitions, probes.
//!
//! Promises: each task ends when the process ends; a failure is told and tried again.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::instance::{Instance, InstanceError};
use crate::money::credit::Credit;

/// How often keys that nobody used are forgotten.
const MINUTE: Duration = Duration::from_secs(60);
/// How often tomorrow is prepared, in minutes.
const PREPARE_EVERY: u32 = 30;

/// The tasks, until they are stopped.
pub(super) struct Housekeeping {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Housekeeping {
    /// Begins. Tomorrow is prepared before this returns.
    ///
    /// # Errors
    /// Today's or tomorrow's keys or partitions can't be made.
    pub(super) async fn start(instance: &Arc<Instance>, credit: &Arc<Credit>) -> Result<Self, InstanceError> {
        prepare(instance).await?;
        let (stop, stopping) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let (people, until) = (instance.people.clone(), stopping.clone());
        tasks.spawn(async move { people.keep(until).await });
        let (credit, until) = (credit.clone(), stopping.clone());
        tasks.spawn(async move { credit.keep(until).await });
        let (evidence, until) = (instance.evidence.clone(), stopping.clone());
        tasks.spawn(async move { evidence.keep(until).await });
        tasks.spawn(keep_keys(instance.clone(), stopping));
        Ok(Self { stop, tasks })
    }

    /// Ends all tasks.
    pub(super) async fn stop(self) {
        self.stop.send_replace(true);
        self.tasks.join_all().await;
    }
}

async fn keep_keys(instance: Arc<Instance>, mut stop: watch::Receiver<bool>) {
    let mut minutes = 0_u32;
    while tokio::time::timeout(MINUTE, stop.changed()).await.is_err() {
        instance.keys.drop_idle();
        minutes = minutes.wrapping_add(1);
        if minutes.is_multiple_of(PREPARE_EVERY)
            && let Err(error) = prepare(&instance).await
        {
            tracing::error!(error = %error, "tomorrow's keys or partitions can't be made; tried again in half an hour");
        }
    }
}

async fn prepare(instance: &Instance) -> Result<(), InstanceError> {
    instance.keys.prepare().await?;
    instance.stores.days.create_ahead().await?;
    Ok(())
}
