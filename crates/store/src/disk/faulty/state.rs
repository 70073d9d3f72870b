//! What a [`super::FaultyDisk`] holds: both views of each file, the journal of names, the plan of faults.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use base::random::SeededRandom;

use super::{Fault, Operation};

/// The unit that a power cut keeps or loses as one.
const SECTOR_BYTES: usize = 512;

#[derive(Debug)]
pub(super) struct State {
    /// Those that live; a handle of another finds everything failing.
    pub(super) processes: HashSet<u64>,
    started: u64,
    pub(super) random: SeededRandom,
    pub(super) names: BTreeMap<PathBuf, usize>,
    pub(super) durable_names: BTreeMap<PathBuf, usize>,
    unsynced_names: Vec<Vec<(PathBuf, Option<usize>)>>,
    pub(super) inodes: Vec<Inode>,
    pub(super) locked: HashMap<usize, u64>,
    pub(super) counts: HashMap<Operation, u64>,
    pub(super) faults: Vec<Planned>,
    pub(super) steps: u64,
    pub(super) crash_at: Option<u64>,
    pub(super) crashed: bool,
    pub(super) capacity: u64,
    /// Bytes of removed files, which preallocation may bring back where a real disk gives zeros.
    pub(super) stale: Option<Vec<u8>>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Inode {
    pub(super) cache: Vec<u8>,
    pub(super) durable: Vec<u8>,
    pub(super) unsynced: Vec<Change>,
}

#[derive(Clone, Debug)]
pub(super) enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Length(usize),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Planned {
    pub(super) operation: Operation,
    pub(super) from: u64,
    pub(super) until: u64,
    pub(super) fault: Fault,
}

/// What an operation is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Proceed,
    Fail(Fault),
    /// Do a part, then stop everything.
    Stop,
}

pub(super) fn stopped() -> io::Error {
    io::Error::other("the simulated machine has stopped")
}

impl State {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            processes: HashSet::from([0]),
            started: 0,
            random: SeededRandom::new(seed),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            unsynced_names: Vec::new(),
            inodes: Vec::new(),
            locked: HashMap::new(),
            counts: HashMap::new(),
            faults: Vec::new(),
            steps: 0,
            crash_at: None,
            crashed: false,
            capacity: u64::MAX,
            stale: None,
        }
    }

    pub(super) fn start_process(&mut self) -> u64 {
        self.started += 1;
        self.processes.insert(self.started);
        self.started
    }

    pub(super) fn judge(&mut self, operation: Operation) -> Verdict {
        let count = self.counts.entry(operation).or_default();
        *count += 1;
        let count = *count;
        if operation != Operation::Read {
            self.steps += 1;
            if self.crash_at.is_some_and(|at| self.steps >= at) {
                self.crashed = true;
                return Verdict::Stop;
            }
        }
        let planned = self
            .faults
            .iter()
            .find(|p| p.operation == operation && (p.from..p.until).contains(&count));
        planned.map_or(Verdict::Proceed, |planned| Verdict::Fail(planned.fault))
    }

    /// For operations that are done or not: `Ok` to do it, with what to return afterwards.
    pub(super) fn judge_whole(&mut self, operation: Operation) -> io::Result<io::Result<()>> {
        match self.judge(operation) {
            Verdict::Proceed | Verdict::Fail(Fault::Lost) => Ok(Ok(())),
            Verdict::Fail(Fault::DoneButFailed) => Ok(Err(io::ErrorKind::Other.into())),
            Verdict::Fail(Fault::Error(kind)) => Err(kind.into()),
            Verdict::Fail(Fault::Short | Fault::Torn) => Err(io::ErrorKind::Other.into()),
            Verdict::Stop if self.random.below(2) == 0 => Ok(Err(stopped())),
            Verdict::Stop => Err(stopped()),
        }
    }

    /// One entry of the journal: all of it survives or nothing.
    pub(super) fn name(&mut self, changes: Vec<(PathBuf, Option<usize>)>) {
        for (path, inode) in &changes {
            point(&mut self.names, path, *inode);
        }
        self.unsynced_names.push(changes);
    }

    pub(super) fn sync_names(&mut self, folder: &Path) {
        let durable = &mut self.durable_names;
        self.unsynced_names.retain(|changes| {
            let here = changes.iter().any(|(path, _)| path.parent() == Some(folder));
            if here {
                changes.iter().for_each(|(path, inode)| point(durable, path, *inode));
            }
            !here
        });
    }

    fn used(&self) -> u64 {
        self.names
            .values()
            .map(|inode| self.inodes[*inode].cache.len() as u64)
            .sum()
    }

    pub(super) fn extend(&mut self, inode: usize, length: usize) -> io::Result<()> {
        let more = length.saturating_sub(self.inodes[inode].cache.len()) as u64;
        if more > 0 && self.used().saturating_add(more) > self.capacity {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    pub(super) fn cut_power(&mut self) {
        let kept = usize::try_from(self.random.below(self.unsynced_names.len() as u64 + 1)).unwrap_or(usize::MAX);
        for (path, inode) in self.unsynced_names.drain(..).take(kept).flatten() {
            point(&mut self.durable_names, &path, inode);
        }
        self.names = self.durable_names.clone();
        for inode in &mut self.inodes {
            inode.cut_power(&self.random);
        }
    }
}

impl Inode {
    pub(super) fn change(&mut self, change: Change) {
        change.apply(&mut self.cache);
        self.unsynced.push(change);
    }

    pub(super) fn sync(&mut self) {
        for change in self.unsynced.drain(..) {
            change.apply(&mut self.durable);
        }
    }

    /// Keeps all, nothing, or a random part of the sectors that were not synced.
    pub(super) fn cut_power(&mut self, random: &SeededRandom) {
        let mood = random.below(4);
        for change in self.unsynced.drain(..) {
            match (mood, change) {
                (0, _) => {}
                (1, change) => change.apply(&mut self.durable),
                (_, Change::Write { offset, bytes }) => {
                    let mut done = 0;
                    while done < bytes.len() {
                        let at = offset + done;
                        let part = (SECTOR_BYTES - at % SECTOR_BYTES).min(bytes.len() - done);
                        if random.below(2) == 0 {
                            let bytes = bytes[done..done + part].to_vec();
                            Change::Write { offset: at, bytes }.apply(&mut self.durable);
                        }
                        done += part;
                    }
                }
                (_, length) => {
                    if random.below(2) == 0 {
                        length.apply(&mut self.durable);
                    }
                }
            }
        }
        self.cache.clone_from(&self.durable);
    }
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            // `resize` goes byte by byte without optimisation, and simulations do this most.
            Self::Length(length) if bytes.is_empty() => *bytes = vec![0; *length],
            Self::Length(length) => bytes.resize(*length, 0),
            Self::Write { offset, bytes: new } => {
                let end = offset + new.len();
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                bytes[*offset..end].copy_from_slice(new);
            }
        }
    }
}

pub(super) fn outcome(verdict: Verdict) -> io::Result<()> {
    match verdict {
        Verdict::Proceed | Verdict::Fail(Fault::Lost) => Ok(()),
        Verdict::Fail(Fault::Error(kind)) => Err(kind.into()),
        Verdict::Fail(Fault::Short | Fault::Torn | Fault::DoneButFailed) => Err(io::ErrorKind::Other.into()),
        Verdict::Stop => Err(stopped()),
    }
}

fn point(names: &mut BTreeMap<PathBuf, usize>, path: &Path, inode: Option<usize>) {
    match inode {
        Some(inode) => names.insert(path.to_owned(), inode),
        None => names.remove(path),
    };
}
