//! Reading segments: record after record as far as the chain holds, from memory what was just written, the rest through
//! one window of the file.
//!
//! Promises: a record whose header doesn't continue the chain ends the segment; one whose header is whole but whose payload
//! is not (the power went between two pages) is reported as damaged and passed over.
//! Leaves out what the records mean: `source`.

use std::io;

use bytes::{Bytes, BytesMut};

use super::frame::{HEADER_BYTES, Header};
use super::fresh::Kept;
use super::segment::START_BYTES;
use crate::disk::DiskFile;

/// How much is read at once: about a batch, so that its records need not be read again. Given back when nothing has waited
/// for a while.
const WINDOW_BYTES: usize = 16 << 20;

/// Where a record lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) segment: u32,
    pub(super) offset: u32,
    pub(super) size: u32,
}

/// How far a segment is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Position {
    pub(super) offset: u64,
    chain: u32,
}

/// A record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) header: Header,
    pub(super) place: Place,
    pub(super) whole: bool,
}

/// A part of a segment in memory. Its records are handed out as parts of it, without a copy.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// What this process wrote, as far as it was kept.
    pub(super) fresh: Kept,
    segment: u32,
    start: u64,
    bytes: Bytes,
    /// How many of them are the segment's.
    filled: usize,
}

impl Position {
    pub(super) fn first(chain: u32) -> Self {
        Self {
            offset: START_BYTES,
            chain,
        }
    }

    /// The record here, if there is one before `end`, and goes on behind it.
    pub(super) fn next(
        &mut self,
        segment: u32,
        file: &dyn DiskFile,
        end: u64,
        window: &mut Window,
    ) -> io::Result<Option<Found>> {
        let Some(seen) = window.view(segment, file, self.offset, HEADER_BYTES, end)? else {
            return Ok(None);
        };
        let Some(header) = Header::read(seen.bytes(), self.chain) else {
            return Ok(None);
        };
        let Some(seen) = window.view(segment, file, self.offset, header.size(), end)? else {
            return Ok(None);
        };
        let whole = match seen {
            Seen::Fresh(_) => true,
            Seen::Read(bytes) => crc32fast::hash(&bytes[HEADER_BYTES..]) == header.payload_crc,
        };
        let place = Place {
            segment,
            offset: u32::try_from(self.offset).map_err(io::Error::other)?,
            size: u32::try_from(header.size()).map_err(io::Error::other)?,
        };
        self.offset += header.size() as u64;
        self.chain = header.crc;
        Ok(Some(Found { header, place, whole }))
    }
}

/// Bytes of a segment, and where they come from.
enum Seen<'w> {
    /// Written by this process a moment ago.
    Fresh(Bytes),
    /// Read from the file.
    Read(&'w [u8]),
}

impl Seen<'_> {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Fresh(bytes) => bytes,
            Self::Read(bytes) => bytes,
        }
    }
}

impl Window {
    /// `length` bytes at `offset`, read if need be; `None` when they reach beyond `end`.
    fn view(
        &mut self,
        segment: u32,
        file: &dyn DiskFile,
        offset: u64,
        length: usize,
        end: u64,
    ) -> io::Result<Option<Seen<'_>>> {
        let Some(left) = end
            .checked_sub(offset)
            .map(|left| usize::try_from(left).unwrap_or(usize::MAX))
        else {
            return Ok(None);
        };
        if left < length {
            return Ok(None);
        }
        if let Some(fresh) = self.fresh.get(segment, offset, length) {
            return Ok(Some(Seen::Fresh(fresh)));
        }
        if self.get(segment, offset, length).is_none() {
            let next_fresh = self.fresh.next_start(segment, offset).unwrap_or(end);
            let unknown = usize::try_from(next_fresh - offset).unwrap_or(left).min(left);
            // Nothing counts before it is read: after a failed read, no old bytes may pass for the segment's.
            self.filled = 0;
            let wanted = length.max(WINDOW_BYTES.min(unknown));
            // The same memory again, unless somebody holds a record in it.
            let memory = std::mem::take(&mut self.bytes).try_into_mut();
            let mut memory = memory.unwrap_or_else(|_| BytesMut::new());
            if memory.len() < wanted {
                memory = BytesMut::zeroed(wanted);
            }
            let read = file.read_at(&mut memory[..wanted], offset);
            self.bytes = memory.freeze();
            self.filled = read?;
            self.segment = segment;
            self.start = offset;
        }
        Ok(self.get(segment, offset, length).map(Seen::Read))
    }

    fn get(&self, segment: u32, offset: u64, length: usize) -> Option<&[u8]> {
        if segment != self.segment {
            return None;
        }
        let from = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        self.bytes[..self.filled].get(from..from.checked_add(length)?)
    }

    /// Whether the header that may stand here is in memory.
    pub(super) fn holds(&self, segment: u32, position: Position) -> bool {
        self.fresh.get(segment, position.offset, HEADER_BYTES).is_some()
            || self.get(segment, position.offset, HEADER_BYTES).is_some()
    }

    /// The record at a place, header and payload, from memory or the file.
    pub(super) fn record(&self, file: &dyn DiskFile, place: Place) -> io::Result<Bytes> {
        let (offset, size) = (u64::from(place.offset), place.size as usize);
        if let Some(fresh) = self.fresh.get(place.segment, offset, size) {
            return Ok(fresh);
        }
        if let Some(bytes) = self.get(place.segment, offset, size) {
            return Ok(self.bytes.slice_ref(bytes));
        }
        let mut bytes = vec![0; size];
        file.read_exact_at(&mut bytes, offset)?;
        Ok(bytes.into())
    }

    /// Gives the memory back.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}
