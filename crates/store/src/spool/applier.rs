//! From the spool to the books, as steps that somebody else carries out: no database here, so that a simulator can stop
//! between any two.
//!
//! ```text
//! next_step() → Mark{place}  answer with marked(the instance's mark there, 0 if none)
//!             → Day(batch)   rows and mark in one transaction of the day's file, then done(); or failed()
//!             → Main(batch)  postings and mark in one transaction of the main file, then done(); or failed()
//!             → Idle         nothing to do: Spool::due
//! ```
//!
//! Promises: a batch is bounded in count and bytes; order day, main, removal of the segment; only what is synced is applied,
//! so that no mark is ahead of the segments after a power cut; after a failure (whose outcome nobody knows) the mark is
//! asked for again before anything else. `done` says that the transaction is **durable** (`synchronous=FULL`): the
//! segment may be gone a moment later.
//! Leaves out whether the subject or the day has ended in between: who writes the day discards content then and says done.

use std::sync::Arc;
use std::time::Duration;

use base::time::Day;

use super::adoption::Orphans;
use super::batch::{Batches, DayBatch, MainBatch, Mark, Step, batch_length, posting, settled};
use super::carry::Carry;
use super::held::Ended;
use super::source::Source;
use super::{Spool, SpoolError};

/// How long after the last batch its memory is kept for the next.
const FORGET_AFTER: Duration = Duration::from_secs(5);
/// How long a segment with nothing but applied records is kept for more to come.
const RETIRE_AFTER: Duration = Duration::from_secs(60);
/// How long a segment is written to at most, while there are moments at which nothing waits.
const RETIRE_AGED: Duration = Duration::from_secs(3600);

/// See the module.
#[derive(Debug)]
pub struct Applier {
    pub(super) spool: Arc<Spool>,
    batches: Batches,
    pub(super) own: Source,
    pub(super) adopted: Option<Source>,
    pub(super) orphans: Orphans,
    turn: Turn,
    phase: Phase,
    asked: Option<Mark>,
    idle_since: Option<Duration>,
    worked_at: Duration,
    pub(super) carry: Option<Carry>,
    pub(super) carried: u64,
    /// Of the instances that were adopted and are done.
    pub(super) damaged: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Own,
    Adopted,
}

#[derive(Debug)]
enum Phase {
    Gather,
    /// The first `count` of the queue are a batch; these days are still to be written, the last one next.
    Days {
        count: usize,
        days: Vec<Day>,
    },
    Main {
        count: usize,
    },
}

impl Applier {
    /// The only applier of this spool.
    #[must_use]
    pub fn new(spool: Arc<Spool>, batches: Batches) -> Self {
        Self {
            own: Source::own(spool.instance()),
            spool,
            batches,
            adopted: None,
            orphans: Orphans::default(),
            turn: Turn::Own,
            phase: Phase::Gather,
            asked: None,
            idle_since: None,
            worked_at: Duration::ZERO,
            carry: None,
            carried: 0,
            damaged: 0,
        }
    }

    /// The next step. Reads from segments (page cache): call it on a thread that may block.
    ///
    /// # Errors
    /// When the disk fails; call again later, nothing is lost.
    pub fn next_step(&mut self) -> Result<Step, SpoolError> {
        loop {
            let step = match &self.phase {
                Phase::Gather => self.gather()?,
                Phase::Days { .. } => self.day_step()?,
                Phase::Main { .. } => self.main_step()?,
            };
            if let Some(step) = step {
                return Ok(step);
            }
        }
    }

    /// Answers [`Step::Mark`].
    pub fn marked(&mut self, mark: u64) {
        match self.asked.take() {
            Some(Mark::Main) => self.source_mut().marks.main = Some(mark),
            Some(Mark::Day(day)) => self.source_mut().marks.set_day(day, Some(mark)),
            None => {}
        }
    }

    /// The step's transaction is durable.
    pub fn done(&mut self) {
        match std::mem::replace(&mut self.phase, Phase::Gather) {
            Phase::Gather => {}
            Phase::Days { count, mut days } => {
                if let Some(day) = days.pop() {
                    let last = self
                        .source()
                        .queue
                        .iter()
                        .take(count)
                        .rfind(|ended| ended.generation.day() == day);
                    let last = last.map(|ended| ended.seq);
                    self.source_mut().marks.set_day(day, last);
                }
                self.phase = Phase::Days { count, days };
            }
            Phase::Main { count } => self.finish_batch(count),
        }
    }

    /// Before [`Applier::done`] of a day: these sequences' generations were in the day's file already, under another
    /// sequence. That happens only on a disk that lost what it said was synced; they must not be posted twice.
    pub fn recorded_before(&mut self, seqs: &[u64]) {
        if let Phase::Days { count, .. } = self.phase {
            let batch = self.source_mut().queue.iter_mut().take(count);
            batch
                .filter(|ended| seqs.contains(&ended.seq))
                .for_each(|ended| ended.posted = true);
        }
    }

    /// The step's transaction failed, or nobody knows whether it did.
    pub fn failed(&mut self) {
        match std::mem::replace(&mut self.phase, Phase::Gather) {
            Phase::Gather => {}
            Phase::Days { days, .. } => {
                if let Some(day) = days.last() {
                    self.source_mut().marks.set_day(*day, None);
                }
            }
            Phase::Main { .. } => self.source_mut().marks.main = None,
        }
    }

    /// Records whose content was lost with unsynced pages in a power cut.
    #[must_use]
    pub fn damaged(&self) -> u64 {
        self.damaged + self.own.damaged + self.adopted.as_ref().map_or(0, |adopted| adopted.damaged)
    }

    /// Records that were carried forward.
    #[must_use]
    pub fn carried(&self) -> u64 {
        self.carried
    }

    /// At the end of the process, after its last step: removes this instance's segments if nothing waits in them. What
    /// stays is adopted by the next process.
    ///
    /// # Errors
    /// When the disk fails; then it stays too.
    pub fn finish(&mut self) -> Result<(), SpoolError> {
        self.spool.tick();
        let (live, fresh) = self.spool.writer.live();
        self.own.follow(&live, fresh);
        self.own.read(1).map_err(reading)?;
        if self.own.drained() && self.own.open.is_empty() {
            self.spool.writer.remove_all()?;
            self.own.segments.clear();
        }
        Ok(())
    }

    fn gather(&mut self) -> Result<Option<Step>, SpoolError> {
        self.look_for_orphans()?;
        self.carry_forward()?;
        self.turn = match self.turn {
            Turn::Own => Turn::Adopted,
            Turn::Adopted => Turn::Own,
        };
        for turn in [
            self.turn,
            if self.turn == Turn::Own {
                Turn::Adopted
            } else {
                Turn::Own
            },
        ] {
            self.turn = turn;
            if turn == Turn::Adopted && !self.adopt()? {
                continue;
            }
            if self.source().marks.main.is_none() {
                return Ok(Some(self.ask(Mark::Main)));
            }
            if self.form_batch()? {
                self.worked_at = self.spool.writer.clock.monotonic();
                self.idle_since = None;
                return Ok(None);
            }
            if turn == Turn::Adopted && self.source().drained() {
                self.finish_adopted()?;
                return Ok(None);
            }
        }
        self.keep_house()?;
        Ok(Some(Step::Idle))
    }

    /// Reads and decides what the next batch is. False when nothing waits.
    fn form_batch(&mut self) -> Result<bool, SpoolError> {
        let most = self.batches.records.max(1);
        if self.turn == Turn::Own {
            let (live, fresh) = self.spool.writer.live();
            self.own.follow(&live, fresh);
        }
        let bytes = self.batches.bytes;
        let source = self.source_mut();
        source.read(most).map_err(reading)?;
        let mark = source.marks.main.unwrap_or(0);
        let known = source.queue.iter().take_while(|ended| ended.seq <= mark).count();
        source.forget_applied(known);
        let count = batch_length(&source.queue, most, bytes);
        let mut days: Vec<Day> = source
            .queue
            .iter()
            .take(count)
            .map(|ended| ended.generation.day())
            .collect();
        days.sort_unstable_by(|a, b| b.cmp(a));
        days.dedup();
        self.phase = if count == 0 {
            Phase::Gather
        } else {
            Phase::Days { count, days }
        };
        if count == 0 {
            self.note_applied();
            self.remove_applied()?;
        }
        Ok(count > 0)
    }

    fn day_step(&mut self) -> Result<Option<Step>, SpoolError> {
        let Phase::Days { count, days } = &mut self.phase else {
            return Ok(None);
        };
        let count = *count;
        let Some(day) = days.last().copied() else {
            self.phase = Phase::Main { count };
            return Ok(None);
        };
        let Some(mark) = self.source().marks.day(day) else {
            return Ok(Some(self.ask(Mark::Day(day))));
        };
        let source = self.source();
        let of_day = |ended: &&Ended| ended.generation.day() == day && ended.seq > mark;
        let settled: Result<Vec<_>, _> = source
            .queue
            .iter()
            .take(count)
            .filter(of_day)
            .map(|e| settled(source, e))
            .collect();
        let settled = settled.map_err(reading)?;
        let Some(mark) = settled.last().map(|last| last.seq) else {
            if let Phase::Days { days, .. } = &mut self.phase {
                days.pop();
            }
            return Ok(None);
        };
        let instance = source.instance;
        Ok(Some(Step::Day(DayBatch {
            instance,
            day,
            settled,
            mark,
        })))
    }

    fn main_step(&mut self) -> Result<Option<Step>, SpoolError> {
        let Phase::Main { count } = self.phase else {
            return Ok(None);
        };
        let source = self.source();
        let batch = source.queue.iter().take(count);
        let mark = source.queue.get(count - 1).map_or(0, |last| last.seq);
        let batch = batch.filter(|ended| !ended.posted);
        let postings: Result<Vec<_>, _> = batch.map(|ended| posting(source, ended)).collect();
        let postings = postings.map_err(reading)?;
        let instance = source.instance;
        Ok(Some(Step::Main(MainBatch {
            instance,
            postings,
            mark,
        })))
    }

    fn finish_batch(&mut self, count: usize) {
        let source = self.source_mut();
        if let Some(last) = source.queue.get(count - 1).map(|ended| ended.seq) {
            source.marks.main = Some(last);
        }
        source.forget_applied(count);
        self.note_applied();
        if let Err(error) = self.remove_applied() {
            tracing::warn!(error = %error, "an applied segment can't be removed yet");
        }
    }

    fn note_applied(&mut self) {
        if self.turn == Turn::Own {
            let applied = self.own.applied_seq();
            self.spool.writer.note_applied(applied);
        }
    }

    fn remove_applied(&mut self) -> Result<(), SpoolError> {
        let turn = self.turn;
        while let Some(number) = self.source().removable().map(|segment| segment.number) {
            match turn {
                Turn::Own => self.spool.writer.remove_oldest(number)?,
                Turn::Adopted => self.remove_adopted(number)?,
            }
            self.source_mut().segments.pop_front();
        }
        Ok(())
    }

    /// With nothing to apply: lets the newest segment go in the end, and what waits to be used again.
    fn keep_house(&mut self) -> Result<(), SpoolError> {
        let now = self.spool.writer.clock.monotonic();
        self.spool.writer.remove_stale()?;
        if now.saturating_sub(self.worked_at) >= FORGET_AFTER {
            self.own.window.forget();
        }
        let active = self.own.segments.back().is_some_and(|active| active.generations > 0);
        if !active || !self.own.drained() || !self.own.open.is_empty() {
            self.idle_since = None;
            return Ok(());
        }
        let idle = now.saturating_sub(*self.idle_since.get_or_insert(now));
        if idle >= RETIRE_AFTER || self.spool.writer.active_age(now) >= RETIRE_AGED {
            self.spool.writer.retire_active()?;
            self.idle_since = None;
        }
        Ok(())
    }

    fn ask(&mut self, place: Mark) -> Step {
        self.asked = Some(place);
        Step::Mark {
            instance: self.source().instance,
            place,
        }
    }

    pub(super) fn source(&self) -> &Source {
        match (self.turn, &self.adopted) {
            (Turn::Adopted, Some(adopted)) => adopted,
            _ => &self.own,
        }
    }

    pub(super) fn source_mut(&mut self) -> &mut Source {
        match (self.turn, &mut self.adopted) {
            (Turn::Adopted, Some(adopted)) => adopted,
            _ => &mut self.own,
        }
    }
}

pub(super) fn reading(error: std::io::Error) -> SpoolError {
    SpoolError::Disk {
        doing: "read its segments",
        error,
    }
}
