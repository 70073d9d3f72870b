//! Evidence: what the probes saw, and what that says of each promise.
//!
//! Promises: the last look of each probe survives a restart, and so do days that were red: equal looks in a row are one row,
//! and a change of the outcome begins the next; reading a status never waits.
//! Leaves out: looking (`probes`), showing (pages, `candor verify`), signing.

mod due;
mod shown;
mod status;
pub mod store;
pub mod tables;

use std::sync::Arc;

use ::store::db::DbError;
use arc_swap::ArcSwap;
use tokio::sync::Mutex;

use self::store::Seen;
use super::probes::{Probe, Probing};

pub use shown::{ProbeShown, PromiseShown, Red, Verified};
pub use status::{State, Status};

/// The probes of an instance and what they last saw.
pub struct Evidence {
    probing: Probing,
    probes: &'static [Probe],
    /// Before this moment nothing could be looked at by this process.
    opened: base::time::Timestamp,
    seen: ArcSwap<Seen>,
    /// One look at a time: two would find each other's positive controls.
    turn: Mutex<()>,
}

impl Evidence {
    /// Reads what was last seen.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn open(probing: Probing, probes: &'static [Probe]) -> Result<Self, DbError> {
        let seen = store::seen(&probing.db, probes).await?;
        Ok(Self {
            opened: probing.clock.now(),
            probing,
            probes,
            seen: ArcSwap::from_pointee(seen),
            turn: Mutex::default(),
        })
    }

    /// What is known of each promise of the document at this moment, in its order.
    #[must_use]
    pub fn statuses(&self) -> Vec<Status> {
        let seen = self.seen.load();
        let known = status::Known {
            seen: &seen,
            opened: self.opened,
            now: self.probing.clock.now(),
        };
        let promises = self.probing.document.promises.iter();
        promises.map(|promise| known.status(promise)).collect()
    }

    /// Looks with every probe now, and keeps what was seen.
    ///
    /// # Errors
    /// Those of the database, which keeps it.
    pub async fn look(&self) -> Result<(), DbError> {
        self.look_with(self.probes.iter()).await
    }

    /// Looks with one probe now: after something happened that it looks after.
    ///
    /// # Errors
    /// Those of the database, which keeps it.
    pub async fn look_again(&self, name: &str) -> Result<(), DbError> {
        self.look_with(self.probes.iter().filter(|probe| probe.name == name))
            .await
    }

    async fn look_with(&self, probes: impl Iterator<Item = &'static Probe>) -> Result<(), DbError> {
        let _turn = self.turn.lock().await;
        for probe in probes {
            let seen = probe.look(&self.probing).await;
            store::add(&self.probing.db, probe, &seen).await?;
        }
        self.reread().await
    }

    /// Takes over what was seen since, by whatever process.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn reread(&self) -> Result<(), DbError> {
        let seen = store::seen(&self.probing.db, self.probes).await?;
        self.seen.store(Arc::new(seen));
        Ok(())
    }
}
