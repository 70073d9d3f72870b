//! Large blobs of a SQLite file, in a file beside it: `2026-11-25.db-aside`.
//!
//! A page of SQLite that holds a prompt is copied four times, written into a fresh page of the kernel's cache and written
//! again at the sync: 75 µs of processor time for 32 KiB. Here the blobs of a transaction are gathered once and written behind
//! one another, past that cache: 4 µs. The cell holds where the blob lies.
//!
//! Promises: nobody above sees it: a blob longer than [`INLINE_BYTES`] is kept aside and read back whole; blobs are on the
//! disk before the transaction that names them commits, and how far the file is filled is part of that transaction
//! (`user_version`, in blocks), so that a crash leaves bytes behind the end that the next transaction overwrites; removing the
//! file beside its database removes the blobs.
//! Leaves out: giving the room of a deleted row back. A day's file goes as a whole, and what lies in it is sealed.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::disk::{Disk, DiskFile, RealDisk};

/// Longest blob that stays in its cell.
const INLINE_BYTES: usize = 64;
/// What writes past the kernel's cache are a multiple of, in place, length and memory: no disk has larger sectors.
const BLOCK_BYTES: usize = 4096;
/// How much the file grows by at once, so that its blocks lie together and the file system notes each growth once.
const GROW_MIN_BYTES: u64 = 1 << 20;
const GROW_MAX_BYTES: u64 = 64 << 20;
/// So much is gathered before it is written: enough for the disk, little enough to stay in the processor's cache.
const GATHERED_BYTES: usize = 1 << 20;
/// A buffer above this is given back when a transaction filled less than a quarter of it.
const BUFFER_KEPT_BYTES: usize = 256 << 10;

/// First bytes of a cell that names a place. A short blob that begins alike is kept aside, too, so that none is ever taken
/// for one.
const MARK: &[u8; 8] = b"\0aside\x01\0";
/// Bytes of such a cell.
pub(super) const REFERENCE_BYTES: usize = MARK.len() + 12;

/// The blobs beside a file.
pub(super) struct Aside {
    path: PathBuf,
    /// For reads, and for writes where the file system can't do without its cache.
    file: Option<Arc<dyn DiskFile>>,
    /// For writes.
    direct: Option<Arc<dyn DiskFile>>,
    /// Where this transaction's blobs begin.
    end: u64,
    /// Where those begin that are not written yet.
    at: u64,
    allocated: u64,
    pending: Blocks,
}

impl Aside {
    /// Beside the database at this path.
    pub(super) fn new(database: &Path) -> Self {
        let mut path = database.as_os_str().to_owned();
        path.push("-aside");
        Self {
            path: path.into(),
            file: None,
            direct: None,
            end: 0,
            at: 0,
            allocated: 0,
            pending: Blocks::default(),
        }
    }

    /// A transaction begins; so many blocks are filled.
    pub(super) fn begin(&mut self, blocks: u32) {
        self.end = u64::from(blocks) * BLOCK_BYTES as u64;
        self.at = self.end;
        self.pending.clear();
    }

    /// What the cell of a blob holds instead, if it is to lie aside; it is durable after [`Aside::flush`].
    pub(super) fn put(&mut self, pieces: &[impl AsRef<[u8]>]) -> io::Result<Option<[u8; REFERENCE_BYTES]>> {
        let length = pieces.iter().map(|piece| piece.as_ref().len()).sum::<usize>();
        if length == 0 || (length <= INLINE_BYTES && !begins_alike(pieces)) {
            return Ok(None);
        }
        if self.pending.len() + length > GATHERED_BYTES {
            self.write_pending()?;
        }
        let place = self.at + self.pending.len() as u64;
        pieces.iter().for_each(|piece| self.pending.push(piece.as_ref()));
        let mut reference = [0; REFERENCE_BYTES];
        reference[..8].copy_from_slice(MARK);
        reference[8..16].copy_from_slice(&place.to_le_bytes());
        reference[16..].copy_from_slice(&u32::try_from(length).map_err(io::Error::other)?.to_le_bytes());
        Ok(Some(reference))
    }

    /// Brings what was put to the disk for good. How many blocks are filled then, if that changed.
    pub(super) fn flush(&mut self) -> io::Result<Option<u32>> {
        self.write_pending()?;
        if self.at == self.end {
            return Ok(None);
        }
        opened(&mut self.file, &self.path)?.sync_data()?;
        let blocks = i32::try_from(self.at / BLOCK_BYTES as u64).map_err(|_| io::ErrorKind::FileTooLarge)?;
        Ok(u32::try_from(blocks).ok())
    }

    /// The transaction is over.
    pub(super) fn discard(&mut self) {
        self.pending.clear();
    }

    fn write_pending(&mut self) -> io::Result<()> {
        if self.pending.len() == 0 {
            return Ok(());
        }
        let bytes = self.pending.whole_blocks();
        let end = self.at + bytes.len() as u64;
        let file = opened(&mut self.file, &self.path)?;
        if self.allocated == 0 {
            self.allocated = file.len()?;
        }
        if end > self.allocated {
            let grown = self.allocated + (self.allocated / 4).clamp(GROW_MIN_BYTES, GROW_MAX_BYTES);
            file.preallocate(end.max(grown))?;
            self.allocated = end.max(grown);
        }
        let direct = match &self.direct {
            Some(direct) => direct,
            None => self.direct.insert(RealDisk.open_uncached(&self.path)?),
        };
        match direct.write_all_at(bytes, self.at) {
            // A file system that takes the flag and not the write.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                self.direct = Some(Arc::clone(file));
                file.write_all_at(bytes, self.at)?;
            }
            written => written?,
        }
        self.at = end;
        self.pending.restart();
        Ok(())
    }

    /// The blob that a cell names; `None` if the cell is a blob itself.
    pub(super) fn get(&mut self, cell: &[u8]) -> io::Result<Option<Vec<u8>>> {
        let Some(rest) = cell.strip_prefix(MARK).filter(|_| cell.len() == REFERENCE_BYTES) else {
            return Ok(None);
        };
        let (mut place, mut length) = ([0; 8], [0; 4]);
        place.copy_from_slice(&rest[..8]);
        length.copy_from_slice(&rest[8..]);
        let (place, length) = (u64::from_le_bytes(place), u32::from_le_bytes(length) as usize);
        if let Some(ahead) = place.checked_sub(self.at).filter(|_| self.pending.len() > 0) {
            let from = usize::try_from(ahead).map_err(io::Error::other)?;
            return Ok(Some(self.pending.bytes()[from..from + length].to_vec()));
        }
        let mut blob = vec![0; length];
        opened(&mut self.file, &self.path)?.read_exact_at(&mut blob, place)?;
        Ok(Some(blob))
    }
}

/// Whether a blob could be taken for a reference.
fn begins_alike(pieces: &[impl AsRef<[u8]>]) -> bool {
    let head = pieces.iter().flat_map(AsRef::as_ref).take(MARK.len());
    head.eq(MARK.iter())
}

fn opened<'a>(file: &'a mut Option<Arc<dyn DiskFile>>, path: &Path) -> io::Result<&'a Arc<dyn DiskFile>> {
    Ok(match file {
        Some(file) => file,
        None => {
            let open = match RealDisk.create(path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => RealDisk.open(path)?,
                created => created?,
            };
            file.insert(open)
        }
    })
}

/// A growing buffer that begins at a block's boundary in memory.
#[derive(Default)]
struct Blocks {
    memory: Vec<u8>,
    start: usize,
    length: usize,
}

impl Blocks {
    const fn len(&self) -> usize {
        self.length
    }

    fn bytes(&self) -> &[u8] {
        &self.memory[self.start..self.start + self.length]
    }

    fn push(&mut self, bytes: &[u8]) {
        self.make_room(bytes.len());
        let from = self.start + self.length;
        self.memory[from..from + bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
    }

    /// Up to the next boundary, filled up with zeros.
    fn whole_blocks(&mut self) -> &[u8] {
        let whole = self.length.next_multiple_of(BLOCK_BYTES);
        self.make_room(whole - self.length);
        self.memory[self.start + self.length..self.start + whole].fill(0);
        &self.memory[self.start..self.start + whole]
    }

    const fn restart(&mut self) {
        self.length = 0;
    }

    fn clear(&mut self) {
        let wasteful = self.memory.len() > BUFFER_KEPT_BYTES && self.length < self.memory.len() / 4;
        self.length = 0;
        if wasteful {
            *self = Self::default();
        }
    }

    fn make_room(&mut self, more: usize) {
        if self.start + self.length + more <= self.memory.len() {
            return;
        }
        let wanted = (self.length + more).max(2 * self.memory.len()).max(4 * BLOCK_BYTES);
        let memory = vec![0; wanted + BLOCK_BYTES];
        // Where no alignment can be told, writes past the cache fail and go through it.
        let start = memory.as_ptr().align_offset(BLOCK_BYTES);
        let start = if start < BLOCK_BYTES { start } else { 0 };
        let old = std::mem::replace(
            self,
            Self {
                memory,
                start,
                length: 0,
            },
        );
        self.push(old.bytes());
    }
}
