//! One database behind one type: SQLite in process, or PostgreSQL.
//!
//! Promises: the same statements mean the same on both; a transaction is serialisable on both and runs again when it
//! met another one, so its body must be safe to repeat; a future that is dropped leaves no transaction open; every
//! statement has a time limit and every answer a bound. Nothing here shows a stored value in an error.
//! Leaves out: tables (each domain's `tables.rs`), SQL (each domain's `store.rs`), any ORM.

mod alone;
mod catalogue;
mod error;
mod figures;
mod hold;
pub mod migrate;
mod options;
mod postgres;
mod row;
pub(crate) mod snapshot;
mod sqlite;
mod statement;
mod transaction;
mod url;
mod value;

use std::path::Path;
use std::sync::Arc;

pub use error::{DbError, Rule};
pub use figures::Figures;
pub use hold::Hold;
pub use options::{Blobs, DbOptions, SqliteProfile};
pub use row::Row;
pub use statement::Statement;
pub use transaction::Tx;
pub use url::{Beyond, DatabaseUrl};
pub use value::Value;

use figures::Ledger;
use postgres::Postgres;
use sqlite::Sqlite;

/// Rows that one query may return. Whoever needs more reads in pages.
pub const MAX_ROWS: usize = 100_000;

/// The drivers' own statements that work on both databases, for the test that prepares every one.
pub const STATEMENTS: &[&Statement] = &[
    &migrate::CREATE,
    &migrate::EXISTS,
    &migrate::TAKEN,
    &migrate::NOTE,
    &catalogue::TABLES,
    &catalogue::DAY_TABLES,
];

/// Which database answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite, in process.
    Sqlite,
    /// PostgreSQL, over a socket.
    Postgres,
}

/// A database. Cheap to clone; all clones are one database and close together.
#[derive(Clone)]
pub struct Db {
    driver: Driver,
    ledger: Ledger,
}

#[derive(Clone)]
enum Driver {
    Sqlite(Arc<Sqlite>),
    Postgres(Arc<Postgres>),
}

impl Db {
    /// Opens the database at `url`; on SQLite the file is created if it is missing.
    pub async fn open(url: &DatabaseUrl, options: DbOptions) -> Result<Self, DbError> {
        match url {
            DatabaseUrl::Sqlite(path) => Self::open_sqlite(path, SqliteProfile::MAIN, options).await,
            DatabaseUrl::Postgres(address) => {
                let postgres = Postgres::open(address, options).await?;
                Ok(Self::with(Driver::Postgres(Arc::new(postgres))))
            }
        }
    }

    /// Opens a SQLite file with settings of its own.
    pub async fn open_sqlite(path: &Path, profile: SqliteProfile, options: DbOptions) -> Result<Self, DbError> {
        let sqlite = Sqlite::open(path, profile, options).await?;
        Ok(Self::with(Driver::Sqlite(Arc::new(sqlite))))
    }

    fn with(driver: Driver) -> Self {
        Self {
            driver,
            ledger: Ledger::default(),
        }
    }

    /// Which database this is.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        match &self.driver {
            Driver::Sqlite(_) => Dialect::Sqlite,
            Driver::Postgres(_) => Dialect::Postgres,
        }
    }

    /// All rows of one statement, at most [`MAX_ROWS`]. A statement that writes (`RETURNING`) is a transaction of its own.
    pub async fn query(&self, statement: &Statement, values: Vec<Value>) -> Result<Vec<Row>, DbError> {
        let result = match &self.driver {
            Driver::Sqlite(sqlite) => sqlite.query(statement, values).await,
            Driver::Postgres(postgres) => postgres.query(statement, &values).await,
        };
        self.count(statement.name, result)
    }

    /// The one row of a statement that always has one.
    pub async fn query_one(&self, statement: &Statement, values: Vec<Value>) -> Result<Row, DbError> {
        exactly_one(statement, self.query(statement, values).await?)
    }

    /// The row of a statement that has one or none.
    pub async fn query_optional(&self, statement: &Statement, values: Vec<Value>) -> Result<Option<Row>, DbError> {
        at_most_one(statement, self.query(statement, values).await?)
    }

    /// Runs one statement as a transaction of its own; how many rows it changed.
    pub async fn execute(&self, statement: &Statement, values: Vec<Value>) -> Result<u64, DbError> {
        let result = match &self.driver {
            Driver::Sqlite(sqlite) => sqlite.execute(statement, values).await,
            Driver::Postgres(postgres) => postgres.execute(statement, &values).await,
        };
        self.count(statement.name, result)
    }

    /// Prepares a statement without running it, and says if its text, its parameters or its columns' kinds are wrong.
    pub async fn check(&self, statement: &Statement) -> Result<(), DbError> {
        match &self.driver {
            Driver::Sqlite(sqlite) => sqlite.check(statement).await,
            Driver::Postgres(postgres) => postgres.check(statement).await,
        }
    }

    /// Makes deleted rows unreadable in the file and its write-ahead log. SQLite overwrites deleted cells at once
    /// (`secure_delete`), but the log keeps the old pages until it is truncated; this does so and fails with
    /// [`DbError::Conflict`] while a reader holds it back. PostgreSQL has no such thing (privacy.md 4b): there
    /// only sealing counts, and this does nothing.
    pub async fn truncate_log(&self) -> Result<(), DbError> {
        match &self.driver {
            Driver::Sqlite(sqlite) => sqlite.truncate_log().await,
            Driver::Postgres(_) => Ok(()),
        }
    }

    /// Runs statements without parameters outside of any transaction, as some changes of PostgreSQL's schema want.
    pub(crate) async fn batch(&self, name: &'static str, sql: &str) -> Result<(), DbError> {
        match &self.driver {
            Driver::Sqlite(sqlite) => sqlite.batch(name, sql.to_owned()).await,
            Driver::Postgres(postgres) => postgres.batch(name, sql).await,
        }
    }

    /// Whether someone else holds a clone.
    pub(crate) fn is_shared(&self) -> bool {
        match &self.driver {
            Driver::Sqlite(sqlite) => Arc::strong_count(sqlite) > 1,
            Driver::Postgres(postgres) => Arc::strong_count(postgres) > 1,
        }
    }

    /// Stops what runs, closes every connection and returns when all are closed. All clones answer
    /// [`DbError::Closed`] from now on.
    pub async fn close(&self) {
        match &self.driver {
            Driver::Sqlite(sqlite) => sqlite.close().await,
            Driver::Postgres(postgres) => postgres.close(),
        }
    }
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Db({:?})", self.dialect())
    }
}

fn exactly_one(statement: &Statement, rows: Vec<Row>) -> Result<Row, DbError> {
    let found = rows.len();
    at_most_one(statement, rows)?.ok_or(DbError::RowCount {
        statement: statement.name,
        found,
    })
}

fn at_most_one(statement: &Statement, mut rows: Vec<Row>) -> Result<Option<Row>, DbError> {
    if rows.len() > 1 {
        return Err(DbError::RowCount {
            statement: statement.name,
            found: rows.len(),
        });
    }
    Ok(rows.pop())
}
