//! `candor serve`.

use std::path::PathBuf;

use super::Global;
use super::failure::Failure;
use super::reach;
use super::terminal::Terminal;
use crate::config::{Config, Sources};
use crate::instance::Machine;
use crate::serve::{self, Greeting};

/// Runs on `machine` until a signal ends it.
///
/// # Errors
/// The configuration is bad, something can't be opened, or a listener's address is taken.
pub fn run(global: &Global, machine: Machine, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let config = Config::load(&Sources::of_machine(global.config.as_deref())?)?;
    config.check_secrets()?;
    base::telemetry::init(config.log.level.as_str(), crate::telemetry::RULES, std::io::stderr())
        .map_err(Failure::failed)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::failed)?;
    let greeting = Greeting {
        out: terminal.out,
        program: program(),
    };
    let named = global.config.clone();
    let reread = Box::new(move || Sources::of_machine(named.as_deref()));
    let served = serve::serve(config, reread, machine, greeting, |instance, request| {
        Box::pin(reach::answer(instance, request))
    });
    Ok(runtime.block_on(Box::pin(served))?)
}

/// As this program was called, so that a command line which it prints can be copied; shorter where it lies below the folder.
fn program() -> String {
    let called = std::env::args_os().next().map(PathBuf::from).unwrap_or_default();
    let here = std::env::current_dir().unwrap_or_default();
    let shown = called.strip_prefix(here).unwrap_or(&called);
    match shown.to_str() {
        Some(text) if !text.is_empty() && !text.contains(char::is_whitespace) => text.to_owned(),
        _ => "candor".to_owned(),
    }
}
