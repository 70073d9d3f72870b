//! One copy of the keyring: a file of 512 blocks that is written in place, synced and read back.
//!
//! Promises: a file appears whole or not at all; no key is ever in a file by another name.
//! Leaves out: which copy is right: `keyring`.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::time::Timestamp;
use zeroize::Zeroizing;

use super::super::slot::{self, BLOCK_BYTES, Reading, Record, SLOT_COUNT, State};
use super::KeyringError;
use crate::disk::{Disk, DiskFile, DiskLock};

/// One of the files.
pub(super) struct KeyringFile {
    pub(super) path: PathBuf,
    file: Arc<dyn DiskFile>,
}

impl KeyringFile {
    /// Writes blocks, syncs, and reads them back.
    pub(super) fn write_blocks(&self, blocks: &[(usize, Zeroizing<Vec<u8>>)]) -> Result<(), KeyringError> {
        if blocks.is_empty() {
            return Ok(());
        }
        for (index, block) in blocks {
            self.file
                .write_all_at(block, offset_of(*index))
                .map_err(|source| self.error("written", source))?;
        }
        self.file.sync_data().map_err(|source| self.error("synced", source))?;
        let mut back = Zeroizing::new([0; BLOCK_BYTES]);
        for (index, block) in blocks {
            self.file
                .read_exact_at(&mut *back, offset_of(*index))
                .map_err(|source| self.error("read back", source))?;
            if back.as_slice() != block.as_slice() {
                return Err(KeyringError::ReadBack(self.path.clone()));
            }
        }
        Ok(())
    }

    /// What a block says. What is missing at the end of the file can't be read.
    pub(super) fn read_block(&self, index: usize, buffer: &mut [u8; BLOCK_BYTES]) -> Result<Reading, KeyringError> {
        let read = self
            .file
            .read_at(buffer, offset_of(index))
            .map_err(|source| self.error("read", source))?;
        slot::read_block(&buffer[..read], index).map_err(|slot::FromNewerVersion| KeyringError::Newer {
            path: self.path.clone(),
            slot: index,
        })
    }

    /// Which keyring this file belongs to: what its first whole record says.
    pub(super) fn keyring(&self) -> Result<[u8; 16], KeyringError> {
        let mut buffer = Zeroizing::new([0; BLOCK_BYTES]);
        for index in 0..SLOT_COUNT {
            if let Some(record) = self.read_block(index, &mut buffer)?.newest {
                return Ok(record.keyring);
            }
        }
        Err(self.unreadable(0))
    }

    pub(super) fn unreadable(&self, slot: usize) -> KeyringError {
        KeyringError::Unreadable {
            path: self.path.clone(),
            slot,
        }
    }

    fn error(&self, verb: &'static str, source: io::Error) -> KeyringError {
        KeyringError::File {
            path: self.path.clone(),
            verb,
            source,
        }
    }
}

fn offset_of(index: usize) -> u64 {
    (index * BLOCK_BYTES) as u64
}

pub(super) fn lock(disk: &dyn Disk, path: &Path) -> Result<Box<dyn DiskLock>, KeyringError> {
    let lock_path = beside(path, ".lock");
    match disk.lock(&lock_path) {
        Ok(Some(lock)) => Ok(lock),
        Ok(None) => Err(KeyringError::Busy(path.to_owned())),
        Err(source) => Err(KeyringError::File {
            path: lock_path,
            verb: "locked",
            source,
        }),
    }
}

pub(super) fn open_existing(disk: &dyn Disk, path: &Path) -> Result<Option<KeyringFile>, KeyringError> {
    match disk.open(path) {
        Ok(file) => Ok(Some(KeyringFile {
            path: path.to_owned(),
            file,
        })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(KeyringError::File {
            path: path.to_owned(),
            verb: "opened",
            source,
        }),
    }
}

/// Makes a file of free slots in one step: a crash leaves either none or a whole one. The keys of a copy that is there
/// come into it as every repair does, so that none is ever in a file by another name.
pub(super) fn make(
    disk: &dyn Disk,
    path: &Path,
    keyring: [u8; 16],
    now: Timestamp,
) -> Result<KeyringFile, KeyringError> {
    let record = Record {
        keyring,
        generation: 0,
        written_at: now,
        state: State::Free { held: None },
    };
    let content: Vec<u8> = (0..SLOT_COUNT).flat_map(|index| record.block(index).to_vec()).collect();
    let unfinished = beside(path, ".new");
    let step = |verb: &'static str, result: io::Result<()>| {
        result.map_err(|source| KeyringError::File {
            path: path.to_owned(),
            verb,
            source,
        })
    };
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    step("given a folder", disk.create_folder(folder))?;
    match disk.remove(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => step("made anew", Err(error))?,
        Ok(()) | Err(_) => {}
    }
    let file = disk.create(&unfinished);
    let file = file.map_err(|source| KeyringError::File {
        path: path.to_owned(),
        verb: "made",
        source,
    })?;
    step("written", file.write_all_at(&content, 0))?;
    step("synced", file.sync_data())?;
    step("put in place", disk.rename(&unfinished, path))?;
    step("put in place", disk.sync_dir(folder))?;
    Ok(KeyringFile {
        path: path.to_owned(),
        file,
    })
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
