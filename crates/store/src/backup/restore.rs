//! Filling empty databases from a backup.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::clock::Clock;
use base::time::Day;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use super::manifest::{Manifest, Part, TableFile};
use super::write::hex;
use super::{BackupError, format, system};
use crate::days::{Days, DaysError, Place};
use crate::db::migrate::{Migration, Migrations, migrate, pending};
use crate::db::{Db, DbError, DbOptions, Statement, Tx, Value};
use crate::disk::{Disk, RealDisk};

/// Bytes read at once.
const READ_BYTES: usize = 256 << 10;

/// Batches of rows between the disk and the database.
const BATCHES_BETWEEN: usize = 2;

/// A complete backup whose files are what they were.
#[derive(Debug)]
pub struct BackupReader {
    folder: PathBuf,
    manifest: Manifest,
}

/// What a restore of days did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Restored {
    /// Days that are back.
    pub days: usize,
    /// Days that have ended since, and stay away.
    pub ended: usize,
    /// Rows.
    pub rows: u64,
}

impl BackupReader {
    /// Reads the manifest and every file once, and compares checksums.
    pub async fn open(folder: &Path) -> Result<Self, BackupError> {
        let folder = folder.to_owned();
        blocking(move || {
            let manifest = Manifest::read(&folder)?;
            for file in manifest.parts.iter().flat_map(|part| &part.tables) {
                verify(&folder, file)?;
            }
            Ok(Self { folder, manifest })
        })
        .await
    }

    /// What it holds.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Fills an empty database with a schema as it was; [`migrate`] then brings it up to date. How many rows.
    pub async fn restore(&self, db: &Db, schema: &Migrations) -> Result<u64, BackupError> {
        let part = self
            .parts(schema.schema)
            .next()
            .ok_or(BackupError::Missing { schema: schema.schema })?;
        if pending(db, schema).await?.len() < schema.steps.len() {
            return Err(BackupError::NotEmpty { schema: schema.schema });
        }
        let then = as_of(schema, part.version)?;
        migrate(db, &then).await?;
        self.fill(db, part, &mut Statements::default()).await
    }

    /// Fills the days that have not ended. `place` and the rest are those of [`Days::open`], whose next opening brings the
    /// schema up to date.
    pub async fn restore_days(
        &self,
        place: &Place,
        steps: &'static [Migration],
        keep: Option<policy::Days>,
        clock: &Arc<dyn Clock>,
        options: DbOptions,
    ) -> Result<Restored, BackupError> {
        let mut restored = Restored::default();
        let mut statements = Statements::default();
        for part in self.parts(Days::SCHEMA) {
            let Some(day) = part.day else { continue };
            let then = as_of(
                &Migrations {
                    schema: Days::SCHEMA,
                    steps,
                },
                part.version,
            )?;
            let days = Days::open(place.clone(), then.steps, keep, Arc::clone(clock), options).await?;
            days.migrate().await?;
            let filled = self.fill_day(&days, day, part, &mut statements).await;
            days.close().await;
            match filled? {
                Some(rows) => {
                    restored.days += 1;
                    restored.rows += rows;
                }
                None => restored.ended += 1,
            }
        }
        Ok(restored)
    }

    async fn fill_day(
        &self,
        days: &Days,
        day: Day,
        part: &Part,
        statements: &mut Statements,
    ) -> Result<Option<u64>, BackupError> {
        if days.list().await?.contains(&day) {
            return Err(BackupError::NotEmpty { schema: Days::SCHEMA });
        }
        match days.writer(day).await {
            Ok(db) => self.fill(&db, part, statements).await.map(Some),
            Err(DaysError::Ended { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// All tables of a part in one transaction, so that a restore that fails leaves an empty database.
    async fn fill(&self, db: &Db, part: &Part, statements: &mut Statements) -> Result<u64, BackupError> {
        let tables: Vec<(PathBuf, usize, Statement, Statement)> = part
            .tables
            .iter()
            .map(|file| {
                let (clear, insert) = statements.of(file, part.day);
                (self.folder.join(&file.file), file.columns.len(), clear, insert)
            })
            .collect();
        let tables = &tables;
        let day = part.day;
        db.loading("restore", |tx| async move {
            let mut rows = 0;
            for (_, _, clear, _) in tables {
                tx.execute(clear, day.map(Value::from).into_iter().collect()).await?;
            }
            for (path, columns, _, insert) in tables {
                rows += load(&tx, path, *columns, insert).await?;
            }
            Ok(rows)
        })
        .await
    }

    fn parts<'a>(&'a self, schema: &'a str) -> impl Iterator<Item = &'a Part> {
        self.manifest.parts.iter().filter(move |part| part.schema == schema)
    }
}

/// The schema as it was after so many steps.
fn as_of(schema: &Migrations, version: usize) -> Result<Migrations, BackupError> {
    let steps = schema.steps.get(..version).ok_or(BackupError::Newer {
        schema: schema.schema,
        found: version,
        known: schema.steps.len(),
    })?;
    Ok(Migrations {
        schema: schema.schema,
        steps,
    })
}

/// Statements that a manifest asks for: built once for each table, and leaked, because a statement is a constant
/// everywhere else; a restore has a few dozen and ends with its process.
#[derive(Default)]
struct Statements(HashMap<(String, bool), (Statement, Statement)>);

impl Statements {
    fn of(&mut self, file: &TableFile, day: Option<Day>) -> (Statement, Statement) {
        let make = || {
            // Rows that a migration put there itself. On PostgreSQL a day's tables hold other days, too.
            let only = if day.is_some() { " WHERE day = $1" } else { "" };
            let places: Vec<String> = (1..=file.columns.len()).map(|place| format!("${place}")).collect();
            let clear = format!("DELETE FROM {}{only}", file.table);
            let insert = format!(
                "INSERT INTO {} ({}) VALUES ({})",
                file.table,
                file.columns.join(", "),
                places.join(", ")
            );
            (
                Statement::common("restore.clear", Box::leak(clear.into_boxed_str())),
                Statement::common("restore.insert", Box::leak(insert.into_boxed_str())),
            )
        };
        *self.0.entry((file.table.clone(), day.is_some())).or_insert_with(make)
    }
}

async fn load(tx: &Tx, path: &Path, columns: usize, insert: &Statement) -> Result<u64, BackupError> {
    let (batches, mut arriving) = mpsc::channel(BATCHES_BETWEEN);
    let file = path.to_owned();
    let reading = tokio::task::spawn_blocking(move || read_rows(&file, columns, &batches));
    let mut rows = 0;
    while let Some(batch) = arriving.recv().await {
        rows += tx.execute_many(insert, batch).await?;
    }
    reading.await.map_err(|_| DbError::Closed)??;
    Ok(rows)
}

fn read_rows(path: &Path, columns: usize, batches: &mpsc::Sender<Vec<Vec<Value>>>) -> Result<(), BackupError> {
    let damaged = || BackupError::Damaged { path: path.to_owned() };
    let mut kept = Vec::new();
    read_chunks(path, |chunk| {
        kept.extend_from_slice(chunk);
        let mut rows = Vec::new();
        let mut rest = &kept[..];
        format::decode(columns, &mut rest, &mut rows).map_err(|_| damaged())?;
        let used = kept.len() - rest.len();
        kept.drain(..used);
        // Nobody takes them any more: the transaction failed and says why.
        let _gone = rows.is_empty() || batches.blocking_send(rows).is_err();
        Ok(())
    })?;
    if kept.is_empty() { Ok(()) } else { Err(damaged()) }
}

fn verify(folder: &Path, file: &TableFile) -> Result<(), BackupError> {
    let path = folder.join(&file.file);
    let mut digest = Sha256::new();
    let mut bytes = 0;
    read_chunks(&path, |chunk| {
        digest.update(chunk);
        bytes += chunk.len() as u64;
        Ok(())
    })?;
    if bytes != file.bytes || hex(&digest.finalize()) != file.sha256 {
        return Err(BackupError::Damaged { path });
    }
    Ok(())
}

fn read_chunks(path: &Path, mut take: impl FnMut(&[u8]) -> Result<(), BackupError>) -> Result<(), BackupError> {
    let file = RealDisk.open(path).map_err(system(path))?;
    let mut buffer = vec![0; READ_BYTES];
    let mut at = 0;
    loop {
        let read = file.read_at(&mut buffer, at).map_err(system(path))?;
        if read == 0 {
            return Ok(());
        }
        at += read as u64;
        take(&buffer[..read])?;
    }
}

async fn blocking<T: Send + 'static>(
    job: impl FnOnce() -> Result<T, BackupError> + Send + 'static,
) -> Result<T, BackupError> {
    tokio::task::spawn_blocking(job).await.map_err(|_| DbError::Closed)?
}
