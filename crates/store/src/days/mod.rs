//! Day partitions: one SQLite file, or one PostgreSQL partition of each day table, a day.
//!
//! Promises: a day whose end has come is neither read nor written, even if nothing has swept it yet; a day that was
//! dropped leaves no file, log, journal or open descriptor, and is never created again, also after a restart and by
//! other processes; a day that has not ended can't be dropped.
//! Leaves out: when to sweep, what to compute first (privacy), ending the day's key (keys).

mod files;
mod partitions;
mod register;

use std::path::PathBuf;
use std::sync::Arc;

use base::clock::Clock;
use base::planted;
use base::time::{Day, Timestamp};
use policy::inventory::LiveColumn;

use crate::db::migrate::{MigrateError, Migration, Migrations};
use crate::db::{Db, DbError, DbOptions};
use files::Files;
use partitions::Partitions;

/// The table that remembers dropped days on PostgreSQL; left out of [`Db::catalogue`].
pub(crate) const PURGED_TABLE: &str = "purged_day";

/// Why a day can't be had.
#[derive(Debug, thiserror::Error)]
pub enum DaysError {
    /// The day's end has come, or it was dropped.
    #[error("the records of {day} have ended")]
    Ended {
        /// The day.
        day: Day,
    },
    /// Only a day that has ended may be dropped.
    #[error("the records of {day} have not ended yet: they end at {end}")]
    NotEnded {
        /// The day.
        day: Day,
        /// When they end.
        end: Timestamp,
    },
    /// A descriptor of a removed file stays open, so that its bytes are still there.
    #[error("{open} descriptors of the removed files of {day} are still open")]
    StillOpen {
        /// The day.
        day: Day,
        /// How many.
        open: usize,
    },
    /// The folder or a file in it.
    #[error("the folder of day files {path}: {cause}")]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The schema of the day tables.
    #[error(transparent)]
    Schema(#[from] MigrateError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Where day partitions lie.
#[derive(Debug, Clone)]
pub enum Place {
    /// SQLite files in this folder.
    Folder(PathBuf),
    /// Partitions in this PostgreSQL database.
    Database(Db),
}

/// What dropping a day did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dropped {
    /// Files or partitions that were there and are gone.
    pub removed: usize,
}

/// All day partitions.
pub struct Days {
    store: Store,
    schema: Migrations,
    keep: Option<policy::Days>,
    clock: Arc<dyn Clock>,
}

enum Store {
    Files(Files),
    Partitions(Partitions),
}

impl Days {
    /// The name of the day tables' schema.
    pub const SCHEMA: &'static str = "day";

    /// Opens the place and finishes drops that a crash interrupted. `keep` is R of durability.md 2: at most so many days;
    /// none: nothing is kept, so that every day has ended from its start.
    pub async fn open(
        place: Place,
        steps: &'static [Migration],
        keep: Option<policy::Days>,
        clock: Arc<dyn Clock>,
        options: DbOptions,
    ) -> Result<Self, DaysError> {
        let schema = Migrations {
            schema: Self::SCHEMA,
            steps,
        };
        let store = match place {
            Place::Folder(folder) => Store::Files(Files::open(folder, schema, options).await?),
            Place::Database(db) => Store::Partitions(Partitions::open(db)),
        };
        Ok(Self {
            store,
            schema,
            keep,
            clock,
        })
    }

    /// The same tables in a folder of their own, on a clock of their own: where an end is rehearsed.
    pub async fn beside(&self, folder: PathBuf, keep: policy::Days, clock: Arc<dyn Clock>) -> Result<Self, DaysError> {
        let place = Place::Folder(folder);
        Self::open(place, self.schema.steps, Some(keep), clock, DbOptions::default()).await
    }

    /// Brings the schema up to date where all days share one: PostgreSQL. Files are, as they are opened.
    pub async fn migrate(&self) -> Result<usize, DaysError> {
        match &self.store {
            Store::Files(_) => Ok(0),
            Store::Partitions(partitions) => partitions.migrate(&self.schema).await,
        }
    }

    /// How many steps of the schema are missing: see [`Days::migrate`].
    pub async fn pending(&self) -> Result<usize, DaysError> {
        match &self.store {
            Store::Files(_) => Ok(0),
            Store::Partitions(partitions) => partitions.pending(&self.schema).await,
        }
    }

    /// The database to write rows of `day` to; created if it is new.
    pub async fn writer(&self, day: Day) -> Result<Db, DaysError> {
        if !self.visible(day, self.clock.now()) {
            return Err(DaysError::Ended { day });
        }
        match &self.store {
            Store::Files(files) => files.writer(day).await,
            Store::Partitions(partitions) => partitions.writer(day).await,
        }
    }

    /// The database to read rows of `day` from; none if it never was, has ended, or was dropped. On PostgreSQL it holds
    /// all days, so that every statement must name the day too.
    pub async fn reader(&self, day: Day) -> Result<Option<Db>, DaysError> {
        // keeps P-13.3: hidden from its end on, swept or not.
        if !self.visible(day, self.clock.now()) && !planted::is("shows_ended_day") {
            return Ok(None);
        }
        self.remaining(day).await
    }

    /// As [`Days::reader`], also when its end has come: for the sweep, which counts before it drops, and for backups.
    pub async fn remaining(&self, day: Day) -> Result<Option<Db>, DaysError> {
        match &self.store {
            Store::Files(files) => files.reader(day).await,
            Store::Partitions(partitions) => partitions.reader(day).await,
        }
    }

    /// The read filter: day D is hidden from D+(R−1) 00:00 UTC on, the moment that receipts name.
    // keeps P-13.3: hidden from that moment on, swept or not.
    #[must_use]
    pub fn visible(&self, day: Day, now: Timestamp) -> bool {
        now < self.end(day)
    }

    /// When `day` is hidden and may be dropped.
    #[must_use]
    pub fn end(&self, day: Day) -> Timestamp {
        match self.keep {
            Some(keep) => day.plus_days(keep.as_i32().saturating_sub(1)).start(),
            None => Timestamp::MIN,
        }
    }

    /// Every day that has a partition, also ended ones, in order.
    pub async fn list(&self) -> Result<Vec<Day>, DaysError> {
        match &self.store {
            Store::Files(files) => files.list().await,
            Store::Partitions(partitions) => partitions.list().await,
        }
    }

    /// Makes partitions of today and the next days, so that no request waits for one at midnight. For a job that runs
    /// every hour; files need none of it.
    pub async fn create_ahead(&self) -> Result<(), DaysError> {
        const AHEAD: i32 = 3;
        let Store::Partitions(partitions) = &self.store else {
            return Ok(());
        };
        let today = self.clock.now().day();
        for ahead in 0..=AHEAD {
            let day = today.plus_days(ahead);
            if self.visible(day, self.clock.now()) {
                match partitions.writer(day).await {
                    // Dropped by a clock that was days ahead: it stays dropped, and the next days are made.
                    Ok(_) | Err(DaysError::Ended { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    /// Ends a day for good: nobody gets it any more, whoever reads is stopped, its files or partitions are removed. Safe
    /// to repeat; after a crash the next call, or the next [`Days::open`], finishes it.
    pub async fn drop_day(&self, day: Day) -> Result<Dropped, DaysError> {
        if self.visible(day, self.clock.now()) {
            return Err(DaysError::NotEnded {
                day,
                end: self.end(day),
            });
        }
        match &self.store {
            Store::Files(files) => files.drop_day(day).await,
            Store::Partitions(partitions) => partitions.drop_day(day).await,
        }
    }

    /// The live columns of the day tables. Without any day yet, SQLite has none to look at: an empty list.
    pub async fn catalogue(&self) -> Result<Vec<LiveColumn>, DaysError> {
        let db = match &self.store {
            Store::Files(files) => match self.list().await?.last() {
                Some(day) => files.reader(*day).await?,
                None => None,
            },
            Store::Partitions(partitions) => Some(partitions.db().clone()),
        };
        match db {
            Some(db) => Ok(db.day_catalogue().await?),
            None => Ok(Vec::new()),
        }
    }

    pub(crate) const fn schema(&self) -> &Migrations {
        &self.schema
    }

    /// Closes every open day.
    pub async fn close(&self) {
        if let Store::Files(files) = &self.store {
            files.close().await;
        }
    }
}

impl std::fmt::Debug for Days {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match &self.store {
            Store::Files(_) => "Days(files)",
            Store::Partitions(_) => "Days(partitions)",
        })
    }
}
