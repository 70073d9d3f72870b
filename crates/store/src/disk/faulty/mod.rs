//! A disk in memory that fails as real ones do, repeatably from a seed: for tests and the simulator.
//!
//! It keeps two views of each file, what the running system reads (the page cache) and what would be there after the power
//! went. A crash is an operation that stops halfway, after which nothing works until [`FaultyDisk::restart`]: after a killed
//! process the cache survives, after a power cut only what was synced and a random part of the rest, torn at sectors.
//! After a failed sync the kernel has forgotten what was not written (so did Linux before and after 4.13). Names are
//! journalled in order, as by ext4 and xfs: a power cut keeps a prefix of what was not synced.
//! It leaves out bit rot: `tear` overwrites bytes for tests that want it.

mod file;
mod state;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use self::file::{FaultyFile, FaultyLock};
use self::state::{Inode, Planned, State, Verdict, outcome, stopped};
use super::{Disk, DiskFile, DiskLock};

/// What can be made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// [`Disk::create`] and [`Disk::create_folder`].
    Create,
    /// [`DiskFile::read_at`].
    Read,
    /// [`DiskFile::write_at`].
    Write,
    /// [`DiskFile::preallocate`] and [`DiskFile::set_len`].
    Allocate,
    /// [`DiskFile::sync_data`].
    Sync,
    /// [`Disk::sync_dir`].
    SyncDir,
    /// [`Disk::rename`] and [`Disk::remove`].
    Name,
}

/// How an operation fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An error, nothing done. A failed sync also forgets what was not durable.
    Error(io::ErrorKind),
    /// Only a part is written, and the call says so.
    Short,
    /// Only a part is written, and the call fails.
    Torn,
    /// All is done, and the call fails nevertheless.
    DoneButFailed,
    /// The call succeeds but a sync made nothing durable.
    Lost,
}

/// What ended the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// The process was killed; the page cache survives.
    Killed,
    /// The power went.
    PowerCut,
}

/// The disk; clones share the files. See the module.
#[derive(Clone, Debug)]
pub struct FaultyDisk {
    state: Arc<Mutex<State>>,
    process: u64,
}

impl FaultyDisk {
    /// An empty disk without limit or faults.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            state: Arc::new(Mutex::new(State::new(seed))),
            process: 0,
        }
    }

    /// Lets `count` operations of a kind fail, beginning with the `nth` (from 1) after now.
    pub fn fail(&self, operation: Operation, nth: u64, count: u64, fault: Fault) {
        let mut state = self.state();
        let from = state.counts.get(&operation).copied().unwrap_or(0).saturating_add(nth);
        state.faults.push(Planned {
            operation,
            from,
            until: from.saturating_add(count),
            fault,
        });
    }

    /// Heals all planned faults; a crash stays planned.
    pub fn heal(&self) {
        self.state().faults.clear();
    }

    /// How many operations of this kind were asked for.
    #[must_use]
    pub fn count(&self, operation: Operation) -> u64 {
        self.state().counts.get(&operation).copied().unwrap_or(0)
    }

    /// Stops everything in the middle of the `nth` operation (from 1) after now that changes something.
    pub fn crash_at(&self, nth: u64) {
        let mut state = self.state();
        state.crash_at = Some(state.steps.saturating_add(nth));
    }

    /// Stops everything now.
    pub fn crash_now(&self) {
        self.state().crashed = true;
    }

    /// How many operations that change something there were.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.state().steps
    }

    /// Whether a crash has happened and [`FaultyDisk::restart`] is due.
    #[must_use]
    pub fn crashed(&self) -> bool {
        self.state().crashed
    }

    /// Limits the bytes of all files together.
    pub fn set_capacity(&self, bytes: u64) {
        self.state().capacity = bytes;
    }

    /// From now on preallocated bytes are those of removed files instead of zeros, as on a disk that recycles.
    pub fn bring_stale_bytes_back(&self) {
        self.state().stale = Some(Vec::new());
    }

    /// The disk as the next process finds it. Whatever still holds the old one finds it failing.
    #[must_use]
    pub fn restart(&self, crash: Crash) -> Self {
        let mut state = self.state();
        state.processes.clear();
        if crash == Crash::PowerCut {
            state.cut_power();
        }
        state.locked.clear();
        state.faults.clear();
        state.crash_at = None;
        state.crashed = false;
        let process = state.start_process();
        Self {
            state: Arc::clone(&self.state),
            process,
        }
    }

    /// The same disk as another process sees it, which has locks and an end of its own.
    #[must_use]
    pub fn other_process(&self) -> Self {
        let process = self.state().start_process();
        Self {
            state: Arc::clone(&self.state),
            process,
        }
    }

    /// Kills this process alone: its locks are free, nothing that it holds works any more.
    pub fn kill(&self) {
        let mut state = self.state();
        state.processes.remove(&self.process);
        state.locked.retain(|_, process| *process != self.process);
    }

    /// A copy of all files as they are read now, on a disk of its own: what copying the folder at this moment gives.
    #[must_use]
    pub fn copied(&self, seed: u64) -> Self {
        let state = self.state();
        let inodes = state.inodes.iter().map(|inode| Inode {
            cache: inode.cache.clone(),
            durable: inode.cache.clone(),
            unsynced: Vec::new(),
        });
        let copy = Self::new(seed);
        {
            let mut copied = copy.state();
            copied.inodes = inodes.collect();
            copied.names = state.names.clone();
            copied.durable_names = state.names.clone();
        }
        copy
    }

    /// The names of all files.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        self.state().names.keys().cloned().collect()
    }

    /// Overwrites bytes of a file behind everybody's back, durably.
    ///
    /// # Panics
    /// When there is no such file or it is shorter.
    pub fn tear(&self, path: &Path, offset: usize, bytes: &[u8]) {
        let mut state = self.state();
        let inode = *state.names.get(path).expect("the test names a file that exists");
        let inode = &mut state.inodes[inode];
        inode.cache[offset..offset + bytes.len()].copy_from_slice(bytes);
        if inode.durable.len() >= offset + bytes.len() {
            inode.durable[offset..offset + bytes.len()].copy_from_slice(bytes);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self) -> io::Result<MutexGuard<'_, State>> {
        let state = self.state();
        if state.crashed || !state.processes.contains(&self.process) {
            Err(stopped())
        } else {
            Ok(state)
        }
    }
}

impl Disk for FaultyDisk {
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.enter()?;
        if state.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let then = state.judge_whole(Operation::Create)?;
        state.inodes.push(Inode::default());
        let inode = state.inodes.len() - 1;
        state.name(vec![(path.to_owned(), Some(inode))]);
        then.map(|()| self.file(inode))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let state = self.enter()?;
        let inode = *state.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(self.file(inode))
    }

    fn create_folder(&self, _path: &Path) -> io::Result<()> {
        self.enter()?.judge_whole(Operation::Create)?
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.enter()?;
        let inode = *state.names.get(from).ok_or(io::ErrorKind::NotFound)?;
        let then = state.judge_whole(Operation::Name)?;
        state.name(vec![(from.to_owned(), None), (to.to_owned(), Some(inode))]);
        then
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.enter()?;
        let inode = *state.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        let then = state.judge_whole(Operation::Name)?;
        state.name(vec![(path.to_owned(), None)]);
        let bytes = state.inodes[inode].cache.clone();
        if let Some(stale) = &mut state.stale {
            *stale = bytes;
        }
        then
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let state = self.enter()?;
        Ok(state
            .names
            .keys()
            .filter(|path| path.parent() == Some(folder))
            .cloned()
            .collect())
    }

    fn sync_dir(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.enter()?;
        let verdict = state.judge(Operation::SyncDir);
        if matches!(verdict, Verdict::Proceed | Verdict::Fail(Fault::DoneButFailed)) {
            state.sync_names(folder);
        }
        outcome(verdict)
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn DiskLock>>> {
        let found = self.enter()?.names.get(path).copied();
        let inode = match found {
            Some(inode) => inode,
            None => {
                self.create(path)?;
                *self.enter()?.names.get(path).ok_or(io::ErrorKind::NotFound)?
            }
        };
        let mut state = self.enter()?;
        if state.locked.contains_key(&inode) {
            return Ok(None);
        }
        state.locked.insert(inode, self.process);
        Ok(Some(Box::new(FaultyLock {
            disk: self.clone(),
            inode,
        })))
    }
}

impl FaultyDisk {
    fn file(&self, inode: usize) -> Arc<dyn DiskFile> {
        Arc::new(FaultyFile {
            disk: self.clone(),
            inode,
        })
    }
}
