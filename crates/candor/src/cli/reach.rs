//! The way from a command to the instance: over the control socket where a process owns the data folder, else by opening the stores.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use store::folder::{self, ControlError, DataFolder};

use super::Global;
use super::command::{self, Command, Reply};
use super::failure::Failure;
use crate::config::problem::Origin;
use crate::config::{Config, Sources};
use crate::instance::{Instance, Machine, ownership};
use crate::telemetry;

/// How long a folder may be held by somebody who doesn't answer: a process that starts, or another command.
const OWNER_WITHIN: Duration = Duration::from_secs(20);
const OWNER_AGAIN: Duration = Duration::from_millis(50);

/// Asks for something and waits for the answer.
///
/// # Errors
/// The configuration is bad, nothing can be opened, or what the command says.
pub fn ask(global: &Global, command: Command) -> Result<Reply, Failure> {
    let config = Arc::new(configured(global)?);
    runtime()?.block_on(Box::pin(reach(config, command)))
}

/// The same, of an instance that there may not be: `None` where this configuration has made none yet.
///
/// # Errors
/// Nothing can be opened, or what the command says.
pub fn ask_if_made(config: &Arc<Config>, command: Command) -> Result<Option<Reply>, Failure> {
    let machine = Machine::system();
    if !ownership::was_owned(config, &*machine.disk) && Instance::require_made(config, &machine).is_err() {
        return Ok(None);
    }
    runtime()?.block_on(Box::pin(reach(config.clone(), command))).map(Some)
}

/// Asks every process that serves from this configuration's data folder on this machine, one after the other; at least one.
///
/// # Errors
/// None serves, or what one of them says.
pub fn ask_serving(config: &Config, command: &Command) -> Result<Vec<Reply>, Failure> {
    runtime()?.block_on(serving(config, command))
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

/// Answers a request that came over the control socket: what the command itself would have done.
pub async fn answer(instance: Arc<Instance>, request: Vec<u8>) -> Vec<u8> {
    let answer: Result<Reply, Failure> = match serde_json::from_slice(&request) {
        Ok(command) => command::run(command, &instance).await,
        Err(_) => Err(Failure::unexpected_reply()),
    };
    serde_json::to_vec(&answer).expect("replies are plain structs with texts as keys")
}

async fn reach(config: Arc<Config>, command: Command) -> Result<Reply, Failure> {
    let machine = Machine::system();
    if ownership::sharing(&config) == ownership::Sharing::Many {
        return reach_many(config, machine, command).await;
    }
    if !command.may_make_an_instance() && !ownership::was_owned(&config, &*machine.disk) {
        Instance::require_made(&config, &machine)?;
    }
    let request = serde_json::to_vec(&command).map_err(Failure::failed)?;
    let until = machine.clock.monotonic().saturating_add(OWNER_WITHIN);
    loop {
        match ownership::own(&config).map_err(Failure::failed)? {
            DataFolder::Owner(owner) => {
                let reply = open_and_run(config, machine, command).await;
                drop(owner);
                return reply;
            }
            DataFolder::Owned { socket: Some(socket) } => match ask_owner(&socket, &request).await {
                Err(ControlError::NoOwner { .. }) => {}
                answered => {
                    return answered
                        .map_err(Failure::failed)
                        .and_then(|reply| decode::<Result<Reply, Failure>>(&reply)?);
                }
            },
            DataFolder::Owned { socket: None } => {}
        }
        if machine.clock.monotonic() >= until {
            let folder = config.data.dir.display();
            return Err(Failure::failed(format!(
                "another process holds the data folder {folder} and doesn't answer"
            )));
        }
        tokio::time::sleep(OWNER_AGAIN).await;
    }
}

/// On PostgreSQL a command connects itself. Some need the processes of this machine to apply their spools first.
async fn reach_many(config: Arc<Config>, machine: Machine, command: Command) -> Result<Reply, Failure> {
    let sockets = || ownership::sockets(&config, &*machine.disk).map_err(Failure::failed);
    match &command {
        Command::Usage { .. } | Command::AccountShow { .. } | Command::Backup { .. } => {
            flush_processes(&sockets()?).await?;
        }
        // A process that has run for a while knows whether the clock moved; this one has nothing to compare it with.
        Command::Sweep | Command::Outlook => {
            let request = serde_json::to_vec(&command).map_err(Failure::failed)?;
            for socket in sockets()? {
                match ask_owner(&socket, &request).await {
                    // It is just ending.
                    Err(ControlError::NoOwner { .. } | ControlError::Ended(_)) => {}
                    answered => {
                        let reply = answered.map_err(Failure::failed)?;
                        return decode::<Result<Reply, Failure>>(&reply)?;
                    }
                }
            }
        }
        _ => {}
    }
    open_and_run(config, machine, command).await
}

async fn serving(config: &Config, command: &Command) -> Result<Vec<Reply>, Failure> {
    let disk = Machine::system().disk;
    let sockets = match ownership::sharing(config) {
        ownership::Sharing::Many => ownership::sockets(config, &*disk).map_err(Failure::failed)?,
        // Looking makes no folder.
        ownership::Sharing::OneOwner if !ownership::was_owned(config, &*disk) => Vec::new(),
        ownership::Sharing::OneOwner => match ownership::own(config).map_err(Failure::failed)? {
            DataFolder::Owned { socket } => socket.into_iter().collect(),
            DataFolder::Owner(_) => Vec::new(),
        },
    };
    let request = serde_json::to_vec(command).map_err(Failure::failed)?;
    let mut replies = Vec::new();
    for socket in sockets {
        match ask_owner(&socket, &request).await {
            // It is just ending.
            Err(ControlError::NoOwner { .. } | ControlError::Ended(_)) => {}
            answered => {
                let reply = answered.map_err(Failure::failed)?;
                replies.push(decode::<Result<Reply, Failure>>(&reply)??);
            }
        }
    }
    if replies.is_empty() {
        let folder = config.data.dir.display();
        return Err(Failure::failed(format!(
            "no process serves from the data folder {folder}: what is configured is read at the next start"
        )));
    }
    Ok(replies)
}

async fn ask_owner(socket: &Path, request: &[u8]) -> Result<Vec<u8>, ControlError> {
    if base::planted::is_any() {
        tracing::warn!(
            "a process that serves answers: what it was started with is planted, not what this command names"
        );
    }
    folder::ask(socket, request).await
}

async fn open_and_run(config: Arc<Config>, machine: Machine, command: Command) -> Result<Reply, Failure> {
    if !command.may_make_an_instance() {
        Instance::require_made(&config, &machine)?;
    }
    let instance = Instance::open(config, machine).await?;
    let reply = command::run(command, &instance).await;
    instance.close().await;
    reply
}

/// Lets every process that serves from this data folder apply its spool. One that is just ending does so by itself.
async fn flush_processes(sockets: &[PathBuf]) -> Result<(), Failure> {
    let request = serde_json::to_vec(&Command::Flush).map_err(Failure::failed)?;
    for socket in sockets {
        match ask_owner(socket, &request).await {
            Ok(reply) => decode::<Result<Reply, Failure>>(&reply)?.map(drop)?,
            Err(ControlError::NoOwner { .. } | ControlError::Ended(_)) => {}
            Err(error) => return Err(Failure::failed(error)),
        }
    }
    Ok(())
}

fn decode<T: DeserializeOwned>(reply: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(reply).map_err(|_| Failure::unexpected_reply())
}
