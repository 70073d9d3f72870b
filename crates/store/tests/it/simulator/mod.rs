//! A seeded simulation of spool, applier and leases over a disk that fails: thousands of lives of a small gateway, each with
//! kills in the middle of any operation, power cuts that tear what was not synced, failing and short writes, failing syncs,
//! a full disk, transactions whose outcome nobody heard, a second process in the same folder, and copies of the folder
//! taken while it runs. After each life the laws must hold: see [`truth::Truth::check`].
//!
//! `CANDOR_SIMULATOR_SEED=n` runs one seed alone, `CANDOR_SIMULATOR_SEEDS=n` another number of them.

mod books;
mod process;
mod truth;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base::clock::TravellingClock;
use base::ids::InstanceId;
use base::random::SeededRandom;
use base::size::ByteSize;
use base::time::{Day, Timestamp};
use store::disk::{Crash, Disk, Fault, FaultyDisk, Operation};
use store::spool::Durability;

use self::books::Books;
use self::process::{Applied, Commit, Process, Setup};
use self::truth::{Seen, Truth};

const SEEDS: u64 = 10_000;
const STEPS_MAX: u64 = 500;

/// A mistake planted to prove that the laws can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bug {
    /// The main file's mark is not written with the postings.
    ForgetsTheMark,
    /// The answer's end leaves before the record is written.
    WritesBehindTheAnswer,
    /// A dead process's lease ends before its records are applied.
    EndsLeasesEarly,
}

struct World {
    random: SeededRandom,
    clock: TravellingClock,
    disk: FaultyDisk,
    books: Books,
    truth: Truth,
    processes: Vec<Process>,
    /// Ended instances and what they had synced.
    died: Vec<(InstanceId, u64)>,
    setup: Setup,
    bug: Option<Bug>,
    liar: bool,
    /// Nothing but work happens for long, so that the spool fills behind slow streams.
    quiet: bool,
}

#[test]
fn no_crash_loses_a_delivered_answer_or_counts_one_twice() {
    let seeds = match environment("CANDOR_SIMULATOR_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..environment("CANDOR_SIMULATOR_SEEDS").unwrap_or(SEEDS),
    };
    let many = seeds.end - seeds.start >= 1000;
    let seen = run(seeds, None).unwrap_or_else(|(seed, broken)| panic!("seed {seed}: {broken}"));
    assert!(
        !many || seen.met_everything(),
        "the simulation missed something: {seen:?}"
    );
}

#[test]
fn the_simulation_finds_planted_mistakes() {
    for bug in [Bug::ForgetsTheMark, Bug::WritesBehindTheAnswer, Bug::EndsLeasesEarly] {
        assert!(run(0..1000, Some(bug)).is_err(), "{bug:?} was not found");
    }
}

#[expect(clippy::disallowed_methods, reason = "a test's own switches, not configuration")]
fn environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap())
}

/// Runs the seeds on all processors; returns what they met, or the lowest seed found broken.
fn run(seeds: std::ops::Range<u64>, bug: Option<Bug>) -> Result<Seen, (u64, String)> {
    let next = AtomicU64::new(seeds.start);
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let work = || {
        let mut seen = Seen::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return Ok(seen);
            }
            let met = World::new(seed, bug)
                .live()
                .inspect_err(|_| next.store(seeds.end, Ordering::Relaxed));
            seen.add(met.map_err(|broken| (seed, broken))?);
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let results: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        let mut all = Seen::default();
        for result in results {
            all.add(result?);
        }
        Ok(all)
    })
}

impl World {
    fn new(seed: u64, bug: Option<Bug>) -> Self {
        let random = SeededRandom::new(seed);
        let disk = FaultyDisk::new(random.next_u64());
        if random.below(2) == 0 {
            disk.bring_stale_bytes_back();
        }
        let quiet = random.below(8) == 0;
        let limit = ByteSize::from_kib(if quiet { 384 } else { 200 + random.below(900) });
        let liar = random.below(10) == 0;
        Self {
            clock: TravellingClock::new(Timestamp::from_micros(1_800_000_000_000_000)),
            setup: Setup {
                durability: if random.below(4) == 0 {
                    Durability::Disk
                } else {
                    Durability::Process
                },
                limit,
                slow: if quiet { 2 } else { 0 },
            },
            books: Books::new(if quiet {
                100_000
            } else {
                500 + i64::try_from(random.below(3_000)).unwrap()
            }),
            truth: Truth::default(),
            processes: Vec::new(),
            died: Vec::new(),
            random,
            disk,
            bug,
            liar,
            quiet,
        }
    }

    fn live(mut self) -> Result<Seen, String> {
        let lived = self.run_steps();
        lived.map_err(|broken| format!("{broken}\n{}", self.truth.trace.join("\n")))?;
        Ok(self.truth.seen)
    }

    fn run_steps(&mut self) -> Result<(), String> {
        let steps = if self.quiet {
            4 * STEPS_MAX
        } else {
            40 + self.random.below(STEPS_MAX)
        };
        for _ in 0..steps {
            self.ensure_process();
            self.step()?;
            self.note_synced();
            if self.disk.crashed() {
                self.crash();
            }
            if self.books.balance < 0 {
                return Err(format!("overdrawn: {}", self.books.balance));
            }
        }
        self.settle()?;
        self.truth.check(&self.books)
    }

    fn ensure_process(&mut self) {
        if self.processes.is_empty() {
            // It may fail under faults or a planned crash; then the next round tries again.
            if let Ok(process) = Process::start(self.disk.clone(), &self.clock, &self.random, self.setup) {
                self.processes.push(process);
            } else if !self.disk.crashed() {
                self.disk.heal();
            }
        }
    }

    fn step(&mut self) -> Result<(), String> {
        let at = if self.quiet {
            14 + self.random.below(200)
        } else {
            self.random.below(200)
        };
        if at < 14 {
            self.truth.note(format!("event {at}"));
        }
        match at {
            0..3 => self.plan_fault(),
            3..5 => self.disk.heal(),
            5 => self.disk.crash_at(1 + self.random.below(60)),
            6 => self.crash(),
            7 if self.random.below(2) == 0 => self.disk.set_capacity(self.random.below(200_000)),
            7 | 8 => self.disk.set_capacity(u64::MAX),
            9 => self.check_copy()?,
            10 => self.clock.advance(Duration::from_secs(self.random.below(90))),
            11 if !self.liar => self
                .books
                .end_day(Day::from_number(20_000 + i32::try_from(self.random.below(6)).unwrap())),
            12 if self.processes.len() == 1 => self.start_second(),
            13 if self.processes.len() == 2 => self.kill_one(),
            _ => self.work(),
        }
        Ok(())
    }

    /// One thing that a process does on its own.
    fn work(&mut self) {
        let count = self.processes.len() as u64;
        if count == 0 {
            return;
        }
        let at = usize::try_from(self.random.below(count)).unwrap();
        let living: Vec<InstanceId> = self.processes.iter().map(Process::instance).collect();
        let process = &mut self.processes[at];
        match self.random.below(20) {
            0..5 => process.begin(&self.random, &mut self.books, &mut self.truth),
            5..9 => process.append(&self.random, &mut self.truth),
            9..13 => process.close(&self.random, &mut self.truth, self.bug, self.setup.durability),
            13 => process.abandon(&self.random, &mut self.truth),
            14..16 => {
                process.spool.tick();
                let progress = *process.spool.progress().borrow();
                self.truth.note(format!("tick {} {progress:?}", process.instance()));
            }
            16 => {
                if self.bug == Some(Bug::EndsLeasesEarly) {
                    self.books.leases.retain(|instance, _| living.contains(instance));
                }
                process.end_leases(&mut self.books, &living);
            }
            _ => {
                for _ in 0..=self.random.below(4) {
                    let commit = match self.random.below(12) {
                        0 => Commit::Fails,
                        // A disk that lies and an answer that is lost book a stream twice: nobody promises against both.
                        1 if !self.liar => Commit::WorksUnheard,
                        _ => Commit::Works,
                    };
                    process.apply(&mut self.books, &mut self.truth, self.bug, commit);
                }
            }
        }
    }

    fn plan_fault(&mut self) {
        let operations = [
            Operation::Create,
            Operation::Read,
            Operation::Write,
            Operation::Write,
            Operation::Allocate,
            Operation::Sync,
            Operation::Sync,
            Operation::SyncDir,
            Operation::Name,
        ];
        let operation = operations[usize::try_from(self.random.below(operations.len() as u64)).unwrap()];
        let fault = match self.random.below(5) {
            0 if self.liar && matches!(operation, Operation::Sync | Operation::SyncDir) => {
                self.truth.lied = true;
                Fault::Lost
            }
            1 => Fault::Short,
            2 => Fault::Torn,
            3 => Fault::DoneButFailed,
            _ => Fault::Error(std::io::ErrorKind::Other),
        };
        self.truth.seen.faults += 1;
        self.truth.note(format!("plan {operation:?} {fault:?}"));
        self.disk
            .fail(operation, 1 + self.random.below(6), 1 + self.random.below(3), fault);
    }

    fn start_second(&mut self) {
        let disk = self.processes[0].disk.other_process();
        if let Ok(process) = Process::start(disk, &self.clock, &self.random, self.setup) {
            self.processes.push(process);
        }
    }

    fn kill_one(&mut self) {
        let at = usize::try_from(self.random.below(2)).unwrap();
        self.processes[at].disk.kill();
        let process = self.processes.remove(at);
        self.died
            .push((process.instance(), process.spool.progress().borrow().synced_seq));
        self.truth.seen.kills += 1;
        self.truth.note(format!("kill process {at}"));
        self.disk = self.processes[0].disk.clone();
    }

    fn note_synced(&mut self) {
        if self.setup.durability == Durability::Disk {
            for process in &self.processes {
                self.truth
                    .synced(process.instance(), process.spool.progress().borrow().synced_seq);
            }
        }
    }

    fn crash(&mut self) {
        self.disk.crash_now();
        let crash = if self.random.below(2) == 0 {
            Crash::Killed
        } else {
            Crash::PowerCut
        };
        for process in self.processes.drain(..) {
            self.died
                .push((process.instance(), process.spool.progress().borrow().synced_seq));
        }
        if crash == Crash::PowerCut {
            // What a killed process left in the page cache goes too, unless its adopter has synced it.
            for (instance, synced) in self.died.drain(..) {
                self.truth.power_cut(instance, synced);
            }
        }
        match crash {
            Crash::Killed => self.truth.seen.kills += 1,
            Crash::PowerCut => self.truth.seen.power_cuts += 1,
        }
        self.disk = self.disk.restart(crash);
        self.truth.note(format!("{crash:?}"));
    }

    /// A copy of the folder and of the books at this moment must come up like any killed process.
    fn check_copy(&mut self) -> Result<(), String> {
        self.truth.seen.copies += 1;
        let copy = World {
            random: SeededRandom::new(self.random.next_u64()),
            clock: self.clock.clone(),
            disk: self.disk.copied(self.random.next_u64()),
            books: self.books.clone(),
            truth: self.truth.clone(),
            processes: Vec::new(),
            died: Vec::new(),
            ..*self
        };
        copy.end_alone()
            .map_err(|broken| format!("in a copy of the folder: {broken}"))
    }

    fn end_alone(mut self) -> Result<(), String> {
        self.settle()?;
        self.truth.check(&self.books)
    }

    /// The last life, without faults: everything comes into the books, everything is given back.
    fn settle(&mut self) -> Result<(), String> {
        self.disk.heal();
        self.disk.crash_now();
        self.processes.clear();
        self.disk = self.disk.restart(Crash::Killed);
        self.disk.set_capacity(u64::MAX);
        let disk = self.disk.clone();
        let mut process =
            Process::start(disk, &self.clock, &self.random, self.setup).map_err(|error| error.to_string())?;
        let mut idle = 0;
        for _ in 0..20_000 {
            match process.apply(&mut self.books, &mut self.truth, self.bug, Commit::Works) {
                Applied::Idle => idle += 1,
                Applied::Step => idle = 0,
                Applied::Failed => return Err("the applier fails on a healthy disk".to_owned()),
            }
            if idle > 1 && !process.spool.progress().borrow().backlog {
                break;
            }
        }
        process.end_leases(&mut self.books, &[process.instance()]);
        process.applier.finish().map_err(|error| error.to_string())?;
        let left = self.disk.list(Path::new("/spool")).map_err(|error| error.to_string())?;
        if left.is_empty() {
            Ok(())
        } else {
            Err(format!("files are left: {left:?}"))
        }
    }
}

impl Seen {
    fn add(&mut self, other: Self) {
        let mine = self.counts_mut();
        for (mine, other) in mine.into_iter().zip(other.counts()) {
            *mine += other;
        }
    }

    fn met_everything(&self) -> bool {
        self.counts().iter().all(|count| *count > 0)
    }
}
