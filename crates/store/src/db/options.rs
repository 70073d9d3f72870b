//! Limits and settings of a database, with the reasons for their values.

use std::time::Duration;

/// Limits of one database.
#[derive(Debug, Clone, Copy)]
pub struct DbOptions {
    /// SQLite: connections that read beside the writer.
    pub readers: usize,
    /// PostgreSQL: connections at most.
    pub connections: usize,
    /// The longest a statement may run; a bulk insert counts as one.
    pub statement_limit: Duration,
    /// The longest a statement waits for another process's lock.
    pub lock_limit: Duration,
    /// The longest to wait for a connection.
    pub connect_limit: Duration,
}

impl Default for DbOptions {
    fn default() -> Self {
        Self {
            readers: 3,
            connections: 16,
            statement_limit: Duration::from_secs(30),
            lock_limit: Duration::from_secs(5),
            connect_limit: Duration::from_secs(10),
        }
    }
}

/// Where large blobs of a SQLite file lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blobs {
    /// In the cells of their rows.
    InCells,
    /// In a file beside it, so that a page holds many rows and a blob is copied once.
    Aside,
}

/// Settings of a SQLite file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SqliteProfile {
    /// Bytes a page; only heeded when the file is created.
    pub page_size: u32,
    /// Where large blobs lie.
    pub blobs: Blobs,
}

impl SqliteProfile {
    /// The main file and the key store: small rows, readers beside the writer.
    pub const MAIN: Self = Self {
        page_size: 4096,
        blobs: Blobs::InCells,
    };

    /// A day file: rows of a hundred bytes, appended in bulk by one writer, read rarely, and their sealed blobs of 1 to 40 KiB
    /// beside it. Before these lay aside, pages of 16 KiB under a rollback journal were the cheapest way to keep them (13 to
    /// 26 µs a row); what is left costs 2 to 3 µs a row in a write-ahead log with small pages, of which a random id touches
    /// one.
    pub const DAY: Self = Self {
        page_size: 4096,
        blobs: Blobs::Aside,
    };
}
