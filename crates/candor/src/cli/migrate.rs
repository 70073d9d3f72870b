//! `candor migrate`: the schema up to date.

use super::Global;
use super::failure::Failure;
use super::reach::{configured, runtime};
use super::terminal::Terminal;
use crate::config::Config;
use crate::instance::{Machine, Stores, ownership};
use store::folder::DataFolder;

/// Runs the command.
///
/// # Errors
/// The database can't be reached or is newer, or a process owns the data folder (which has migrated it).
pub fn run(global: &Global, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let config = configured(global)?;
    match runtime()?.block_on(migrate(&config))? {
        None => terminal.line("a process serves from this data folder: it has brought the schema up to date"),
        Some(0) => terminal.line("the schema is up to date"),
        Some(taken) => terminal.line(format!("{taken} steps taken: the schema is up to date")),
    }
}

async fn migrate(config: &Config) -> Result<Option<usize>, Failure> {
    let owned = ownership::own(config).map_err(Failure::failed)?;
    if matches!(owned, DataFolder::Owned { .. }) && ownership::sharing(config) == ownership::Sharing::OneOwner {
        return Ok(None);
    }
    let stores = Stores::open(config, &Machine::system()).await?;
    let taken = stores.migrate().await;
    stores.close().await;
    Ok(Some(taken?))
}
