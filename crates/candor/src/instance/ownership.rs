//! Who owns the data folder, and how to reach whoever does.
//!
//! SQLite: one process owns the folder, others ask it. PostgreSQL: any number of processes serve from one folder, each with a
//! numbered place in `processes/`, where its control socket is; commands connect to the database themselves.

use std::io;
use std::path::PathBuf;

use store::disk::Disk;
use store::folder::{self, DataFolder, FolderError};

use crate::config::Config;

/// The folder of the processes' places, on PostgreSQL.
const PROCESSES: &str = "processes";
/// More processes than one machine serves with.
const MOST_PROCESSES: usize = 64;

/// Whether commands may open the stores beside a process that serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// SQLite: no.
    OneOwner,
    /// PostgreSQL: yes.
    Many,
}

/// Which of the two a configuration asks for.
pub fn sharing(config: &Config) -> Sharing {
    if config.database.url.is_some() {
        Sharing::Many
    } else {
        Sharing::OneOwner
    }
}

/// Takes the folder, or with PostgreSQL a place in it.
///
/// # Errors
/// The folder can't be used.
pub fn own(config: &Config) -> Result<DataFolder, FolderError> {
    if sharing(config) == Sharing::OneOwner {
        return DataFolder::own(&config.data.dir);
    }
    for number in 0..MOST_PROCESSES {
        let owned = DataFolder::own(&place(config, number))?;
        if matches!(owned, DataFolder::Owner(_)) {
            return Ok(owned);
        }
    }
    Ok(DataFolder::Owned { socket: None })
}

/// Whether a process owns the folder or ever did, as far as one can see without making anything: one that is just starting counts.
pub fn was_owned(config: &Config, disk: &dyn Disk) -> bool {
    sharing(config) == Sharing::OneOwner && folder::was_owned(disk, &config.data.dir)
}

/// The control sockets of all processes that serve from this folder with PostgreSQL.
///
/// # Errors
/// A folder can't be read.
pub fn sockets(config: &Config, disk: &dyn Disk) -> Result<Vec<PathBuf>, FolderError> {
    let mut sockets = Vec::new();
    for number in 0..MOST_PROCESSES {
        let place = place(config, number);
        match disk.list(&place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => break,
            Err(cause) => return Err(FolderError::System { path: place, cause }),
            Ok(_) => {}
        }
        if let DataFolder::Owned { socket: Some(socket) } = DataFolder::own(&place)? {
            sockets.push(socket);
        }
    }
    Ok(sockets)
}

fn place(config: &Config, number: usize) -> PathBuf {
    config.data.dir.join(PROCESSES).join(number.to_string())
}
