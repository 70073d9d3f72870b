//! What must be done again after a restore: revoked keys and erased people, in two files beside the keyring.
//!
//! Promises: an entry is synced before its addition returns; a torn last line is an entry that was never confirmed and is left out; an
//! entry says nothing about a person to who lacks database or keyring (a random key id; an HMAC).
//! Leaves out: what is done with an entry.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use base::ids::KeyId;
use base::time::Timestamp;
use store::disk::{Disk, read_file};

/// More than a million entries.
const LARGEST_FILE_BYTES: u64 = 128 << 20;

/// The two files of a keyring.
#[derive(Debug, Clone)]
pub struct Beside {
    revocations: PathBuf,
    tombstones: PathBuf,
}

/// An API key that was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// Which.
    pub key: KeyId,
    /// When.
    pub at: Timestamp,
}

/// A person who was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tombstone {
    /// HMAC of the person's id under the keyring's key of tombstones.
    pub tag: [u8; 32],
    /// When.
    pub at: Timestamp,
}

/// A file that can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum BesideError {
    /// What the system said.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A line that nobody wrote so.
    #[error("{path}, line {line}: this is no {what}")]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from one.
        line: usize,
        /// What belongs there.
        what: &'static str,
    },
}

impl Beside {
    /// The files beside this keyring.
    pub fn keyring(keyring: &Path) -> Self {
        let beside = |suffix: &str| {
            let mut name = keyring.file_name().unwrap_or_default().to_owned();
            name.push(suffix);
            keyring.with_file_name(name)
        };
        Self {
            revocations: beside(".revoked"),
            tombstones: beside(".tombstones"),
        }
    }

    /// Where the tombstones are.
    pub fn tombstones_file(&self) -> &Path {
        &self.tombstones
    }

    /// Makes the tombstones' file, if there is none.
    ///
    /// # Errors
    /// It can't be made.
    pub fn prepare(&self, disk: &dyn Disk) -> Result<(), BesideError> {
        append(disk, &self.tombstones, "")
    }

    /// Notes that a key was revoked.
    ///
    /// # Errors
    /// It can't be written.
    pub fn revoked(&self, disk: &dyn Disk, revocation: Revocation) -> Result<(), BesideError> {
        append(
            disk,
            &self.revocations,
            &format!("{} {}\n", revocation.key, revocation.at),
        )
    }

    /// All revocations; none if there is no file.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn revocations(&self, disk: &dyn Disk) -> Result<Vec<Revocation>, BesideError> {
        let entries = read(disk, &self.revocations, "revocation", |first, at| {
            Some(Revocation {
                key: KeyId::from_str(first).ok()?,
                at,
            })
        })?;
        Ok(entries.unwrap_or_default())
    }
}

/// All tombstones of a file; `None` if there is no file.
///
/// # Errors
/// The file can't be read.
pub fn tombstones(disk: &dyn Disk, path: &Path) -> Result<Option<Vec<Tombstone>>, BesideError> {
    read(disk, path, "tombstone", |first, at| {
        Some(Tombstone {
            tag: from_hex(first)?,
            at,
        })
    })
}

/// Writes tombstones in the form in which they are read.
pub fn write_tombstones(tombstones: &[Tombstone]) -> String {
    let mut text = String::new();
    for tombstone in tombstones {
        for byte in tombstone.tag {
            write!(text, "{byte:02x}").expect("writing into a String can't fail");
        }
        writeln!(text, " {}", tombstone.at).expect("writing into a String can't fail");
    }
    text
}

fn append(disk: &dyn Disk, path: &Path, line: &str) -> Result<(), BesideError> {
    let try_append = || {
        let (file, is_new) = match disk.open(path) {
            Ok(file) => (file, false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (disk.create(path)?, true),
            Err(error) => return Err(error),
        };
        file.write_all_at(line.as_bytes(), whole_lines(disk, path)?)?;
        file.sync_data()?;
        if is_new {
            disk.sync_dir(path.parent().unwrap_or(Path::new(".")))?;
        }
        Ok(())
    };
    try_append().map_err(|error| BesideError::File {
        path: path.to_owned(),
        error,
    })
}

/// Where the last whole line ends: a torn one behind it is overwritten.
fn whole_lines(disk: &dyn Disk, path: &Path) -> io::Result<u64> {
    let bytes = read_file(disk, path, LARGEST_FILE_BYTES)?;
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    u64::try_from(end).map_err(io::Error::other)
}

fn read<T>(
    disk: &dyn Disk,
    path: &Path,
    what: &'static str,
    entry: impl Fn(&str, Timestamp) -> Option<T>,
) -> Result<Option<Vec<T>>, BesideError> {
    let bytes = match read_file(disk, path, LARGEST_FILE_BYTES) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(BesideError::File {
                path: path.to_owned(),
                error,
            });
        }
    };
    let text = String::from_utf8_lossy(&bytes);
    let whole = text.rfind('\n').map_or("", |last| &text[..last]);
    let parsed = whole.lines().enumerate().map(|(at, line)| {
        let parsed = line
            .split_once(' ')
            .and_then(|(first, time)| entry(first, Timestamp::from_str(time).ok()?));
        parsed.ok_or_else(|| BesideError::Line {
            path: path.to_owned(),
            line: at + 1,
            what,
        })
    });
    parsed.collect::<Result<Vec<T>, _>>().map(Some)
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut tag = [0; 32];
    if text.len() != 2 * tag.len() || !text.is_ascii() {
        return None;
    }
    for (at, byte) in tag.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(tag)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use base::random::SeededRandom;
    use store::disk::RealDisk;

    use super::*;

    #[test]
    fn revocations_are_read_as_they_were_noted_and_a_torn_line_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let beside = Beside::keyring(&folder.path().join("keyring"));
        assert!(beside.revocations(&RealDisk).unwrap().is_empty());
        let of = |seed| Revocation {
            key: KeyId::new(&SeededRandom::new(seed)),
            at: Timestamp::from_micros(1_000_000),
        };
        beside.revoked(&RealDisk, of(1)).unwrap();
        let path = folder.path().join("keyring.revoked");
        let length = RealDisk.open(&path).unwrap().len().unwrap();
        RealDisk.open(&path).unwrap().write_all_at(b"key_torn", length).unwrap();
        assert_eq!(beside.revocations(&RealDisk).unwrap(), [of(1)]);
        beside.revoked(&RealDisk, of(2)).unwrap();
        assert_eq!(beside.revocations(&RealDisk).unwrap(), [of(1), of(2)]);
    }

    #[test]
    fn a_missing_list_of_tombstones_is_told_from_an_empty_one_and_a_bad_line_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let beside = Beside::keyring(&folder.path().join("keyring"));
        assert_eq!(tombstones(&RealDisk, beside.tombstones_file()).unwrap(), None);
        beside.prepare(&RealDisk).unwrap();
        assert_eq!(
            tombstones(&RealDisk, beside.tombstones_file()).unwrap(),
            Some(Vec::new())
        );
        let one = Tombstone {
            tag: [0xa5; 32],
            at: Timestamp::from_micros(7_000_000),
        };
        append(&RealDisk, beside.tombstones_file(), &write_tombstones(&[one])).unwrap();
        assert_eq!(
            tombstones(&RealDisk, beside.tombstones_file()).unwrap(),
            Some(vec![one])
        );
        append(&RealDisk, beside.tombstones_file(), "nonsense\n").unwrap();
        let error = tombstones(&RealDisk, beside.tombstones_file()).unwrap_err();
        assert!(error.to_string().ends_with("line 2: this is no tombstone"), "{error}");
    }
}
