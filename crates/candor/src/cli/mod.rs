//! The command line: one file a command.
//!
//! Promises: results go to stdout, logs and what went wrong to stderr; exit status 0 done, 1 a check failed or the work could not be
//! done, 2 bad usage or configuration, with one clear sentence. The same function runs whether a command opened the store itself or
//! asked the process that owns it.
//! Leaves out: anything a domain decides.

pub mod account;
pub mod aggregates;
pub mod backup;
pub mod command;
pub mod config;
pub mod credit;
pub mod demo;
pub mod failure;
pub mod key;
pub mod migrate;
pub mod policy;
pub mod price;
pub mod reach;
pub mod restore;
pub mod serve;
pub mod sweep;
pub mod terminal;
pub mod usage;
pub mod verify;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, CommandFactory, Parser, Subcommand};

use self::failure::Failure;
use self::terminal::Terminal;
use crate::instance::Machine;

/// Commands of the interface that later versions bring: the word that is not known, and the whole command.
const TO_COME: &[(&str, &str)] = &[
    ("report", "report"),
    ("rights", "rights"),
    ("openapi", "openapi"),
    ("diff", "policy diff"),
    ("publish", "policy publish"),
];

const ENDS: &str = "Results go to stdout, logs and what went wrong to stderr. Exit status: 0 done, 1 a check failed or the work could \
    not be done, 2 bad usage or configuration.";

/// A self-hosted AI gateway whose privacy policy is executable.
#[derive(Debug, Parser)]
#[command(name = "candor", version, disable_help_subcommand = true, after_help = ENDS)]
struct Line {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// The configuration's file; `candor.toml` if there is one
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs everything in one process: APIs, pages, workers
    Serve,
    /// Shows how conversations go: a month in a minute, on a throw-away instance
    Demo(demo::Arguments),
    /// Who may come in
    #[command(subcommand)]
    Account(account::Command),
    /// The keys that programs show
    #[command(subcommand)]
    Key(key::Command),
    /// What accounts may spend
    #[command(subcommand)]
    Credit(credit::Command),
    /// What models cost
    #[command(subcommand)]
    Price(price::Command),
    /// What an account used, by key
    Usage(usage::Arguments),
    /// Looks with every probe whether the promises are kept
    Verify(verify::Arguments),
    /// Copies everything but the keyring into a folder, also while serving
    Backup(backup::Arguments),
    /// Fills an empty data folder or database from a backup
    Restore(restore::Arguments),
    /// What was released of days that ended: counts over many accounts
    Aggregates(aggregates::Arguments),
    /// Ends every day of the generation log that is over, now
    Sweep(sweep::Arguments),
    /// Brings the schema of the database up to date
    Migrate,
    /// Checks or shows the privacy policy
    #[command(subcommand)]
    Policy(policy::Command),
    /// Checks or shows the configuration
    #[command(subcommand)]
    Config(config::Command),
}

/// Runs one command line and says how it ended.
pub fn run(arguments: impl IntoIterator<Item = OsString>, terminal: &mut Terminal<'_>) -> ExitCode {
    run_on(Machine::system(), arguments, terminal)
}

/// The same, with `serve` on another machine than the system's; other commands run on that.
pub fn run_on(
    machine: Machine,
    arguments: impl IntoIterator<Item = OsString>,
    terminal: &mut Terminal<'_>,
) -> ExitCode {
    let ended = match Line::try_parse_from(arguments) {
        Ok(line) => dispatch(line, machine, terminal),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => terminal.line(error.to_string().trim_end()),
            _ => Err(bad_usage(&error)),
        },
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Nobody is left to tell when the error stream is closed.
            let _closed = writeln!(terminal.err, "candor: {failure}");
            failure.exit_code()
        }
    }
}

fn dispatch(line: Line, machine: Machine, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let global = &line.global;
    match line.command {
        Command::Serve => serve::run(global, machine, terminal),
        Command::Demo(arguments) => demo::run(global, &arguments, terminal),
        Command::Account(command) => account::run(global, command, terminal),
        Command::Key(command) => key::run(global, command, terminal),
        Command::Credit(command) => credit::run(global, command, terminal),
        Command::Price(command) => price::run(global, &command, terminal),
        Command::Usage(arguments) => usage::run(global, arguments, terminal),
        Command::Verify(arguments) => verify::run(global, &arguments, terminal),
        Command::Backup(arguments) => backup::run(global, arguments, terminal),
        Command::Restore(arguments) => restore::run(global, &arguments, terminal),
        Command::Aggregates(arguments) => aggregates::run(global, &arguments, terminal),
        Command::Sweep(arguments) => sweep::run(global, &arguments, terminal),
        Command::Migrate => migrate::run(global, terminal),
        Command::Policy(command) => policy::run(global, &command, terminal),
        Command::Config(command) => config::run(global, &command, terminal),
    }
}

/// Every command, with its words: `policy check`.
#[must_use]
pub fn commands() -> Vec<String> {
    fn below(command: &clap::Command, words: &str, found: &mut Vec<String>) {
        for next in command.get_subcommands() {
            let words = format!("{words} {}", next.get_name());
            if next.has_subcommands() {
                below(next, &words, found);
            } else {
                found.push(words.trim_start().to_owned());
            }
        }
    }
    let mut found = Vec::new();
    below(&Line::command(), "", &mut found);
    found
}

fn bad_usage(error: &clap::Error) -> Failure {
    let unknown = error.get(ContextKind::InvalidSubcommand);
    if let Some(ContextValue::String(command)) = unknown
        && let Some((_, command)) = TO_COME.iter().find(|(word, _)| word == command)
    {
        return Failure::to_come(&format!("`candor {command}` is"));
    }
    let text = error.to_string();
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Failure::usage(format!("which command? These are there:\n\n{}", text.trim_end()));
    }
    Failure::usage(text.trim_start_matches("error: ").trim_end())
}
