//! Where the next record goes: position, sequence, chain and claims, all under the spool's one short lock.
//!
//! Promises: claims always fit. A closing record is at most [`CLOSE_BYTES`], so a segment that is left because such a record
//! doesn't fit wastes less than that; with `room(segment) = remaining − CLOSE_BYTES`, `Σ room ≥ Σ claims` before and after
//! each write means that all claims fit in whatever order they are redeemed. Content is only written where that stays true.
//! A failed or short write changes nothing, although its bytes may have arrived: the next record goes to the same place, and if
//! it doesn't fit there, a mark is written over them before the next segment is begun. So nobody ever reads, after a crash,
//! a record that its writer took for failed and went on from.
//! Leaves out making segments and syncing them: `writer`.

use std::collections::{HashSet, VecDeque};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use base::ids::GenerationId;

use super::frame::{Frame, Kind};
use super::fresh::Keeping;
use super::segment::{Past, START_BYTES, Spare};
use crate::disk::DiskFile;

/// Most bytes of a closing record that always finds room.
pub const CLOSE_BYTES: usize = 4096;
/// Most bytes of an opening's money part, header included, that always finds room.
pub const HEAD_BYTES: usize = 1024;
/// What one reserved slot claims.
pub const SLOT_BYTES: usize = CLOSE_BYTES + HEAD_BYTES;

#[derive(Debug)]
pub(super) struct Tail {
    segment_bytes: u64,
    /// Segments with records, oldest first; the last one is written to.
    pub(super) live: VecDeque<Live>,
    pub(super) spares: VecDeque<Spare>,
    offset: u64,
    chain: u32,
    /// Whether a failed write may have left bytes at `offset`.
    unsure: bool,
    pub(super) seq: u64,
    pub(super) claims: u64,
    /// Writes so far, to tell which of them a sync covered.
    pub(super) writes: u64,
    /// Open streams whose pieces are being copied forward; a closing takes its stream out.
    pub(super) carrying: HashSet<GenerationId>,
    /// What was written since the applier asked last.
    pub(super) fresh: Keeping,
}

/// A segment with records.
#[derive(Clone, Debug)]
pub(super) struct Live {
    pub(super) number: u32,
    pub(super) file: Arc<dyn DiskFile>,
    pub(super) chain: u32,
    pub(super) end: u64,
    pub(super) synced: u64,
    /// Monotonic time since when it may hold something that is not applied.
    pub(super) since: Duration,
}

/// Whose room a record takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// What no claim needs.
    Free,
    /// The record's slot claimed this many bytes, which its writing redeems.
    Claimed(u64),
}

/// A record that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) seq: u64,
    pub(super) write: u64,
}

enum Place {
    Active,
    Next,
}

impl Tail {
    pub(super) fn new(segment_bytes: u64, memory_bytes: usize) -> Self {
        Self {
            segment_bytes,
            live: VecDeque::new(),
            spares: VecDeque::new(),
            offset: 0,
            chain: 0,
            unsure: false,
            seq: 0,
            claims: 0,
            writes: 0,
            carrying: HashSet::new(),
            fresh: Keeping::new(memory_bytes),
        }
    }

    /// Takes a claim, if it fits.
    pub(super) fn claim(&mut self, bytes: u64) -> bool {
        let fits = self.claims + bytes <= self.room();
        if fits {
            self.claims += bytes;
        }
        fits
    }

    pub(super) fn release(&mut self, bytes: u64) {
        self.claims -= bytes;
    }

    /// Writes the frame's records from `from` on with one system call. `None` when there is no room. A frame that was written
    /// is empty afterwards: its buffer may wait in memory for the applier.
    pub(super) fn write(
        &mut self,
        frame: &mut Frame,
        from: usize,
        room: Room,
        now: impl Fn() -> Duration,
    ) -> io::Result<Option<Written>> {
        let length = (frame.size() - from) as u64;
        let redeemed = match room {
            Room::Free => 0,
            Room::Claimed(bytes) => bytes,
        };
        let Some(place) = self.place(length, self.claims - redeemed) else {
            return Ok(None);
        };
        match place {
            Place::Active => self.write_active(frame, from)?,
            Place::Next => self.write_next(frame, from, now())?,
        }
        self.claims -= redeemed;
        self.writes += 1;
        Ok(Some(Written {
            seq: self.seq,
            write: self.writes,
        }))
    }

    /// Begins the next segment with a mark of the sequence, so that the one before can go. `None` without a spare.
    pub(super) fn retire(&mut self, now: impl Fn() -> Duration) -> io::Result<Option<Written>> {
        let mut mark = mark();
        if self.place_next(mark.size() as u64, self.claims).is_none() {
            return Ok(None);
        }
        self.write_next(&mut mark, 0, now())?;
        self.writes += 1;
        Ok(Some(Written {
            seq: self.seq,
            write: self.writes,
        }))
    }

    /// Bytes that claims and content can take, see the module.
    pub(super) fn room(&self) -> u64 {
        let active = self.live.back().map_or(0, |_| usable(self.segment_bytes - self.offset));
        active + self.spares.len() as u64 * usable(self.segment_bytes - START_BYTES)
    }

    /// Takes a spare that was used before and has waited for `life`, if the claims can do without it.
    pub(super) fn take_stale_spare(&mut self, now: Duration, life: Duration) -> Option<Spare> {
        if self.claims + usable(self.segment_bytes - START_BYTES) > self.room() {
            return None;
        }
        let is_stale = |spare: &Spare| matches!(spare.past, Past::Used(since) if now.saturating_sub(since) >= life);
        let at = self.spares.iter().position(is_stale)?;
        self.spares.remove(at)
    }

    /// Preallocated bytes without records.
    pub(super) fn preallocated(&self) -> u64 {
        let active = self.live.back().map_or(0, |_| self.segment_bytes - self.offset);
        active + self.spares.len() as u64 * self.segment_bytes
    }

    pub(super) fn segments(&self) -> u64 {
        (self.live.len() + self.spares.len()) as u64
    }

    fn place(&self, length: u64, claims: u64) -> Option<Place> {
        let spares = self.spares.len() as u64 * usable(self.segment_bytes - START_BYTES);
        let left = self.live.back().map_or(0, |_| self.segment_bytes - self.offset);
        if length <= left {
            return (usable(left - length) + spares >= claims).then_some(Place::Active);
        }
        self.place_next(length, claims)
    }

    fn place_next(&self, length: u64, claims: u64) -> Option<Place> {
        let others = (self.spares.len() as u64).checked_sub(1)? * usable(self.segment_bytes - START_BYTES);
        let left = (self.segment_bytes - START_BYTES).checked_sub(length)?;
        (usable(left) + others >= claims).then_some(Place::Next)
    }

    fn write_active(&mut self, frame: &mut Frame, from: usize) -> io::Result<()> {
        let active = self
            .live
            .back_mut()
            .expect("a place in the active segment means that there is one");
        let (bytes, seq, chain) = frame.stamp(from, self.seq, self.chain);
        let written = write_once(&*active.file, bytes, self.offset);
        self.unsure = written.is_err();
        written?;
        let (number, start) = (active.number, self.offset);
        self.offset += bytes.len() as u64;
        active.end = self.offset;
        self.seq = seq;
        self.chain = chain;
        let buffer = frame.take_buffer();
        if self.fresh.has_room(buffer.capacity()) {
            self.fresh.keep(number, start, buffer, from);
        }
        Ok(())
    }

    /// The next segment is taken even if the write fails, so that the next record replaces what may have arrived.
    fn write_next(&mut self, frame: &mut Frame, from: usize, now: Duration) -> io::Result<()> {
        if self.unsure {
            // It fits: no record is smaller than a mark.
            self.write_active(&mut mark(), 0)?;
        }
        let spare = self
            .spares
            .pop_front()
            .expect("a place in the next segment means that there is a spare");
        self.live.push_back(Live {
            number: spare.number,
            file: spare.file,
            chain: spare.chain,
            end: START_BYTES,
            synced: START_BYTES,
            since: now,
        });
        self.offset = START_BYTES;
        self.chain = spare.chain;
        self.write_active(frame, from)
    }
}

/// A record without a generation that carries the sequence.
pub(super) fn mark() -> Frame {
    let mut mark = Frame::new(Kind::Mark, GenerationId::from_bytes([0; 16]));
    mark.finish();
    mark
}

fn usable(remaining: u64) -> u64 {
    remaining.saturating_sub(CLOSE_BYTES as u64)
}

/// One system call; a short write counts as failed, since the rest would come too late to be one record.
fn write_once(file: &dyn DiskFile, bytes: &[u8], offset: u64) -> io::Result<()> {
    let written = file.write_at(bytes, offset)?;
    if written == bytes.len() {
        Ok(())
    } else {
        Err(io::ErrorKind::WriteZero.into())
    }
}
