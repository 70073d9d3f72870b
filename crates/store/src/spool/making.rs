//! Segments on their way in and out: made ahead, used again, removed.
//!
//! Promises: numbers are given in the order in which segments are used; a file that is no spare any more, because its removal
//! or its renaming was tried, never becomes one again, whatever came of that (the name may be gone while the call failed); what
//! a segment held goes with the load: [`REUSE_WITHIN`].
//! Leaves out what a segment's bytes are: `segment`.

use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::background::remove;
use super::segment::{self, SegmentName};
use super::tail::Live;
use super::writer::{RETRY, Writer};
use super::{FullReason, SpoolError};

/// How long ago a segment's first record was written for it to be used again once it is applied, and how long it may wait for
/// that. Under less load segments are removed, so that what they held is gone.
const REUSE_WITHIN: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Making {
    next: u32,
    rest_until: Duration,
    blocked: FullReason,
    /// Numbers under which a file may lie that is none of the segments: to be removed.
    strays: Vec<u32>,
}

impl Default for Making {
    fn default() -> Self {
        Self {
            next: 0,
            rest_until: Duration::ZERO,
            blocked: FullReason::Limit,
            strays: Vec::new(),
        }
    }
}

impl Writer {
    /// Makes one more segment if the limits allow it, whoever calls first.
    pub(super) fn make_segment(&self) -> Result<(), FullReason> {
        let before = self.tail().segments();
        let mut making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let tail = self.tail();
            if tail.segments() > before && tail.room() > tail.claims {
                return Ok(());
            }
            let ahead = tail.preallocated() + self.segment_bytes;
            let used = (tail.segments() + 1) * self.segment_bytes + self.foreign_bytes.load(Ordering::Relaxed);
            if used > self.limit || ahead > self.preallocated_max() {
                return Err(FullReason::Limit);
            }
        }
        if self.clock.monotonic() < making.rest_until {
            return Err(making.blocked);
        }
        let name = SegmentName {
            instance: self.instance,
            number: making.next,
        };
        making.next += 1;
        match segment::prepare(&*self.disk, &self.folder, name, self.segment_bytes, self.clock.now()) {
            Ok(spare) => {
                self.tail().spares.push_back(spare);
                Ok(())
            }
            Err(error) => {
                making.blocked = blocked_by(&error);
                making.rest_until = self.clock.monotonic() + RETRY;
                tracing::warn!(error = %error, "the spool can't prepare a segment");
                Err(making.blocked)
            }
        }
    }

    /// Lets the oldest segment go, durably: under load it becomes the next one, else it is removed. The caller knows that
    /// nothing in it is needed.
    pub(super) fn remove_oldest(&self, number: u32) -> Result<(), SpoolError> {
        if self.reuse_oldest(number) {
            return Ok(());
        }
        self.remove_segment(number)?;
        let mut tail = self.tail();
        if tail.live.front().is_some_and(|oldest| oldest.number == number) {
            tail.live.pop_front();
        }
        Ok(())
    }

    /// Removes what was made ready for use again and is not used after all: what it held before ends with it.
    pub(super) fn remove_stale(&self) -> Result<(), SpoolError> {
        let now = self.clock.monotonic();
        let mut making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let mut tail = self.tail();
            while let Some(stale) = tail.take_stale_spare(now, REUSE_WITHIN) {
                making.strays.push(stale.number);
            }
        }
        while let Some(stray) = making.strays.last().copied() {
            self.remove_segment(stray)?;
            making.strays.pop();
        }
        Ok(())
    }

    pub(super) fn remove_segment(&self, number: u32) -> Result<(), SpoolError> {
        let name = SegmentName {
            instance: self.instance,
            number,
        };
        remove(self, &name.path(&self.folder))
    }

    /// The numbers of all files of this instance.
    pub(super) fn all_numbers(&self) -> Vec<u32> {
        let making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        let tail = self.tail();
        let live = tail.live.iter().map(|live| live.number);
        let spares = tail.spares.iter().map(|spare| spare.number);
        live.chain(spares).chain(making.strays.iter().copied()).collect()
    }

    /// Makes the oldest segment, which is applied, the next one, if so many are used that it pays. False when it is to be
    /// removed instead.
    fn reuse_oldest(&self, number: u32) -> bool {
        let mut making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.monotonic();
        let applied = {
            let tail = self.tail();
            let is_hot = |oldest: &&Live| oldest.number == number && now.saturating_sub(oldest.since) < REUSE_WITHIN;
            let wanted = tail.preallocated() + self.segment_bytes <= self.preallocated_max();
            let oldest = tail.live.front().filter(is_hot).filter(|_| wanted);
            oldest.map(|oldest| Arc::clone(&oldest.file))
        };
        let Some(file) = applied.filter(|_| self.writable() && !self.ended()) else {
            return false;
        };
        let name = SegmentName {
            instance: self.instance,
            number: making.next,
        };
        making.next += 1;
        let times = (self.clock.now(), now);
        match segment::reuse(
            &*self.disk,
            &self.folder,
            (number, &file),
            name,
            self.segment_bytes,
            times,
        ) {
            Ok(spare) => {
                let mut tail = self.tail();
                tail.live.pop_front();
                tail.spares.push_back(spare);
                true
            }
            Err(error) => {
                tracing::warn!(error = %error, "the spool can't use a segment again");
                making.strays.push(name.number);
                false
            }
        }
    }
}

fn blocked_by(error: &io::Error) -> FullReason {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => FullReason::DiskFull,
        _ => FullReason::Unwritable,
    }
}
