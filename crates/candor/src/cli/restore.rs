//! `candor restore DIR`: an empty data folder or database, filled from a backup.
//!
//! Promises: the folder stays closed to every other command until revoked keys are revoked again and erased people are erased again.
//! What is about to lose its slot is wrapped anew before that: a backup may be almost as old as the keys that open it.
//! Leaves out: the weekly wrapping of a running instance.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use base::ids::KeyId;
use base::time::Timestamp;
use clap::Args;
use store::backup::{BackupError, BackupReader, Restored};
use store::folder::DataFolder;

use super::Global;
use super::failure::Failure;
use super::reach::{configured, runtime};
use super::terminal::Terminal;
use crate::backups::beside::{Beside, BesideError, Tombstone};
use crate::backups::notes::noted;
use crate::backups::restoring::{self, RestoreError, Sources};
use crate::backups::{Backup, store as inventory};
use crate::config::Config;
use crate::instance::{Instance, Machine, Stores, ownership};
use crate::people::anew::Anew;

/// Where from, and who was erased since.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A folder that `candor backup` filled
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// A copy of the file of tombstones, if the one beside the keyring is lost
    #[arg(long, value_name = "FILE")]
    tombstones: Option<PathBuf>,
    /// Answers for it that nobody was erased between the backup and this moment (2026-11-25T12:00:00Z)
    #[arg(long, value_name = "TIME")]
    accept_erasures_until: Option<String>,
}

/// What a restore did.
struct Done {
    backup: Backup,
    restored: Restored,
    revoked: u64,
    erased: u64,
    anew: Anew,
    people: u64,
    dead: u64,
}

/// Runs the command.
///
/// # Errors
/// The folder is not empty or has no keyring, the backup is damaged or too old, or nobody knows who was erased.
pub fn run(global: &Global, arguments: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let config = Arc::new(configured(global)?);
    let done = runtime()?.block_on(Box::pin(restore(&config, arguments)))?;
    let Done {
        backup,
        restored,
        revoked,
        erased,
        anew,
        people,
        dead,
    } = done;
    terminal.line(format!(
        "restored the backup of {}: {} rows, {} days",
        backup.made_at, restored.rows, restored.days
    ))?;
    terminal.line(format!("{} days had ended and stay away", restored.ended))?;
    terminal.line(format!("{revoked} keys revoked again, {erased} people erased again"))?;
    terminal.line(format!(
        "{} keys of people and {} addresses brought under this week's keys",
        anew.keys, anew.addresses
    ))?;
    terminal.line(format!(
        "{people} people can be read, {dead} can't: their keys have ended"
    ))
}

async fn restore(config: &Arc<Config>, arguments: &Arguments) -> Result<Done, Failure> {
    let machine = Machine::system();
    let accepted_until = accepted(arguments.accept_erasures_until.as_deref())?;
    let DataFolder::Owner(_owner) = own_alone(config, &machine)? else {
        return Err(Failure::failed(
            "a process uses this data folder or database: end it first",
        ));
    };
    let reader = BackupReader::open(&arguments.folder).await.map_err(refused)?;
    let backup = noted(&reader.manifest().about, &arguments.folder).ok_or(RestoreError::Unnoted)?;
    let beside = Beside::keyring(&config.keyring());
    let sources = Sources {
        file: arguments.tombstones.as_deref(),
        accepted_until,
    };
    let tombstones = restoring::erased(&*machine.disk, &beside, &backup, sources, machine.clock.now())?;
    restoring::begin(
        &*machine.disk,
        &config.data.dir,
        &config.keyring(),
        config.keys.mirror.as_deref(),
    )?;
    let restored = fill(config, &machine, &reader).await?;
    let done = replay(config, &machine, backup, restored, &tombstones).await?;
    restoring::end(&*machine.disk, &config.data.dir)?;
    Ok(done)
}

fn accepted(text: Option<&str>) -> Result<Option<Timestamp>, Failure> {
    let read = |text: &str| {
        text.parse()
            .map_err(|_| format!("--accept-erasures-until: {text:?} is no time; write 2026-11-25T12:00:00Z"))
    };
    text.map(read).transpose().map_err(Failure::Usage)
}

fn own_alone(config: &Config, machine: &Machine) -> Result<DataFolder, Failure> {
    if ownership::sharing(config) == ownership::Sharing::Many
        && !ownership::sockets(config, &*machine.disk)
            .map_err(Failure::failed)?
            .is_empty()
    {
        return Ok(DataFolder::Owned { socket: None });
    }
    ownership::own(config).map_err(Failure::failed)
}

/// Fills the databases and brings their schemas up to date. If that fails, what is empty is open again; what is not, stays marked.
async fn fill(config: &Config, machine: &Machine, reader: &BackupReader) -> Result<Restored, Failure> {
    let stores = Stores::open(config, machine).await?;
    let filled = stores.fill(reader, config, machine).await;
    if let Err(BackupError::NotEmpty { .. }) = filled {
        restoring::end(&*machine.disk, &config.data.dir)?;
    }
    let migrated = match &filled {
        Ok(_) => stores.migrate().await.map(drop),
        Err(_) => Ok(()),
    };
    stores.close().await;
    migrated?;
    filled.map_err(refused)
}

/// Does again what was done since the backup: keys that were revoked, people who were erased.
async fn replay(
    config: &Arc<Config>,
    machine: &Machine,
    backup: Backup,
    restored: Restored,
    tombstones: &[Tombstone],
) -> Result<Done, Failure> {
    let instance = Instance::open_restored(config.clone(), machine.clone()).await?;
    let now = machine.clock.now();
    let revocations = Beside::keyring(&config.keyring()).revocations(&*machine.disk)?;
    let revocations: Vec<(KeyId, Timestamp)> = revocations.iter().map(|one| (one.key, one.at)).collect();
    let revoked = instance.people.revoke_again(&revocations).await?;
    let tags: HashSet<[u8; 32]> = tombstones.iter().map(|tombstone| tombstone.tag).collect();
    let erased = instance.people.erase_again(|tag| tags.contains(&tag)).await?;
    let anew = instance.people.wrap_anew().await?;
    let opened = instance.people.try_keys(now.day()).await?;
    inventory::add(&instance.stores.db, &backup, now)
        .await
        .map_err(Failure::failed)?;
    instance.close().await;
    if opened.people == 0 && opened.dead > erased {
        return Err(Failure::failed(
            "the keyring opens nobody of this backup: it is another one. Empty the data folder, put the right keyring there and restore again",
        ));
    }
    let (people, dead) = (opened.people, opened.dead.saturating_sub(erased));
    Ok(Done {
        backup,
        restored,
        revoked,
        erased,
        anew,
        people,
        dead,
    })
}

fn refused(error: BackupError) -> Failure {
    match error {
        BackupError::NoBackup { .. } | BackupError::NotEmpty { .. } | BackupError::Newer { .. } => {
            Failure::usage(error)
        }
        _ => Failure::failed(error),
    }
}

impl From<RestoreError> for Failure {
    fn from(error: RestoreError) -> Self {
        match error {
            RestoreError::File(_) | RestoreError::Dead(_) => Self::failed(error),
            _ => Self::usage(error),
        }
    }
}

impl From<BesideError> for Failure {
    fn from(error: BesideError) -> Self {
        Self::failed(error)
    }
}
