//! `[data]`, `[database]`, `[cache]`, `[objects]`, `[keys]`, `[spool]`: where things are kept.

use std::path::PathBuf;

use base::size::ByteSize;

use super::credential::Credential;
use super::key::section;
use super::sources::Sources;
use super::value::{Raw, Value};

section! {
    /// The data folder.
    Data in "data" {
        /// Everything that is kept on this machine: database, day files, spool, and the keyring unless it has a place of its
        /// own. Relative paths begin where the command is run.
        dir: PathBuf = "candor-data",
    }
}

section! {
    /// The database.
    Database in "database" {
        /// A PostgreSQL 15+ database, `postgres://user:password@host/name`. Unset: SQLite in the data folder.
        url: Option<Credential> = none,
    }
}

section! {
    /// Fast counters that several processes share.
    Cache in "cache" {
        /// Not part of this version yet: leave it out, counters are in process.
        url: Option<Credential> = none,
    }
}

section! {
    /// Generated media, exports and backups.
    Objects in "objects" {
        /// Not part of this version yet: leave it out, objects are in the data folder.
        url: Option<Credential> = none,
    }
}

section! {
    /// The keys that all personal data is sealed under. Whoever loses the keyring loses the sealed data.
    Keys in "keys" {
        /// The keyring's file. Unset: `keyring` in the data folder. Keep it out of backups: they would outlive what it ends.
        keyring: Option<PathBuf> = none,
        /// A second copy on another disk, kept the same and destroyed together with the first.
        mirror: Option<PathBuf> = none,
        /// A PostgreSQL database of its own for the wrapped subject keys, which should not be archived. Unset: beside the
        /// database.
        url: Option<Credential> = none,
    }
}

section! {
    /// The journal that every answer is written to before its last byte leaves.
    Spool in "spool" {
        /// `process`: survives a killed process; a power cut may lose the last hundredth of a second. `disk`: the last byte
        /// waits for the disk.
        durability: Durability = "process",
        /// Above this size new requests get 503 until the backlog is applied. At most an eighth is allocated in advance.
        limit: ByteSize = "1GiB",
        /// Most bytes of what was just written that stay in memory until they are recorded; what is beyond is read back from
        /// the journal.
        memory: ByteSize = "32MiB",
    }
}

/// What a delivered answer's record survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// The end of the process.
    Process,
    /// The end of the machine's power.
    Disk,
}

impl Value for Durability {
    const EXPECTS: &'static str = "\"process\" or \"disk\"";

    fn read(raw: &Raw<'_>, _: &Sources) -> Result<Self, String> {
        match raw.text()? {
            "process" => Ok(Self::Process),
            "disk" => Ok(Self::Disk),
            other => Err(format!("{other:?} is no durability")),
        }
    }

    fn write(&self) -> String {
        match self {
            Self::Process => "\"process\"".to_owned(),
            Self::Disk => "\"disk\"".to_owned(),
        }
    }
}
