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

/// How SQLite keeps a file consistent over a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Journal {
    /// Write-ahead log: readers and the writer don't wait for each other.
    Wal,
    /// Rollback journal, truncated at each commit.
    Truncate,
}

/// Settings of a SQLite file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SqliteProfile {
    /// Journal mode.
    pub journal: Journal,
    /// Bytes a page; only heeded when the file is created.
    pub page_size: u32,
}

impl SqliteProfile {
    /// The main file and the key store: small rows, readers beside the writer.
    pub const MAIN: Self = Self {
        journal: Journal::Wal,
        page_size: 4096,
    };
}
