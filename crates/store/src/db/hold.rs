//! Locks of an installation: shared by many processes, or held by one alone, over several transactions.
//!
//! Promises: who waits to have a lock alone is not passed by those who would share it; a holder that dies, or whose connection
//! breaks, holds nothing any more. With SQLite one process owns the folder, so that there is nobody to keep out.
//! Leaves out: keeping one's own tasks apart, which takes a mutex; work that one process of several does at a time ([`Db::alone`]).

use super::{Db, DbError, Driver};
use crate::db::postgres::PostgresHold;

/// A held lock. Dropping it costs a connection; [`Hold::release`] doesn't.
#[derive(Debug)]
#[must_use = "dropping it gives the lock back"]
pub struct Hold(Option<PostgresHold>);

impl Db {
    /// Shares `lock` with others who do; none while somebody has it alone, or waits for that.
    pub async fn try_share(&self, lock: i64) -> Result<Option<Hold>, DbError> {
        match &self.driver {
            Driver::Sqlite(_) => Ok(Some(Hold(None))),
            Driver::Postgres(postgres) => Ok(postgres.try_share(lock).await?.map(|held| Hold(Some(held)))),
        }
    }

    /// Waits until nobody shares `lock` any more, and has it alone.
    ///
    /// # Errors
    /// [`DbError::TimedOut`] when somebody held it for longer than a statement may take.
    pub async fn hold_alone(&self, lock: i64) -> Result<Hold, DbError> {
        match &self.driver {
            Driver::Sqlite(_) => Ok(Hold(None)),
            Driver::Postgres(postgres) => Ok(Hold(Some(postgres.hold_alone(lock).await?))),
        }
    }
}

impl Hold {
    /// Gives the lock back.
    pub async fn release(self) {
        if let Some(held) = self.0 {
            held.release().await;
        }
    }
}
