//! Whose turn it is: an applier's, for a batch from its first day to its booking, or that of a backup, which sees log and books at one
//! mark.
//!
//! Promises: while a backup has its turn no applier of the installation is between a day and its booking, in whichever process.

use std::sync::Arc;
use std::time::Duration;

use store::db::{Db, DbError, Hold};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// The lock that appliers share and a backup has alone: "candappl" in ASCII.
const LOCK: i64 = 0x6361_6e64_6170_706c;
/// How often an applier looks whether a backup of another process has ended.
const AGAIN: Duration = Duration::from_millis(250);

/// The turns of one process. Clones are the same ones.
#[derive(Debug, Clone)]
pub struct Turns {
    here: Arc<Mutex<()>>,
    db: Db,
}

/// A turn that was taken. Give it back; dropping it costs a connection.
#[derive(Debug)]
pub struct Turn {
    _here: OwnedMutexGuard<()>,
    everywhere: Hold,
}

impl Turns {
    /// Of a process that works on this database.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self {
            here: Arc::default(),
            db,
        }
    }

    /// For this process's applier, beside those of others; waits while a backup is made.
    pub async fn beside_others(&self) -> Result<Turn, DbError> {
        let here = Arc::clone(&self.here).lock_owned().await;
        loop {
            if let Some(everywhere) = self.db.try_share(LOCK).await? {
                return Ok(Turn {
                    _here: here,
                    everywhere,
                });
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// For a backup: waits until every applier is between two batches, and keeps it there.
    pub async fn alone(&self) -> Result<Turn, DbError> {
        let here = Arc::clone(&self.here).lock_owned().await;
        let everywhere = self.db.hold_alone(LOCK).await?;
        Ok(Turn {
            _here: here,
            everywhere,
        })
    }
}

impl Turn {
    /// The next one may take its turn.
    pub async fn give_back(self) {
        self.everywhere.release().await;
    }
}
