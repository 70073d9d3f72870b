//! Carrying open streams forward: when half the limit is used, the pieces of open streams in the oldest segment are written
//! again at the tail, so that a slow stream doesn't keep everything behind it.
//!
//! Promises: a copy is idempotent by generation and piece (the last one counts) and always precedes the stream's closing:
//! under the tail's lock a closing takes its stream out of `carrying`, and a copy is only written for a stream that is
//! in. A stream is put in first; then everything written up to that moment is read, so that one which was closed before is
//! known to be. Nothing is carried that fills more than half of the segment it would free.

use base::ids::GenerationId;

use super::SpoolError;
use super::applier::Applier;
use super::frame::Frame;
use super::scan::Place;
use super::tail::Room;
use super::writer::Writer;

/// Streams that are about to be carried out of a segment.
#[derive(Debug)]
pub(super) struct Carry {
    segment: u32,
    streams: Vec<GenerationId>,
    /// What has to be read before: segment and offset.
    barrier: (u32, u64),
}

impl Applier {
    pub(super) fn carry_forward(&mut self) -> Result<(), SpoolError> {
        match self.carry.take() {
            None => self.carry = self.plan_carry(),
            Some(carry) if self.own.has_read(carry.barrier.0, carry.barrier.1) => {
                let copied = self.copy(&carry);
                self.spool.writer.carry_nothing();
                self.carried += copied?;
            }
            waiting => self.carry = waiting,
        }
        Ok(())
    }

    fn plan_carry(&self) -> Option<Carry> {
        let writer = &self.spool.writer;
        if writer.used_bytes() <= writer.limit / 2 || self.own.segments.len() < 2 {
            return None;
        }
        let oldest = self
            .own
            .segments
            .front()
            .filter(|oldest| oldest.read && oldest.pins > 0)?;
        let mut streams = Vec::new();
        let (mut pins, mut bytes) = (0, 0);
        for (generation, stream) in &self.own.open {
            let here = stream.pieces.iter().filter(|(_, place)| place.segment == oldest.number);
            let before = pins;
            for (_, place) in here {
                pins += 1;
                bytes += u64::from(place.size);
            }
            if pins > before {
                streams.push(*generation);
            }
        }
        if pins != oldest.pins || bytes > writer.segment_bytes / 2 {
            return None;
        }
        let barrier = writer.carry(&streams)?;
        Some(Carry {
            segment: oldest.number,
            streams,
            barrier,
        })
    }

    fn copy(&self, carry: &Carry) -> Result<u64, SpoolError> {
        let mut copied = 0;
        for generation in &carry.streams {
            let Some(stream) = self.own.open.get(generation) else {
                continue;
            };
            let here = stream
                .pieces
                .iter()
                .map(|(_, place)| *place)
                .filter(|place| place.segment == carry.segment);
            for place in here.collect::<Vec<Place>>() {
                let record = self.own.record(place).map_err(|error| SpoolError::Disk {
                    doing: "read a record to carry forward",
                    error,
                })?;
                if !self
                    .spool
                    .writer
                    .write_carried(&mut Frame::again(*generation, record.to_vec()))?
                {
                    break;
                }
                copied += 1;
            }
        }
        Ok(copied)
    }
}

impl Writer {
    /// Declares streams as being carried. Returns what was written up to now; `None` when nothing was.
    fn carry(&self, streams: &[GenerationId]) -> Option<(u32, u64)> {
        let mut tail = self.tail();
        let active = tail.live.back()?;
        let barrier = (active.number, active.end);
        tail.carrying = streams.iter().copied().collect();
        Some(barrier)
    }

    fn carry_nothing(&self) {
        self.tail().carrying.clear();
    }

    /// Writes a copy, unless its stream was closed or there is no room.
    fn write_carried(&self, frame: &mut Frame) -> Result<bool, SpoolError> {
        let written = {
            let mut tail = self.tail();
            if !tail.carrying.contains(&frame.generation()) {
                return Ok(false);
            }
            tail.write(frame, 0, Room::Free, || self.clock.monotonic())
        };
        let written = written.map_err(|error| self.fail("carry a record forward", error))?;
        self.wake();
        Ok(written.is_some())
    }
}
