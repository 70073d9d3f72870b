//! What the applier hands out: marks to tell, batches for a day and for the books; and how they are read from a segment.
//!
//! Leaves out the order of steps: `applier`.

use std::collections::VecDeque;
use std::io;

use base::ids::{GenerationId, InstanceId};
use base::time::Day;
use bytes::Bytes;

use super::held::Ended;
use super::source::Source;

/// Bounds of a batch. One generation is always taken, however large.
#[derive(Clone, Copy, Debug)]
pub struct Batches {
    /// Most generations.
    pub records: usize,
    /// Most bytes of their records.
    pub bytes: u64,
}

impl Default for Batches {
    fn default() -> Self {
        Self {
            records: 8192,
            bytes: 16 << 20,
        }
    }
}

/// What is to be done next.
#[derive(Debug)]
pub enum Step {
    /// Tell the instance's high-water mark of this place by [`super::Applier::marked`].
    Mark {
        /// Whose.
        instance: InstanceId,
        /// Where.
        place: Mark,
    },
    /// Write these into the day's file, with the mark.
    Day(DayBatch),
    /// Write these into the books, with the mark.
    Main(MainBatch),
    /// Nothing to do: [`super::Spool::due`] says when there may be.
    Idle,
}

/// Where a mark stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// In the main file.
    Main,
    /// In the file of a day.
    Day(Day),
}

/// Generations of one day.
#[derive(Debug)]
pub struct DayBatch {
    /// The instance that wrote them.
    pub instance: InstanceId,
    /// The day of their acceptance.
    pub day: Day,
    /// In the order of their sequences.
    pub settled: Vec<Settled>,
    /// The mark to write with them.
    pub mark: u64,
}

/// Generations of any days, without content.
#[derive(Debug)]
pub struct MainBatch {
    /// The instance that wrote them.
    pub instance: InstanceId,
    /// In the order of their sequences; may be empty, then only the mark is written.
    pub postings: Vec<Posting>,
    /// The mark to write with them.
    pub mark: u64,
}

/// A generation with its content.
#[derive(Debug)]
pub struct Settled {
    /// Which.
    pub generation: GenerationId,
    /// Its sequence.
    pub seq: u64,
    /// What it is worth.
    pub money: Money,
    /// The sealed part of its closing record; empty when interrupted.
    pub sealed: Bytes,
    /// The sealed parts of opening and pieces in their order, without empty ones.
    pub pieces: Vec<Bytes>,
    /// Whether all content was kept.
    pub complete: bool,
}

/// What the books need of a generation.
#[derive(Debug)]
pub struct Posting {
    /// Which.
    pub generation: GenerationId,
    /// Its sequence.
    pub seq: u64,
    /// What it is worth.
    pub money: Money,
}

/// The money part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Money {
    /// Of the closing record.
    Closed(Bytes),
    /// Nobody closed it: the process or the request ended before.
    Interrupted {
        /// The opening's money part.
        opening: Bytes,
        /// The last money part of a piece, if any had one.
        latest: Option<Bytes>,
    },
}

pub(super) fn batch_length(queue: &VecDeque<Ended>, most: usize, most_bytes: u64) -> usize {
    let mut bytes = 0;
    let fits = queue.iter().take(most).take_while(|ended| {
        let first = bytes == 0;
        let places = ended.pieces.iter().map(|(_, place)| place).chain(ended.close.iter());
        bytes += places.map(|place| u64::from(place.size)).sum::<u64>();
        first || bytes <= most_bytes
    });
    fits.count()
}

pub(super) fn settled(source: &Source, ended: &Ended) -> io::Result<Settled> {
    let mut latest = None;
    let mut opening = Bytes::new();
    let mut pieces = Vec::with_capacity(ended.pieces.len());
    for (_, place) in &ended.pieces {
        let (money, sealed) = source.record_parts(*place)?;
        if Some(*place) == ended.opening {
            opening = money;
        } else if !money.is_empty() {
            latest = Some(money);
        }
        if !sealed.is_empty() {
            pieces.push(sealed);
        }
    }
    let (money, sealed) = match ended.close {
        Some(place) => {
            let (money, sealed) = source.record_parts(place)?;
            (Money::Closed(money), sealed)
        }
        None => (Money::Interrupted { opening, latest }, Bytes::new()),
    };
    Ok(Settled {
        generation: ended.generation,
        seq: ended.seq,
        money,
        sealed,
        pieces,
        complete: ended.complete,
    })
}

pub(super) fn posting(source: &Source, ended: &Ended) -> io::Result<Posting> {
    let money = match ended.close {
        Some(place) => Money::Closed(source.record_parts(place)?.0),
        None => settled(source, ended)?.money,
    };
    Ok(Posting {
        generation: ended.generation,
        seq: ended.seq,
        money,
    })
}
