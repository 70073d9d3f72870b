//! A rehearsed end: a day of its own, in a folder of its own, on a clock of its own, ended by the code that ends real days.
//!
//! Promises: it goes through hiding, finding, removing and destroying with the functions that real days go through; what it
//! made is gone when it returns, and what a crash left is removed by the next; one at a time for all processes of a folder.
//! Leaves out: PostgreSQL's partitions, which a look at the live ones covers: a rehearsed day there would stay in the list of
//! purged days for ever.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base::clock::{Clock, TravellingClock};
use base::ids::SubjectId;
use base::time::Day;
use policy::parameters::{Parameter, Value};
use store::days::Days;
use store::db::migrate::{MigrateError, migrate};
use store::db::{DatabaseUrl, Db, DbOptions};
use store::disk::{Disk, DiskLock};
use store::keys::{Keys, KeysError, Last, open_keyring};

use super::{LookError, Probing};
use crate::privacy::retention::{Part, Sweep};

/// The folder in the data folder.
pub const FOLDER: &str = "rehearsal";

/// How often and how long to wait for another process that rehearses.
const BUSY_ATTEMPTS: usize = 100;
const BUSY_PAUSE: Duration = Duration::from_millis(50);

/// What a rehearsal came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rehearsed {
    /// The day went through all of its end.
    Ended,
    /// What is past its end was not found: a look at real days proves nothing.
    Unseen(String),
    /// It was found, and the code that ends days didn't end it.
    Left(String),
}

/// Lets a day end.
pub async fn rehearse(probing: &Probing) -> Result<Rehearsed, LookError> {
    let folder = probing.places.data.join(FOLDER);
    let _lock = take(&*probing.disk, &folder).await?;
    clear(&*probing.disk, &folder)?;
    let stage = Stage::open(probing, &folder).await?;
    let rehearsed = stage.play().await;
    stage.close().await;
    clear(&*probing.disk, &folder)?;
    rehearsed
}

async fn take(disk: &dyn Disk, folder: &Path) -> Result<Box<dyn DiskLock>, LookError> {
    disk.create_folder(folder).map_err(cant)?;
    for _ in 0..BUSY_ATTEMPTS {
        if let Some(lock) = disk.lock(&folder.join("lock")).map_err(cant)? {
            return Ok(lock);
        }
        tokio::time::sleep(BUSY_PAUSE).await;
    }
    Err(LookError::Other("another process rehearses and doesn't end".to_owned()))
}

/// Removes what is there but the lock and the folders.
fn clear(disk: &dyn Disk, folder: &Path) -> Result<(), LookError> {
    for place in [folder.join("days"), folder.to_owned()] {
        let files = match disk.list(&place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            files => files.map_err(cant)?,
        };
        for file in files {
            let is_kept = file.file_name().is_some_and(|name| name == "lock" || name == "days");
            if !is_kept {
                disk.remove(&file).map_err(cant)?;
            }
        }
    }
    Ok(())
}

const fn cant(error: io::Error) -> LookError {
    LookError::Disk {
        what: "the folder of rehearsals",
        error,
    }
}

/// One day and all that ends it.
struct Stage {
    clock: TravellingClock,
    days: Arc<Days>,
    keys: Arc<Keys>,
    key_store: Db,
    sweep: Sweep,
    day: Day,
    subject: SubjectId,
}

impl Stage {
    async fn open(probing: &Probing, folder: &Path) -> Result<Self, LookError> {
        let clock = TravellingClock::new(probing.clock.now());
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let keep = kept(probing);
        let days = probing.days.beside(folder.join("days"), keep, shared.clone()).await?;
        let days = Arc::new(days);
        let key_store = key_store(folder.join("keys.db")).await?;
        let random = probing.random.clone();
        let subject = SubjectId::new(&*random);
        let opened = open_keyring(&probing.disk, &folder.join("keyring"), None, &*random, &clock).await;
        let (keyring, found) = opened.map_err(KeysError::from)?;
        let keys = Keys::open(keyring, found, key_store.clone(), shared.clone(), random).await?;
        let keys = Arc::new(keys);
        Ok(Self {
            day: clock.now().day(),
            subject,
            sweep: Sweep::new(days.clone(), keys.clone(), Some(keep), shared),
            clock,
            days,
            keys,
            key_store,
        })
    }

    async fn play(&self) -> Result<Rehearsed, LookError> {
        let (day, end) = (self.day, self.days.end(self.day));
        self.keys.new_subject(self.subject).await?;
        let sealed = self.sealed().await?;
        self.days.writer(day).await?;
        if self.days.reader(day).await?.is_none() {
            return Ok(Rehearsed::Unseen(
                "a rehearsed day could not be read while it lived".to_owned(),
            ));
        }

        self.clock.set(end);
        if self.days.reader(day).await?.is_some() {
            return Ok(Rehearsed::Left(
                "a rehearsed day could be read after its end".to_owned(),
            ));
        }
        let outlook = self
            .sweep
            .outlook()
            .await
            .map_err(|error| LookError::Other(error.to_string()))?;
        let is_seen = |part: Part| part == Part::Over;
        if !outlook
            .due
            .iter()
            .any(|due| due.day == day && is_seen(due.partition) && is_seen(due.key))
        {
            return Ok(Rehearsed::Unseen(
                "a rehearsed day past its end was not found".to_owned(),
            ));
        }

        let swept = self
            .sweep
            .run()
            .await
            .map_err(|error| LookError::Other(error.to_string()))?;
        if let Some(left) = swept.left.first() {
            return Ok(Rehearsed::Left(format!("a rehearsed day was not ended: {}", left.why)));
        }
        if self.days.remaining(day).await?.is_some() {
            return Ok(Rehearsed::Left(
                "the partition of a rehearsed day outlived its end".to_owned(),
            ));
        }
        if self.opens(&sealed).await? {
            return Ok(Rehearsed::Left(
                "what a rehearsed day had sealed opened after its end".to_owned(),
            ));
        }
        Ok(Rehearsed::Ended)
    }

    async fn sealed(&self) -> Result<Vec<u8>, LookError> {
        let mut sealed = Vec::new();
        let keys = self.keys.day_keys(self.subject, self.day).await?;
        keys.record(FOLDER, FOLDER, self.subject.as_bytes())
            .seal_append(0, Last::Yes, FOLDER.as_bytes(), &mut sealed);
        Ok(sealed)
    }

    async fn opens(&self, sealed: &[u8]) -> Result<bool, LookError> {
        match self.keys.day_keys(self.subject, self.day).await {
            Ok(keys) => {
                let key = keys.record(FOLDER, FOLDER, self.subject.as_bytes());
                Ok(key.open(0, Last::Yes, sealed).is_ok())
            }
            Err(KeysError::DayEnded(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn close(&self) {
        self.days.close().await;
        self.key_store.close().await;
    }
}

/// The number in force; where nothing is kept, the document's, since a day that is never written can't end.
fn kept(probing: &Probing) -> policy::Days {
    let of_document = || {
        let of_log = |parameter: &&Parameter| parameter.key == "retention.generation_log";
        match probing.document.parameters.iter().find(of_log)?.value {
            Value::Days(days) => Some(days),
            _ => None,
        }
    };
    let kept = probing.parameters.retention_generation_log.or_else(of_document);
    kept.expect("the document says for how many days the log is kept, or it would not have been read")
}

async fn key_store(path: PathBuf) -> Result<Db, LookError> {
    let db = Db::open(&DatabaseUrl::Sqlite(path), DbOptions::default()).await?;
    let migrated = migrate(&db, &store::keys::MIGRATIONS).await;
    migrated.map_err(|error: MigrateError| LookError::Other(error.to_string()))?;
    Ok(db)
}
