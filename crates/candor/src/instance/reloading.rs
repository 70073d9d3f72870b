//! The configuration in force, and how a command asks the process that serves to load it again.
//!
//! Promises: whoever asks gets an answer or learns that nobody serves; at most a few wait.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::Instance;
use crate::config::Config;
use crate::config::live::Reloaded;

/// Commands that wait for a load at once; more wait for a place.
const WAITING: usize = 4;

/// Somebody who wants the configuration loaded again, and waits for how it went.
pub struct Asked(pub oneshot::Sender<Result<Reloaded, NotReloaded>>);

/// Those who ask.
pub type Reloads = mpsc::Receiver<Asked>;

/// Why the last good configuration stays.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotReloaded {
    /// Something is wrong with the new one.
    #[error("{0}")]
    Configuration(String),
    /// It could not be taken over.
    #[error("{0}")]
    Failed(String),
    /// This process does not serve.
    #[error("this process doesn't serve: it reads its configuration when it starts")]
    NotServing,
}

impl Instance {
    /// What holds now: what was configured at the start, but for keys that were loaded again.
    pub fn in_force(&self) -> Arc<Config> {
        self.in_force.load_full()
    }

    /// From now on this holds.
    pub fn enforce(&self, config: Config) {
        self.in_force.store(Arc::new(config));
    }

    /// From now on this process loads its configuration again when it is asked; the first one who calls hears who asks.
    pub fn reloads(&self) -> Reloads {
        let (sender, receiver) = mpsc::channel(WAITING);
        // A second one would be a defect of `serve`; it hears nobody.
        let _first = self.reloading.set(sender);
        receiver
    }

    /// Loads the configuration again.
    ///
    /// # Errors
    /// It is bad or could not be taken over, or this process doesn't serve.
    pub async fn reload(&self) -> Result<Reloaded, NotReloaded> {
        let asking = self.reloading.get().ok_or(NotReloaded::NotServing)?;
        let (sender, answer) = oneshot::channel();
        asking.send(Asked(sender)).await.map_err(|_| NotReloaded::NotServing)?;
        answer.await.map_err(|_| NotReloaded::NotServing)?
    }
}
