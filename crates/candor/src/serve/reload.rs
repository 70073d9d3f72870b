//! The configuration is loaded again while the program serves: at SIGHUP, or when `candor config reload` asks.
//!
//! Promises: requests under way keep the configuration that they began with, and none is dropped; what is wrong with the new
//! one is told with file, line and key, and the last good one stays whole; keys that can't change live keep their values,
//! and are named.
//! Leaves out: watching the file; which keys can change (`config::live`).

use std::sync::Arc;

use base::time::Timestamp;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;

use super::public::Answering;
use crate::config::live::Reloaded;
use crate::config::problem::Problem;
use crate::config::{Config, Sources};
use crate::gateway::listener::Current;
use crate::instance::reloading::{Asked, NotReloaded, Reloads};
use crate::telemetry;

/// Reads file and environment again.
pub type Reread = Box<dyn Fn() -> Result<Sources, Problem> + Send + Sync>;

/// How the configuration is loaded again.
pub struct Again {
    reread: Reread,
    hangups: Signal,
}

impl Again {
    /// Takes SIGHUP from now on, which would end the process otherwise.
    ///
    /// # Errors
    /// The system refuses to tell signals.
    pub fn listen(reread: Reread) -> std::io::Result<Self> {
        Ok(Self {
            reread,
            hangups: signal(SignalKind::hangup())?,
        })
    }

    /// Loads it whenever it is asked for, one after the other, until the task is ended.
    pub(super) fn keep(self, answering: Answering, current: Arc<Current>) -> JoinHandle<()> {
        let asked = answering.instance.reloads();
        tell_good(answering.instance.machine.clock.now());
        let Self { reread, hangups } = self;
        let loading = Loading {
            reread,
            answering,
            current,
        };
        tokio::spawn(loading.keep(hangups, asked))
    }
}

struct Loading {
    reread: Reread,
    answering: Answering,
    current: Arc<Current>,
}

impl Loading {
    async fn keep(self, mut hangups: Signal, mut asked: Reloads) {
        loop {
            tokio::select! {
                hangup = hangups.recv() => match hangup {
                    // Whoever sent it reads the log.
                    Some(()) => drop(self.load_and_tell().await),
                    None => return,
                },
                asked = asked.recv() => match asked {
                    Some(Asked(answer)) => {
                        // A command that has gone meanwhile asks again, or looks at the log.
                        let _gone = answer.send(self.load_and_tell().await);
                    }
                    None => return,
                },
            }
        }
    }

    async fn load_and_tell(&self) -> Result<Reloaded, NotReloaded> {
        let loaded = self.load().await;
        match &loaded {
            Ok(loaded) => {
                tell_good(self.answering.instance.machine.clock.now());
                tracing::info!(count = loaded.changed.len(), "the configuration was loaded again");
                if !loaded.restart.is_empty() {
                    tracing::warn!(
                        count = loaded.restart.len(),
                        "keys changed that hold from the next start on; `candor config reload` names them"
                    );
                }
            }
            Err(error) => {
                tell_bad();
                tracing::error!(error = %error, "the configuration was not loaded again, the last good one stays");
            }
        }
        loaded
    }

    async fn load(&self) -> Result<Reloaded, NotReloaded> {
        let bad = |wrong: &dyn std::fmt::Display| NotReloaded::Configuration(wrong.to_string());
        let sources = (self.reread)().map_err(|problem| bad(&problem))?;
        let written = Config::load(&sources).map_err(|problems| bad(&problems))?;
        let instance = &self.answering.instance;
        let running = instance.in_force();
        let (config, reloaded) = running.reloaded(written);
        config.check_secrets().map_err(|problems| bad(&problems))?;
        let apis = self.answering.apis(&config).await.map_err(|error| {
            if error.is_usage() {
                bad(&error)
            } else {
                NotReloaded::Failed(error.to_string())
            }
        })?;
        base::telemetry::set_level(config.log.level.as_str()).map_err(|error| bad(&error))?;
        instance.enforce(config);
        self.current.store(apis);
        Ok(reloaded)
    }
}

/// Tells the metrics that a good one was loaded, at this moment.
fn tell_good(now: Timestamp) {
    metrics::gauge!(telemetry::CONFIG_LOADED.name).set(1.0);
    // Until the year 2106 they fit.
    let seconds = u32::try_from(now.as_seconds()).unwrap_or(u32::MAX);
    metrics::gauge!(telemetry::CONFIG_LOADED_AT.name).set(f64::from(seconds));
}

/// Tells them that the last one was bad.
fn tell_bad() {
    metrics::gauge!(telemetry::CONFIG_LOADED.name).set(0.0);
}
