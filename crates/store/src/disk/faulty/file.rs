//! Open files and locks of a [`FaultyDisk`].

use std::io;

use super::state::{Change, Verdict, outcome, stopped};
use super::{Fault, FaultyDisk, Operation};
use crate::disk::{DiskFile, DiskLock};

#[derive(Debug)]
pub(super) struct FaultyFile {
    pub(super) disk: FaultyDisk,
    pub(super) inode: usize,
}

impl DiskFile for FaultyFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut state = self.disk.enter()?;
        if let Verdict::Fail(fault) = state.judge(Operation::Read) {
            return Err(match fault {
                Fault::Error(kind) => kind.into(),
                _ => io::ErrorKind::Other.into(),
            });
        }
        let bytes = &state.inodes[self.inode].cache;
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
        let read = buffer.len().min(bytes.len() - start);
        buffer[..read].copy_from_slice(&bytes[start..start + read]);
        Ok(read)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let mut state = self.disk.enter()?;
        let offset = usize::try_from(offset).map_err(|_| io::ErrorKind::FileTooLarge)?;
        let verdict = state.judge(Operation::Write);
        let part = usize::try_from(state.random.below(bytes.len() as u64)).unwrap_or(0);
        let (written, result) = match verdict {
            Verdict::Proceed | Verdict::Fail(Fault::Lost) => (bytes.len(), Ok(bytes.len())),
            Verdict::Fail(Fault::Error(kind)) => return Err(kind.into()),
            Verdict::Fail(Fault::Short) => (part, Ok(part)),
            Verdict::Fail(Fault::Torn) => (part, Err(io::ErrorKind::Other.into())),
            Verdict::Fail(Fault::DoneButFailed) => (bytes.len(), Err(io::ErrorKind::Other.into())),
            Verdict::Stop if state.random.below(3) == 0 => (bytes.len(), Err(stopped())),
            Verdict::Stop => (part, Err(stopped())),
        };
        state.extend(self.inode, offset + written)?;
        let bytes = bytes[..written].to_vec();
        state.inodes[self.inode].change(Change::Write { offset, bytes });
        result
    }

    fn preallocate(&self, length: u64) -> io::Result<()> {
        let mut state = self.disk.enter()?;
        let then = state.judge_whole(Operation::Allocate)?;
        let length = usize::try_from(length).map_err(|_| io::ErrorKind::FileTooLarge)?;
        state.extend(self.inode, length)?;
        let start = state.inodes[self.inode].cache.len();
        if start < length {
            state.inodes[self.inode].change(Change::Length(length));
            if let Some(mut bytes) = state.stale.clone() {
                bytes.resize(length, 0);
                let bytes = bytes.split_off(start);
                state.inodes[self.inode].change(Change::Write { offset: start, bytes });
            }
        }
        then
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut state = self.disk.enter()?;
        let then = state.judge_whole(Operation::Allocate)?;
        let length = usize::try_from(length).map_err(|_| io::ErrorKind::FileTooLarge)?;
        state.extend(self.inode, length)?;
        state.inodes[self.inode].change(Change::Length(length));
        then
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.disk.enter()?;
        let verdict = state.judge(Operation::Sync);
        let inode = &mut state.inodes[self.inode];
        match verdict {
            Verdict::Proceed | Verdict::Fail(Fault::DoneButFailed) => inode.sync(),
            Verdict::Fail(Fault::Error(_) | Fault::Short | Fault::Torn) => inode.unsynced.clear(),
            Verdict::Fail(Fault::Lost) | Verdict::Stop => {}
        }
        outcome(verdict)
    }

    fn len(&self) -> io::Result<u64> {
        let state = self.disk.enter()?;
        Ok(state.inodes[self.inode].cache.len() as u64)
    }
}

#[derive(Debug)]
pub(super) struct FaultyLock {
    pub(super) disk: FaultyDisk,
    pub(super) inode: usize,
}

impl DiskLock for FaultyLock {}

impl Drop for FaultyLock {
    fn drop(&mut self) {
        let mut state = self.disk.state();
        if state.locked.get(&self.inode) == Some(&self.disk.process) {
            state.locked.remove(&self.inode);
        }
    }
}
