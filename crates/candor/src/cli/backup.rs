//! `candor backup DIR`: a copy of everything but the keyring, also while serving.

use std::path::{Path, PathBuf};

use base::ids::BackupId;
use base::time::Timestamp;
use clap::Args;
use serde::{Deserialize, Serialize};

use super::Global;
use super::command::{Command as Ask, Reply};
use super::failure::Failure;
use super::reach::ask;
use super::terminal::{Format, Terminal};
use crate::backups::{Backup, notes, store as inventory};
use crate::instance::Instance;
use store::backup::{BackupError, BackupWriter, Manifest};

/// Where to.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A new or empty folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// One JSON document
    #[arg(long)]
    json: bool,
}

/// A backup that was made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BackupMade {
    /// Its id in the inventory.
    pub backup: BackupId,
    /// The folder.
    pub folder: PathBuf,
    /// Rows of all tables.
    pub rows: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// Days of the generation log.
    pub days: usize,
    /// Until then it restores everybody who is alive.
    pub restores_until: Timestamp,
    /// From then on it opens nobody's data.
    pub dead_at: Timestamp,
}

/// Runs the command.
///
/// # Errors
/// The folder is not empty, or the copy fails.
pub fn run(global: &Global, arguments: Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let Arguments { folder, json } = arguments;
    let folder =
        std::path::absolute(&folder).map_err(|error| Failure::usage(format!("{}: {error}", folder.display())))?;
    let Reply::Backup(made) = ask(global, Ask::Backup { folder })? else {
        return Err(Failure::unexpected_reply());
    };
    if Format::of_switch(json) == Format::Json {
        return terminal.json(&made);
    }
    terminal.line(format!(
        "{}: {} rows, {} days, {} bytes\nit restores everybody until {} and opens nobody from {} on; it needs the keyring, which is not in it",
        made.folder.display(),
        made.rows,
        made.days,
        made.bytes,
        made.restores_until,
        made.dead_at
    ))
}

/// Makes a backup while the applier of every process pauses between two batches.
///
/// # Errors
/// The folder is not empty, or the copy fails.
pub async fn backup(instance: &Instance, folder: &Path) -> Result<BackupMade, Failure> {
    let (machine, parameters) = (&instance.machine, &instance.config.policy.parameters);
    let made_at = machine.clock.now();
    let backup = Backup {
        id: BackupId::new(&*machine.random),
        place: folder.display().to_string(),
        made_at,
        restores_until: made_at.plus(parameters.backup_life.span()),
        dead_at: made_at.plus(parameters.backup_dead.span()),
    };
    let paused = instance.pause_appliers().await.map_err(|error| {
        Failure::failed(format!(
            "a process is in the middle of booking, and a copy made now would not add up: {error}"
        ))
    })?;
    let copied = copy(instance, &backup, folder).await;
    paused.give_back().await;
    let manifest = copied.map_err(|error| match error {
        BackupError::Occupied { .. } => Failure::usage(error),
        _ => Failure::failed(error),
    })?;
    Ok(BackupMade {
        backup: backup.id,
        folder: folder.to_owned(),
        rows: manifest.rows(),
        bytes: manifest.bytes(),
        days: manifest.days().len(),
        restores_until: backup.restores_until,
        dead_at: backup.dead_at,
    })
}

async fn copy(instance: &Instance, backup: &Backup, folder: &Path) -> Result<Manifest, BackupError> {
    let mut writer = BackupWriter::create(folder)?;
    instance.stores.copy(&mut writer).await?;
    let manifest = writer.finish(notes::about(backup))?;
    inventory::add(&instance.stores.db, backup, backup.made_at).await?;
    Ok(manifest)
}
