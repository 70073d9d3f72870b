//! `serve`: start, wiring of everything, shutdown.
//!
//! In this order: listeners are bound (a taken address ends the start before anything is touched) · the operations listener answers ·
//! the data folder is taken, the stores are opened, the inventory is compared, what dead processes left in the spool is applied · a
//! first start prints its key · the control socket answers · the gateway answers, ready. At a signal: not ready, nothing new is taken,
//! answers that have begun go on for `serve.drain`, the spool is applied, the stores are closed. A second signal ends the waiting.
//!
//! Promises: no begun answer is cut within `serve.drain`; what was cut is settled; nothing is printed on stdout but a first start.

pub mod drain;
pub mod health;
pub mod operations;

mod bind;
mod error;
mod first_start;
mod housekeeping;
mod prices;
mod public;
mod reload;
mod site;
mod tls;

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use store::folder::{self, DataFolder, Owner};
use store::spool::FullReason;
use tokio::task::JoinHandle;

use self::bind::bind;
use self::drain::{Drain, Signals};
use self::health::{Check, Health};
use self::housekeeping::Housekeeping;
use self::operations::{Levels, Operations};
use self::public::Answering;
use self::reload::Again;
use crate::config::Config;
use crate::instance::journal::Journal;
use crate::instance::{Instance, InstanceError, Machine, ownership};
use crate::jobs::{JOBS, Job};
use crate::money::credit::Sharing;
use crate::privacy::declared;
use crate::telemetry;

pub use self::error::ServeError;
pub use self::reload::Reread;

/// How long a command may hold the data folder when a start meets it.
const COMMAND_WITHIN: Duration = Duration::from_secs(10);
const COMMAND_AGAIN: Duration = Duration::from_millis(50);

/// Answers requests of the control socket: what commands ask of a running process.
pub type Commands = fn(Arc<Instance>, Vec<u8>) -> BoxFuture<'static, Vec<u8>>;

/// What a first start needs for its words.
pub struct Greeting<'a> {
    /// Where they go.
    pub out: &'a mut dyn Write,
    /// How this program was called, for command lines that can be copied.
    pub program: String,
}

/// What a process does beside answering.
pub struct Beside<'a> {
    /// What a first start prints; none: it makes no key and prints nothing.
    pub greeting: Option<Greeting<'a>>,
    /// Who answers what commands ask; none: nobody listens for them.
    pub commands: Option<Commands>,
    /// What runs again and again by itself.
    pub jobs: &'static [Job],
    /// How the configuration is loaded again; none: it is not.
    pub again: Option<Again>,
}

/// Serves on this machine until a signal ends it. `greeting` gets what a first start prints; `reread` is asked for the
/// configuration when it shall be loaded again.
///
/// # Errors
/// Something can't be opened, or an address is taken.
pub async fn serve(
    config: Config,
    reread: Reread,
    machine: Machine,
    greeting: Greeting<'_>,
    commands: Commands,
) -> Result<(), ServeError> {
    let mut signals = Signals::listen().map_err(ServeError::Signals)?;
    let beside = Beside {
        greeting: Some(greeting),
        commands: Some(commands),
        jobs: JOBS,
        again: Some(Again::listen(reread).map_err(ServeError::Signals)?),
    };
    let serving = Serving::start(config, machine, beside).await?;
    let signal = signals.next().await;
    tracing::info!(signal, "answers that have begun go on, nothing new is taken");
    serving.stop(&mut signals).await;
    Ok(())
}

/// A process that answers on its listeners.
pub struct Serving {
    config: Arc<Config>,
    health: Arc<Health>,
    /// The operations listener.
    answering: JoinHandle<()>,
    /// The public one.
    gateway: JoinHandle<()>,
    /// What loads the configuration again.
    reloading: Option<JoinHandle<()>>,
    drain: Drain,
    running: Running,
    owner: Option<Owner>,
}

impl Serving {
    /// Binds, opens and answers, ready when this returns.
    ///
    /// # Errors
    /// Something can't be opened, or an address is taken.
    pub async fn start(mut config: Config, machine: Machine, mut beside: Beside<'_>) -> Result<Self, ServeError> {
        let public = bind("server.listen", &mut config.server.listen)?;
        let private = bind("operations.listen", &mut config.operations.listen)?;
        let config = Arc::new(config);
        let health = Arc::new(Health::starting());
        let operations = Arc::new(Operations::new(health.clone(), telemetry::install()));
        let answering = tokio::spawn(operations::listen(private, operations.clone()));

        let again = beside.again.take();
        let mut owner = own(&config, &machine).await?;
        let running = Running::start(&config, machine, beside, owner.as_mut()).await?;
        let (spool, credit) = (&running.journal.spool, running.credit().await?);
        let answers = Answering::new(&running.instance, spool, credit);
        let listener = public::listener(&answers, public).await?;
        let reloading = again.map(|again| again.keep(answers, listener.apis.clone()));
        let (drain, mut draining) = drain::drain();
        let gateway = tokio::spawn(async move { listener.serve(async move { draining.begun().await }).await });
        operations.measure(running.levels());
        health.serve(running.checks());
        tracing::info!(port = config.server.listen.port(), "ready");
        Ok(Self {
            config,
            health,
            answering,
            gateway,
            reloading,
            drain,
            running,
            owner,
        })
    }

    /// What answers.
    #[must_use]
    pub fn instance(&self) -> &Arc<Instance> {
        &self.running.instance
    }

    /// Where it answers, with the port that the system chose if it was asked to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.config.server.listen
    }

    /// Takes nothing new, lets what began come to its end, applies the spool, closes the stores. A signal ends the waiting.
    pub async fn stop(self, signals: &mut Signals) {
        self.health.drain();
        if let Some(reloading) = &self.reloading {
            reloading.abort();
        }
        end(self.gateway, &self.drain, self.config.serve.drain, signals).await;
        self.running.stop().await;
        drop(self.owner);
        self.answering.abort();
        tracing::info!("ended");
    }
}

/// Lets answers that have begun end, for a time; then cuts them, which settles them as interrupted.
async fn end(mut gateway: JoinHandle<()>, drain: &Drain, within: Duration, signals: &mut Signals) {
    drain.begin();
    tokio::select! {
        _ = &mut gateway => return,
        () = tokio::time::sleep(within) => tracing::warn!("answers were still under way after serve.drain; they are cut"),
        signal = signals.next() => tracing::warn!(signal, "a second signal ends the waiting"),
    }
    gateway.abort();
    // That it was cancelled is what was asked for.
    let _cancelled = gateway.await;
}

/// Everything behind the listeners, running.
struct Running {
    instance: Arc<Instance>,
    journal: Journal,
    housekeeping: Housekeeping,
    control: Option<JoinHandle<()>>,
}

impl Running {
    async fn start(
        config: &Arc<Config>,
        machine: Machine,
        beside: Beside<'_>,
        owner: Option<&mut Owner>,
    ) -> Result<Self, ServeError> {
        let instance = Arc::new(Instance::open(config.clone(), machine).await?);
        declared::require(&instance.published.parts())?;
        let now = instance.machine.clock.now();
        instance.published.serve(&instance.stores.db, now).await?;
        let withdrawn = instance.aggregates.withdraw_weaker().await?;
        if withdrawn > 0 {
            tracing::warn!(
                count = withdrawn,
                "days of statistics were taken back: they were released by weaker numbers than policy.aggregates sets now"
            );
        }
        let sharing = match ownership::sharing(config) {
            ownership::Sharing::OneOwner => Sharing::Alone,
            ownership::Sharing::Many => Sharing::Shared,
        };
        let journal = Journal::start(&instance, sharing).await?;
        let housekeeping = Housekeeping::start(&instance, instance.credit().await?, beside.jobs).await?;
        if let Some(mut greeting) = beside.greeting {
            first_start::greet(&instance, &mut greeting).await?;
        }
        let control = match (owner, beside.commands) {
            (None, _) | (_, None) => None,
            (Some(owner), Some(commands)) => {
                let (listener, asked) = (owner.listen()?, instance.clone());
                Some(tokio::spawn(async move {
                    let error = folder::serve_control(listener, move |request| commands(asked.clone(), request)).await;
                    tracing::error!(error = %error, "the control socket ended: commands can't reach this process any more");
                }))
            }
        };
        Ok(Self {
            instance,
            journal,
            housekeeping,
            control,
        })
    }

    async fn credit(&self) -> Result<&Arc<crate::money::credit::Credit>, InstanceError> {
        self.instance.credit().await
    }

    fn levels(&self) -> Levels {
        let stores = &self.instance.stores;
        let databases = std::iter::once(&stores.db).chain(&stores.key_store);
        Levels {
            databases: databases.cloned().collect(),
            spool: self.journal.spool.clone(),
            spool_limit: self.instance.config.spool.limit,
            sweep: self.instance.sweep.clone(),
            evidence: self.instance.evidence.clone(),
        }
    }

    fn checks(&self) -> Vec<Check> {
        let (spool, callers, clock) = (
            self.journal.spool.clone(),
            self.instance.callers.clone(),
            self.instance.machine.clock.clone(),
        );
        let no_slot = move || spool.reserve().err().map(|full| no_room(full.reason).to_owned());
        let stale = move || {
            callers
                .is_stale(clock.monotonic())
                .then(|| "what is known of them is too old".to_owned())
        };
        vec![
            Check {
                name: "spool",
                ask: Box::new(no_slot),
            },
            Check {
                name: "keys and accounts",
                ask: Box::new(stale),
            },
        ]
    }

    /// In the opposite order of the start. Commands are answered until the spool is applied.
    async fn stop(self) {
        self.journal.stop().await;
        if let Some(control) = self.control {
            control.abort();
            // That it was cancelled is what was asked for.
            let _cancelled = control.await;
        }
        self.housekeeping.stop().await;
        self.instance.close().await;
    }
}

/// Why `/readyz` sends new work elsewhere: it would be refused here.
const fn no_room(reason: FullReason) -> &'static str {
    match reason {
        FullReason::Limit => "spool.limit is reached: what was answered waits to be applied",
        FullReason::DiskFull => "the disk is full",
        FullReason::Unwritable => "it can't be written",
    }
}

/// Takes the data folder. A command that holds it for a moment is waited for. With PostgreSQL nobody is refused: the process that
/// finds no place has no control socket.
async fn own(config: &Config, machine: &Machine) -> Result<Option<Owner>, ServeError> {
    let until = machine.clock.monotonic().saturating_add(COMMAND_WITHIN);
    loop {
        match ownership::own(config)? {
            DataFolder::Owner(owner) => return Ok(Some(owner)),
            DataFolder::Owned { .. } if ownership::sharing(config) == ownership::Sharing::Many => return Ok(None),
            DataFolder::Owned { socket: None } if machine.clock.monotonic() < until => {
                tokio::time::sleep(COMMAND_AGAIN).await;
            }
            DataFolder::Owned { .. } => return Err(ServeError::Owned(config.data.dir.clone())),
        }
    }
}
