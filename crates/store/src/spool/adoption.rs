//! Adopting what dead instances left: found by their lock being free, one after the other.
//!
//! Promises: an instance's lock is held from before its segments are listed until the last of them is gone, so that two
//! processes never apply the same; an instance without segments only loses its lock file.
//! Leaves out how its records are settled: `source`.

use std::collections::VecDeque;
use std::time::Duration;

use base::ids::InstanceId;

use super::SpoolError;
use super::applier::{Applier, reading};
use super::background::remove;
use super::segment::{SegmentName, lock_path, locked_instance};
use super::source::Source;
use crate::disk::DiskLock;

/// How often dead instances are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Dead instances whose locks are held, in the order in which they are applied.
#[derive(Debug, Default)]
pub(super) struct Orphans {
    waiting: VecDeque<(InstanceId, Box<dyn DiskLock>)>,
    next_look: Duration,
}

impl Applier {
    pub(super) fn remove_adopted(&self, number: u32) -> Result<(), SpoolError> {
        let name = SegmentName {
            instance: self.source().instance,
            number,
        };
        remove(&self.spool.writer, &name.path(&self.spool.writer.folder))
    }

    /// Everything of a dead instance is applied: its segments go, oldest first, then its lock file.
    pub(super) fn finish_adopted(&mut self) -> Result<(), SpoolError> {
        while let Some(number) = self.source().segments.front().map(|segment| segment.number) {
            self.remove_adopted(number)?;
            self.source_mut().segments.pop_front();
        }
        let instance = self.source().instance;
        remove(&self.spool.writer, &lock_path(&self.spool.writer.folder, instance))?;
        tracing::info!(instance = %instance, "the segments of an ended process are applied");
        self.damaged += self.source().damaged;
        self.adopted = None;
        self.note_foreign();
        Ok(())
    }

    /// Whether there is a dead instance to work on.
    pub(super) fn adopt(&mut self) -> Result<bool, SpoolError> {
        if self.adopted.is_none()
            && let Some((instance, lock)) = self.orphans.waiting.pop_front()
        {
            let writer = &self.spool.writer;
            self.adopted = Some(Source::dead(&*writer.disk, &writer.folder, instance, lock).map_err(reading)?);
            self.note_foreign();
        }
        Ok(self.adopted.is_some())
    }

    pub(super) fn look_for_orphans(&mut self) -> Result<(), SpoolError> {
        let writer = &self.spool.writer;
        let now = writer.clock.monotonic();
        if now < self.orphans.next_look {
            return Ok(());
        }
        // Also when it fails: what cannot be adopted must not keep this process's own records from being applied.
        self.orphans.next_look = now + LOOK_EVERY;
        let mut instances: Vec<InstanceId> = Vec::new();
        for path in writer.disk.list(&writer.folder).map_err(reading)? {
            let instance = SegmentName::of(&path)
                .map(|name| name.instance)
                .or_else(|| locked_instance(&path));
            instances.extend(instance.filter(|instance| *instance != writer.instance));
        }
        instances.dedup();
        for instance in instances {
            let known = self
                .adopted
                .as_ref()
                .is_some_and(|adopted| adopted.instance == instance)
                || self.orphans.waiting.iter().any(|(orphan, _)| *orphan == instance);
            if !known
                && let Some(lock) = writer
                    .disk
                    .lock(&lock_path(&writer.folder, instance))
                    .map_err(reading)?
            {
                self.orphans.waiting.push_back((instance, lock));
            }
        }
        self.note_foreign();
        Ok(())
    }

    pub(super) fn note_foreign(&self) {
        let writer = &self.spool.writer;
        let segments = self.adopted.iter().flat_map(|adopted| &adopted.segments);
        let bytes = segments.clone().map(|segment| segment.file.len().unwrap_or(0)).sum();
        let oldest = segments.map(|segment| segment.created).min();
        writer.note_foreign(
            bytes,
            oldest.map_or(Duration::ZERO, |oldest| writer.clock.now().since(oldest)),
        );
        writer.note_backlog(self.adopted.is_some() || !self.orphans.waiting.is_empty());
    }
}
