//! `candor sweep`: ends every day of the generation log that is over, now.

use clap::Args;
use serde::Serialize;

use super::Global;
use super::command::{Command as Ask, Reply};
use super::failure::Failure;
use super::reach::ask;
use super::terminal::{Format, Terminal};
use crate::instance::Instance;
use crate::privacy::retention::{Outlook, Part, Statistics, Swept};

/// How.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Says what is over, and ends nothing
    #[arg(long)]
    dry_run: bool,
    /// One JSON document
    #[arg(long)]
    json: bool,
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Shown<T> {
    dry_run: bool,
    #[serde(flatten)]
    report: T,
}

/// Runs the command.
///
/// # Errors
/// The clock can't be believed, or something that is over could not be ended.
pub fn run(global: &Global, arguments: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let format = Format::of_switch(arguments.json);
    if arguments.dry_run {
        let Reply::Outlook(outlook) = ask(global, Ask::Outlook)? else {
            return Err(Failure::unexpected_reply());
        };
        return show_outlook(outlook, format, terminal);
    }
    let Reply::Swept(swept) = ask(global, Ask::Sweep)? else {
        return Err(Failure::unexpected_reply());
    };
    let left = swept.left.len();
    show_swept(swept, format, terminal)?;
    match left {
        0 => Ok(()),
        left => Err(Failure::failed(format!(
            "{left} days are over and could not be ended: run it again, the log says more"
        ))),
    }
}

/// Ends what is over.
///
/// # Errors
/// The clock can't be believed, or nothing can be looked at.
pub async fn sweep(instance: &Instance) -> Result<Swept, Failure> {
    let swept = instance.sweep.run().await.map_err(Failure::failed)?;
    swept.tell();
    Ok(swept)
}

/// What is over.
///
/// # Errors
/// Nothing can be looked at.
pub async fn outlook(instance: &Instance) -> Result<Outlook, Failure> {
    instance.sweep.outlook().await.map_err(Failure::failed)
}

fn show_swept(swept: Swept, format: Format, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    if format == Format::Json {
        return terminal.json(&Shown {
            dry_run: false,
            report: swept,
        });
    }
    terminal.line(format!(
        "looked at {} partitions and {} keys of days",
        swept.partitions, swept.keys
    ))?;
    for day in &swept.ended {
        let statistics = match &day.statistics {
            Statistics::Nothing => String::new(),
            Statistics::Released => ", its statistics are released".to_owned(),
            Statistics::GivenUp(why) => format!(", without statistics ({why})"),
        };
        terminal.line(format!(
            "{}  over since {}: {} files or partitions removed, {} keys destroyed, nothing found afterwards{statistics}",
            day.day, day.ended_at, day.removed, day.keys_destroyed
        ))?;
    }
    for day in &swept.left {
        terminal.line(format!(
            "{}  over since {}: NOT ENDED: {}",
            day.day, day.ended_at, day.why
        ))?;
    }
    if swept.ended.is_empty() && swept.left.is_empty() {
        terminal.line("nothing is over")?;
    }
    Ok(())
}

fn show_outlook(outlook: Outlook, format: Format, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    if format == Format::Json {
        return terminal.json(&Shown {
            dry_run: true,
            report: outlook,
        });
    }
    terminal.line(format!(
        "there are {} partitions and {} keys of days",
        outlook.partitions, outlook.keys
    ))?;
    for remains in &outlook.due {
        let parts = match (remains.partition, remains.key) {
            (Part::Over, Part::Over) => "partition and key",
            (Part::Over, Part::None) => "partition",
            (Part::None, _) => "key",
        };
        terminal.line(format!("{}  over since {}: {parts}", remains.day, remains.ended_at))?;
    }
    if outlook.due.is_empty() {
        terminal.line("nothing is over")?;
    }
    match outlook.next_end.filter(|next| *next > outlook.at) {
        Some(next) => terminal.line(format!("the next day ends at {next}")),
        None => Ok(()),
    }
}
