//! The spool's shared inside: claims and writes under the tail's lock, making of segments, progress.
//!
//! Promises: lock order `making` → `tail`, `syncing` → `tail`; neither `making` nor `syncing` is taken under `tail`, so that
//! a request waits for at most one page-cache write of another. A segment is made ahead by the background; a request makes
//! one itself only when the background is late.
//! The background's part (groups, probes, its thread) is in `background`.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

use base::clock::Clock;
use base::ids::{GenerationId, InstanceId};
use tokio::sync::watch;

use super::frame::{Content, Frame, Kind};
use super::fresh::Fresh;
use super::making::Making;
use super::segment;
use super::tail::{Live, Room, SLOT_BYTES, Tail, Written};
use super::{Durability, FRAME_BYTES, Full, FullReason, SpoolError, SpoolOptions};
use crate::disk::{Disk, DiskLock};

/// How long a failed preparation or probe rests before the next.
pub(super) const RETRY: Duration = Duration::from_millis(250);
const LOCK_TRIES: u32 = 100;
const LOCK_PAUSE: Duration = Duration::from_millis(5);
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// How far the spool is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Writes that a sync covered.
    pub synced_writes: u64,
    /// The last sequence that a sync covered: the applier works up to here.
    pub synced_seq: u64,
    /// The last sequence whose day and books are written.
    pub applied_seq: u64,
    /// The sequence somebody waits for.
    pub wanted_seq: u64,
    /// Segments that were full and not applied at the last sync.
    pub full_segments: usize,
    /// Failed syncs.
    pub faults: u64,
    /// Whether dead instances' segments are looked for or being applied.
    pub backlog: bool,
}

pub(super) struct Writer {
    pub(super) instance: InstanceId,
    pub(super) durability: Durability,
    pub(super) folder: PathBuf,
    pub(super) disk: Arc<dyn Disk>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) segment_bytes: u64,
    pub(super) limit: u64,
    tail: Mutex<Tail>,
    pub(super) making: Mutex<Making>,
    /// Held by whoever syncs; whether what was not synced must be written again first.
    pub(super) syncing: Mutex<Rewrite>,
    pub(super) abandoned: Mutex<Vec<Abandoned>>,
    writable: AtomicBool,
    /// Its files are removed: nothing is taken any more.
    ended: AtomicBool,
    pub(super) asleep: AtomicBool,
    /// A closing waits for its sync: within [`GROUP`](super::GROUP).
    pub(super) closings_wait: AtomicBool,
    /// A piece of an open stream waits for its sync: within [`PIECES`](super::PIECES), or with the next closing.
    pub(super) pieces_wait: AtomicBool,
    pub(super) stopping: AtomicBool,
    pub(super) thread: OnceLock<Thread>,
    pub(super) progress: watch::Sender<Progress>,
    pub(super) foreign_bytes: AtomicU64,
    /// Age in microseconds of the oldest segment of a dead instance.
    foreign_age: AtomicU64,
    #[expect(dead_code, reason = "held: it tells other processes that this instance lives")]
    lock: Box<dyn DiskLock>,
}

/// Whether the kernel may have forgotten written bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rewrite {
    Needless,
    Needed,
}

/// A dropped slot whose settling could not be written yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Abandoned {
    generation: GenerationId,
    claim: u64,
    pieces: u32,
    content: Content,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("instance", &self.instance)
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

impl Writer {
    pub(super) fn open(
        options: SpoolOptions,
        disk: Arc<dyn Disk>,
        instance: InstanceId,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SpoolError> {
        let segment_bytes = options.segment_bytes();
        let lock = take_lock(&*disk, &options.folder, instance).map_err(|error| SpoolError::Disk {
            doing: "open its folder",
            error,
        })?;
        Ok(Self {
            instance,
            durability: options.durability,
            folder: options.folder,
            disk,
            clock,
            segment_bytes,
            limit: options.limit.bytes(),
            tail: Mutex::new(Tail::new(segment_bytes, options.memory.as_usize())),
            making: Mutex::new(Making::default()),
            syncing: Mutex::new(Rewrite::Needless),
            abandoned: Mutex::new(Vec::new()),
            writable: AtomicBool::new(true),
            ended: AtomicBool::new(false),
            asleep: AtomicBool::new(false),
            closings_wait: AtomicBool::new(false),
            pieces_wait: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            thread: OnceLock::new(),
            progress: watch::Sender::new(Progress {
                backlog: true,
                ..Progress::default()
            }),
            foreign_bytes: AtomicU64::new(0),
            foreign_age: AtomicU64::new(0),
            lock: lock.ok_or(SpoolError::Locked)?,
        })
    }

    pub(super) fn reserve(&self) -> Result<(), Full> {
        let full = |reason| Full {
            retry_after: RETRY_AFTER,
            reason,
        };
        if !self.writable() || self.ended() {
            return Err(full(FullReason::Unwritable));
        }
        let claim = SLOT_BYTES as u64;
        let (claimed, low) = {
            let mut tail = self.tail();
            (tail.claim(claim), self.runs_low(&tail))
        };
        if low {
            self.wake();
        }
        if claimed {
            return Ok(());
        }
        self.make_segment().map_err(full)?;
        if self.tail().claim(claim) {
            Ok(())
        } else {
            Err(full(FullReason::Limit))
        }
    }

    pub(super) fn release(&self, claim: u64) {
        self.tail().release(claim);
    }

    /// Writes the frame's records from `from` on. `None` when there is no room for it.
    pub(super) fn write(&self, frame: &mut Frame, from: usize, room: Room) -> Result<Option<Written>, SpoolError> {
        let size = (frame.size() - from) as u64;
        if size > self.frame_bytes_max() {
            return Ok(None);
        }
        let mut written = self.write_once(frame, from, room)?;
        if written.is_none() && self.make_segment().is_ok() {
            written = self.write_once(frame, from, room)?;
        }
        Ok(written)
    }

    fn write_once(&self, frame: &mut Frame, from: usize, room: Room) -> Result<Option<Written>, SpoolError> {
        let written = {
            let mut tail = self.tail();
            let written = tail.write(frame, from, room, || self.clock.monotonic());
            if matches!(written, Ok(Some(_))) && frame.kind().ends() && !tail.carrying.is_empty() {
                tail.carrying.remove(&frame.generation());
            }
            written
        };
        match written {
            Ok(written) => {
                self.await_sync(frame.kind());
                Ok(written)
            }
            Err(error) => Err(self.fail("write a record", error)),
        }
    }

    /// A closing wakes the background, the first of the pieces that wait tells it that they do.
    fn await_sync(&self, kind: Kind) {
        if kind.ends() {
            self.closings_wait.store(true, Ordering::SeqCst);
            self.wake();
        } else if !self.pieces_wait.swap(true, Ordering::SeqCst) {
            self.wake();
        }
    }

    /// Settles a stream whose slot was dropped: now, or when writing works again.
    pub(super) fn interrupt(&self, generation: GenerationId, claim: u64, pieces: u32, content: Content) {
        let abandoned = Abandoned {
            generation,
            claim,
            pieces,
            content,
        };
        if self.write_interrupted(&abandoned).is_err() {
            self.abandoned
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(abandoned);
        }
    }

    pub(super) fn write_interrupted(&self, abandoned: &Abandoned) -> Result<(), SpoolError> {
        let mut frame = Frame::new(Kind::Interrupted, abandoned.generation);
        frame.finish();
        frame.number(abandoned.pieces, abandoned.content);
        let written = self.write(&mut frame, 0, Room::Claimed(abandoned.claim))?;
        written.map(|_| ()).ok_or(SpoolError::TooLarge { size: frame.size() })
    }

    /// Whether the next segment should be made now, ahead of need.
    pub(super) fn runs_low(&self, tail: &Tail) -> bool {
        let used = (tail.segments() + 1) * self.segment_bytes + self.foreign_bytes.load(Ordering::Relaxed);
        tail.room() < tail.claims + self.segment_bytes
            && used <= self.limit
            && tail.preallocated() + self.segment_bytes <= self.preallocated_max()
    }

    pub(super) fn tail(&self) -> MutexGuard<'_, Tail> {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn writable(&self) -> bool {
        self.writable.load(Ordering::Acquire)
    }

    pub(super) fn ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Release);
    }

    pub(super) fn set_writable(&self) {
        if !self.writable.swap(true, Ordering::AcqRel) {
            tracing::info!("the spool writes again");
        }
    }

    /// Notes that the disk failed and says so once.
    pub(super) fn fail(&self, doing: &'static str, error: io::Error) -> SpoolError {
        if self.writable.swap(false, Ordering::AcqRel) {
            tracing::error!(error = %error, doing, "the spool refuses new work: the disk fails");
        }
        self.wake();
        SpoolError::Disk { doing, error }
    }

    /// Wakes the background if it sleeps: one load where it doesn't.
    pub(super) fn wake(&self) {
        if self.asleep.load(Ordering::SeqCst)
            && self.asleep.swap(false, Ordering::SeqCst)
            && let Some(thread) = self.thread.get()
        {
            thread.unpark();
        }
    }

    pub(super) fn used_bytes(&self) -> u64 {
        self.tail().segments() * self.segment_bytes + self.foreign_bytes.load(Ordering::Relaxed)
    }

    pub(super) fn oldest_age(&self) -> Duration {
        let applied = self.progress.borrow().applied_seq;
        let own = {
            let tail = self.tail();
            let waits = tail.live.len() > 1 || tail.seq > applied || tail.claims > 0;
            tail.live.front().filter(|_| waits).map(|oldest| oldest.since)
        };
        let own = own.map_or(Duration::ZERO, |since| self.clock.monotonic().saturating_sub(since));
        own.max(Duration::from_micros(self.foreign_age.load(Ordering::Relaxed)))
    }

    /// What dead instances' segments take, and how old the oldest is.
    pub(super) fn note_foreign(&self, bytes: u64, age: Duration) {
        self.foreign_bytes.store(bytes, Ordering::Relaxed);
        self.foreign_age
            .store(u64::try_from(age.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// The segments with records, oldest first, and what was written since the last call.
    pub(super) fn live(&self) -> (VecDeque<Live>, VecDeque<Fresh>) {
        let mut tail = self.tail();
        (tail.live.clone(), tail.fresh.take())
    }

    fn frame_bytes_max(&self) -> u64 {
        FRAME_BYTES.min((self.segment_bytes - segment::START_BYTES) / 2)
    }

    pub(super) fn preallocated_max(&self) -> u64 {
        (self.limit / 8).max(self.segment_bytes)
    }
}

/// Another process may hold the lock for a moment, when it saw the file before we locked it and takes us for dead; it finds
/// no segments and lets go.
fn take_lock(disk: &dyn Disk, folder: &Path, instance: InstanceId) -> io::Result<Option<Box<dyn DiskLock>>> {
    disk.create_folder(folder)?;
    let path = segment::lock_path(folder, instance);
    let mut lock = disk.lock(&path)?;
    for _ in 0..LOCK_TRIES {
        if lock.is_some() {
            break;
        }
        thread::park_timeout(LOCK_PAUSE);
        lock = disk.lock(&path)?;
    }
    disk.sync_dir(folder)?;
    Ok(lock)
}
