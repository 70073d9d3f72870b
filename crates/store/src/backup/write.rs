//! Making a backup.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::time::Day;
use policy::inventory::Table;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use super::manifest::{Manifest, Part, TableFile};
use super::{BackupError, system};
use crate::days::Days;
use crate::db::Db;
use crate::db::migrate::{Migrations, pending};
use crate::db::snapshot::{Chunk, Shape};
use crate::disk::{Disk, DiskFile, RealDisk};

/// Chunks of about 256 KiB on their way from the database to the disk.
const CHUNKS_BETWEEN: usize = 4;

/// A backup in the making. Without [`BackupWriter::finish`] it never becomes one.
#[derive(Debug)]
pub struct BackupWriter {
    folder: PathBuf,
    parts: Vec<Part>,
}

impl BackupWriter {
    /// Begins in a new or empty folder, for its owner only.
    pub fn create(folder: &Path) -> Result<Self, BackupError> {
        RealDisk.create_folder(folder).map_err(system(folder))?;
        if !RealDisk.list(folder).map_err(system(folder))?.is_empty() {
            return Err(BackupError::Occupied {
                path: folder.to_owned(),
            });
        }
        Ok(Self {
            folder: folder.to_owned(),
            parts: Vec::new(),
        })
    }

    /// Copies the declared tables of a schema as they are at one moment; how many rows.
    pub async fn copy(&mut self, db: &Db, schema: &Migrations, tables: &[&Table]) -> Result<u64, BackupError> {
        let version = schema.steps.len() - pending(db, schema).await?.len();
        self.copy_part(db, schema.schema, None, version, tables).await
    }

    /// Copies a day; none if it has no partition. A day that has ended is left out, because a backup must not outlive it.
    pub async fn copy_day(&mut self, days: &Days, day: Day, tables: &[&Table]) -> Result<Option<u64>, BackupError> {
        let Some(db) = days.reader(day).await? else {
            return Ok(None);
        };
        let schema = days.schema();
        let version = schema.steps.len() - pending(&db, schema).await?.len();
        let copied = self.copy_part(&db, schema.schema, Some(day), version, tables).await;
        copied.map(Some)
    }

    /// Writes the manifest: from here on it is a backup.
    pub fn finish(self, about: BTreeMap<String, String>) -> Result<Manifest, BackupError> {
        let manifest = Manifest::new(about, self.parts);
        manifest.write(&self.folder)?;
        Ok(manifest)
    }

    async fn copy_part(
        &mut self,
        db: &Db,
        schema: &str,
        day: Option<Day>,
        version: usize,
        tables: &[&Table],
    ) -> Result<u64, BackupError> {
        let part = day.map_or_else(|| schema.to_owned(), |day| format!("{schema}-{day}"));
        let shapes: Vec<Shape> = tables.iter().map(|table| Shape::of(table)).collect();
        let files = shapes.iter().map(|shape| OpenFile::create(&self.folder, &part, shape));
        let mut files = files.collect::<Result<Vec<_>, _>>()?;

        let (chunks, mut arriving) = mpsc::channel::<Chunk>(CHUNKS_BETWEEN);
        let writing = tokio::task::spawn_blocking(move || {
            while let Some(chunk) = arriving.blocking_recv() {
                files[chunk.table].append(&chunk)?;
            }
            files
                .into_iter()
                .map(OpenFile::finish)
                .collect::<Result<Vec<_>, BackupError>>()
        });
        let read = db.snapshot(shapes, day, chunks).await;
        // A disk that refuses shows to the reader as a closed channel: the writer knows better.
        let written = writing.await.map_err(|_| crate::db::DbError::Closed)??;
        read?;
        let rows = written.iter().map(|file| file.rows).sum();
        self.parts.push(Part {
            schema: schema.to_owned(),
            day,
            version,
            tables: written,
        });
        Ok(rows)
    }
}

/// A table's file while it grows.
struct OpenFile {
    path: PathBuf,
    file: Arc<dyn DiskFile>,
    digest: Sha256,
    entry: TableFile,
}

impl OpenFile {
    fn create(folder: &Path, part: &str, shape: &Shape) -> Result<Self, BackupError> {
        let name = format!("{part}.{}.rows", shape.table);
        let path = folder.join(&name);
        Ok(Self {
            file: RealDisk.create(&path).map_err(system(&path))?,
            path,
            digest: Sha256::new(),
            entry: TableFile {
                table: shape.table.clone(),
                columns: shape.columns.clone(),
                file: name,
                rows: 0,
                bytes: 0,
                sha256: String::new(),
            },
        })
    }

    fn append(&mut self, chunk: &Chunk) -> Result<(), BackupError> {
        self.file
            .write_all_at(&chunk.bytes, self.entry.bytes)
            .map_err(system(&self.path))?;
        self.digest.update(&chunk.bytes);
        self.entry.bytes += chunk.bytes.len() as u64;
        self.entry.rows += chunk.rows;
        Ok(())
    }

    fn finish(mut self) -> Result<TableFile, BackupError> {
        self.file.sync_data().map_err(system(&self.path))?;
        self.entry.sha256 = hex(&self.digest.finalize());
        Ok(self.entry)
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
