//! Session locks, each on a connection that nobody else uses while the lock is held.

use deadpool_postgres::Object;

use super::Postgres;
use super::error::failed;
use crate::db::{DbError, Statement, Value};

const SHARE: Statement = Statement::common(
    "lock.share",
    "SELECT CASE WHEN pg_try_advisory_lock_shared($1) THEN 1::bigint ELSE 0::bigint END",
);
const UNSHARE: Statement = Statement::common(
    "lock.unshare",
    "SELECT CASE WHEN pg_advisory_unlock_shared($1) THEN 1::bigint ELSE 0::bigint END",
);

/// A lock and the connection it hangs on. Dropping it throws the connection away, and with it the lock.
pub(in crate::db) struct PostgresHold {
    client: Option<Box<Object>>,
    how: How,
}

/// What the lock is, for giving it back.
enum How {
    Shared(i64),
    Alone,
}

impl Postgres {
    pub(in crate::db) async fn try_share(&self, lock: i64) -> Result<Option<PostgresHold>, DbError> {
        let client = self.client().await?;
        let rows = super::query(&client, &SHARE, &[Value::from(lock)], self.options).await?;
        let is_ours = rows
            .first()
            .is_some_and(|row| row.integer(0).is_ok_and(|taken| taken == 1));
        Ok(is_ours.then(|| PostgresHold {
            client: Some(Box::new(client)),
            how: How::Shared(lock),
        }))
    }

    pub(in crate::db) async fn hold_alone(&self, lock: i64) -> Result<PostgresHold, DbError> {
        let hold = PostgresHold {
            client: Some(Box::new(self.client().await?)),
            how: How::Alone,
        };
        // A batch of another process may take longer than a statement usually waits for a row's lock; its own limit is the statement's.
        let sql = format!("SET lock_timeout = 0; SELECT pg_advisory_lock({lock})");
        let client = hold.client.as_deref().ok_or(DbError::Closed)?;
        let locked = client.batch_execute(&sql).await;
        locked.map_err(|error| failed("lock.alone", &error, self.options))?;
        Ok(hold)
    }
}

impl PostgresHold {
    /// Gives the lock back, and the connection, if its settings are still those of all others.
    pub(in crate::db) async fn release(mut self) {
        if let How::Shared(lock) = self.how
            && let Some(client) = &self.client
            && client.query_one(UNSHARE.postgres, &[&lock]).await.is_ok()
        {
            drop(self.client.take());
        }
    }
}

impl Drop for PostgresHold {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            drop(Object::take(*client));
        }
    }
}

impl std::fmt::Debug for PostgresHold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PostgresHold")
    }
}
