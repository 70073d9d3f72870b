//! The real disk, between it and the program somebody who has the plan.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use store::disk::{Disk, DiskFile, DiskLock, Operation, RealDisk};

use super::plan::{Control, Orders, Trouble};

/// See the module. Locks and reading of folders always work.
#[derive(Clone, Debug)]
pub(super) struct FailingDisk(Arc<Inside>);

#[derive(Debug)]
struct Inside {
    orders: Orders,
    seen: Mutex<Seen>,
}

/// Operations since the plan was last changed.
#[derive(Debug, Default)]
struct Seen {
    line: String,
    counts: HashMap<Operation, u64>,
}

impl FailingDisk {
    pub(super) fn new(control: Control) -> Self {
        Self(Arc::new(Inside {
            orders: Orders::of(control),
            seen: Mutex::default(),
        }))
    }

    /// What goes wrong with this operation. A held one has waited when this returns.
    fn trouble(&self, operation: Operation) -> Option<Trouble> {
        let line = self.0.orders.line();
        let number = {
            let mut seen = self.0.seen.lock().unwrap();
            if seen.line != line {
                seen.line.clone_from(&line);
                seen.counts.clear();
            }
            let number = seen.counts.entry(operation).or_default();
            *number += 1;
            *number
        };
        let trouble = Orders::plan(&line)?.trouble(operation, number)?;
        self.0.orders.note_struck();
        if trouble == Trouble::Held {
            self.0.orders.wait_for_another(&line);
            return None;
        }
        Some(trouble)
    }

    /// An operation that is done or not.
    fn whole<T>(&self, operation: Operation, act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        match self.trouble(operation) {
            None => act(),
            Some(trouble @ Trouble::DoneButFailed) => act().and(Err(trouble.error())),
            Some(trouble) => Err(trouble.error()),
        }
    }

    fn file(&self, file: Arc<dyn DiskFile>) -> Arc<dyn DiskFile> {
        Arc::new(FailingFile {
            disk: self.clone(),
            file,
        })
    }
}

impl Disk for FailingDisk {
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        self.whole(Operation::Create, || RealDisk.create(path))
            .map(|file| self.file(file))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        RealDisk.open(path).map(|file| self.file(file))
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.whole(Operation::Create, || RealDisk.create_folder(path))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.whole(Operation::Name, || RealDisk.rename(from, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.whole(Operation::Name, || RealDisk.remove(path))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        RealDisk.list(folder)
    }

    fn sync_dir(&self, folder: &Path) -> io::Result<()> {
        self.whole(Operation::SyncDir, || RealDisk.sync_dir(folder))
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn DiskLock>>> {
        RealDisk.lock(path)
    }
}

#[derive(Debug)]
struct FailingFile {
    disk: FailingDisk,
    file: Arc<dyn DiskFile>,
}

impl DiskFile for FailingFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.disk.whole(Operation::Read, || self.file.read_at(buffer, offset))
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        match self.disk.trouble(Operation::Write) {
            None => self.file.write_at(bytes, offset),
            Some(Trouble::Lost) => Ok(bytes.len()),
            Some(trouble @ (Trouble::Torn | Trouble::DoneButFailed)) => {
                let part = if trouble == Trouble::Torn {
                    bytes.len() / 2
                } else {
                    bytes.len()
                };
                self.file.write_all_at(&bytes[..part], offset)?;
                Err(trouble.error())
            }
            Some(trouble) => Err(trouble.error()),
        }
    }

    fn preallocate(&self, length: u64) -> io::Result<()> {
        self.disk.whole(Operation::Allocate, || self.file.preallocate(length))
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.disk.whole(Operation::Allocate, || self.file.set_len(length))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk.whole(Operation::Sync, || self.file.sync_data())
    }

    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }
}
