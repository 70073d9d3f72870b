//! `candor serve`.

use super::Global;
use super::failure::Failure;
use super::reach;
use super::terminal::Terminal;
use crate::config::{Config, Sources};
use crate::serve;

/// Runs until a signal ends it.
///
/// # Errors
/// The configuration is bad, something can't be opened, or a listener's address is taken.
pub fn run(global: &Global, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let config = Config::load(&Sources::of_machine(global.config.as_deref())?)?;
    config.check_secrets()?;
    base::telemetry::init(config.log.level.as_str(), crate::telemetry::RULES, std::io::stderr())
        .map_err(Failure::failed)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::failed)?;
    let served = serve::serve(config, terminal.out, |instance, request| {
        Box::pin(reach::answer(instance, request))
    });
    runtime.block_on(Box::pin(served)).map_err(|error| {
        if error.is_usage() {
            Failure::usage(error)
        } else {
            Failure::failed(error)
        }
    })
}
