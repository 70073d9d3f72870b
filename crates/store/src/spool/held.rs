//! What a source holds in memory of its segments: how far they may be read, which generations are open or wait, which marks
//! are known.
//!
//! Leaves out how it changes: `source`.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use base::ids::GenerationId;
use base::time::{Day, Timestamp};

use super::background::write_again;
use super::scan::{Place, Position, Window};
use super::segment::{START_BYTES, SegmentName, read_start};
use super::tail::Live;
use crate::disk::{Disk, DiskFile};

#[derive(Debug)]
pub(super) struct Segment {
    pub(super) number: u32,
    pub(super) file: Arc<dyn DiskFile>,
    pub(super) chain: u32,
    /// How far it may be read.
    pub(super) end: u64,
    /// Whether nothing is added any more.
    pub(super) finished: bool,
    /// Whether what may be read is on the disk for good.
    pub(super) durable: bool,
    pub(super) read: bool,
    /// Records of generations that are not applied.
    pub(super) pins: u32,
    /// Records read in it.
    pub(super) records: u32,
    /// Those of them that belong to a generation.
    pub(super) generations: u32,
    pub(super) created: Timestamp,
}

/// A generation that is not closed.
#[derive(Debug, Default)]
pub(super) struct Stream {
    pub(super) opening: Option<Place>,
    /// By their numbers; the opening is among them.
    pub(super) pieces: Vec<(u32, Place)>,
}

/// A closed generation that waits.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) generation: GenerationId,
    pub(super) seq: u64,
    /// Its closing record; `None` if it was interrupted.
    pub(super) close: Option<Place>,
    pub(super) opening: Option<Place>,
    pub(super) pieces: Vec<(u32, Place)>,
    pub(super) complete: bool,
    /// It was found in its day under another sequence.
    pub(super) posted: bool,
}

/// What is known of the high-water marks. Before anything is known of a place it is asked for.
#[derive(Debug, Default)]
pub(super) struct Marks {
    pub(super) main: Option<u64>,
    days: HashMap<Day, Option<u64>>,
    unknown_day: Option<u64>,
}

impl Marks {
    /// Of an instance that began a moment ago: nothing is applied anywhere.
    pub(super) fn fresh() -> Self {
        Self {
            main: Some(0),
            days: HashMap::new(),
            unknown_day: Some(0),
        }
    }

    pub(super) fn day(&self, day: Day) -> Option<u64> {
        self.days.get(&day).copied().unwrap_or(self.unknown_day)
    }

    pub(super) fn set_day(&mut self, day: Day, mark: Option<u64>) {
        self.days.insert(day, mark);
    }
}

impl Segment {
    /// One that this process writes; nothing of it is synced yet.
    pub(super) fn living(live: &Live) -> Self {
        Self {
            number: live.number,
            file: Arc::clone(&live.file),
            chain: live.chain,
            end: START_BYTES,
            finished: false,
            durable: true,
            read: false,
            pins: 0,
            records: 0,
            generations: 0,
            created: Timestamp::EPOCH,
        }
    }

    /// One that a dead process left; without its first bytes it holds nothing.
    pub(super) fn left(disk: &dyn Disk, folder: &Path, name: SegmentName) -> io::Result<Self> {
        let file = disk.open(&name.path(folder))?;
        let start = read_start(&*file, name)?;
        Ok(Self {
            number: name.number,
            chain: start.map_or(0, |start| start.chain),
            end: if start.is_some() { file.len()? } else { START_BYTES },
            file,
            finished: true,
            durable: false,
            read: false,
            pins: 0,
            records: 0,
            generations: 0,
            created: start.map_or(Timestamp::EPOCH, |start| start.created),
        })
    }

    /// Finds the end of a dead writer's records and brings them to the disk for good: nothing may be applied that a power
    /// cut could still change. They are written again, because the dead writer may have seen a sync fail.
    pub(super) fn make_durable(&mut self, window: &mut Window) -> io::Result<()> {
        let mut position = Position::first(self.chain);
        while position.next(self.number, &*self.file, self.end, window)?.is_some() {}
        write_again(&*self.file, START_BYTES, position.offset)?;
        self.file.sync_data()?;
        self.end = position.offset;
        self.durable = true;
        Ok(())
    }
}
