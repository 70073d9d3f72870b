//! Day partitions on PostgreSQL: `<table>_day_<number>` for each partitioned table of the schema.
//!
//! Promises: made under an advisory lock and never as a default partition; a day that any process dropped is in
//! `purged_day` before its first partition goes, and that table is looked at under the same lock before one is made; no
//! statistics are kept of bytes columns (privacy.md 4b: `pg_statistic` keeps real values of erased rows).
//! Leaves out: what stays in PostgreSQL's write-ahead log and freed blocks, which holds sealed bytes only.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base::time::Day;

use super::{DaysError, Dropped};
use crate::db::migrate::{Migration, Migrations, migrate, pending};
use crate::db::{Db, DbError, Statement, Tx, Value};

/// The advisory lock of making and ending days: "candoday" in ASCII.
const LOCK: i64 = 0x6361_6e64_6f64_6179;

/// How often a partition in use is asked for again, each time for as long as a statement waits for a lock.
const DETACH_ATTEMPTS: usize = 12;

/// The drivers' own table on PostgreSQL.
const OWN: Migrations = Migrations {
    schema: "days",
    steps: &[Migration {
        version: 1,
        name: "purged days",
        sqlite: "",
        postgres: "CREATE TABLE purged_day (day BIGINT PRIMARY KEY)",
    }],
};

const PURGED: Statement = Statement::common("days.purged", "SELECT day FROM purged_day WHERE day = $1");
const PURGE: Statement = Statement::common(
    "days.purge",
    "INSERT INTO purged_day (day) VALUES ($1) ON CONFLICT (day) DO NOTHING",
);
const PARENTS: Statement = Statement::common(
    "days.parents",
    "SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'p' ORDER BY 1",
);
/// Attached or not: a crash between detaching and dropping leaves a plain table.
const PARTITIONS: Statement = Statement::common(
    "days.partitions",
    "SELECT c.relname::text, p.relname::text, CASE WHEN i.inhrelid IS NULL THEN 0 WHEN i.inhdetachpending THEN 2 ELSE 1 END \
     FROM pg_class p JOIN pg_class c ON c.relnamespace = p.relnamespace AND c.relkind = 'r' \
     AND c.relname ~ ('^' || p.relname || '_day_[0-9]+$') \
     LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND i.inhparent = p.oid \
     WHERE p.relnamespace = current_schema()::regnamespace AND p.relkind = 'p' ORDER BY 1",
);
const BYTES_COLUMNS: Statement = Statement::common(
    "days.bytes_columns",
    "SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass($1) AND atttypid = 'bytea'::regtype \
     AND attnum > 0 AND NOT attisdropped ORDER BY 1",
);

pub(super) struct Partitions {
    db: Db,
    /// Days whose partitions this process has seen.
    ready: Mutex<BTreeSet<Day>>,
}

/// A partition as it stands.
struct Partition {
    name: String,
    parent: String,
    day: Day,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Loose,
    Attached,
    /// A `DETACH CONCURRENTLY` was interrupted.
    Detaching,
}

impl Partitions {
    pub(super) const fn open(db: Db) -> Self {
        Self {
            db,
            ready: Mutex::new(BTreeSet::new()),
        }
    }

    pub(super) const fn db(&self) -> &Db {
        &self.db
    }

    pub(super) async fn migrate(&self, schema: &Migrations) -> Result<usize, DaysError> {
        Ok(migrate(&self.db, &OWN).await? + migrate(&self.db, schema).await?)
    }

    pub(super) async fn pending(&self, schema: &Migrations) -> Result<usize, DaysError> {
        Ok(pending(&self.db, &OWN).await?.len() + pending(&self.db, schema).await?.len())
    }

    pub(super) async fn writer(&self, day: Day) -> Result<Db, DaysError> {
        if !self.ready().contains(&day) {
            let made = self
                .db
                .exclusively(LOCK, "days.create", |tx| async move { create(&tx, day).await })
                .await?;
            match made {
                Made::There => self.ready().insert(day),
                Made::Purged => return Err(DaysError::Ended { day }),
            };
        }
        Ok(self.db.clone())
    }

    pub(super) async fn reader(&self, day: Day) -> Result<Option<Db>, DaysError> {
        let there = self.ready().contains(&day) || self.list().await?.contains(&day);
        Ok(there.then(|| self.db.clone()))
    }

    pub(super) async fn list(&self) -> Result<Vec<Day>, DaysError> {
        let days: BTreeSet<Day> = self.partitions().await?.iter().map(|partition| partition.day).collect();
        // Another process may have dropped some. One that was made a moment ago is found again when it is written to.
        self.ready().retain(|day| days.contains(day));
        Ok(days.into_iter().collect())
    }

    pub(super) async fn drop_day(&self, day: Day) -> Result<Dropped, DaysError> {
        self.ready().remove(&day);
        self.db
            .exclusively(LOCK, "days.purge", |tx| async move {
                tx.execute(&PURGE, vec![day.into()]).await
            })
            .await?;
        let mut removed = 0;
        for partition in self
            .partitions()
            .await?
            .into_iter()
            .filter(|partition| partition.day == day)
        {
            self.detach(&partition).await?;
            self.db
                .batch("days.drop", &format!("DROP TABLE IF EXISTS {}", partition.name))
                .await?;
            removed += 1;
        }
        Ok(Dropped { removed })
    }

    /// Waits for readers a few times; each wait is one statement long, so that new ones are not held up behind it.
    async fn detach(&self, partition: &Partition) -> Result<(), DaysError> {
        let Partition { name, parent, .. } = partition;
        let mut state = partition.state;
        for attempt in 1.. {
            let how = match state {
                State::Loose => return Ok(()),
                State::Attached => "CONCURRENTLY",
                State::Detaching => "FINALIZE",
            };
            let sql = format!("ALTER TABLE {parent} DETACH PARTITION {name} {how}");
            match self.db.batch("days.detach", &sql).await {
                Ok(()) => return Ok(()),
                Err(DbError::Conflict { .. } | DbError::TimedOut { .. }) if attempt < DETACH_ATTEMPTS => {}
                // Another process may have done it meanwhile.
                Err(error) => match self.state_of(name).await? {
                    None | Some(State::Loose) => return Ok(()),
                    Some(State::Attached | State::Detaching) => return Err(error.into()),
                },
            }
            state = self.state_of(name).await?.unwrap_or(State::Loose);
        }
        Ok(())
    }

    async fn state_of(&self, name: &str) -> Result<Option<State>, DaysError> {
        let partitions = self.partitions().await?;
        Ok(partitions
            .iter()
            .find(|partition| partition.name == name)
            .map(|partition| partition.state))
    }

    async fn partitions(&self) -> Result<Vec<Partition>, DbError> {
        let rows = self.db.query(&PARTITIONS, Vec::new()).await?;
        let mut partitions = Vec::with_capacity(rows.len());
        for row in rows {
            let name = row.text(0)?;
            let Some(day) = name.rsplit_once("_day_").and_then(|(_, number)| number.parse().ok()) else {
                continue;
            };
            partitions.push(Partition {
                name: name.to_owned(),
                parent: row.text(1)?.to_owned(),
                day: Day::from_number(day),
                state: match row.integer(2)? {
                    0 => State::Loose,
                    1 => State::Attached,
                    _ => State::Detaching,
                },
            });
        }
        Ok(partitions)
    }

    fn ready(&self) -> MutexGuard<'_, BTreeSet<Day>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Made {
    There,
    Purged,
}

async fn create(tx: &Tx, day: Day) -> Result<Made, DbError> {
    if tx.query_optional(&PURGED, vec![day.into()]).await?.is_some() {
        return Ok(Made::Purged);
    }
    let there = tx.query(&PARTITIONS, Vec::new()).await?;
    for parent in tx.query(&PARENTS, Vec::new()).await? {
        let parent = parent.text(0)?;
        let name = format!("{parent}_day_{}", day.number());
        let mut exists = false;
        for row in &there {
            exists |= row.text(0)? == name;
        }
        if !exists {
            create_one(tx, parent, &name, day).await?;
        }
    }
    Ok(Made::There)
}

/// Made beside the table and attached then: that takes a weaker lock than `CREATE TABLE … PARTITION OF`.
async fn create_one(tx: &Tx, parent: &str, name: &str, day: Day) -> Result<(), DbError> {
    let mut sql = format!("CREATE TABLE {name} (LIKE {parent} INCLUDING ALL);");
    for column in tx.query(&BYTES_COLUMNS, vec![Value::from(parent)]).await? {
        let column = column.text(0)?;
        for table in [parent, name] {
            // Writing to a string never fails.
            let _written = write!(sql, "ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0;");
        }
    }
    let (from, to) = (day.number(), day.plus_days(1).number());
    let _written = write!(
        sql,
        "ALTER TABLE {parent} ATTACH PARTITION {name} FOR VALUES FROM ({from}) TO ({to});"
    );
    tx.batch("days.create", &sql).await
}
