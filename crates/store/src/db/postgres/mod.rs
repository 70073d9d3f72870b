//! PostgreSQL through a pool.
//!
//! Promises: a connection is asked whether it lives before it is used; statements are prepared once a connection and
//! have time limits; a connection whose transaction was abandoned, or whose plans are out of date after a migration,
//! is thrown away; TLS unless the server is on this machine or `sslmode=disable` is said.
//! Leaves out: PgBouncer's transaction mode, which breaks prepared statements (rust-postgres 1054).

mod connect;
mod error;
mod tx;
mod values;

use base::secret::Secret;
use deadpool_postgres::{Object, Pool};
use tokio_postgres::types::ToSql;

use error::{failed, lost};
pub(super) use tx::PostgresTx;

use super::options::DbOptions;
use super::transaction::{MAX_ATTEMPTS, pause};
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
        self.again(async |client| query(client, statement, values, self.options).await)
            .await
    }

    pub(super) async fn execute(&self, statement: &Statement, values: &[Value]) -> Result<u64, DbError> {
        self.again(async |client| execute(client, statement, values, self.options).await)
            .await
    }

    pub(super) async fn check(&self, statement: &Statement) -> Result<(), DbError> {
        let client = self.client().await?;
        let prepared = client
            .prepare(statement.postgres)
            .await
            .map_err(|error| failed(statement.name, &error, self.options))?;
        values::check(statement.name, &prepared)
    }

    pub(super) async fn begin(&self, name: &'static str) -> Result<PostgresTx, DbError> {
        PostgresTx::begin(self.client().await?, name, self.options).await
    }

    pub(super) async fn client(&self) -> Result<Object, DbError> {
        self.pool.get().await.map_err(|error| lost(&error))
    }

    pub(super) fn close(&self) {
        self.pool.close();
    }

    /// Runs a single statement again if it met another transaction: it is a transaction of its own and left nothing.
    async fn again<T>(&self, run: impl AsyncFn(&Object) -> Result<T, DbError>) -> Result<T, DbError> {
        let mut attempt = 1;
        loop {
            let client = self.client().await?;
            match run(&client).await {
                Err(error) if error.is_conflict() && attempt < MAX_ATTEMPTS => {
                    if error::is_stale_plan(&error) {
                        drop(Object::take(client));
                    }
                    pause(attempt).await;
                    attempt += 1;
                }
                result => return result,
            }
        }
    }
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
