//! A transaction on one connection.
//!
//! Promises: dropping it throws the connection away, so that the server rolls back and nobody gets a connection in the
//! middle of someone else's transaction.

use deadpool_postgres::Object;
use futures_util::future::try_join_all;

use super::error::{failed, is_stale_plan};
use crate::db::options::DbOptions;
use crate::db::transaction::Mode;
use crate::db::{DbError, Row, Statement, Value};

/// Rows on their way to the server at once: enough to hide the round trip, bounded in memory.
const PIPELINE: usize = 256;

pub(in crate::db) struct PostgresTx {
    /// Boxed, because SQLite's transaction is two words.
    client: Option<Box<Object>>,
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
            options,
        };
        let sql = match mode {
            Mode::Serializable => "BEGIN ISOLATION LEVEL SERIALIZABLE".to_owned(),
            Mode::Exclusive { lock } => format!(
                "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; \
                 SELECT pg_advisory_xact_lock({lock}); SET LOCAL lock_timeout = {}",
                options.lock_limit.as_millis()
            ),
        };
        tx.batch(name, &sql).await?;
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
