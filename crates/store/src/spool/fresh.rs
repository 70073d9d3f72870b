//! What was written a moment ago, still in memory: the applier takes it from here and need not read it back.
//!
//! Promises: memory is bounded by `spool.memory`, whoever holds it at the moment; what doesn't fit is read from its segment, and
//! nothing else depends on being here. Bytes come here only after their write succeeded, so they are those of the segment.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

/// The records of one write.
#[derive(Debug)]
pub(super) struct Fresh {
    pub(super) segment: u32,
    pub(super) start: u64,
    bytes: Bytes,
    #[expect(dead_code, reason = "held for its drop")]
    room: Room,
}

/// The writer's end: takes records in while there is room.
#[derive(Debug)]
pub(super) struct Keeping {
    limit: usize,
    used: Arc<AtomicUsize>,
    written: VecDeque<Fresh>,
}

/// The applier's end: records in the order in which they were written, found by their place.
#[derive(Debug, Default)]
pub(super) struct Kept {
    written: VecDeque<Fresh>,
    /// Where the last one was found: the next one asked for is mostly there or behind it.
    hint: AtomicUsize,
}

/// A part of the memory, given back when dropped.
#[derive(Debug)]
struct Room {
    used: Arc<AtomicUsize>,
    bytes: usize,
}

impl Drop for Room {
    fn drop(&mut self) {
        self.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Keeping {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            used: Arc::default(),
            written: VecDeque::new(),
        }
    }

    /// Whether a buffer of so many bytes may stay. Only the tail's lock asks, so that the answer holds until [`Self::keep`].
    pub(super) fn has_room(&self, capacity: usize) -> bool {
        self.used.load(Ordering::Relaxed) + capacity <= self.limit
    }

    /// Keeps what stands behind `from` in a buffer that was written to this place.
    pub(super) fn keep(&mut self, segment: u32, start: u64, buffer: Vec<u8>, from: usize) {
        let room = Room {
            used: Arc::clone(&self.used),
            bytes: buffer.capacity(),
        };
        self.used.fetch_add(room.bytes, Ordering::Relaxed);
        self.written.push_back(Fresh {
            segment,
            start,
            bytes: Bytes::from(buffer).slice(from..),
            room,
        });
    }

    /// Hands over what was written since the last time.
    pub(super) fn take(&mut self) -> VecDeque<Fresh> {
        std::mem::take(&mut self.written)
    }
}

impl Kept {
    pub(super) fn extend(&mut self, written: VecDeque<Fresh>) {
        self.written.extend(written);
    }

    /// `length` bytes at a place, if one write brought them all.
    pub(super) fn get(&self, segment: u32, offset: u64, length: usize) -> Option<Bytes> {
        let found = self.find(segment, offset)?;
        let from = usize::try_from(offset - found.start).ok()?;
        let to = from.checked_add(length).filter(|to| *to <= found.bytes.len())?;
        Some(found.bytes.slice(from..to))
    }

    /// Where the first write behind a place begins, if it is in the same segment.
    pub(super) fn next_start(&self, segment: u32, offset: u64) -> Option<u64> {
        let next = self.written.partition_point(|fresh| fresh.place() <= (segment, offset));
        let next = self.written.get(next).filter(|fresh| fresh.segment == segment)?;
        Some(next.start)
    }

    /// Gives back what was written before a place.
    pub(super) fn forget_before(&mut self, segment: u32, offset: u64) {
        let is_before = |fresh: &Fresh| (fresh.segment, fresh.end()) <= (segment, offset);
        while self.written.front().is_some_and(is_before) {
            self.written.pop_front();
        }
        self.hint.store(0, Ordering::Relaxed);
    }

    fn find(&self, segment: u32, offset: u64) -> Option<&Fresh> {
        let hint = self.hint.load(Ordering::Relaxed);
        let near = [hint, hint + 1].into_iter().find(|at| {
            let fresh = self.written.get(*at);
            fresh.is_some_and(|fresh| fresh.segment == segment && (fresh.start..fresh.end()).contains(&offset))
        });
        let at = match near {
            Some(at) => at,
            None => {
                let behind = self.written.partition_point(|fresh| fresh.place() <= (segment, offset));
                behind.checked_sub(1)?
            }
        };
        self.hint.store(at, Ordering::Relaxed);
        self.written
            .get(at)
            .filter(|fresh| fresh.segment == segment && offset < fresh.end())
    }
}

impl Fresh {
    fn place(&self) -> (u32, u64) {
        (self.segment, self.start)
    }

    fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(keeping: &mut Keeping) -> Kept {
        let mut kept = Kept::default();
        kept.extend(keeping.take());
        kept
    }

    #[test]
    fn what_was_written_is_found_by_its_place_and_by_no_other() {
        let mut keeping = Keeping::new(1 << 20);
        keeping.keep(1, 100, b"headabcd".to_vec(), 4);
        keeping.keep(1, 104, b"efgh".to_vec(), 0);
        keeping.keep(2, 100, b"ijkl".to_vec(), 0);
        let mut kept = kept(&mut keeping);
        for (segment, offset, length, expected) in [
            (1, 100, 4, Some("abcd")),
            (1, 105, 2, Some("fg")),
            (2, 100, 4, Some("ijkl")),
            (1, 102, 4, None),
            (1, 99, 1, None),
            (1, 108, 1, None),
            (2, 104, 1, None),
            (3, 100, 1, None),
        ] {
            let found = kept.get(segment, offset, length);
            assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{segment} {offset}");
        }
        assert_eq!(kept.next_start(1, 50), Some(100));
        assert_eq!(kept.next_start(1, 100), Some(104));
        assert_eq!(kept.next_start(1, 104), None);
        kept.forget_before(1, 106);
        assert!(kept.get(1, 100, 4).is_none() && kept.get(1, 104, 4).is_some());
    }

    #[test]
    fn memory_is_bounded_until_it_is_given_back() {
        let mut keeping = Keeping::new(10);
        keeping.keep(1, 0, vec![0; 6], 0);
        assert!(!keeping.has_room(6) && keeping.has_room(4));
        let mut kept = kept(&mut keeping);
        assert!(!keeping.has_room(6), "whoever holds it");
        kept.forget_before(1, 6);
        assert!(keeping.has_room(10));
    }
}
