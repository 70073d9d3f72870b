//! Why there was nothing to serve, or no more.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use store::db::DbError;
use store::folder::FolderError;

use crate::gateway::BuildError;
use crate::instance::InstanceError;
use crate::money::prices::PriceError;
use crate::money::store::GrantError;
use crate::people::PeopleError;
use crate::privacy::declared::Contradicted;
use crate::privacy::inventory::UndeclaredRoute;
use crate::privacy::published::PublishError;

/// Why there was nothing to serve, or no more.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// An address is taken or not ours.
    #[error("{key}: {address} can't be listened on: {error}; end what is there, or choose another address for {key}")]
    Listen {
        /// The configuration's key.
        key: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system said.
        error: io::Error,
    },
    /// The certificate or its key.
    #[error("{key}: {path}: {error}")]
    Tls {
        /// The configuration's key.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: String,
    },
    /// Another process serves from this data folder.
    #[error("another process uses the data folder {0}: end it first, or give this one its own `data.dir`")]
    Owned(PathBuf),
    /// The system refuses to tell signals.
    #[error("signals can't be waited for: {0}")]
    Signals(io::Error),
    /// The data folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The stores.
    #[error(transparent)]
    Instance(#[from] InstanceError),
    /// The gateway.
    #[error(transparent)]
    Gateway(#[from] BuildError),
    /// Prices.
    #[error(transparent)]
    Price(#[from] PriceError),
    /// The first account.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// The first credit.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The policy.
    #[error(transparent)]
    Policy(#[from] Contradicted),
    /// The policy's page.
    #[error(transparent)]
    Page(#[from] PublishError),
    /// Something would answer that is not in the inventory.
    #[error(transparent)]
    Route(#[from] UndeclaredRoute),
}

impl ServeError {
    /// Whether another command or configuration would help: exit status 2.
    pub const fn is_usage(&self) -> bool {
        match self {
            Self::Tls { .. } | Self::Gateway(_) | Self::Price(_) => true,
            Self::Instance(error) => error.is_usage(),
            _ => false,
        }
    }
}
