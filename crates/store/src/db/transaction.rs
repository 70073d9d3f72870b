//! Transactions by name, run again when they met another one.
//!
//! Promises: all or nothing, serialisable on both databases (SQLite has one writer; PostgreSQL runs them
//! `SERIALIZABLE`, so that what a body read still holds when it commits, without a row lock in any statement); a body
//! that met a conflict runs again, at most twelve times, with growing pauses; a dropped body is rolled back.
//! Leaves out: savepoints, read-only transactions.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use super::postgres::PostgresTx;
use super::sqlite::SqliteTx;
use super::{Db, DbError, Driver, Row, Statement, Value, at_most_one, exactly_one};

/// How often a transaction is tried in all.
pub(super) const MAX_ATTEMPTS: u32 = 12;

/// The first pause; each further one may be twice as long, up to 256 times.
const FIRST_PAUSE_MICROS: u32 = 500;

/// How a transaction keeps others out on PostgreSQL; SQLite has one writer either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// As if they ran one after the other; the loser of a conflict runs again.
    Serializable,
    /// One at a time for all processes, by an advisory lock. `READ COMMITTED`, so that each statement sees what the
    /// one before in the queue did; no time limit on statements, because a migration may rewrite a table.
    Exclusive {
        /// The lock's number.
        lock: i64,
    },
    /// Foreign keys are looked at when it commits. Nobody else uses the database; no time limit on statements.
    Loading,
    /// Reads what was there when it began. PostgreSQL only; SQLite's copy has a connection of its own.
    Snapshot,
    /// Holds a lock and nothing else, for as long as it takes. PostgreSQL only: see [`Db::alone`].
    Alone,
}

/// What became of an attempt.
enum Attempt<T> {
    Done(T),
    Again,
}

/// An open transaction, as its body sees it.
pub struct Tx {
    shared: Arc<Shared>,
}

struct Shared {
    driver: TxDriver,
    conflict: AtomicBool,
}

enum TxDriver {
    Sqlite(SqliteTx),
    Postgres(PostgresTx),
}

impl Db {
    /// Runs `body` in a transaction and commits if it returns `Ok`. The body may run several times: what it does
    /// besides statements of its [`Tx`] must be safe to repeat. `name` shows in errors.
    ///
    /// ```text
    /// let amount = db.transaction("grant", |tx| async move {
    ///     tx.execute(&INSERT_POSTING, vec![id.into(), amount.into()]).await?;
    ///     balance(&tx, org).await
    /// }).await?;
    /// ```
    ///
    /// The body borrows what it needs (`let key = &key;` before it), because it may run again. It is no async closure:
    /// their futures can't be shown to be `Send` for every lifetime yet (rust-lang 110338), and spawned tasks need that.
    pub async fn transaction<T, E, F>(&self, name: &'static str, body: impl Fn(Tx) -> F) -> Result<T, E>
    where
        E: From<DbError>,
        F: Future<Output = Result<T, E>> + Send,
    {
        self.transaction_in(Mode::Serializable, name, body).await
    }

    /// As [`Db::transaction`], for changes of the schema: see [`Mode::Exclusive`].
    pub(crate) async fn exclusively<T, E, F>(
        &self,
        lock: i64,
        name: &'static str,
        body: impl Fn(Tx) -> F,
    ) -> Result<T, E>
    where
        E: From<DbError>,
        F: Future<Output = Result<T, E>> + Send,
    {
        self.transaction_in(Mode::Exclusive { lock }, name, body).await
    }

    /// As [`Db::transaction`], for filling tables in any order: see [`Mode::Loading`].
    pub(crate) async fn loading<T, E, F>(&self, name: &'static str, body: impl Fn(Tx) -> F) -> Result<T, E>
    where
        E: From<DbError>,
        F: Future<Output = Result<T, E>> + Send,
    {
        self.transaction_in(Mode::Loading, name, body).await
    }

    async fn transaction_in<T, E, F>(&self, mode: Mode, name: &'static str, body: impl Fn(Tx) -> F) -> Result<T, E>
    where
        E: From<DbError>,
        F: Future<Output = Result<T, E>> + Send,
    {
        let mut attempt = 1;
        loop {
            let ended = match self.attempt(name, mode, &body, attempt < MAX_ATTEMPTS).await {
                Ok(Attempt::Done(value)) => Ok(value),
                Err(error) => Err(error),
                Ok(Attempt::Again) => {
                    self.ledger.met(name);
                    tracing::debug!(name, attempt, "a transaction met another one and runs again");
                    pause(attempt).await;
                    attempt += 1;
                    continue;
                }
            };
            self.ledger.called(name, &ended);
            return ended;
        }
    }

    async fn attempt<T, E, F>(
        &self,
        name: &'static str,
        mode: Mode,
        body: &impl Fn(Tx) -> F,
        may_repeat: bool,
    ) -> Result<Attempt<T>, E>
    where
        E: From<DbError>,
        F: Future<Output = Result<T, E>> + Send,
    {
        let shared = match self.begin(name, mode).await {
            Ok(shared) => Arc::new(shared),
            Err(error) if error.is_conflict() && may_repeat => return Ok(Attempt::Again),
            Err(error) => return Err(error.into()),
        };
        let tx = Tx {
            shared: Arc::clone(&shared),
        };
        let result = body(tx).await;
        // Fails only if the body gave its `Tx` away; the transaction is then rolled back when that is dropped.
        let shared = Arc::try_unwrap(shared).map_err(|_| DbError::TransactionEnded { statement: name })?;
        match result {
            Ok(value) => match shared.commit(name).await {
                Ok(()) => Ok(Attempt::Done(value)),
                Err(error) if error.is_conflict() && may_repeat => Ok(Attempt::Again),
                Err(error) => Err(error.into()),
            },
            Err(error) => {
                let met = shared.conflict.load(Ordering::Relaxed);
                shared.roll_back().await;
                if met && may_repeat {
                    Ok(Attempt::Again)
                } else {
                    Err(error)
                }
            }
        }
    }

    async fn begin(&self, name: &'static str, mode: Mode) -> Result<Shared, DbError> {
        let driver = match &self.driver {
            Driver::Sqlite(sqlite) => TxDriver::Sqlite(sqlite.begin(name, mode).await?),
            Driver::Postgres(postgres) => TxDriver::Postgres(postgres.begin(name, mode).await?),
        };
        Ok(Shared {
            driver,
            conflict: AtomicBool::new(false),
        })
    }
}

impl Tx {
    /// All rows of one statement.
    pub async fn query(&self, statement: &Statement, values: Vec<Value>) -> Result<Vec<Row>, DbError> {
        self.watch(match &self.shared.driver {
            TxDriver::Sqlite(tx) => tx.query(statement, values).await,
            TxDriver::Postgres(tx) => tx.query(statement, &values).await,
        })
    }

    /// The one row of a statement that always has one.
    pub async fn query_one(&self, statement: &Statement, values: Vec<Value>) -> Result<Row, DbError> {
        exactly_one(statement, self.query(statement, values).await?)
    }

    /// The row of a statement that has one or none.
    pub async fn query_optional(&self, statement: &Statement, values: Vec<Value>) -> Result<Option<Row>, DbError> {
        at_most_one(statement, self.query(statement, values).await?)
    }

    /// Runs one statement; how many rows it changed.
    pub async fn execute(&self, statement: &Statement, values: Vec<Value>) -> Result<u64, DbError> {
        self.watch(match &self.shared.driver {
            TxDriver::Sqlite(tx) => tx.execute(statement, values).await,
            TxDriver::Postgres(tx) => tx.execute(statement, &values).await,
        })
    }

    /// Runs one statement once a row of values, prepared once: one turn on SQLite's writer, a pipeline on PostgreSQL.
    /// How many rows changed in all.
    pub async fn execute_many(&self, statement: &Statement, rows: Vec<Vec<Value>>) -> Result<u64, DbError> {
        self.watch(match &self.shared.driver {
            TxDriver::Sqlite(tx) => tx.execute_many(statement, rows).await,
            TxDriver::Postgres(tx) => tx.execute_many(statement, &rows).await,
        })
    }

    /// Runs several statements without parameters.
    pub(crate) async fn batch(&self, name: &'static str, sql: &str) -> Result<(), DbError> {
        self.watch(match &self.shared.driver {
            TxDriver::Sqlite(tx) => tx.batch(name, sql.to_owned()).await,
            TxDriver::Postgres(tx) => tx.batch(name, sql).await,
        })
    }

    /// Remembers a conflict even if the body turns the error into one of its own, or swallows it.
    fn watch<T>(&self, result: Result<T, DbError>) -> Result<T, DbError> {
        if result.as_ref().is_err_and(DbError::is_conflict) {
            self.shared.conflict.store(true, Ordering::Relaxed);
        }
        result
    }
}

impl Shared {
    async fn commit(self, name: &'static str) -> Result<(), DbError> {
        match self.driver {
            TxDriver::Sqlite(tx) => tx.commit(name).await,
            TxDriver::Postgres(tx) => tx.commit(name).await,
        }
    }

    async fn roll_back(self) {
        match self.driver {
            TxDriver::Sqlite(tx) => tx.roll_back().await,
            TxDriver::Postgres(tx) => tx.roll_back().await,
        }
    }
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tx")
    }
}

/// Waits between half and all of 500 µs, 1 ms, 2 ms …; a shared counter keeps two losers from meeting again at once.
pub(super) async fn pause(attempt: u32) {
    static TURN: AtomicU32 = AtomicU32::new(0);
    let whole = FIRST_PAUSE_MICROS << (attempt - 1).min(8);
    let spread = TURN.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9) >> 16;
    let micros = whole / 2 + spread % (whole / 2);
    tokio::time::sleep(Duration::from_micros(micros.into())).await;
}
