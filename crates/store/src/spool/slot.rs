//! One request's place in the spool: a typestate by ownership. Reserved, appended to, closed or dropped.
//!
//! Promises: the closing of a reserved slot fits; a slot that is dropped after its head was written is settled as
//! interrupted, one dropped before leaves nothing. Nothing here waits for a sync.

use std::sync::Arc;

use base::ids::GenerationId;
use tokio::sync::watch;

use super::frame::{Content, Frame, Kind};
use super::tail::{HEAD_BYTES, Room, SLOT_BYTES, Written};
use super::writer::Progress;
use super::{Durability, Spool, SpoolError};

/// Whether content went to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It did.
    Yes,
    /// No room or no working disk: the answer goes on, its record will say that content is missing.
    No,
}

/// A closed generation.
#[derive(Debug)]
pub struct Closed {
    /// Its sequence in this instance.
    pub seq: u64,
    /// Whether all its content was kept.
    pub kept: Kept,
    /// With [`Durability::Disk`]: what the answer's end has to wait for.
    pub synced: Option<Synced>,
}

/// A claim on room for one generation. See the module.
#[derive(Debug)]
pub struct Slot {
    spool: Arc<Spool>,
    claim: u64,
    pieces: u32,
    content: Content,
    opened: Option<GenerationId>,
}

impl Slot {
    pub(super) fn new(spool: Arc<Spool>) -> Self {
        Self {
            spool,
            claim: SLOT_BYTES as u64,
            pieces: 0,
            content: Content::Complete,
            opened: None,
        }
    }

    /// Writes an opening or further pieces. After the first [`Kept::No`] no more content is taken.
    ///
    /// # Errors
    /// Only for an opening, whose money part must be on disk before the work begins: refuse the request.
    ///
    /// # Panics
    /// When the frame holds a closing record.
    pub fn append(&mut self, mut frame: Frame) -> Result<Kept, SpoolError> {
        assert!(!frame.kind().ends(), "a closing record goes to `close`");
        frame.finish();
        let opening = frame.first_kind() == Kind::Open;
        let generation = frame.generation();
        if self.content == Content::Complete {
            let pieces = frame.number(self.pieces, Content::Complete);
            match self.spool.writer.write(&mut frame, 0, self.room(opening)) {
                Ok(Some(_)) => {
                    self.pieces = pieces;
                    self.note_written(opening, generation);
                    return Ok(Kept::Yes);
                }
                Err(error) if opening => return Err(error),
                Ok(None) | Err(_) => self.content = Content::Incomplete,
            }
        }
        if opening {
            self.append_head(frame)?;
        }
        Ok(Kept::No)
    }

    /// Writes the closing record, with further pieces before it if the buffer holds them. When this returns, the answer
    /// counts even if the process is killed; only now may its last byte leave.
    ///
    /// # Errors
    /// The record is not on disk: the answer must not look complete. If the slot was opened, it is settled as interrupted.
    ///
    /// # Panics
    /// When the frame doesn't end with a closing record.
    pub fn close(mut self, mut frame: Frame) -> Result<Closed, SpoolError> {
        assert!(frame.kind() == Kind::Close, "a slot is closed by a closing record");
        frame.finish();
        let from = if self.content == Content::Complete {
            0
        } else {
            frame.last()
        };
        let size = frame.size() - frame.last();
        frame.number(self.pieces, self.content);
        let mut written = self.spool.writer.write(&mut frame, from, Room::Claimed(self.claim))?;
        if written.is_none() && frame.last() > from {
            self.content = Content::Incomplete;
            frame.number(self.pieces, self.content);
            let last = frame.last();
            written = self.spool.writer.write(&mut frame, last, Room::Claimed(self.claim))?;
        }
        let written = written.ok_or(SpoolError::TooLarge { size })?;
        self.claim = 0;
        self.opened = None;
        Ok(self.closed(written))
    }

    fn closed(&self, written: Written) -> Closed {
        Closed {
            seq: written.seq,
            kept: if self.content == Content::Complete {
                Kept::Yes
            } else {
                Kept::No
            },
            synced: (self.spool.writer.durability == Durability::Disk).then(|| Synced::new(&self.spool, written.write)),
        }
    }

    /// The opening without its sealed part, in the claimed room.
    fn append_head(&mut self, mut frame: Frame) -> Result<(), SpoolError> {
        frame.drop_sealed();
        let pieces = frame.number(self.pieces, Content::Complete);
        let size = frame.size();
        if size > HEAD_BYTES {
            return Err(SpoolError::TooLarge { size });
        }
        self.spool
            .writer
            .write(&mut frame, 0, self.room(true))?
            .ok_or(SpoolError::TooLarge { size })?;
        self.pieces = pieces;
        self.note_written(true, frame.generation());
        Ok(())
    }

    fn room(&self, opening: bool) -> Room {
        if opening && self.holds_head_claim() {
            Room::Claimed(HEAD_BYTES as u64)
        } else {
            Room::Free
        }
    }

    fn note_written(&mut self, opening: bool, generation: GenerationId) {
        if opening && self.holds_head_claim() {
            self.claim -= HEAD_BYTES as u64;
        }
        self.opened = Some(generation);
    }

    fn holds_head_claim(&self) -> bool {
        self.claim == SLOT_BYTES as u64
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        match self.opened {
            Some(generation) => self
                .spool
                .writer
                .interrupt(generation, self.claim, self.pieces, self.content),
            None if self.claim > 0 => self.spool.writer.release(self.claim),
            None => {}
        }
    }
}

/// Waits for the sync that covers a record.
#[derive(Debug)]
pub struct Synced {
    progress: watch::Receiver<Progress>,
    write: u64,
    faults: u64,
}

impl Synced {
    fn new(spool: &Spool, write: u64) -> Self {
        let progress = spool.writer.progress.subscribe();
        let faults = progress.borrow().faults;
        Self {
            progress,
            write,
            faults,
        }
    }

    /// Returns once the record is durable.
    ///
    /// # Errors
    /// [`SpoolError::NotSynced`] when the sync failed or the spool was closed before.
    pub async fn wait(mut self) -> Result<(), SpoolError> {
        let (write, faults) = (self.write, self.faults);
        let reached = self
            .progress
            .wait_for(|now| now.synced_writes >= write || now.faults > faults)
            .await;
        match reached {
            Ok(now) if now.synced_writes >= write => Ok(()),
            Ok(_) | Err(_) => Err(SpoolError::NotSynced),
        }
    }
}
