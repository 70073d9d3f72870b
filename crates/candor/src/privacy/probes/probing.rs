//! What probes look at: the stores and the declarations of one instance.

use std::path::PathBuf;
use std::sync::Arc;

use base::clock::Clock;
use base::random::Random;
use policy::{Document, Inventory, Parameters};
use store::days::Days;
use store::db::Db;
use store::disk::Disk;
use store::keys::Keys;

use crate::privacy::published::Published;

/// Everything that a probe may look at.
pub struct Probing {
    /// The main database.
    pub db: Db,
    /// The database of the key store; the main one where that holds it.
    pub key_db: Db,
    /// Day partitions.
    pub days: Arc<Days>,
    /// Keys.
    pub keys: Arc<Keys>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// The file system.
    pub disk: Arc<dyn Disk>,
    /// What is promised.
    pub document: Arc<Document>,
    /// The numbers in force.
    pub parameters: Parameters,
    /// What is declared.
    pub inventory: Inventory,
    /// The page by which this process runs.
    pub published: Arc<Published>,
    /// Where files lie.
    pub places: Places,
}

/// Where the files of an instance lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The data folder.
    pub data: PathBuf,
    /// The keyring.
    pub keyring: PathBuf,
    /// Its second copy.
    pub mirror: Option<PathBuf>,
}
