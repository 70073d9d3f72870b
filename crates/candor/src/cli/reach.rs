//! The way from a command to the instance: over the control socket where a process owns the data folder, else by opening the stores.

use std::sync::Arc;

use super::Global;
use super::command::{self, Command, Reply};
use super::failure::Failure;
use crate::config::problem::Origin;
use crate::config::{Config, Sources};
use crate::instance::{Instance, Machine};
use crate::telemetry;

/// Asks for something and waits for the answer.
///
/// # Errors
/// The configuration is bad, nothing can be opened, or what the command says.
pub fn ask(global: &Global, command: Command) -> Result<Reply, Failure> {
    let config = Arc::new(configured(global)?);
    runtime()?.block_on(reach(config, command))
}

/// The configuration of a command, with logging set up by it.
///
/// # Errors
/// It is bad.
pub fn configured(global: &Global) -> Result<Config, Failure> {
    let config = Config::load(&Sources::of_machine(global.config.as_deref())?)?;
    // A command's log is for trouble, unless somebody asks for more.
    let level = if config.origin("log.level") == Origin::Default {
        "warn"
    } else {
        config.log.level.as_str()
    };
    base::telemetry::init(level, telemetry::RULES, std::io::stderr()).map_err(Failure::failed)?;
    Ok(config)
}

/// What runs a command's futures.
///
/// # Errors
/// The system gives no threads.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::failed)
}

async fn reach(config: Arc<Config>, command: Command) -> Result<Reply, Failure> {
    let instance = Instance::open(config, Machine::system()).await?;
    let reply = command::run(command, &instance).await;
    instance.close().await;
    reply
}
