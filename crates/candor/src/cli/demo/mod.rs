//! `candor demo`: the main job as a time-lapse, on a throw-away instance whose clock travels.
//!
//! The instance is a real one: `serve` starts it, its answers come through its listener, days end by the sweep, promises are looked
//! at by their probes. Only its clock and its folder are its own, so that a month passes in a minute and nothing stays.
//!
//! Promises: every number that is told was measured on the way; nothing listens beyond loopback and nothing is sent anywhere; what
//! didn't come out as it must is told and ends with 1; the folder is gone at the end, also after a signal or a closed pipe.
//! Leaves out: what is planned (exports, deletion): it is told as planned. Numbers of `[policy]` are the operator's, all else of the
//! configuration is not used.

mod raw;
mod screen;
mod stage;
mod story;
mod thief;
mod told;
mod visitor;

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use base::random::SystemRandom;
use clap::Args;
use store::folder::Scratch;
use tokio::signal::unix::{SignalKind, signal};

use self::screen::{Colour, Pace, Screen};
use self::stage::Stage;
use self::told::{Face, Telling};
use super::Global;
use super::failure::Failure;
use super::reach::{configured, runtime as runtime_of_one};
use super::terminal::{Format, Terminal};
use crate::config::{Config, Sources};
use crate::serve::drain::Signals;

/// How it is shown.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Without pauses
    #[arg(long)]
    fast: bool,
    /// One JSON document, at the end
    #[arg(long)]
    json: bool,
}

/// Any free port of this machine alone.
const LOOPBACK: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);
/// Where temporary files lie, if `TMPDIR` doesn't say.
const TEMPORARY: &str = "/tmp";

/// Runs the command.
///
/// # Errors
/// The numbers of `[policy]` leave nothing to show, something did not come out as it must, or somebody interrupted.
pub fn run(global: &Global, arguments: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let environment = Sources::of_machine(global.config.as_deref())?.environment;
    let operators = configured(global)?;
    let mut telling = Telling::new(face(arguments, &environment, terminal));
    let scratch = Scratch::make(&temporary(&environment), "candor-demo", &SystemRandom).map_err(Failure::failed)?;
    let config = throw_away(operators, &scratch)?;

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::failed)?;
    let played = runtime.block_on(Box::pin(play(config, &scratch, &mut telling)));
    if played.is_err() {
        // Nobody may be left to be shown anything.
        let _closed = telling.show(Screen::broken_off);
    }
    // Whatever still runs ends before its folder goes.
    drop(runtime);
    let place = scratch.path().to_owned();
    scratch.remove().map_err(Failure::failed)?;
    played?;
    runtime_of_one()?.block_on(telling.end(&place))
}

/// Starts the instance, tells the story, ends the instance, whatever came.
async fn play(config: Config, scratch: &Scratch, telling: &mut Telling<'_>) -> Result<(), Failure> {
    let mut signals = Signals::listen().map_err(Failure::failed)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(Failure::failed)?;
    let stage = Stage::open(config, scratch).await?;
    let played = tokio::select! {
        told = Box::pin(story::tell(&stage, telling)) => told,
        signal = signals.next() => Err(interrupted(signal)),
        _ = hangup.recv() => Err(interrupted("SIGHUP")),
    };
    stage.close(&mut signals).await;
    played
}

fn interrupted(signal: &str) -> Failure {
    Failure::failed(format!("interrupted by {signal}; the throw-away instance is gone"))
}

/// The configuration of a first start, with the operator's numbers of `[policy]`, in a folder of its own.
fn throw_away(operators: Config, scratch: &Scratch) -> Result<Config, Failure> {
    let mut config = Config::load(&Sources::of_text(""))?;
    config.policy = operators.policy;
    config.data.dir = scratch.path().join("data");
    config.server.listen = SocketAddr::from(LOOPBACK);
    config.operations.listen = SocketAddr::from(LOOPBACK);
    config.filter.block = vec![story::BLOCKED.to_owned()];
    if config.policy.parameters.retention_generation_log.is_none() {
        return Err(Failure::usage(
            "policy.retention.generation_log is \"none\" in this configuration: where nothing is kept there is nothing to be seen going",
        ));
    }
    story::accounts(&config.policy.parameters)?;
    Ok(config)
}

fn temporary(environment: &BTreeMap<String, String>) -> PathBuf {
    let named = environment.get("TMPDIR").filter(|folder| !folder.is_empty());
    PathBuf::from(named.map_or(TEMPORARY, String::as_str))
}

/// Colours and pauses are for a person at a terminal alone.
fn face<'t>(arguments: &Arguments, environment: &BTreeMap<String, String>, terminal: &'t mut Terminal<'_>) -> Face<'t> {
    if Format::of_switch(arguments.json) == Format::Json {
        return Face::Json(&mut *terminal.out);
    }
    let is_watched = std::io::stdout().is_terminal();
    let is_plain = environment.get("NO_COLOR").is_some_and(|value| !value.is_empty())
        || environment.get("TERM").is_some_and(|kind| kind == "dumb");
    let pace = if is_watched && !arguments.fast {
        Pace::Watched
    } else {
        Pace::Fast
    };
    let colour = if is_watched && !is_plain {
        Colour::Ansi
    } else {
        Colour::None
    };
    Face::Text(Screen::new(&mut *terminal.out, colour, pace))
}
