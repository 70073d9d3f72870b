//! What runs on a connection's thread.
//!
//! Settings, each with its reason: `secure_delete` overwrites what is deleted; `synchronous=FULL`, because the spool
//! lets go of a record once its transaction is committed; `temp_store=MEMORY`, so that sorting writes no file outside
//! the inventory; `trusted_schema=OFF` and no attached databases, because a schema is no program here.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use base::time::Day;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};

use tokio::sync::mpsc::Sender;

use super::aside::Aside;
use super::lane::Stop;
use super::values::{bind, failed, read, run, stopped, unavailable};
use crate::db::options::{Blobs, DbOptions, SqliteProfile};
use crate::db::snapshot::{Chunk, Gather, Shape};
use crate::db::statement::{Access, Rewritten};
use crate::db::{DbError, MAX_ROWS, Row, Value};
use crate::disk::{Disk, RealDisk};

/// How many of SQLite's steps pass between two looks at whether the job should stop: about a tenth of a millisecond.
const STEPS_BETWEEN_LOOKS: i32 = 4096;

/// Pages of the write-ahead log before they are brought into the file: a page of an index that each batch touches is then
/// copied once for several batches.
const LOG_PAGES: u32 = 4096;

/// Prepared statements kept a connection.
const PREPARED: usize = 256;

/// Page cache in KiB of the connection that writes, and of one that reads.
const WRITER_CACHE_KIB: u32 = 4096;
const READER_CACHE_KIB: u32 = 1024;

/// How many blocks of large blobs lie beside the file; in its header, so that it changes with the transaction.
const FILLED_BLOCKS: &str = "PRAGMA user_version";

/// A connection and the signal that stops its job.
pub(super) struct Session {
    connection: Option<Connection>,
    /// Where large blobs lie, if not in their cells.
    aside: Option<Aside>,
    closing: Stop,
    current: Arc<Mutex<Stop>>,
}

/// The connection that writes; creates the file, for its owner only.
pub(super) fn writer(path: &Path, profile: SqliteProfile, options: DbOptions) -> Result<Session, DbError> {
    create_private(path)?;
    let connection = connect(path, WRITER_CACHE_KIB, options)?;
    let settings = format!(
        "PRAGMA page_size = {}; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = {LOG_PAGES}; \
         PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON;",
        profile.page_size
    );
    connection
        .execute_batch(&settings)
        .map_err(|error| failed("open", &error))?;
    Session::new(connection, aside(path, profile))
}

/// A connection that refuses to write.
pub(super) fn reader(path: &Path, profile: SqliteProfile, options: DbOptions) -> Result<Session, DbError> {
    // Not read-only at the file's level: a reader of a write-ahead log writes its index.
    let connection = connect(path, READER_CACHE_KIB, options)?;
    connection
        .execute_batch("PRAGMA query_only = ON;")
        .map_err(|error| failed("open", &error))?;
    Session::new(connection, aside(path, profile))
}

fn aside(path: &Path, profile: SqliteProfile) -> Option<Aside> {
    match profile.blobs {
        Blobs::InCells => None,
        Blobs::Aside => Some(Aside::new(path)),
    }
}

/// SQLite itself would create it for everyone; its log and journal take the file's mode.
fn create_private(path: &Path) -> Result<(), DbError> {
    match RealDisk.create(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(DbError::Unavailable {
            cause: format!("{}: {error}", path.display()),
        }),
        _ => Ok(()),
    }
}

fn connect(path: &Path, cache_kib: u32, options: DbOptions) -> Result<Connection, DbError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(options.lock_limit)?;
        connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
        connection.set_prepared_statement_cache_capacity(PREPARED);
        let settings =
            format!("PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -{cache_kib};");
        connection.execute_batch(&settings)?;
        Ok(connection)
    };
    open().map_err(|error| failed("open", &error))
}

impl Session {
    fn new(mut connection: Connection, aside: Option<Aside>) -> Result<Self, DbError> {
        let closing = Stop::default();
        let current = Arc::new(Mutex::new(Stop::default()));
        let (all, one) = (closing.clone(), Arc::clone(&current));
        let stopped = move || all.is_stopped() || one.lock().unwrap_or_else(PoisonError::into_inner).is_stopped();
        connection
            .progress_handler(STEPS_BETWEEN_LOOKS, Some(stopped))
            .map_err(|error| failed("open", &error))?;
        Ok(Self {
            connection: Some(connection),
            aside,
            closing,
            current,
        })
    }

    pub(super) fn closing(&self) -> Stop {
        self.closing.clone()
    }

    /// Runs a job that `stop` may end.
    pub(super) fn guarded<T>(
        &mut self,
        stop: Stop,
        job: impl FnOnce(&mut Self) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        if self.closing.is_stopped() {
            return Err(DbError::Closed);
        }
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = stop;
        job(self)
    }

    pub(super) fn query(&mut self, name: &'static str, sql: &str, values: &[Value]) -> Result<Vec<Row>, DbError> {
        let fail = |error| failed(name, &error);
        let (connection, mut aside) = self.parts()?;
        let mut statement = connection.prepare_cached(sql).map_err(fail)?;
        let columns = statement.column_count();
        bind(&mut statement, values, aside.as_deref_mut()).map_err(fail)?;
        let mut rows = statement.raw_query();
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(fail)? {
            if found.len() == MAX_ROWS {
                return Err(DbError::TooManyRows {
                    statement: name,
                    limit: MAX_ROWS,
                });
            }
            let values = (0..columns)
                .map(|place| read(name, place, row.get_ref(place).map_err(fail)?, aside.as_deref_mut()))
                .collect::<Result<_, _>>()?;
            found.push(Row::new(name, values));
        }
        Ok(found)
    }

    /// As `query`, outside of any transaction.
    pub(super) fn query_alone(&mut self, name: &'static str, sql: &str, values: &[Value]) -> Result<Vec<Row>, DbError> {
        self.end_leftover()?;
        self.query(name, sql, values)
    }

    pub(super) fn execute(&mut self, name: &'static str, sql: &str, values: &[Value]) -> Result<u64, DbError> {
        self.end_leftover()?;
        if self.aside.is_some() {
            // Blobs that lie aside are there before what names them: that takes a transaction.
            self.begin(name)?;
            let changed = self.run_one(name, sql, values)?;
            self.commit(name)?;
            return Ok(changed);
        }
        self.run_one(name, sql, values)
    }

    fn run_one(&mut self, name: &'static str, sql: &str, values: &[Value]) -> Result<u64, DbError> {
        let (connection, aside) = self.parts()?;
        let mut statement = connection.prepare_cached(sql).map_err(|error| failed(name, &error))?;
        run(name, &mut statement, values, aside)
    }

    pub(super) fn execute_many(&mut self, name: &'static str, sql: &str, rows: &[Vec<Value>]) -> Result<u64, DbError> {
        let is_stopped = {
            let (closing, current) = (self.closing.clone(), Arc::clone(&self.current));
            move || closing.is_stopped() || current.lock().unwrap_or_else(PoisonError::into_inner).is_stopped()
        };
        let (connection, mut aside) = self.parts()?;
        let mut statement = connection.prepare_cached(sql).map_err(|error| failed(name, &error))?;
        let mut changed = 0;
        for values in rows {
            if is_stopped() {
                return Err(stopped(name));
            }
            changed += run(name, &mut statement, values, aside.as_deref_mut())?;
        }
        Ok(changed)
    }

    pub(super) fn check(&mut self, name: &'static str, text: Rewritten) -> Result<(), DbError> {
        let statement = self
            .connection()?
            .prepare_cached(text.sql)
            .map_err(|error| failed(name, &error))?;
        if text.access == Access::Reads && !statement.readonly() {
            return Err(DbError::Failed {
                statement: name,
                cause: "it writes, but reads as if it didn't".to_owned(),
            });
        }
        Ok(())
    }

    /// Several statements at once, without parameters.
    pub(super) fn batch(&mut self, name: &'static str, sql: &str) -> Result<(), DbError> {
        self.connection()?
            .execute_batch(sql)
            .map_err(|error| failed(name, &error))
    }

    pub(super) fn begin(&mut self, name: &'static str) -> Result<(), DbError> {
        self.end_leftover()?;
        self.batch(name, "BEGIN IMMEDIATE")?;
        if self.aside.is_some() {
            // Asked each time: a commit that failed in the end may stand all the same.
            let blocks = self
                .connection()?
                .query_row(FILLED_BLOCKS, [], |row| row.get(0))
                .map_err(|error| failed(name, &error))?;
            if let Some(aside) = &mut self.aside {
                aside.begin(blocks);
            }
        }
        Ok(())
    }

    pub(super) fn commit(&mut self, name: &'static str) -> Result<(), DbError> {
        self.inside(name)?;
        if let Some(aside) = &mut self.aside {
            let blocks = aside.flush().map_err(|error| unavailable(&error))?;
            if let Some(blocks) = blocks {
                self.batch(name, &format!("{FILLED_BLOCKS} = {blocks}"))?;
            }
        }
        self.batch(name, "COMMIT")
    }

    pub(super) fn roll_back(&mut self) -> Result<(), DbError> {
        self.end_leftover()
    }

    /// Refuses a statement whose transaction SQLite has rolled back by itself.
    pub(super) fn inside(&self, name: &'static str) -> Result<(), DbError> {
        if self.connection()?.is_autocommit() {
            return Err(DbError::TransactionEnded { statement: name });
        }
        Ok(())
    }

    pub(super) fn truncate_log(&mut self) -> Result<(), DbError> {
        let name = "truncate log";
        let blocked = self
            .connection()?
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0))
            .map_err(|error| failed(name, &error))?;
        if blocked == 0 {
            return Ok(());
        }
        Err(DbError::Conflict {
            statement: name,
            cause: "a reader holds the log".to_owned(),
        })
    }

    /// All rows of these tables, in one read transaction.
    pub(super) fn snapshot(&mut self, shapes: &[Shape], day: Option<Day>, out: &Sender<Chunk>) -> Result<(), DbError> {
        self.batch("snapshot", "BEGIN")?;
        for (table, shape) in shapes.iter().enumerate() {
            self.snapshot_table(table, &shape.select(day), out)?;
        }
        self.batch("snapshot", "COMMIT")
    }

    fn snapshot_table(&mut self, table: usize, sql: &str, out: &Sender<Chunk>) -> Result<(), DbError> {
        let name = "snapshot";
        let fail = |error| failed(name, &error);
        let send = |chunk| out.blocking_send(chunk).map_err(|_| DbError::Closed);
        let (connection, mut aside) = self.parts()?;
        let mut statement = connection.prepare(sql).map_err(fail)?;
        let columns = statement.column_count();
        let mut rows = statement.raw_query();
        let mut gather = Gather::new(table);
        while let Some(row) = rows.next().map_err(fail)? {
            let values =
                (0..columns).map(|place| read(name, place, row.get_ref(place).map_err(fail)?, aside.as_deref_mut()));
            if let Some(chunk) = gather.add(&values.collect::<Result<Vec<_>, _>>()?) {
                send(chunk)?;
            }
        }
        send(gather.rest())
    }

    pub(super) fn close(mut self) {
        if let Some(connection) = self.connection.take() {
            // Prepared statements live inside the connection's cache, which `close` empties; it fails only if one is
            // still in use, and then dropping closes it all the same.
            let _dropped = connection.close();
        }
    }

    /// Ends a transaction that nobody owns any more.
    fn end_leftover(&mut self) -> Result<(), DbError> {
        if let Some(aside) = &mut self.aside {
            aside.discard();
        }
        if self.connection()?.is_autocommit() {
            return Ok(());
        }
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Stop::default();
        self.batch("roll back", "ROLLBACK")
    }

    fn parts(&mut self) -> Result<(&Connection, Option<&mut Aside>), DbError> {
        let connection = self.connection.as_ref().ok_or(DbError::Closed)?;
        Ok((connection, self.aside.as_mut()))
    }

    fn connection(&self) -> Result<&Connection, DbError> {
        self.connection.as_ref().ok_or(DbError::Closed)
    }
}
