//! The spool and its applier, running.
//!
//! Promises: what dead processes left is applied before anything else; stopping applies what is left and removes the segments.
//! Leaves out: the steps (`apply`), who writes to the spool (the gateway).

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use store::spool::{Durability, Spool, SpoolError, SpoolOptions};
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::{Instance, InstanceError};
use crate::apply::{self, Apply};
use crate::config;
use crate::money::credit::Sharing;

/// The folder of segments in the data folder.
const FOLDER: &str = "spool";

/// A spool that is being applied.
pub struct Journal {
    /// To write to.
    pub spool: Arc<Spool>,
    stop: watch::Sender<bool>,
    applier: JoinHandle<()>,
}

impl Journal {
    /// Opens the spool, applies what dead processes left, and goes on applying on a thread of its own.
    ///
    /// # Errors
    /// The spool can't be opened, or what was left can't be applied.
    pub async fn start(instance: &Instance, sharing: Sharing) -> Result<Self, InstanceError> {
        let (spool, mut apply) = open(instance, sharing).await?;
        apply.drain().await?;
        let turns = apply.turns();
        let (stop, stopping) = watch::channel(false);
        let runtime = Handle::current();
        let applier = thread::Builder::new()
            .name("applier".to_owned())
            .spawn(move || runtime.block_on(apply.run(stopping)));
        let applier = applier.map_err(|error| SpoolError::Disk {
            doing: "start its applier",
            error,
        })?;
        // A second journal of one instance would be a defect of `serve`; commands flush the first one.
        let _first = instance.spool.set(spool.clone());
        let _first = instance.applying.set(turns);
        Ok(Self { spool, stop, applier })
    }

    /// Applies what is left and ends. Whoever writes to the spool has ended before.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        let ended = tokio::task::spawn_blocking(|| self.applier.join()).await;
        if !matches!(ended, Ok(Ok(()))) {
            tracing::error!("the applier ended by a panic; the next start applies what is left");
        }
    }
}

/// Applies what dead processes left, where nobody serves that would do it.
///
/// # Errors
/// It can't be opened or applied.
pub(super) async fn apply_leftovers(instance: &Instance) -> Result<(), InstanceError> {
    let folder = instance.config.data.dir.join(FOLDER);
    match instance.machine.disk.list(&folder) {
        Ok(files) if files.is_empty() => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(InstanceError::Folder { path: folder, error }),
        Ok(_) => {}
    }
    let (_spool, mut apply) = open(instance, Sharing::Shared).await?;
    apply.drain().await?;
    // An applier that is told to stop before it begins only ends well: its own segments, which are empty, go.
    let (_stop, stopping) = watch::channel(true);
    apply.run(stopping).await;
    Ok(())
}

async fn open(instance: &Instance, sharing: Sharing) -> Result<(Arc<Spool>, Apply), InstanceError> {
    let Instance { config, machine, .. } = instance;
    let options = SpoolOptions {
        durability: match config.spool.durability {
            config::Durability::Process => Durability::Process,
            config::Durability::Disk => Durability::Disk,
        },
        memory: config.spool.memory,
        ..SpoolOptions::new(config.data.dir.join(FOLDER), config.spool.limit)
    };
    let spool = Spool::open(options, machine.disk.clone(), instance.id, machine.clock.clone())?;
    let credit = instance.credit_as(sharing).await?.clone();
    let (db, records) = (instance.stores.db.clone(), instance.records.clone());
    Ok((
        spool.clone(),
        Apply::new(apply::Stores {
            db,
            records,
            credit,
            spool,
        }),
    ))
}
