//! An opened instance: stores and domains wired together, for `serve` and for commands alike.
//!
//! Promises: nothing is opened whose schema or inventory doesn't match; SQLite is brought up to date by whoever opens it, PostgreSQL
//! only by `candor migrate`; what was opened is closed in the opposite order.
//! Leaves out: who owns the data folder, listeners, the gateway; when things run that run again and again (`serve`).

pub mod counting;
pub mod files;
mod inventory;
pub mod journal;
mod opening;
pub mod ownership;
pub mod page;
pub mod reloading;
mod stores;

use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use base::clock::Clock;
use base::ids::InstanceId;
use base::random::Random;
use policy::document::DocumentError;
use store::days::DaysError;
use store::db::DbError;
use store::db::migrate::MigrateError;
use store::disk::Disk;
use store::keys::{Found, KeyringError, Keys, KeysError};
use tokio::sync::{OnceCell, mpsc};

use crate::apply::ApplyError;
use crate::apply::turn::Turns;
use crate::backups::beside::BesideError;
use crate::config::Config;
use crate::money::credit::Credit;
use crate::people::keys::Callers;
use crate::people::{People, PeopleError};
use crate::privacy::aggregates::Aggregates;
use crate::privacy::evidence::Evidence;
use crate::privacy::gate::Gate;
use crate::privacy::inventory::Undeclared;
use crate::privacy::published::{PublishError, Published};
use crate::privacy::retention::Sweep;
use crate::records::Records;
use store::spool::{Spool, SpoolError};

pub use inventory::inventory;
pub use stores::Stores;

/// The machine: time, randomness, disk. Handed in, so that tests bring their own.
#[derive(Clone)]
pub struct Machine {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// The file system.
    pub disk: Arc<dyn Disk>,
}

impl Machine {
    /// The one that the process runs on.
    pub fn system() -> Self {
        Self {
            clock: Arc::new(base::clock::SystemClock::new()),
            random: Arc::new(base::random::SystemRandom),
            disk: Arc::new(store::disk::RealDisk),
        }
    }
}

/// Everything that is open.
pub struct Instance {
    /// What was configured when it was opened.
    pub config: Arc<Config>,
    /// The same, but for what was loaded again since.
    in_force: ArcSwap<Config>,
    /// Time, randomness, disk.
    pub machine: Machine,
    /// This process.
    pub id: InstanceId,
    /// The databases.
    pub stores: Stores,
    /// Keys.
    pub keys: Arc<Keys>,
    /// Whether this start made the keyring.
    pub keyring: Found,
    /// Grants.
    pub gate: Arc<Gate>,
    /// Who holds which API key.
    pub callers: Arc<Callers>,
    /// Accounts.
    pub people: Arc<People>,
    /// The generation log.
    pub records: Arc<Records>,
    /// The policy's page, by which this process runs.
    pub published: Arc<Published>,
    /// What stays of days that end.
    pub aggregates: Arc<Aggregates>,
    /// What probes saw of each promise.
    pub evidence: Arc<Evidence>,
    /// Its end.
    pub sweep: Arc<Sweep>,
    /// Credit; opened by whoever needs it first, by `serve` once the spool of the dead is applied.
    credit: OnceCell<Arc<Credit>>,
    /// The spool, where this process serves.
    spool: OnceLock<Arc<Spool>>,
    /// Taken by the applier, where this process serves, while a batch is half written.
    applying: OnceLock<Turns>,
    /// Who loads the configuration again, where this process serves.
    reloading: OnceLock<mpsc::Sender<reloading::Asked>>,
}

/// Why an instance could not be opened or closed.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// The configuration names no database that can be used.
    #[error("{0}")]
    Address(String),
    /// PostgreSQL is not up to date.
    #[error("the database lacks {steps} steps of the schema: run `{command}` first")]
    Pending {
        /// How many.
        steps: usize,
        /// What to run.
        command: String,
    },
    /// What is declared and what is there differ.
    #[error(transparent)]
    Undeclared(#[from] Undeclared),
    /// Nobody made an instance yet.
    #[error(
        "no instance was made here yet, {0} is not there: `candor serve` or `candor account create` makes one; for another one \
         name its configuration with --config"
    )]
    Missing(std::path::PathBuf),
    /// A restore did not come to its end.
    #[error("a restore into this data folder did not come to its end: empty the folder and run `candor restore` again")]
    HalfRestored,
    /// Two instances in one process.
    #[error("this process has opened an instance already")]
    Twice,
    /// The data folder.
    #[error("the data folder {path}: {error}")]
    Folder {
        /// Which.
        path: std::path::PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// Steps of a schema.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The keyring.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The policy document.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The policy's page.
    #[error(transparent)]
    Page(#[from] PublishError),
    /// Keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// Day partitions.
    #[error(transparent)]
    Days(#[from] DaysError),
    /// Accounts.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// The spool.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// What the spool holds.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// Files beside the keyring.
    #[error(transparent)]
    Beside(#[from] BesideError),
}

impl InstanceError {
    /// Whether another command or configuration would help: exit status 2.
    pub const fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::Address(_) | Self::Pending { .. } | Self::Missing(_) | Self::HalfRestored
        )
    }
}
