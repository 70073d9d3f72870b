//! What a restore must know before it begins and do before traffic is let in.
//!
//! Promises: a restore that didn't come to its end is seen by whoever opens the folder; erasures since the backup are known, or
//! somebody answers for them.

use std::io;
use std::path::{Path, PathBuf};

use base::time::Timestamp;
use store::disk::Disk;

use super::Backup;
use super::beside::{self, Beside, BesideError, Tombstone};

/// Stands in the data folder while a restore is under way.
const MARKER: &str = "restoring";
/// Folders that must hold no file.
const FOLDERS: [&str; 2] = ["days", "spool"];
/// The lock of the data folder, which the restore itself holds.
const LOCK: &str = "lock";

/// Why a restore can't begin.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The data folder holds something.
    #[error("{0} is there: restore fills a data folder that is empty but for the keyring and the files beside it")]
    Occupied(PathBuf),
    /// There is no keyring.
    #[error(
        "there is no keyring at {0}, and a backup opens nobody without the one it was made under: put it there, or name it by `keys.keyring`"
    )]
    NoKeyring(PathBuf),
    /// The folder holds no backup of this program's.
    #[error("the manifest doesn't tell when the backup was made: it is not one of `candor backup`")]
    Unnoted,
    /// Too old.
    #[error("the backup opens nobody any more since {0}: the keys of its people have ended")]
    Dead(Timestamp),
    /// Erasures are not known.
    #[error(
        "nobody knows who was erased since the backup was made, at {made_at}: there is no {missing}. Give a copy of it with \
         `--tombstones FILE`, or answer for it yourself with `--accept-erasures-until TIME`: nobody was erased until then"
    )]
    UnknownErasures {
        /// When the backup was made.
        made_at: Timestamp,
        /// The file that should stand beside the keyring.
        missing: PathBuf,
    },
    /// A time that answers for nothing.
    #[error("--accept-erasures-until: {given} is not between the backup, made at {made_at}, and now, {now}")]
    Accepted {
        /// What was given.
        given: Timestamp,
        /// When the backup was made.
        made_at: Timestamp,
        /// Now.
        now: Timestamp,
    },
    /// A file can't be read or written.
    #[error(transparent)]
    File(#[from] BesideError),
}

/// Where the list of erased people comes from.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// `--tombstones`.
    pub file: Option<&'a Path>,
    /// `--accept-erasures-until`.
    pub accepted_until: Option<Timestamp>,
}

/// Whether a restore into this folder began and didn't end.
///
/// # Errors
/// The folder can't be read.
pub fn is_under_way(disk: &dyn Disk, folder: &Path) -> Result<bool, BesideError> {
    let path = folder.join(MARKER);
    match disk.open(&path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(BesideError::File { path, error }),
    }
}

/// Refuses a folder that holds anything, then marks it.
///
/// # Errors
/// The folder holds something, or has no keyring.
pub fn begin(disk: &dyn Disk, folder: &Path, keyring: &Path, mirror: Option<&Path>) -> Result<(), RestoreError> {
    let is_there = |path: &Path| disk.open(path).is_ok();
    if !is_there(keyring) && !mirror.is_some_and(is_there) {
        return Err(RestoreError::NoKeyring(keyring.to_owned()));
    }
    let keys_own = |path: &Path| {
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        let of = |key: &Path| name.starts_with(key.file_name().unwrap_or_default().as_encoded_bytes());
        of(keyring) || mirror.is_some_and(of)
    };
    let mut found = files(disk, folder)?;
    found.retain(|path| !path.ends_with(LOCK) && !keys_own(path));
    for inner in FOLDERS {
        found.extend(files(disk, &folder.join(inner))?);
    }
    if let Some(path) = found.into_iter().next() {
        return Err(RestoreError::Occupied(path));
    }
    mark(disk, folder).map_err(|error| {
        BesideError::File {
            path: folder.join(MARKER),
            error,
        }
        .into()
    })
}

/// Takes the mark away: whoever opens the folder from now on finds an instance.
///
/// # Errors
/// The file can't be removed.
pub fn end(disk: &dyn Disk, folder: &Path) -> Result<(), BesideError> {
    let path = folder.join(MARKER);
    disk.remove(&path)
        .and_then(|()| disk.sync_dir(folder))
        .map_err(|error| BesideError::File { path, error })
}

/// Who was erased, from the file beside the keyring, the given one, or nobody's word but the operator's.
///
/// # Errors
/// The backup is dead, nothing tells who was erased, or the accepted time answers for nothing.
pub fn erased(
    disk: &dyn Disk,
    beside: &Beside,
    backup: &Backup,
    sources: Sources<'_>,
    now: Timestamp,
) -> Result<Vec<Tombstone>, RestoreError> {
    if now >= backup.dead_at {
        return Err(RestoreError::Dead(backup.dead_at));
    }
    if let Some(given) = sources
        .accepted_until
        .filter(|given| *given < backup.made_at || *given > now)
    {
        return Err(RestoreError::Accepted {
            given,
            made_at: backup.made_at,
            now,
        });
    }
    let beside_keyring = beside::tombstones(disk, beside.tombstones_file())?;
    let given = match sources.file {
        None => None,
        Some(path) => {
            let missing = || io::Error::from(io::ErrorKind::NotFound);
            let file = |error| BesideError::File {
                path: path.to_owned(),
                error,
            };
            Some(beside::tombstones(disk, path)?.ok_or_else(|| file(missing()))?)
        }
    };
    if beside_keyring.is_none() && given.is_none() && sources.accepted_until.is_none() {
        let missing = beside.tombstones_file().to_owned();
        return Err(RestoreError::UnknownErasures {
            made_at: backup.made_at,
            missing,
        });
    }
    Ok(beside_keyring.into_iter().chain(given).flatten().collect())
}

fn files(disk: &dyn Disk, folder: &Path) -> Result<Vec<PathBuf>, BesideError> {
    match disk.list(folder) {
        Ok(files) => Ok(files),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(BesideError::File {
            path: folder.to_owned(),
            error,
        }),
    }
}

fn mark(disk: &dyn Disk, folder: &Path) -> io::Result<()> {
    disk.create(&folder.join(MARKER))?.sync_data()?;
    disk.sync_dir(folder)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use base::ids::BackupId;
    use base::random::SeededRandom;
    use store::disk::RealDisk;

    use super::*;

    const HOUR_MICROS: i64 = 3_600_000_000;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_micros(hour * HOUR_MICROS)
    }

    fn backup() -> Backup {
        let id = BackupId::new(&SeededRandom::new(1));
        Backup {
            id,
            place: String::new(),
            made_at: at(10),
            restores_until: at(20),
            dead_at: at(30),
        }
    }

    fn ask(beside: &Beside, sources: Sources<'_>, now: Timestamp) -> Result<usize, String> {
        let found = erased(&RealDisk, beside, &backup(), sources, now);
        found.map(|found| found.len()).map_err(|error| error.to_string())
    }

    #[test]
    fn erasures_are_known_or_somebody_answers_for_them() {
        let folder = tempfile::tempdir().unwrap();
        let beside = Beside::keyring(&folder.path().join("keyring"));
        let nothing = Sources {
            file: None,
            accepted_until: None,
        };
        assert!(
            ask(&beside, nothing, at(11))
                .unwrap_err()
                .contains("--accept-erasures-until")
        );
        let accepted = |hour| Sources {
            file: None,
            accepted_until: Some(at(hour)),
        };
        assert_eq!(ask(&beside, accepted(11), at(11)), Ok(0));
        assert!(ask(&beside, accepted(9), at(11)).is_err(), "before the backup");
        assert!(ask(&beside, accepted(12), at(11)).is_err(), "in the future");
        let missing = folder.path().join("nowhere");
        assert!(
            ask(
                &beside,
                Sources {
                    file: Some(&missing),
                    accepted_until: None
                },
                at(11)
            )
            .is_err()
        );
        beside.prepare(&RealDisk).unwrap();
        assert_eq!(ask(&beside, nothing, at(11)), Ok(0));
        assert!(
            ask(&beside, nothing, at(30))
                .unwrap_err()
                .contains("opens nobody any more")
        );
    }

    #[test]
    fn only_an_empty_folder_with_its_keyring_is_begun_and_the_mark_stays_until_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let keyring = folder.path().join("keyring");
        let start = || begin(&RealDisk, folder.path(), &keyring, None).map_err(|error| error.to_string());
        assert!(start().unwrap_err().contains("there is no keyring"));
        for name in ["keyring", "keyring.tombstones", "lock"] {
            RealDisk.create(&folder.path().join(name)).unwrap();
        }
        RealDisk.create_folder(&folder.path().join("days")).unwrap();
        let day = folder.path().join("days/2026-11-25.db");
        RealDisk.create(&day).unwrap();
        assert!(start().unwrap_err().contains("2026-11-25.db"));
        RealDisk.remove(&day).unwrap();
        assert!(!is_under_way(&RealDisk, folder.path()).unwrap());
        start().unwrap();
        assert!(is_under_way(&RealDisk, folder.path()).unwrap());
        assert!(start().is_err(), "a second one is told that the first didn't end");
        end(&RealDisk, folder.path()).unwrap();
        assert!(!is_under_way(&RealDisk, folder.path()).unwrap());
    }
}
