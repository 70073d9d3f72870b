//! Opening and closing, in order.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use base::ids::InstanceId;
use policy::Authority;
use policy::inventory::Store;
use store::backup::{BackupError, BackupReader, BackupWriter, Restored};
use store::days::{Days, Place};
use store::db::migrate::{self, Migrations};
use store::db::{DatabaseUrl, Db, DbError, DbOptions, Dialect};
use store::keys::{Keys, open_keyring};
use store::spool::Spool;
use tokio::sync::OnceCell;

use super::counting::{self, Counting};
use super::{Instance, InstanceError, Machine, journal, ownership, page};
use crate::apply::turn::{Turn, Turns};
use crate::backups::beside::Beside;
use crate::backups::restoring;
use crate::config::{Config, Credential};
use crate::money::credit::{Credit, Sharing};
use crate::people::People;
use crate::people::keys::Callers;
use crate::privacy::evidence::Evidence;
use crate::privacy::gate::Gate;
use crate::privacy::inventory::{Undeclared, check};
use crate::privacy::probes::{PROBES, Places, Probing};
use crate::privacy::published::Published;
use crate::privacy::retention::Sweep;
use crate::records::Records;
use crate::schema;

/// The main database's file in the data folder.
const MAIN_FILE: &str = "candor.db";
/// The key store's file in the data folder.
const KEYS_FILE: &str = "keys.db";
/// The folder of day files in the data folder.
const DAYS_FOLDER: &str = "days";

/// The databases of an instance, connected and not looked at yet.
pub struct Stores {
    /// The main database.
    pub db: Db,
    /// The key store's, where it is not in the main one.
    pub key_store: Option<Db>,
    /// Day partitions.
    pub days: Arc<Days>,
}

impl Stores {
    /// Connects.
    ///
    /// # Errors
    /// An address is wrong, or nobody answers there.
    pub async fn open(config: &Config, machine: &Machine) -> Result<Self, InstanceError> {
        let folder = &config.data.dir;
        machine
            .disk
            .create_folder(folder)
            .map_err(|error| InstanceError::Folder {
                path: folder.clone(),
                error,
            })?;
        let options = DbOptions::default();
        let db = Db::open(&address(config.database.url.as_ref(), folder.join(MAIN_FILE))?, options).await?;
        let key_store = match (&config.keys.url, db.dialect()) {
            (None, Dialect::Postgres) => None,
            (url, _) => Some(Db::open(&address(url.as_ref(), folder.join(KEYS_FILE))?, options).await?),
        };
        let place = day_place(config, &db);
        let keep = config.policy.parameters.retention_generation_log;
        let days = Days::open(place, schema::DAY_STEPS, keep, machine.clock.clone(), options).await?;
        Ok(Self {
            db,
            key_store,
            days: Arc::new(days),
        })
    }

    /// Copies everything but the keyring. Days first, then the books, then the keys: whoever is in the copy has a key in it, and what
    /// is in the log and not in the books came in between. The caller holds the applier, which makes even that impossible.
    ///
    /// # Errors
    /// A disk or a database fails.
    pub async fn copy(&self, into: &mut BackupWriter) -> Result<(), BackupError> {
        let tables = schema::tables();
        let of = |store: Store| {
            tables
                .iter()
                .copied()
                .filter(move |table| table.store == store)
                .collect::<Vec<_>>()
        };
        for day in self.days.list().await? {
            into.copy_day(&self.days, day, &of(Store::Day)).await?;
        }
        into.copy(&self.db, &schema::MAIN, &of(Store::Main)).await?;
        into.copy(self.key_db(), &schema::KEYS, &of(Store::Keys)).await?;
        Ok(())
    }

    /// Fills empty databases from a backup: days, then keys, then the books, so that nothing counts as restored before the end.
    ///
    /// # Errors
    /// A database is not empty, the backup is damaged or newer, or a database fails.
    pub async fn fill(&self, from: &BackupReader, config: &Config, machine: &Machine) -> Result<Restored, BackupError> {
        let keep = config.policy.parameters.retention_generation_log;
        let place = day_place(config, &self.db);
        let options = DbOptions::default();
        let mut restored = from
            .restore_days(&place, schema::DAY_STEPS, keep, &machine.clock, options)
            .await?;
        restored.rows += from.restore(self.key_db(), &schema::KEYS).await?;
        restored.rows += from.restore(&self.db, &schema::MAIN).await?;
        Ok(restored)
    }

    /// Takes every missing step of the schemas; how many that were.
    ///
    /// # Errors
    /// A step was changed after it was taken, the database is newer, or it failed.
    pub async fn migrate(&self) -> Result<usize, InstanceError> {
        let mut taken = 0;
        for (db, schema) in self.schemas() {
            taken += migrate::migrate(db, schema).await?;
        }
        Ok(taken + self.days.migrate().await?)
    }

    async fn pending(&self) -> Result<usize, InstanceError> {
        let mut pending = 0;
        for (db, schema) in self.schemas() {
            pending += migrate::pending(db, schema).await?.len();
        }
        Ok(pending + self.days.pending().await?)
    }

    fn schemas(&self) -> [(&Db, &'static Migrations); 2] {
        [(&self.db, &schema::MAIN), (self.key_db(), &schema::KEYS)]
    }

    /// Closes all of them.
    pub async fn close(&self) {
        self.days.close().await;
        if let Some(key_store) = &self.key_store {
            key_store.close().await;
        }
        self.db.close().await;
    }

    /// The database of the key store.
    pub fn key_db(&self) -> &Db {
        self.key_store.as_ref().unwrap_or(&self.db)
    }

    /// SQLite is brought up to date, PostgreSQL must be.
    async fn require_schema(&self, config: &Config) -> Result<(), InstanceError> {
        match self.db.dialect() {
            Dialect::Sqlite => self.migrate().await.map(drop),
            Dialect::Postgres => match self.pending().await? {
                0 => Ok(()),
                steps => Err(InstanceError::Pending {
                    steps,
                    command: config.command_line("candor", "migrate"),
                }),
            },
        }
    }

    /// Refuses a table or column that nobody declared, and a declared one that isn't there; how many columns were compared.
    ///
    /// # Errors
    /// What differs, or a database fails.
    pub async fn require_inventory(&self) -> Result<usize, InstanceError> {
        let tables = schema::tables();
        let mut live = self.db.catalogue().await?;
        let keys = match &self.key_store {
            Some(key_store) => key_store.catalogue().await?,
            None => live
                .extract_if(.., |column| {
                    store::keys::TABLES.iter().any(|table| table.name == column.table)
                })
                .collect(),
        };
        let mut stores = vec![(Store::Keys, keys), (Store::Main, live)];
        let days = self.days.catalogue().await?;
        // SQLite has no table of a day before the first day.
        if !days.is_empty() {
            stores.push((Store::Day, days));
        }
        let (mut examined, mut mismatches) = (0, Vec::new());
        for (store, live) in stores {
            let checked = check(&tables, store, &live);
            examined += checked.examined;
            mismatches.extend(checked.mismatches);
        }
        if mismatches.is_empty() {
            Ok(examined)
        } else {
            Err(Undeclared(mismatches).into())
        }
    }
}

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

fn day_place(config: &Config, db: &Db) -> Place {
    match db.dialect() {
        Dialect::Sqlite => Place::Folder(config.data.dir.join(DAYS_FOLDER)),
        Dialect::Postgres => Place::Database(db.clone()),
    }
}

fn address(url: Option<&Credential>, file: PathBuf) -> Result<DatabaseUrl, InstanceError> {
    let Some(url) = url else {
        return Ok(DatabaseUrl::Sqlite(file));
    };
    let secret = url
        .secret()
        .map_err(|missing| InstanceError::Address(missing.to_owned()))?;
    Ok(secret.expose().parse()?)
}
