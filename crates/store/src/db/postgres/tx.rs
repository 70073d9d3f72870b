//! A transaction on one connection.
//!
//! Promises: dropping it throws the connection away, so that the server rolls back and nobody gets a connection in the
//! middle of someone else's transaction.

use std::fmt::Write as _;

use deadpool_postgres::Object;
use futures_util::TryStreamExt;
use futures_util::future::try_join_all;
use tokio::sync::mpsc::Sender;

use super::error::{failed, is_stale_plan};
use crate::db::options::DbOptions;
use crate::db::snapshot::{Chunk, Gather};
use crate::db::transaction::Mode;
use crate::db::{DbError, Row, Statement, Value};

/// Rows on their way to the server at once: enough to hide the round trip, bounded in memory.
const PIPELINE: usize = 256;

const NO_LIMITS: &str = "SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; \
                         SET LOCAL idle_in_transaction_session_timeout = 0";

/// Every foreign key of the schema.
const REFERENCES: Statement = Statement::common(
    "references",
    "SELECT conrelid::regclass::text, quote_ident(conname) FROM pg_constraint \
     WHERE contype = 'f' AND connamespace = current_schema()::regnamespace ORDER BY 1, 2",
);

pub(in crate::db) struct PostgresTx {
    /// Boxed, because SQLite's transaction is two words.
    client: Option<Box<Object>>,
    mode: Mode,
    options: DbOptions,
}

impl PostgresTx {
    pub(super) async fn begin(
        client: Object,
        name: &'static str,
        mode: Mode,
        options: DbOptions,
    ) -> Result<Self, DbError> {
        let tx = Self {
            client: Some(Box::new(client)),
            mode,
            options,
        };
        let sql = match mode {
            Mode::Serializable => "BEGIN ISOLATION LEVEL SERIALIZABLE".to_owned(),
            Mode::Exclusive { lock } => format!(
                "BEGIN ISOLATION LEVEL READ COMMITTED; {NO_LIMITS}; SELECT pg_advisory_xact_lock({lock}); \
                 SET LOCAL lock_timeout = {}",
                options.lock_limit.as_millis()
            ),
            Mode::Alone | Mode::Loading => format!("BEGIN ISOLATION LEVEL READ COMMITTED; {NO_LIMITS}"),
            Mode::Snapshot => format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {NO_LIMITS}"),
        };
        tx.batch(name, &sql).await?;
        if mode == Mode::Loading {
            tx.defer_references().await?;
        }
        Ok(tx)
    }

    pub(in crate::db) async fn query(&self, statement: &Statement, values: &[Value]) -> Result<Vec<Row>, DbError> {
        super::query(self.client()?, statement, values, self.options).await
    }

    pub(in crate::db) async fn execute(&self, statement: &Statement, values: &[Value]) -> Result<u64, DbError> {
        super::execute(self.client()?, statement, values, self.options).await
    }

    pub(in crate::db) async fn execute_many(&self, statement: &Statement, rows: &[Vec<Value>]) -> Result<u64, DbError> {
        let client = self.client()?;
        let fail = |error| failed(statement.name, &error, self.options);
        let prepared = client.prepare_cached(statement.postgres).await.map_err(fail)?;
        let mut changed = 0;
        for rows in rows.chunks(PIPELINE) {
            let sent = rows.iter().map(|values| client.execute_raw(&prepared, values.iter()));
            changed += try_join_all(sent).await.map_err(fail)?.iter().sum::<u64>();
        }
        Ok(changed)
    }

    pub(in crate::db) async fn batch(&self, name: &'static str, sql: &str) -> Result<(), DbError> {
        self.client()?
            .batch_execute(sql)
            .await
            .map_err(|error| failed(name, &error, self.options))
    }

    pub(in crate::db) async fn commit(mut self, name: &'static str) -> Result<(), DbError> {
        if self.mode == Mode::Loading {
            self.restore_references().await?;
        }
        let result = self.batch(name, "COMMIT").await;
        match &result {
            // After an error in COMMIT the server has rolled back; only a lost connection is thrown away.
            Ok(()) => drop(self.client.take()),
            Err(error) if error.is_conflict() && !is_stale_plan(error) => drop(self.client.take()),
            Err(_) => {}
        }
        result
    }

    pub(in crate::db) async fn roll_back(mut self) {
        if self.batch("roll back", "ROLLBACK").await.is_ok() {
            drop(self.client.take());
        }
    }

    /// Lets foreign keys wait until the end of the transaction. Ours are not deferrable, so that a mistake shows at its
    /// statement; a restore makes them so, and [`PostgresTx::restore_references`] takes it back.
    async fn defer_references(&self) -> Result<(), DbError> {
        self.alter_references("DEFERRABLE INITIALLY DEFERRED").await
    }

    /// Looks at the foreign keys now, and makes them immediate again.
    async fn restore_references(&self) -> Result<(), DbError> {
        self.batch("references", "SET CONSTRAINTS ALL IMMEDIATE").await?;
        self.alter_references("NOT DEFERRABLE").await
    }

    async fn alter_references(&self, how: &str) -> Result<(), DbError> {
        let mut sql = String::new();
        for row in self.query(&REFERENCES, &[]).await? {
            // Writing to a string never fails.
            let _written = write!(
                sql,
                "ALTER TABLE {} ALTER CONSTRAINT {} {how};",
                row.text(0)?,
                row.text(1)?
            );
        }
        self.batch("references", &sql).await
    }

    pub(super) async fn snapshot(&self, table: usize, sql: &str, out: &Sender<Chunk>) -> Result<(), DbError> {
        let name = "snapshot";
        let fail = |error| failed(name, &error, self.options);
        let rows = self
            .client()?
            .query_raw(sql, std::iter::empty::<Value>())
            .await
            .map_err(fail)?;
        let mut rows = std::pin::pin!(rows);
        let mut gather = Gather::new(table);
        while let Some(row) = rows.try_next().await.map_err(fail)? {
            let row = super::values::read(name, &row)?.into_values();
            if let Some(chunk) = gather.add(&row) {
                out.send(chunk).await.map_err(|_| DbError::Closed)?;
            }
        }
        out.send(gather.rest()).await.map_err(|_| DbError::Closed)
    }

    fn client(&self) -> Result<&Object, DbError> {
        self.client.as_deref().ok_or(DbError::Closed)
    }
}

impl Drop for PostgresTx {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            drop(Object::take(*client));
        }
    }
}
