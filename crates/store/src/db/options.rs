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

    /// A day file: sealed rows of 1 to 40 KiB, appended in bulk by one writer, read rarely. Measured through
    /// [`Tx::execute_many`](super::Tx::execute_many) with a 16-byte random key, an index on a tag and `synchronous=FULL`,
    /// CPU a row in µs, best of three (2 cores, ext4, debug build with SQLite optimised):
    ///
    /// | rows a transaction, KiB a row | WAL 4 KiB | WAL 16 KiB | TRUNCATE 4 KiB | TRUNCATE 8 KiB | **TRUNCATE 16 KiB** |
    /// |---|---|---|---|---|---|
    /// | 250, 2-12  | 24 | 18 | 16 | 14 | **13** |
    /// | 250, 1-40  | 53 | 37 | 30 | 23 | **21** |
    /// | 50, 2-12   | 26 | 21 | 34 | 27 | **25** |
    /// | 50, 1-40   | 48 | 35 | 33 | 29 | **26** |
    ///
    /// A write-ahead log writes each row twice (22 against 12 KB a row at 250 and 2-12 KiB) and checksums it; the
    /// rollback journal holds only the few index pages that were there before. Its price is more fsyncs, about 20 ms a
    /// transaction that nobody waits for, and that a reader holds up the writer's commit while it reads. Pages of 16 KiB
    /// instead of 4 make the file a tenth to a quarter larger.
    pub const DAY: Self = Self {
        journal: Journal::Truncate,
        page_size: 16_384,
    };
}
