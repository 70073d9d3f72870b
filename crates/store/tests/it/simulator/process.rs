//! One simulated process: a spool, its applier, its requests and their holds of credit.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use base::clock::TravellingClock;
use base::ids::{GenerationId, InstanceId};
use base::random::SeededRandom;
use base::size::ByteSize;
use base::time::Day;
use store::disk::FaultyDisk;
use store::spool::{
    Applier, Background, Batches, Closed, Durability, Frame, Kept, Kind, Mark, Slot, Spool, SpoolError, SpoolOptions,
    Step,
};

use super::Bug;
use super::books::{Books, amount};
use super::truth::{Closing, Truth};

pub(super) const HOLD: i64 = 100;
pub(super) const LEASE_STEP: i64 = 300;

/// How processes of a life are set up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setup {
    pub(super) durability: Durability,
    pub(super) limit: ByteSize,
    /// How many streams are left alone from some moment on, so that they pin what is behind them.
    pub(super) slow: usize,
}

pub(super) struct Process {
    pub(super) disk: FaultyDisk,
    pub(super) spool: Arc<Spool>,
    pub(super) applier: Applier,
    pub(super) streams: Vec<Stream>,
    pub(super) held: BTreeMap<GenerationId, i64>,
    unsure: Vec<(u64, GenerationId)>,
    slow: usize,
    carried: u64,
    damaged: u64,
}

pub(super) struct Stream {
    slot: Slot,
    generation: GenerationId,
    opened: bool,
}

pub(super) enum Applied {
    Idle,
    Step,
    Failed,
}

impl Process {
    pub(super) fn start(
        disk: FaultyDisk,
        clock: &TravellingClock,
        random: &SeededRandom,
        setup: Setup,
    ) -> Result<Self, SpoolError> {
        let options = SpoolOptions {
            durability: setup.durability,
            background: Background::Manual,
            segment: Some(ByteSize::from_kib(12)),
            // All from memory, some of it, or all from the segments.
            memory: ByteSize::from_kib([0, 4, 16, 1024][usize::try_from(random.below(4)).unwrap()]),
            ..SpoolOptions::new(PathBuf::from("/spool"), setup.limit)
        };
        let instance = InstanceId::new(random);
        let spool = Spool::open(options, Arc::new(disk.clone()), instance, Arc::new(clock.clone()))?;
        let batches = Batches {
            records: 1 + usize::try_from(random.below(8)).unwrap(),
            bytes: 1 + random.below(8192),
        };
        Ok(Self {
            disk,
            applier: Applier::new(Arc::clone(&spool), batches),
            spool,
            streams: Vec::new(),
            held: BTreeMap::new(),
            unsure: Vec::new(),
            slow: setup.slow,
            carried: 0,
            damaged: 0,
        })
    }

    pub(super) fn instance(&self) -> InstanceId {
        self.spool.instance()
    }

    /// A request: credit, slot, head. Half of them are so short that all is written with the end.
    pub(super) fn begin(&mut self, random: &SeededRandom, books: &mut Books, truth: &mut Truth) {
        let mut slot = match self.spool.reserve() {
            Ok(slot) => slot,
            Err(full) => {
                truth.note(format!(
                    "refused: {full}, {} open, {} bytes",
                    self.streams.len(),
                    self.spool.used_bytes()
                ));
                truth.seen.refused += 1;
                return;
            }
        };
        let held: i64 = self.held.values().sum();
        let lacking = HOLD - (books.lease(self.instance()) - held);
        if lacking > 0
            && !books.borrow(self.instance(), lacking.max(LEASE_STEP))
            && !books.borrow(self.instance(), lacking)
        {
            truth.seen.without_credit += 1;
            return;
        }
        let day = Day::from_number(i32::try_from(20_000 + random.below(3)).unwrap());
        let generation = GenerationId::for_day(day, random);
        truth.begin(generation, self.instance());
        self.held.insert(generation, HOLD);
        let streaming = random.below(2) == 0;
        if streaming {
            let content = content(random);
            let mut frame = Frame::new(Kind::Open, generation);
            frame.buffer().extend(amount(1));
            frame.end_money();
            frame.buffer().extend(&content);
            truth.generation(generation).opening_tried = true;
            let appended = slot.append(frame);
            truth.note(format!("open {generation} {appended:?}"));
            let Ok(kept) = appended else {
                // The request is refused: nothing was sent. But the bytes may have arrived: the hold stays.
                truth.generation(generation).pieces.push(content);
                return;
            };
            truth.generation(generation).opened(kept, content);
        }
        self.streams.push(Stream {
            slot,
            generation,
            opened: streaming,
        });
    }

    pub(super) fn append(&mut self, random: &SeededRandom, truth: &mut Truth) {
        let Some(at) = self.pick(random) else { return };
        let stream = &mut self.streams[at];
        if !stream.opened {
            return;
        }
        let content = content(random);
        let state = truth.generation(stream.generation);
        let running = (state.running + 1).min(HOLD);
        let mut frame = Frame::new(Kind::Piece, stream.generation);
        frame.buffer().extend(amount(running));
        frame.end_money();
        frame.buffer().extend(&content);
        let kept = stream.slot.append(frame).unwrap();
        truth.note(format!("append {} {kept:?}", stream.generation));
        truth.generation(stream.generation).appended(kept, running, content);
        truth.seen.dropped += u64::from(kept == Kept::No);
    }

    pub(super) fn close(&mut self, random: &SeededRandom, truth: &mut Truth, bug: Option<Bug>, durability: Durability) {
        let Some(at) = self.pick(random) else { return };
        let stream = self.streams.swap_remove(at);
        let generation = stream.generation;
        let cost = i64::try_from(random.below(HOLD as u64 + 1)).unwrap();
        let state = truth.generation(generation);
        state.tried = Some(cost);
        let mut frame = if random.below(3) == 0 || !stream.opened {
            let content = content(random);
            let mut frame = Frame::new(Kind::Piece, generation);
            frame.end_money();
            frame.buffer().extend(&content);
            state.pieces.push(content);
            frame.then(Kind::Close);
            frame
        } else {
            Frame::new(Kind::Close, generation)
        };
        frame.buffer().extend(amount(cost));
        frame.end_money();
        frame.buffer().extend([7; 20]);
        if bug == Some(Bug::WritesBehindTheAnswer) {
            state.closing = Some(Closing::delivered(cost, 0));
            if random.below(8) == 0 {
                return;
            }
        }
        let closed = stream.slot.close(frame);
        truth.note(format!(
            "close {generation} for {cost}: {:?}",
            closed.as_ref().map(|closed| (closed.seq, closed.kept))
        ));
        match closed {
            Ok(Closed { seq, kept, .. }) => {
                self.held.insert(generation, cost);
                truth
                    .generation(generation)
                    .closed(cost, seq, kept, durability == Durability::Process);
                truth.seen.closed += 1;
            }
            // Settled as interrupted, or, if nothing was opened, not at all: the hold stays until that is known.
            Err(_) => truth.seen.close_failed += 1,
        }
    }

    /// The client is gone.
    pub(super) fn abandon(&mut self, random: &SeededRandom, truth: &mut Truth) {
        let Some(at) = self.pick(random) else { return };
        let stream = self.streams.swap_remove(at);
        if !stream.opened {
            self.held.remove(&stream.generation);
        }
        truth.note(format!("abandon {}", stream.generation));
        truth.seen.abandoned += 1;
    }

    /// One step of the applier, whose commit may fail, done or not.
    pub(super) fn apply(&mut self, books: &mut Books, truth: &mut Truth, bug: Option<Bug>, commit: Commit) -> Applied {
        let Ok(step) = self.applier.next_step() else {
            return Applied::Failed;
        };
        truth.note(format!("{commit:?} {}", told(&step)));
        truth.seen.carried += self.applier.carried() - std::mem::replace(&mut self.carried, self.applier.carried());
        truth.seen.damaged += self.applier.damaged() - std::mem::replace(&mut self.damaged, self.applier.damaged());
        match step {
            Step::Idle => return Applied::Idle,
            Step::Mark { instance, place } => {
                let mark = books.mark(instance, place);
                if place == Mark::Main && instance == self.instance() {
                    self.release_up_to(mark);
                }
                self.applier.marked(mark);
                return Applied::Step;
            }
            Step::Day(batch) if commit != Commit::Fails => {
                let before = books.write_day(batch);
                if commit == Commit::Works {
                    self.applier.recorded_before(&before);
                }
            }
            Step::Main(batch) => {
                if batch.instance == self.instance() {
                    self.unsure = batch
                        .postings
                        .iter()
                        .map(|posting| (posting.seq, posting.generation))
                        .collect();
                }
                if commit != Commit::Fails {
                    books.write_main(&batch, bug != Some(Bug::ForgetsTheMark));
                }
                if commit == Commit::Works && batch.instance == self.instance() {
                    self.release_up_to(batch.mark);
                }
            }
            Step::Day(_) => {}
        }
        match commit {
            Commit::Works => self.applier.done(),
            Commit::Fails | Commit::WorksUnheard => self.applier.failed(),
        }
        Applied::Step
    }

    /// Leases of dead processes end when nothing of theirs waits.
    pub(super) fn end_leases(&self, books: &mut Books, living: &[InstanceId]) {
        let files = self.disk.files();
        let waits = |instance: &InstanceId| {
            let prefix = instance.to_string();
            files.iter().any(|file| {
                file.file_name()
                    .is_some_and(|name| name.to_string_lossy().starts_with(&prefix))
            })
        };
        books
            .leases
            .retain(|instance, _| living.contains(instance) || waits(instance));
        let held: i64 = self.held.values().sum();
        if let Some(lease) = books.leases.get_mut(&self.instance()) {
            *lease = held.min(*lease);
        }
    }

    fn release_up_to(&mut self, mark: u64) {
        for (seq, generation) in std::mem::take(&mut self.unsure) {
            if seq <= mark {
                self.held.remove(&generation);
            }
        }
    }

    fn pick(&self, random: &SeededRandom) -> Option<usize> {
        let movable = self.streams.len().checked_sub(self.slow).filter(|count| *count > 0)?;
        Some(self.slow + usize::try_from(random.below(movable as u64)).unwrap())
    }
}

/// How a transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Commit {
    Works,
    Fails,
    /// It is done, but the connection broke before anybody heard.
    WorksUnheard,
}

fn told(step: &Step) -> String {
    match step {
        Step::Idle => "idle".to_owned(),
        Step::Mark { instance, place } => format!("mark of {instance} in {place:?}"),
        Step::Day(batch) => {
            let seqs: Vec<_> = batch
                .settled
                .iter()
                .map(|settled| (settled.seq, settled.generation))
                .collect();
            format!("{} of {}: {seqs:?}", batch.day, batch.instance)
        }
        Step::Main(batch) => {
            let seqs: Vec<_> = batch
                .postings
                .iter()
                .map(|posting| (posting.seq, posting.generation))
                .collect();
            format!("books of {}: {seqs:?}", batch.instance)
        }
    }
}

fn content(random: &SeededRandom) -> Vec<u8> {
    let length = if random.below(6) == 0 { 7000 } else { 1200 };
    let mut content = vec![0; 1 + usize::try_from(random.below(length)).unwrap()];
    base::random::Random::fill(random, &mut content);
    content
}
