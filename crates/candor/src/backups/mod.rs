//! Backups: where copies lie and until when they open anybody, and what must be done again after one was restored.
//!
//! Promises: a backup that was made is in the inventory with its end; what a restore would bring back wrongly (revoked keys, erased
//! people) is kept in files beside the keyring, outside every backup, and done again before traffic is let in.
//! Leaves out: copying itself (`store::backup`), the keyring, which is in no backup.

pub mod beside;
pub mod notes;
pub mod restoring;
pub mod store;
pub mod tables;

use base::ids::BackupId;
use base::time::Timestamp;

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// Which.
    pub id: BackupId,
    /// The folder it was written to, as the process that made it names it.
    pub place: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Until then it restores everybody who is alive.
    pub restores_until: Timestamp,
    /// From then on it opens nobody's data.
    pub dead_at: Timestamp,
}
