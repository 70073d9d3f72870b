//! The databases of an instance: connected, brought up to date, compared with what is declared, copied, filled.

use std::path::PathBuf;
use std::sync::Arc;

use base::clock::Clock;
use policy::inventory::Store;
use store::backup::{BackupError, BackupReader, BackupWriter, Restored};
use store::days::{Days, Place};
use store::db::migrate::{self, Migrations};
use store::db::{DatabaseUrl, Db, DbOptions, Dialect};

use super::{InstanceError, Machine};
use crate::config::{Config, Credential};
use crate::privacy::inventory::{Undeclared, check};
use crate::schema;

/// The main database's file in the data folder.
pub(super) const MAIN_FILE: &str = "candor.db";
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

    /// The days of a backup in a folder of their own, as of a moment: what whoever holds the copy can read with the keys that
    /// there are. The clock of such a person stands where it suits.
    ///
    /// # Errors
    /// The backup is damaged or newer, or a disk fails.
    pub async fn days_of_backup(
        &self,
        from: &BackupReader,
        folder: PathBuf,
        config: &Config,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Days>, BackupError> {
        let keep = config.policy.parameters.retention_generation_log;
        let (place, options) = (Place::Folder(folder), DbOptions::default());
        from.restore_days(&place, schema::DAY_STEPS, keep, &clock, options)
            .await?;
        let days = Days::open(place, schema::DAY_STEPS, keep, clock, options).await?;
        Ok(Arc::new(days))
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
    pub(super) async fn require_schema(&self, config: &Config) -> Result<(), InstanceError> {
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
