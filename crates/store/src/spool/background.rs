//! The spool's background: groups of syncs, segments ahead, probes of a failing disk; waits for progress.
//!
//! Promises: with nothing written, nothing runs (the thread is parked without a timeout); a write is synced within
//! [`GROUP`] and one sync's time, a piece of a stream that goes on within [`PIECES`]; after a failed sync, what it should have covered is written again before the next sync is
//! believed, because the kernel may have marked those pages clean.
//! Leaves out the hot path: `writer`.

use std::io;
use std::path::Path;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use super::segment;
use super::tail::{Live, Room, mark};
use super::writer::{RETRY, Rewrite, Writer};
use super::{Durability, GROUP, PIECES, SpoolError};
use crate::disk::DiskFile;

/// So many full segments are applied without waiting longer: few enough that those that rotate stay in memory, enough for
/// batches in which each page of an index is written once for several rows.
const FULL_SEGMENTS: usize = 2;
/// How much is read and written at once when unsynced bytes are written again.
const REWRITE_BYTES: usize = 256 * 1024;

impl Writer {
    /// The thread: until [`Writer::stop`].
    pub(super) fn run(&self) {
        // Only this thread sets it, once.
        let _ = self.thread.set(thread::current());
        while !self.stopping.load(Ordering::SeqCst) {
            self.asleep.store(true, Ordering::SeqCst);
            match self.rest() {
                Rest::None => {}
                Rest::For(span) => thread::park_timeout(span),
                Rest::UntilWoken => {
                    thread::park();
                    // For a segment that is needed soon, a closing, or a piece that may wait: the next look tells.
                    self.make_ahead();
                    continue;
                }
            }
            self.asleep.store(false, Ordering::SeqCst);
            self.make_ahead();
            if self.durability == Durability::Process && !self.stopping.load(Ordering::SeqCst) {
                thread::park_timeout(GROUP);
            }
            self.tick();
        }
        self.tick();
    }

    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// One round; see [`super::Spool::tick`].
    pub(super) fn tick(&self) {
        {
            let mut rewrite = self.syncing.lock().unwrap_or_else(PoisonError::into_inner);
            if self.sync(&mut rewrite).is_ok() && !self.writable() {
                // Still failing: the next round tries again.
                let _ = self.probe(&mut rewrite);
            }
        }
        if self.ended() {
            return;
        }
        if self.writable() {
            self.settle_abandoned();
        }
        self.make_ahead();
    }

    fn make_ahead(&self) {
        while !self.ended() && self.runs_low(&self.tail()) && self.make_segment().is_ok() {}
    }

    fn rest(&self) -> Rest {
        let (dirty, low) = {
            let tail = self.tail();
            (tail.writes > self.progress.borrow().synced_writes, self.runs_low(&tail))
        };
        let stuck = !self.abandoned.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
        let hurry = low || self.closings_wait.load(Ordering::SeqCst);
        match (self.writable(), dirty, low || stuck) {
            (true, true, _) if hurry => Rest::None,
            (true, true, _) => Rest::For(PIECES),
            (false, ..) | (true, false, true) => Rest::For(RETRY),
            (true, false, false) => Rest::UntilWoken,
        }
    }

    /// Syncs all that was written before the call.
    fn sync(&self, rewrite: &mut Rewrite) -> Result<(), SpoolError> {
        self.closings_wait.store(false, Ordering::SeqCst);
        self.pieces_wait.store(false, Ordering::SeqCst);
        let (dirty, writes, seq, full_segments) = {
            let tail = self.tail();
            let dirty: Vec<Live> = tail
                .live
                .iter()
                .filter(|live| live.synced < live.end)
                .cloned()
                .collect();
            (dirty, tail.writes, tail.seq, tail.live.len().saturating_sub(1))
        };
        if dirty.is_empty() {
            return Ok(());
        }
        for live in &dirty {
            let synced = match *rewrite {
                Rewrite::Needless => live.file.sync_data(),
                Rewrite::Needed => write_again(&*live.file, live.synced, live.end).and_then(|()| live.file.sync_data()),
            };
            if let Err(error) = synced {
                *rewrite = Rewrite::Needed;
                let error = self.fail("sync a segment", error);
                self.progress.send_modify(|progress| progress.faults += 1);
                return Err(error);
            }
        }
        *rewrite = Rewrite::Needless;
        {
            let mut tail = self.tail();
            for live in &mut tail.live {
                if let Some(done) = dirty.iter().find(|done| done.number == live.number) {
                    live.synced = done.end;
                }
            }
        }
        self.progress.send_modify(|progress| {
            progress.synced_writes = writes;
            progress.synced_seq = seq;
            progress.full_segments = full_segments;
        });
        Ok(())
    }

    /// Writes and syncs a record that means nothing; if that works, the spool does.
    fn probe(&self, rewrite: &mut Rewrite) -> Result<(), SpoolError> {
        let written = self.tail().write(&mut mark(), 0, Room::Free, || self.clock.monotonic());
        let written = written.map_err(|error| self.fail("write a probe", error))?;
        if written.is_none() {
            // No room: a failing write would show at the next closing, whose room is claimed.
            tracing::debug!("the spool is full: the probe only synced");
        }
        self.sync(rewrite)?;
        self.set_writable();
        Ok(())
    }

    fn settle_abandoned(&self) {
        let waiting = std::mem::take(&mut *self.abandoned.lock().unwrap_or_else(PoisonError::into_inner));
        for abandoned in waiting {
            if self.write_interrupted(&abandoned).is_err() {
                self.abandoned
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(abandoned);
            }
        }
    }

    /// How long the newest segment has been written to.
    pub(super) fn active_age(&self, now: Duration) -> Duration {
        let since = self.tail().live.back().map(|active| active.since);
        since.map_or(Duration::ZERO, |since| now.saturating_sub(since))
    }

    /// Makes the newest segment one that can go when all in it is applied. Nothing happens without a spare.
    pub(super) fn retire_active(&self) -> Result<(), SpoolError> {
        let retired = self.tail().retire(|| self.clock.monotonic());
        retired.map_err(|error| self.fail("begin a segment", error))?;
        self.wake();
        Ok(())
    }

    /// Removes all segments, oldest first, and the lock file: the instance ends. Nothing happens while a slot is open.
    pub(super) fn remove_all(&self) -> Result<(), SpoolError> {
        let is_idle = {
            let tail = self.tail();
            tail.claims == 0 && tail.live.iter().all(|live| live.synced == live.end)
        };
        if !is_idle {
            return Ok(());
        }
        self.end();
        for number in self.all_numbers() {
            self.remove_segment(number)?;
        }
        remove(self, &segment::lock_path(&self.folder, self.instance))
    }

    pub(super) fn note_applied(&self, seq: u64) {
        self.progress.send_if_modified(|progress| {
            let further = seq > progress.applied_seq;
            progress.applied_seq = progress.applied_seq.max(seq);
            further
        });
    }

    pub(super) fn note_backlog(&self, backlog: bool) {
        self.progress
            .send_if_modified(|progress| std::mem::replace(&mut progress.backlog, backlog) != backlog);
    }

    pub(super) async fn flush(&self) {
        let target = self.tail().seq;
        let mut progress = self.progress.subscribe();
        self.progress.send_if_modified(|progress| {
            let further = target > progress.wanted_seq;
            progress.wanted_seq = progress.wanted_seq.max(target);
            further
        });
        // The sender lives as long as `self`.
        let _ = progress.wait_for(|now| now.applied_seq >= target && !now.backlog).await;
    }

    pub(super) async fn due(&self, pace: Duration, idle: Duration) {
        let mut progress = self.progress.subscribe();
        let work = progress.wait_for(|now| now.synced_seq > now.applied_seq || now.backlog);
        if tokio::time::timeout(idle, work).await.is_ok() {
            // Whether somebody is in a hurry, enough waits, or the pace is over: either way it is due.
            let hurry = progress.wait_for(|now| now.wanted_seq > now.applied_seq || now.full_segments >= FULL_SEGMENTS);
            let _ = tokio::time::timeout(pace, hurry).await;
        }
    }
}

enum Rest {
    None,
    For(Duration),
    UntilWoken,
}

/// Unlinks a file and makes that durable; that it is gone already is as good.
pub(super) fn remove(writer: &Writer, path: &Path) -> Result<(), SpoolError> {
    let failed = |error| SpoolError::Disk {
        doing: "remove a segment",
        error,
    };
    match writer.disk.remove(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    writer.disk.sync_dir(&writer.folder).map_err(failed)
}

/// Writes the same bytes again: after a failed sync, of anybody, the kernel may think that they are on the disk.
pub(super) fn write_again(file: &dyn DiskFile, from: u64, to: u64) -> io::Result<()> {
    let mut at = from;
    let mut bytes = vec![0; REWRITE_BYTES.min(usize::try_from(to.saturating_sub(from)).unwrap_or(REWRITE_BYTES))];
    while at < to {
        let part = usize::try_from(to - at).unwrap_or(REWRITE_BYTES).min(REWRITE_BYTES);
        file.read_exact_at(&mut bytes[..part], at)?;
        file.write_all_at(&bytes[..part], at)?;
        at += part as u64;
    }
    Ok(())
}
