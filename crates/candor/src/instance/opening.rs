//! Opening and closing, in order.

use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use base::ids::InstanceId;
use policy::Authority;
use store::db::DbError;
use store::keys::{Keys, open_keyring};
use store::spool::Spool;
use tokio::sync::OnceCell;

use super::counting::{self, Counting};
use super::stores::{MAIN_FILE, Stores};
use super::{Instance, InstanceError, Machine, journal, ownership, page};
use crate::apply::turn::{Turn, Turns};
use crate::backups::beside::Beside;
use crate::backups::restoring;
use crate::config::Config;
use crate::money::credit::{Credit, Sharing};
use crate::people::People;
use crate::people::keys::Callers;
use crate::privacy::evidence::Evidence;
use crate::privacy::gate::Gate;
use crate::privacy::probes::{PROBES, Places, Probing};
use crate::privacy::published::Published;
use crate::privacy::retention::Sweep;
use crate::records::Records;

impl Instance {
    /// Opens everything. Whoever calls owns the data folder, or the database is PostgreSQL.
    ///
    /// # Errors
    /// Something can't be opened, is newer, or is not what was declared.
    pub async fn open(config: Arc<Config>, machine: Machine) -> Result<Self, InstanceError> {
        if restoring::is_under_way(&*machine.disk, &config.data.dir)? {
            return Err(InstanceError::HalfRestored);
        }
        Self::open_restored(config, machine).await
    }

    /// Whether this configuration has an instance already; looks and makes nothing. A half-restored one counts, so that opening it
    /// says what it is.
    ///
    /// # Errors
    /// There is none: [`InstanceError::Missing`] with what is not there.
    pub fn require_made(config: &Config, machine: &Machine) -> Result<(), InstanceError> {
        let disk = &*machine.disk;
        let is_there = |path: &Path| !matches!(disk.open(path), Err(error) if error.kind() == io::ErrorKind::NotFound);
        let first_file = match ownership::sharing(config) {
            ownership::Sharing::OneOwner => config.data.dir.join(MAIN_FILE),
            ownership::Sharing::Many => config.keyring(),
        };
        let mirrored = config.keys.mirror.as_deref().is_some_and(is_there);
        if is_there(&first_file) || mirrored || restoring::is_under_way(disk, &config.data.dir).unwrap_or(true) {
            Ok(())
        } else {
            Err(InstanceError::Missing(first_file))
        }
    }

    /// The same for the restore itself, before what must be done again is done.
    ///
    /// # Errors
    /// As [`Instance::open`].
    pub async fn open_restored(config: Arc<Config>, machine: Machine) -> Result<Self, InstanceError> {
        let stores = Stores::open(&config, &machine).await?;
        stores.require_schema(&config).await?;
        stores.require_inventory().await?;
        let Machine { clock, random, disk } = machine.clone();
        let (path, mirror) = (config.keyring(), config.keys.mirror.as_deref());
        let (keyring, found) = open_keyring(&disk, &path, mirror, &*random, &*clock).await?;
        let keys = Keys::open(keyring, found, stores.key_db().clone(), clock.clone(), random.clone()).await?;
        let keys = Arc::new(keys);
        let gate = Arc::new(Gate::new(Authority::take().ok_or(InstanceError::Twice)?));
        let callers = Arc::new(Callers::new(config.auth.stale));
        let db = stores.db.clone();
        let records = Arc::new(Records::new(stores.days.clone(), keys.clone()));
        Beside::keyring(&config.keyring()).prepare(&*disk)?;
        let people = People::open(
            db.clone(),
            keys.clone(),
            gate.clone(),
            callers.clone(),
            clock.clone(),
            random.clone(),
        )
        .await?;
        let people = Arc::new(people);
        let counting = Counting::new(people.clone(), records.clone(), gate.clone(), config.money.currency);
        let aggregates = Arc::new(counting.aggregates(&config, db.clone(), random.clone()));
        let keep = config.policy.parameters.retention_generation_log;
        let sweep = Sweep::new(stores.days.clone(), keys.clone(), keep, clock.clone())
            .with_release(counting::before_a_day_goes(aggregates.clone()));
        let published = Arc::new(Published::open(page::parts(&config)?, &stores.db).await?);
        let probing = probing(&config, &machine, &stores, &keys, &published);
        let evidence = Evidence::open(probing, PROBES).await?;
        let id = InstanceId::new(&*random);
        Ok(Self {
            in_force: ArcSwap::new(config.clone()),
            config,
            machine,
            id,
            stores,
            keys,
            keyring: found,
            gate,
            callers,
            people,
            records,
            aggregates,
            published,
            evidence: Arc::new(evidence),
            sweep: Arc::new(sweep),
            credit: OnceCell::new(),
            spool: OnceLock::new(),
            applying: OnceLock::new(),
            reloading: OnceLock::new(),
        })
    }

    /// The credit of all organisations. A command shares it with whoever serves.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn credit(&self) -> Result<&Arc<Credit>, InstanceError> {
        self.credit_as(Sharing::Shared).await
    }

    /// The same for the process that serves, once the spools of dead owners are applied.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn credit_as(&self, sharing: Sharing) -> Result<&Arc<Credit>, InstanceError> {
        let open = || Credit::open(self.stores.db.clone(), self.id, sharing, self.machine.clock.clone());
        Ok(self
            .credit
            .get_or_try_init(|| async { open().await.map(Arc::new) })
            .await?)
    }

    /// Applies what dead processes left in the spool. Where a process serves, ask that one.
    ///
    /// # Errors
    /// It can't be opened or applied; nothing is lost.
    pub async fn apply_leftovers(&self) -> Result<(), InstanceError> {
        journal::apply_leftovers(self).await
    }

    /// Closes what is open, in the opposite order.
    pub async fn close(&self) {
        if let Some(credit) = self.credit.get()
            && let Err(error) = credit.close().await
        {
            tracing::warn!(error = %error, "leases of credit could not be given back; they end by themselves");
        }
        self.stores.close().await;
    }

    /// Keeps the applier of every process between two batches until the turn is given back.
    ///
    /// # Errors
    /// Those of the database; one of them doesn't come to its end.
    pub async fn pause_appliers(&self) -> Result<Turn, DbError> {
        let turns = self.applying.get().cloned();
        turns
            .unwrap_or_else(|| Turns::new(self.stores.db.clone()))
            .alone()
            .await
    }

    /// The spool of a process that serves.
    pub fn spool(&self) -> Option<&Arc<Spool>> {
        self.spool.get()
    }
}

/// What probes look at.
fn probing(
    config: &Config,
    machine: &Machine,
    stores: &Stores,
    keys: &Arc<Keys>,
    published: &Arc<Published>,
) -> Probing {
    let Machine { clock, random, disk } = machine.clone();
    let parts = published.parts();
    Probing {
        db: stores.db.clone(),
        key_db: stores.key_db().clone(),
        days: stores.days.clone(),
        keys: keys.clone(),
        clock,
        random,
        disk,
        document: parts.document.clone(),
        parameters: parts.parameters.clone(),
        inventory: parts.inventory.clone(),
        published: published.clone(),
        places: Places {
            data: config.data.dir.clone(),
            keyring: config.keyring(),
            mirror: config.keys.mirror.clone(),
        },
    }
}
