//! The list of a backup's files, written last: a folder that has it is complete.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use base::time::Day;
use serde::{Deserialize, Serialize};

use super::{BackupError, system};
use crate::disk::{Disk, RealDisk, read_file};

const NAME: &str = "manifest.json";

/// Larger ones are none of ours: a table of a day takes about 250 bytes.
const LIMIT_BYTES: u64 = 16 << 20;

/// The version of this format.
const FORMAT: u32 = 1;

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub(super) format: u32,
    /// What the maker noted: id, moment, program.
    pub about: BTreeMap<String, String>,
    pub(super) parts: Vec<Part>,
}

/// A schema, or a day of one, as it was at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) schema: String,
    pub(super) day: Option<Day>,
    /// How many of the schema's steps had been taken.
    pub(super) version: usize,
    pub(super) tables: Vec<TableFile>,
}

/// The rows of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TableFile {
    pub(super) table: String,
    pub(super) columns: Vec<String>,
    pub(super) file: String,
    pub(super) rows: u64,
    pub(super) bytes: u64,
    /// Hexadecimal.
    pub(super) sha256: String,
}

impl Manifest {
    pub(super) const fn new(about: BTreeMap<String, String>, parts: Vec<Part>) -> Self {
        Self {
            format: FORMAT,
            about,
            parts,
        }
    }

    /// Rows of all tables.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.files().map(|file| file.rows).sum()
    }

    /// Bytes of all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files().map(|file| file.bytes).sum()
    }

    /// The days it holds, in order.
    #[must_use]
    pub fn days(&self) -> Vec<Day> {
        let mut days: Vec<Day> = self.parts.iter().filter_map(|part| part.day).collect();
        days.sort_unstable();
        days
    }

    fn files(&self) -> impl Iterator<Item = &TableFile> {
        self.parts.iter().flat_map(|part| &part.tables)
    }

    /// Durable, under its name, when it returns.
    pub(super) fn write(&self, folder: &Path) -> Result<(), BackupError> {
        let path = folder.join(NAME);
        let write = || -> io::Result<()> {
            let text = serde_json::to_vec_pretty(self)?;
            let unfinished = folder.join(format!("{NAME}.unfinished"));
            let file = RealDisk.create(&unfinished)?;
            file.write_all_at(&text, 0)?;
            file.sync_data()?;
            RealDisk.rename(&unfinished, &path)?;
            RealDisk.sync_dir(folder)
        };
        write().map_err(system(&path))
    }

    pub(super) fn read(folder: &Path) -> Result<Self, BackupError> {
        let none = |cause: String| BackupError::NoBackup {
            path: folder.to_owned(),
            cause,
        };
        let bytes =
            read_file(&RealDisk, &folder.join(NAME), LIMIT_BYTES).map_err(|error| none(format!("{NAME}: {error}")))?;
        let manifest: Self = serde_json::from_slice(&bytes).map_err(|error| none(format!("{NAME}: {error}")))?;
        if manifest.format != FORMAT {
            return Err(none(format!(
                "its format is {}, and this program knows {FORMAT}",
                manifest.format
            )));
        }
        let named = |name: &str| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
        };
        let well_named = |file: &TableFile| {
            named(&file.file)
                && !file.file.starts_with('.')
                && named(&file.table)
                && file.columns.iter().all(|column| named(column))
        };
        if !manifest.files().all(well_named) {
            return Err(none("it names a file, table or column as no backup does".to_owned()));
        }
        Ok(manifest)
    }
}
