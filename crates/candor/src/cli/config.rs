//! `candor config check`, `candor config show` and `candor config reload`.

use clap::Subcommand;
use serde::Serialize;

use super::Global;
use super::command::{Command as Ask, Reply};
use super::failure::Failure;
use super::reach;
use super::terminal::{Format, Terminal};
use crate::config::live::Reloaded;
use crate::config::problem::{Origin, Problems};
use crate::config::{Config, Sources};
use crate::instance::Instance;
use crate::instance::reloading::NotReloaded;

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Says everything that is wrong with it; exit status 2 if anything is
    Check,
    /// Shows each value and where it comes from, without secrets
    Show {
        /// One JSON document
        #[arg(long)]
        json: bool,
    },
    /// Lets the processes that serve load it again, without a restart; exit status 2 if it is bad, and the last good one stays
    Reload {
        /// One JSON document
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
///
/// # Errors
/// The configuration is bad; every problem stands on the error stream, the first one in the failure.
pub fn run(global: &Global, command: &Command, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let sources = Sources::of_machine(global.config.as_deref())?;
    let config = Config::load(&sources).or_else(|problems| refuse(&problems, terminal))?;
    match command {
        Command::Check => {
            config.check_secrets().or_else(|problems| refuse(&problems, terminal))?;
            terminal.line(checked(&config))
        }
        Command::Show { json } => show(&config, Format::of_switch(*json), terminal),
        Command::Reload { json } => {
            let replies = reach::ask_serving(&config, &Ask::Reload)?;
            tell_reloaded(replies, Format::of_switch(*json), terminal)
        }
    }
}

/// Loads the configuration of a process that serves again.
///
/// # Errors
/// It is bad or can't be taken over, or this process doesn't serve.
pub async fn reload(instance: &Instance) -> Result<Reloaded, Failure> {
    instance.reload().await.map_err(|error| match error {
        NotReloaded::Configuration(_) => Failure::usage(error),
        NotReloaded::Failed(_) | NotReloaded::NotServing => Failure::failed(error),
    })
}

/// Processes of one machine read one file: what the first one says, all do.
fn tell_reloaded(replies: Vec<Reply>, format: Format, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let processes = replies.len();
    let Some(Reply::Reloaded(Reloaded { changed, restart })) = replies.into_iter().next() else {
        return Err(Failure::unexpected_reply());
    };
    if format == Format::Json {
        let told = serde_json::json!({ "processes": processes, "changed": changed, "restart": restart });
        return terminal.json(&told);
    }
    for change in &changed {
        terminal.line(format!("changed: {change}"))?;
    }
    for key in &restart {
        terminal.line(format!("needs a restart, the old value holds until then: {key}"))?;
    }
    let changes = if changed.is_empty() { "; nothing changed" } else { "" };
    terminal.line(format!(
        "the configuration is in force in {processes} processes{changes}"
    ))
}

fn refuse<T>(problems: &Problems, terminal: &mut Terminal<'_>) -> Result<T, Failure> {
    let mut sentences = problems.iter().map(ToString::to_string);
    let first = sentences.next().unwrap_or_default();
    for sentence in sentences {
        writeln!(terminal.err, "candor: {sentence}")?;
    }
    Err(Failure::Usage(first))
}

fn checked(config: &Config) -> String {
    let written = config
        .shown
        .iter()
        .filter(|shown| shown.origin != Origin::Default)
        .count();
    format!(
        "the configuration is good: {written} of {} values are set, {} providers, {} models",
        config.shown.len(),
        config.providers.len(),
        config.models.len()
    )
}

#[derive(Serialize)]
struct Value<'a> {
    key: &'a str,
    /// As TOML; `null` if it is not set.
    value: Option<&'a str>,
    origin: String,
}

fn show(config: &Config, format: Format, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let values: Vec<Value<'_>> = config
        .shown
        .iter()
        .map(|shown| Value {
            key: &shown.key,
            value: Some(shown.value.as_str()).filter(|value| !value.is_empty()),
            origin: shown.origin.to_string(),
        })
        .collect();
    if format == Format::Json {
        return terminal.json(&serde_json::json!({ "values": values }));
    }
    for Value { key, value, origin } in values {
        match value {
            Some(value) => terminal.line(format!("{key} = {value}  # {origin}"))?,
            None => terminal.line(format!("# {key} is not set"))?,
        }
    }
    Ok(())
}
