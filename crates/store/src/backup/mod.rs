//! Copies of databases in a folder of plain files that either database can be filled from.
//!
//! Promises: each schema is copied as it was at one moment, while others go on writing; a folder without a manifest is no
//! backup, and a file that differs from its checksum is refused; a backup of SQLite restores into PostgreSQL and back;
//! a backup made by an older program is restored as that program left it, for the migrations to go on from.
//! Leaves out: the keyring (a backup opens nothing without it), pausing the applier, the inventory of backups, what must
//! be done again after a restore. Sequences: no table uses them.
//!
//! `VACUUM INTO` would copy a SQLite file faster, but only into another SQLite file.

mod format;
mod manifest;
mod restore;
mod write;

use std::io;
use std::path::{Path, PathBuf};

pub(crate) use format::encode;
pub use manifest::Manifest;
pub use restore::{BackupReader, Restored};
pub use write::BackupWriter;

use crate::days::DaysError;
use crate::db::DbError;
use crate::db::migrate::MigrateError;

/// Why a backup can't be made or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file or folder.
    #[error("{path}: {cause}")]
    System {
        /// Which.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The folder that should hold the backup holds something.
    #[error("{path} is not empty: a backup goes into a folder of its own")]
    Occupied {
        /// The folder.
        path: PathBuf,
    },
    /// There is no manifest, or it can't be read.
    #[error("{path} holds no complete backup: {cause}")]
    NoBackup {
        /// The folder.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
    /// A file is missing, longer or shorter, or has other bytes than when it was made.
    #[error("{path} is damaged: it is not what the backup's manifest says")]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The database to fill has been used.
    #[error("the schema `{schema}` of this database is not empty: restore fills an empty one")]
    NotEmpty {
        /// The schema.
        schema: &'static str,
    },
    /// The backup has no such schema.
    #[error("the backup holds no schema `{schema}`")]
    Missing {
        /// The schema.
        schema: &'static str,
    },
    /// The backup was made by a newer program.
    #[error(
        "the backup's schema `{schema}` is at version {found}, and this program knows up to {known}: use the newer program"
    )]
    Newer {
        /// The schema.
        schema: &'static str,
        /// The backup's version.
        found: usize,
        /// The newest version known.
        known: usize,
    },
    /// A schema.
    #[error(transparent)]
    Schema(#[from] MigrateError),
    /// A day.
    #[error(transparent)]
    Days(#[from] DaysError),
    /// A database.
    #[error(transparent)]
    Db(#[from] DbError),
}

fn system(path: &Path) -> impl Fn(io::Error) -> BackupError {
    move |cause| BackupError::System {
        path: path.to_owned(),
        cause,
    }
}
