//! PostgreSQL through a pool.
//!
//! Promises: a connection is asked whether it lives before it is used; statements are prepared once a connection and
//! have time limits; a connection whose transaction was abandoned, or whose plans are out of date after a migration,
//! is thrown away; TLS unless the server is on this machine or `sslmode=disable` is said.
//! Leaves out: PgBouncer's transaction mode, which breaks prepared statements (rust-postgres 1054).

mod connect;
mod error;
mod hold;
mod tx;
mod values;

use base::secret::Secret;
use base::time::Day;
use deadpool_postgres::{Object, Pool};
use tokio::sync::mpsc::Sender;
use tokio_postgres::types::ToSql;

pub(super) use connect::beyond;
use error::{failed, lost};
pub(super) use hold::PostgresHold;
pub(super) use tx::PostgresTx;

use super::options::DbOptions;
use super::snapshot::{Chunk, Shape};
use super::transaction::{MAX_ATTEMPTS, Mode, pause};
use super::{DbError, Row, Statement, Value};

/// A PostgreSQL database.
pub(super) struct Postgres {
    pool: Pool,
    options: DbOptions,
}

impl Postgres {
    pub(super) async fn open(address: &Secret, options: DbOptions) -> Result<Self, DbError> {
        let postgres = Self {
            pool: connect::pool(address, options)?,
            options,
        };
        // A wrong address or password should show at start, not at the first request.
        drop(postgres.client().await?);
        Ok(postgres)
    }

    pub(super) async fn query(&self, statement: &Statement, values: &[Value]) -> Result<Vec<Row>, DbError> {
        let mut attempt = 1;
        loop {
            let client = self.client().await?;
            match query(&client, statement, values, self.options).await {
                Err(error) if error.is_conflict() && attempt < MAX_ATTEMPTS => again(client, &error, attempt).await,
                result => return result,
            }
            attempt += 1;
        }
    }

    pub(super) async fn execute(&self, statement: &Statement, values: &[Value]) -> Result<u64, DbError> {
        let mut attempt = 1;
        loop {
            let client = self.client().await?;
            match execute(&client, statement, values, self.options).await {
                Err(error) if error.is_conflict() && attempt < MAX_ATTEMPTS => again(client, &error, attempt).await,
                result => return result,
            }
            attempt += 1;
        }
    }

    pub(super) async fn batch(&self, name: &'static str, sql: &str) -> Result<(), DbError> {
        let client = self.client().await?;
        client
            .batch_execute(sql)
            .await
            .map_err(|error| failed(name, &error, self.options))
    }

    pub(super) async fn check(&self, statement: &Statement) -> Result<(), DbError> {
        let client = self.client().await?;
        let prepared = client
            .prepare(statement.postgres)
            .await
            .map_err(|error| failed(statement.name, &error, self.options))?;
        values::check(statement.name, &prepared)
    }

    pub(super) async fn begin(&self, name: &'static str, mode: Mode) -> Result<PostgresTx, DbError> {
        PostgresTx::begin(self.client().await?, name, mode, self.options).await
    }

    /// On a connection of its own, because it may take long.
    pub(super) async fn snapshot(
        &self,
        shapes: &[Shape],
        day: Option<Day>,
        out: &Sender<Chunk>,
    ) -> Result<(), DbError> {
        let tx = PostgresTx::begin(self.client().await?, "snapshot", Mode::Snapshot, self.options).await?;
        for (table, shape) in shapes.iter().enumerate() {
            tx.snapshot(table, &shape.select(day), out).await?;
        }
        tx.commit("snapshot").await
    }

    pub(super) async fn client(&self) -> Result<Object, DbError> {
        self.pool.get().await.map_err(|error| lost(&error))
    }

    pub(super) fn close(&self) {
        self.pool.close();
    }
}

/// A single statement that met another transaction may run again: it was a transaction of its own and left nothing.
async fn again(client: Object, error: &DbError, attempt: u32) {
    if error::is_stale_plan(error) {
        drop(Object::take(client));
    }
    pause(attempt).await;
}

async fn query(
    client: &Object,
    statement: &Statement,
    values: &[Value],
    options: DbOptions,
) -> Result<Vec<Row>, DbError> {
    let fail = |error| failed(statement.name, &error, options);
    let prepared = client.prepare_cached(statement.postgres).await.map_err(fail)?;
    let rows = client.query(&prepared, &parameters(values)).await.map_err(fail)?;
    if rows.len() > super::MAX_ROWS {
        return Err(DbError::TooManyRows {
            statement: statement.name,
            limit: super::MAX_ROWS,
        });
    }
    rows.iter().map(|row| values::read(statement.name, row)).collect()
}

async fn execute(client: &Object, statement: &Statement, values: &[Value], options: DbOptions) -> Result<u64, DbError> {
    let fail = |error| failed(statement.name, &error, options);
    let prepared = client.prepare_cached(statement.postgres).await.map_err(fail)?;
    client.execute(&prepared, &parameters(values)).await.map_err(fail)
}

fn parameters(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}
