//! Work that one process of several does at a time.
//!
//! Promises: while one process is at it, no other is; a process that dies lets go at once, because PostgreSQL ends its
//! transaction. On SQLite there is one process, and nobody to keep out.
//! Leaves out: safety. Work whose repetition would do harm needs its own mark in its own transaction: a connection may
//! break while the work goes on.

use super::transaction::Mode;
use super::{Db, DbError, Driver, Statement, Value};

/// The name is the lock: hashed by the server, the same for every process.
const TRY: Statement = Statement::common(
    "alone.try",
    "SELECT CASE WHEN pg_try_advisory_xact_lock(hashtextextended($1, 0)) THEN 1 ELSE 0 END",
);

impl Db {
    /// Runs `work` if no other process is at work under this name; `None` if one is.
    pub async fn alone<T>(&self, name: &'static str, work: impl Future<Output = T>) -> Result<Option<T>, DbError> {
        let Driver::Postgres(postgres) = &self.driver else {
            return Ok(Some(work.await));
        };
        // It holds a connection and no snapshot: it keeps neither vacuum nor `DETACH CONCURRENTLY` waiting.
        let tx = postgres.begin(name, Mode::Alone).await?;
        let got = tx.query(&TRY, &[Value::from(name)]).await?;
        let is_ours = match got.first() {
            Some(row) => row.integer(0)? == 1,
            None => false,
        };
        let done = if is_ours { Some(work.await) } else { None };
        tx.roll_back().await;
        Ok(done)
    }
}
