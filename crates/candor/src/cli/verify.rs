//! `candor verify`: every probe looks now, and each promise is told with what was seen.

use std::time::Duration;

use base::time::Timestamp;
use clap::Args;

use super::Global;
use super::command::{Command as Ask, Reply};
use super::failure::Failure;
use super::reach::ask;
use super::terminal::{Format, Terminal};
use crate::instance::Instance;
use crate::privacy::evidence::{PromiseShown, Red, State, Verified};

/// What counts as a failure, and how it is shown.
#[derive(Debug, Args)]
pub struct Arguments {
    /// One JSON document
    #[arg(long)]
    json: bool,
    /// A promise with nothing to look at yet is a failure, too
    #[arg(long)]
    strict: bool,
    /// Checks a signed report instead
    #[arg(long, value_name = "FILE")]
    report: Option<std::path::PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// A promise is broken or stale, or unproven where that counts; or the probes can't be asked.
pub fn run(global: &Global, arguments: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    if arguments.report.is_some() {
        return Err(Failure::to_come("checking a signed report (`--report`) is"));
    }
    let Reply::Verified(verified) = ask(global, Ask::Verify)? else {
        return Err(Failure::unexpected_reply());
    };
    match Format::of_switch(arguments.json) {
        Format::Json => terminal.json(&verified)?,
        Format::Text => show(&verified, terminal)?,
    }
    let fails = |state| match state {
        State::Broken | State::Stale => true,
        State::Unproven => arguments.strict,
        State::Kept | State::Attested | State::Planned => false,
    };
    let failed = verified.promises.iter().filter(|promise| fails(promise.state));
    let failed: Vec<String> = failed
        .map(|one| format!("{} is {}", one.id, one.state.word()))
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    Err(Failure::failed(failed.join(", ")))
}

/// Looks with every probe and tells how the promises stand.
///
/// # Errors
/// What the probes saw can't be kept.
pub async fn verify(instance: &Instance) -> Result<Verified, Failure> {
    instance.evidence.look().await.map_err(Failure::failed)?;
    Ok(Verified::of(instance.evidence.statuses()))
}

/// A row a promise, and beneath it why it is not kept. What is planned comes last.
fn show(verified: &Verified, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let is_planned = |promise: &&PromiseShown| promise.state == State::Planned;
    let (planned, in_force): (Vec<_>, Vec<_>) = verified.promises.iter().partition(is_planned);
    for promise in in_force {
        terminal.line(row(promise))?;
        if let Some(why) = &promise.why {
            terminal.line(format!("{:<8}{why}", ""))?;
        }
        if let Some(red) = promise.last_broken.as_ref().filter(|_| promise.state != State::Broken) {
            terminal.line(format!("{:<8}broken {}: {}", "", stretch(red), red.why))?;
        }
    }
    for promise in planned {
        let why = promise.why.as_deref().unwrap_or_default();
        terminal.line(format!(
            "{:<8}{:<10}{why}",
            promise.id.to_string(),
            promise.state.word()
        ))?;
    }
    terminal.line(sum(verified))
}

fn row(promise: &PromiseShown) -> String {
    let examined = match promise.probes.as_slice() {
        [] => String::new(),
        [probe] => format!("{} {}", probe.considered, probe.considers),
        several => {
            let each = several
                .iter()
                .map(|probe| format!("{} {}", probe.considered, probe.considers));
            each.collect::<Vec<_>>().join(", ")
        }
    };
    let figure = promise.figure.as_deref().unwrap_or_default();
    let line = format!(
        "{:<8}{:<10}{examined:<40}  {figure}",
        promise.id.to_string(),
        promise.state.word()
    );
    line.trim_end().to_owned()
}

/// To the second: nobody compares finer.
fn stretch(red: &Red) -> String {
    let second = |at: Timestamp| Timestamp::EPOCH.plus(Duration::from_secs(at.as_seconds().unsigned_abs()));
    match (second(red.from), second(red.to)) {
        (from, to) if from == to => format!("at {from}"),
        (from, to) => format!("from {from} to {to}"),
    }
}

fn sum(verified: &Verified) -> String {
    let count = |state: State| {
        verified
            .promises
            .iter()
            .filter(|promise| promise.state == state)
            .count()
    };
    let counted = State::ALL.into_iter().map(|state| (count(state), state.word()));
    let counted = counted
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"));
    counted.collect::<Vec<_>>().join(", ")
}
