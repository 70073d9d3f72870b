//! What a disk is to do: a line in a file, so that a test can change its mind while the program runs.

use std::cell::Cell;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use store::disk::Operation;
use testkit::wait;

const PLAN: &str = "plan";
const STRUCK: &str = "struck";

/// How an operation goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Nothing is done: the device fails.
    Refused,
    /// Nothing is done: the disk is full.
    NoRoom,
    /// Half of a write is done, and it fails.
    Torn,
    /// All is done, and it fails nevertheless.
    DoneButFailed,
    /// Nothing is done, and it says that all is well: the disk lies, which nobody promises to survive.
    Lost,
    /// It waits until there is another plan, then goes well.
    Held,
}

const OPERATIONS: [Operation; 7] = [
    Operation::Create,
    Operation::Read,
    Operation::Write,
    Operation::Allocate,
    Operation::Sync,
    Operation::SyncDir,
    Operation::Name,
];
const TROUBLES: [Trouble; 6] = [
    Trouble::Refused,
    Trouble::NoRoom,
    Trouble::Torn,
    Trouble::DoneButFailed,
    Trouble::Lost,
    Trouble::Held,
];

impl Trouble {
    pub(super) fn error(self) -> io::Error {
        match self {
            Self::NoRoom => io::ErrorKind::StorageFull.into(),
            Self::Refused | Self::Torn | Self::DoneButFailed | Self::Lost | Self::Held => {
                io::Error::other("a planned failure")
            }
        }
    }
}

/// What goes wrong: operations `nth`, `nth + 1`, … (`count` of them) of a kind, counted from the moment the plan is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) operation: Operation,
    pub(super) nth: u64,
    pub(super) count: u64,
    pub(super) trouble: Trouble,
}

impl Plan {
    pub(super) const fn once(operation: Operation, nth: u64, trouble: Trouble) -> Self {
        Self {
            operation,
            nth,
            count: 1,
            trouble,
        }
    }

    pub(super) const fn always(operation: Operation, trouble: Trouble) -> Self {
        Self {
            operation,
            nth: 1,
            count: u64::MAX,
            trouble,
        }
    }

    /// What the plan has for the `number`th operation of this kind.
    pub(super) fn trouble(&self, operation: Operation, number: u64) -> Option<Trouble> {
        // A disk without room gives neither blocks nor entries of a folder.
        let both = [Operation::Allocate, Operation::Name];
        let full = self.trouble == Trouble::NoRoom && both.contains(&self.operation) && both.contains(&operation);
        let is_meant = (self.operation == operation || full) && number >= self.nth && number - self.nth < self.count;
        is_meant.then_some(self.trouble)
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let _number = words.next()?;
        let operation = words.next()?;
        let nth = words.next()?.parse().ok()?;
        let count = words.next()?.parse().ok()?;
        let trouble = words.next()?;
        Some(Self {
            operation: *OPERATIONS.iter().find(|known| format!("{known:?}") == operation)?,
            nth,
            count,
            trouble: *TROUBLES.iter().find(|known| format!("{known:?}") == trouble)?,
        })
    }
}

/// The folder of the plan: the test writes there, the disk reads.
#[derive(Debug)]
pub(super) struct Control {
    folder: PathBuf,
    written: Cell<u64>,
}

impl Control {
    pub(super) const fn in_folder(folder: PathBuf) -> Self {
        Self {
            folder,
            written: Cell::new(0),
        }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn prepare(&self) {
        std::fs::create_dir_all(&self.folder).unwrap();
        self.heal();
    }

    // --- the test's side ---

    /// From now on this goes wrong, and nothing else.
    pub(super) fn fail(&self, plan: Plan) {
        let Plan {
            operation,
            nth,
            count,
            trouble,
        } = plan;
        self.write(&format!("{operation:?} {nth} {count} {trouble:?}"));
    }

    /// From now on all goes well.
    pub(super) fn heal(&self) {
        self.write("well");
    }

    /// Whether the last plan struck.
    pub(super) fn struck(&self) -> bool {
        self.folder.join(STRUCK).exists()
    }

    pub(super) fn wait_until_struck(&self) {
        wait::until_true(Duration::from_secs(10), "the plan strikes", || self.struck());
    }

    fn write(&self, what: &str) {
        // Not there where no plan struck.
        drop(std::fs::remove_file(self.folder.join(STRUCK)));
        self.written.set(self.written.get() + 1);
        let next = self.folder.join("next");
        std::fs::write(&next, format!("{} {what}", self.written.get())).unwrap();
        std::fs::rename(next, self.folder.join(PLAN)).unwrap();
    }
}

/// The disk's side of a [`Control`].
#[derive(Debug)]
pub(super) struct Orders(PathBuf);

impl Orders {
    pub(super) fn of(control: Control) -> Self {
        Self(control.folder)
    }

    /// The line as it stands; it differs from the last one whenever the test wrote.
    pub(super) fn line(&self) -> String {
        std::fs::read_to_string(self.0.join(PLAN)).unwrap()
    }

    pub(super) fn plan(line: &str) -> Option<Plan> {
        Plan::parse(line)
    }

    pub(super) fn note_struck(&self) {
        std::fs::write(self.0.join(STRUCK), "").unwrap();
    }

    pub(super) fn wait_for_another(&self, line: &str) {
        wait::until_true(Duration::from_secs(60), "another plan", || self.line() != line);
    }
}
