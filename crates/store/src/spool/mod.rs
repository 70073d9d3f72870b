//! The spool: what was answered, on disk before the answer's last byte leaves, until it is in the books.
//!
//! A request reserves a [`Slot`] (no system call), appends the sealed pieces of what passes and closes with one record:
//! each is one bounded write of the frame's own buffer into the page cache, under one short lock. So a killed process loses
//! nothing that was delivered, a power cut at most what the last group of at most [`GROUP`] held. The [`Applier`] carries
//! closed records to the day's file, then to the books, then removes the segment: exactly once, by a mark (instance,
//! sequence) that each of both keeps in the transaction of the rows.
//!
//! Full is defined: segments are preallocated, at most an eighth of the limit ahead; a reserved slot's closing always fits;
//! above the limit, or on a full disk, content is no longer kept ([`Kept::No`]), then no slot is given. A failed write or
//! sync turns [`Spool::ready`] false until a probe succeeds.
//!
//! Leaves out: what the money part and the sealed part mean; databases; who drives the applier.

mod adoption;
mod applier;
mod background;
mod batch;
mod carry;

mod frame;
mod fresh;
mod held;
mod making;
mod scan;
mod segment;
mod slot;
mod source;
mod tail;
mod writer;

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use base::clock::Clock;
use base::ids::InstanceId;
use base::size::ByteSize;

use self::writer::Writer;
pub use applier::Applier;
pub use batch::{Batches, DayBatch, MainBatch, Mark, Money, Posting, Settled, Step};
pub use frame::{Frame, Kind};
pub use slot::{Closed, Kept, Slot, Synced};
pub use tail::{CLOSE_BYTES, HEAD_BYTES, SLOT_BYTES};
pub use writer::Progress;

use crate::disk::Disk;

/// How long a closing waits for others before the group is synced.
pub const GROUP: Duration = Duration::from_millis(8);
/// How long a piece of a stream that goes on waits, unless a closing takes it along. A killed process loses as much of a
/// running stream, because its words wait in memory that long; syncing for each piece was a fifth of a paced event's cost.
pub const PIECES: Duration = Duration::from_secs(1);
/// Most bytes of what one [`Slot::append`] or [`Slot::close`] keeps, where segments are large: it bounds the write that others
/// wait for. What is larger is not kept, except for the closing record; so cut it.
pub const FRAME_BYTES: u64 = 4 << 20;

/// Four segments: under load that much is written between two batches of the applier.
const MEMORY: ByteSize = ByteSize::from_mib(32);
/// Small enough that a few of them, used again and again, stay in memory under load.
const SEGMENT_BYTES_MAX: u64 = 8 << 20;
const SEGMENT_BYTES_MIN: u64 = 64 << 10;
/// A limit holds this many segments, so that an eighth of it holds two and one can be prepared while the other fills.
const SEGMENTS_IN_LIMIT: u64 = 32;

/// When an answer may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// When its record is in the page cache: survives the process.
    Process,
    /// When its record is synced: survives a power cut. The caller waits for [`Closed::synced`].
    Disk,
}

/// Who syncs, prepares segments and probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    /// A thread of the spool, parked while there is nothing to do.
    Thread,
    /// Nobody but [`Spool::tick`]: for simulations.
    Manual,
}

/// How to open a spool.
#[derive(Clone, Debug)]
pub struct SpoolOptions {
    /// Where the segments lie.
    pub folder: PathBuf,
    /// Most bytes of all segments.
    pub limit: ByteSize,
    /// When an answer may end.
    pub durability: Durability,
    /// Who does the background work.
    pub background: Background,
    /// Size of a segment; by the limit when `None`.
    pub segment: Option<ByteSize>,
    /// Most bytes of what was just written that stay in memory until they are applied.
    pub memory: ByteSize,
}

impl SpoolOptions {
    /// The usual ones for a folder and a limit.
    #[must_use]
    pub fn new(folder: PathBuf, limit: ByteSize) -> Self {
        Self {
            folder,
            limit,
            durability: Durability::Process,
            background: Background::Thread,
            segment: None,
            memory: MEMORY,
        }
    }

    fn segment_bytes(&self) -> u64 {
        let fraction = (self.limit.bytes() / SEGMENTS_IN_LIMIT).clamp(SEGMENT_BYTES_MIN, SEGMENT_BYTES_MAX);
        self.segment.map_or(fraction, ByteSize::bytes)
    }
}

/// What can go wrong with a record.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// The file system failed. The spool refuses new work until a probe succeeds.
    #[error("the spool can't {doing}: {error}")]
    Disk {
        /// What was tried.
        doing: &'static str,
        /// Why it failed.
        #[source]
        error: io::Error,
    },
    /// A head above [`HEAD_BYTES`] or a closing record above [`CLOSE_BYTES`], and no room beyond the claims.
    #[error("a record of {size} bytes does not fit the claim of its slot")]
    TooLarge {
        /// Its bytes, header included.
        size: usize,
    },
    /// The group's sync failed: the record may be lost in a power cut.
    #[error("the spool could not sync the record to the disk")]
    NotSynced,
    /// Another process has this instance's lock.
    #[error("the spool's lock of this instance is held by another process")]
    Locked,
}

/// No slot can be given now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the spool takes no new work ({reason:?})")]
pub struct Full {
    /// What the `retry-after` header may say.
    pub retry_after: Duration,
    /// Why.
    pub reason: FullReason,
}

/// Why no slot can be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FullReason {
    /// All room up to `spool.limit` is claimed.
    Limit,
    /// The disk is full.
    DiskFull,
    /// Writing or syncing failed.
    Unwritable,
}

/// The spool of this process; see the module. Closing it is dropping it: syncs, stops its thread.
#[derive(Debug)]
pub struct Spool {
    writer: Arc<Writer>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Spool {
    /// Opens the folder (made if missing), takes the instance's lock and prepares the first segments. Segments of dead
    /// instances are the [`Applier`]'s business.
    ///
    /// # Errors
    /// When the folder can't be made or the lock not taken. A full disk is none: see [`Spool::reserve`].
    pub fn open(
        options: SpoolOptions,
        disk: Arc<dyn Disk>,
        instance: InstanceId,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, SpoolError> {
        let background = options.background;
        let writer = Arc::new(Writer::open(options, disk, instance, clock)?);
        writer.tick();
        let thread = match background {
            Background::Manual => None,
            Background::Thread => Some(start_thread(Arc::clone(&writer))?),
        };
        Ok(Arc::new(Self {
            writer,
            thread: Mutex::new(thread),
        }))
    }

    /// A claim on the bytes that an opening's money part and a closing record need. No system call, except where the
    /// background is late with the next segment.
    ///
    /// # Errors
    /// [`Full`], with the reason.
    pub fn reserve(self: &Arc<Self>) -> Result<Slot, Full> {
        self.writer.reserve()?;
        Ok(Slot::new(Arc::clone(self)))
    }

    /// Whether writing works: what `/readyz` shows.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.writer.writable()
    }

    /// Whose spool it is.
    #[must_use]
    pub fn instance(&self) -> InstanceId {
        self.writer.instance
    }

    /// Bytes of all segments: this instance's and those that are being adopted.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        self.writer.used_bytes()
    }

    /// How long the oldest segment has held something that is not applied; zero if nothing waits.
    #[must_use]
    pub fn oldest_segment_age(&self) -> Duration {
        self.writer.oldest_age()
    }

    /// Waits until everything closed so far is applied, and everything that dead instances left.
    ///
    /// The caller bounds the wait: while the applier can't work, it takes for ever.
    pub async fn flush(&self) {
        self.writer.flush().await;
    }

    /// For the driver of the applier: waits until there may be a step: at once if somebody waits in [`Spool::flush`] or some
    /// segments are full, else `pace` after something was synced that is not applied (so that batches grow), at most `idle`.
    pub async fn due(&self, pace: Duration, idle: Duration) {
        self.writer.due(pace, idle).await;
    }

    /// What is synced and applied, and its changes.
    #[must_use]
    pub fn progress(&self) -> tokio::sync::watch::Receiver<Progress> {
        self.writer.progress.subscribe()
    }

    /// One round of the background work: syncs, prepares segments, probes. Its thread calls it.
    pub fn tick(&self) {
        self.writer.tick();
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        self.writer.stop();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            thread.thread().unpark();
            if thread.join().is_err() {
                tracing::error!("the spool's thread ended by a panic");
            }
        }
    }
}

fn start_thread(writer: Arc<Writer>) -> Result<JoinHandle<()>, SpoolError> {
    let thread = thread::Builder::new()
        .name("spool".to_owned())
        .spawn(move || writer.run());
    thread.map_err(|error| SpoolError::Disk {
        doing: "start its thread",
        error,
    })
}
