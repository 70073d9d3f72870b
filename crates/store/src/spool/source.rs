//! The records of one instance, living or dead: which generations are open, which wait to be applied, what pins a segment.
//!
//! Promises: memory is bounded by the places of open streams and of the closings of one batch: contents stay in the segment.
//! A dead instance's open streams are settled as interrupted **without writing**: their sequences are the numbers after
//! the last one in its segments, in the order of their first records. That assignment is the same whenever it is made anew,
//! because each segment is made durable before it is read, and once the assignment is made none goes before all is applied: so a crash in
//! the middle of an adoption repeats it, and the marks skip what was done. It works on a full disk; on a read-only one it waits.
//! Leaves out the order of steps: `applier`.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::path::Path;

use base::ids::{GenerationId, InstanceId};
use bytes::Bytes;

use super::frame::{HEADER_BYTES, Kind, parts};
use super::fresh::Fresh;
use super::held::{Ended, Marks, Segment, Stream};
use super::scan::{Found, Place, Position, Window};
use super::segment::SegmentName;
use super::tail::Live;
use crate::disk::{Disk, DiskLock};

#[derive(Debug)]
pub(super) struct Source {
    pub(super) instance: InstanceId,
    pub(super) life: Life,
    pub(super) segments: VecDeque<Segment>,
    /// The number of the segment being read, and how far it is read.
    reading: Option<(u32, Position)>,
    pub(super) open: HashMap<GenerationId, Stream>,
    pub(super) queue: VecDeque<Ended>,
    last_seq: u64,
    pub(super) marks: Marks,
    pub(super) window: Window,
    /// Records whose payload was lost.
    pub(super) damaged: u64,
}

/// Whether more can come.
#[derive(Debug)]
pub(super) enum Life {
    /// This process writes it.
    Own,
    /// Its process is dead; the lock keeps other adopters out.
    Dead(Box<dyn DiskLock>),
    /// As before, and its open streams are in the queue.
    Settled(#[expect(dead_code, reason = "held for its drop")] Box<dyn DiskLock>),
}

impl Source {
    /// This process's own, from its first record on.
    pub(super) fn own(instance: InstanceId) -> Self {
        Self::new(instance, Life::Own, Marks::fresh(), VecDeque::new())
    }

    /// A dead instance's.
    pub(super) fn dead(
        disk: &dyn Disk,
        folder: &Path,
        instance: InstanceId,
        lock: Box<dyn DiskLock>,
    ) -> io::Result<Self> {
        let mut segments = VecDeque::new();
        let names = disk.list(folder)?.into_iter().filter_map(|path| SegmentName::of(&path));
        for name in names.filter(|name| name.instance == instance) {
            segments.push_back(Segment::left(disk, folder, name)?);
        }
        Ok(Self::new(instance, Life::Dead(lock), Marks::default(), segments))
    }

    fn new(instance: InstanceId, life: Life, marks: Marks, segments: VecDeque<Segment>) -> Self {
        Self {
            instance,
            life,
            segments,
            reading: None,
            open: HashMap::new(),
            queue: VecDeque::new(),
            last_seq: 0,
            marks,
            window: Window::default(),
            damaged: 0,
        }
    }

    /// Learns what the living writer has written and synced since.
    pub(super) fn follow(&mut self, live: &VecDeque<Live>, fresh: VecDeque<Fresh>) {
        self.window.fresh.extend(fresh);
        let active = live.back().map(|active| active.number);
        for written in live {
            let finished = Some(written.number) != active;
            let known = self.segments.back().map_or(0, |last| last.number + 1);
            if written.number >= known {
                self.segments.push_back(Segment::living(written));
            }
            if let Some(segment) = self
                .segments
                .iter_mut()
                .find(|segment| segment.number == written.number)
            {
                segment.end = written.synced;
                segment.finished = finished && written.synced == written.end;
            }
        }
    }

    /// Reads on until `most` closings wait or there is no more to read. A dead instance's open streams are closed then.
    pub(super) fn read(&mut self, most: usize) -> io::Result<()> {
        while self.queue.len() < most {
            let Some(index) = self.segments.iter().position(|segment| !segment.read) else {
                break;
            };
            let segment = &mut self.segments[index];
            if !segment.durable {
                segment.make_durable(&mut self.window)?;
            }
            let (_, mut position) = match self.reading {
                Some(reading) if reading.0 == segment.number => reading,
                _ => (segment.number, Position::first(segment.chain)),
            };
            // A batch is what the window holds: its records need not be read again.
            if !self.queue.is_empty() && !self.window.holds(segment.number, position) {
                return Ok(());
            }
            let found = position.next(segment.number, &*segment.file, segment.end, &mut self.window)?;
            self.reading = Some((segment.number, position));
            match found {
                Some(found) => self.take(&found),
                None if segment.finished => segment.read = true,
                None => return Ok(()),
            }
        }
        if self.queue.len() < most && matches!(self.life, Life::Dead(_)) {
            self.settle_open();
        }
        Ok(())
    }

    /// Whether all that can be read is read and applied.
    pub(super) fn drained(&self) -> bool {
        self.queue.is_empty()
            && !matches!(self.life, Life::Dead(_))
            && self.segments.iter().all(|segment| {
                segment.read
                    || self
                        .reading
                        .is_some_and(|(number, at)| number == segment.number && at.offset == segment.end)
            })
    }

    /// Whether everything up to this place was read.
    pub(super) fn has_read(&self, number: u32, offset: u64) -> bool {
        self.reading
            .is_some_and(|(reading, at)| (reading, at.offset) >= (number, offset))
    }

    fn take(&mut self, found: &Found) {
        let header = &found.header;
        self.last_seq = self.last_seq.max(header.seq);
        if let Some(segment) = self.segment(found.place.segment) {
            segment.records += 1;
            segment.generations += u32::from(header.kind != Kind::Mark);
        }
        if !found.whole {
            self.damaged += 1;
            return;
        }
        match header.kind {
            Kind::Mark => {}
            Kind::Open | Kind::Piece => self.take_piece(found),
            Kind::Close => {
                let stream = self.open.remove(&header.generation).unwrap_or_default();
                let kept = stream.pieces.len() == header.piece as usize;
                self.pin(found.place);
                self.end(
                    header.generation,
                    header.seq,
                    Some(found.place),
                    stream,
                    !header.incomplete && kept,
                );
            }
            Kind::Interrupted => {
                let stream = self.open.remove(&header.generation).unwrap_or_default();
                let kept = stream.pieces.len() == header.piece as usize;
                self.end(header.generation, header.seq, None, stream, !header.incomplete && kept);
            }
        }
    }

    fn take_piece(&mut self, found: &Found) {
        self.pin(found.place);
        let stream = self.open.entry(found.header.generation).or_default();
        if found.header.kind == Kind::Open {
            stream.opening = Some(found.place);
        }
        let number = found.header.piece;
        let older = match stream.pieces.binary_search_by_key(&number, |(number, _)| *number) {
            Ok(at) => Some(std::mem::replace(&mut stream.pieces[at], (number, found.place)).1),
            Err(at) => {
                stream.pieces.insert(at, (number, found.place));
                None
            }
        };
        if let Some(older) = older {
            self.unpin(older);
        }
    }

    fn end(&mut self, generation: GenerationId, seq: u64, close: Option<Place>, stream: Stream, complete: bool) {
        let ended = Ended {
            generation,
            seq,
            close,
            opening: stream.opening,
            pieces: stream.pieces,
            complete,
            posted: false,
        };
        // Without its head nobody knows who pays an interrupted stream: nothing of it reached a client's bill.
        let nothing = ended.close.is_none() && ended.opening.is_none();
        if nothing || self.marks.main.is_some_and(|mark| seq <= mark) {
            self.unpin_all(&ended);
        } else {
            self.queue.push_back(ended);
        }
    }

    fn settle_open(&mut self) {
        let mut open: Vec<_> = self.open.drain().collect();
        open.sort_by_key(|(_, stream)| stream.pieces.iter().map(|(_, place)| *place).min());
        for (generation, stream) in open {
            let complete = stream
                .pieces
                .last()
                .is_some_and(|(last, _)| *last as usize + 1 == stream.pieces.len());
            if stream.opening.is_some() {
                self.last_seq += 1;
            }
            self.end(generation, self.last_seq, None, stream, complete);
        }
        self.life = match std::mem::replace(&mut self.life, Life::Own) {
            Life::Dead(lock) => Life::Settled(lock),
            other => other,
        };
    }

    /// The last sequence that is applied, with all before it.
    pub(super) fn applied_seq(&self) -> u64 {
        self.queue.front().map_or(self.last_seq, |first| first.seq - 1)
    }

    /// Takes the first `count` closings out of the queue: they are applied.
    pub(super) fn forget_applied(&mut self, count: usize) {
        for ended in self.queue.drain(..count).collect::<Vec<_>>() {
            self.unpin_all(&ended);
        }
        let waiting = self.queue.front().and_then(|next| {
            let first = next.pieces.first().map(|(_, place)| *place).or(next.close)?;
            Some((first.segment, u64::from(first.offset)))
        });
        let reading = self.reading.map(|(segment, position)| (segment, position.offset));
        if let Some((segment, offset)) = waiting.or(reading) {
            self.window.fresh.forget_before(segment, offset);
        }
    }

    /// The oldest segment if it can go: read, everything in it applied, and the sequence known from a later one. Strictly
    /// oldest first: a head must not outlive its closing. Once a dead instance's open streams have sequences, nothing
    /// goes before all are applied: with one of them gone, the others would be numbered anew.
    pub(super) fn removable(&self) -> Option<&Segment> {
        if matches!(self.life, Life::Settled(_)) {
            return None;
        }
        let oldest = self.segments.front()?;
        let later = self.segments.iter().skip(1).any(|segment| segment.records > 0);
        (oldest.read && oldest.pins == 0 && later).then_some(oldest)
    }

    /// A record's bytes, header and payload.
    pub(super) fn record(&self, place: Place) -> io::Result<Bytes> {
        let segment = self.segments.iter().find(|segment| segment.number == place.segment);
        let segment = segment.ok_or(io::ErrorKind::NotFound)?;
        self.window.record(&*segment.file, place)
    }

    /// Money part and sealed part of a record.
    pub(super) fn record_parts(&self, place: Place) -> io::Result<(Bytes, Bytes)> {
        let record = self.record(place)?;
        let (money, sealed) = parts(&record[HEADER_BYTES..]);
        Ok((record.slice_ref(money), record.slice_ref(sealed)))
    }

    fn pin(&mut self, place: Place) {
        if let Some(segment) = self.segment(place.segment) {
            segment.pins += 1;
        }
    }

    fn unpin(&mut self, place: Place) {
        if let Some(segment) = self.segment(place.segment) {
            segment.pins -= 1;
        }
    }

    /// The newest are asked for most.
    fn segment(&mut self, number: u32) -> Option<&mut Segment> {
        self.segments.iter_mut().rev().find(|segment| segment.number == number)
    }

    fn unpin_all(&mut self, ended: &Ended) {
        for (_, place) in &ended.pieces {
            self.unpin(*place);
        }
        if let Some(place) = ended.close {
            self.unpin(place);
        }
    }
}
