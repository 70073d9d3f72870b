//! What was told: steps with what had to be seen in each, what was left after each, how promises stand.
//!
//! Promises: a check compares something seen with what it must be and keeps both; one that failed makes the end a failure.
//! Leaves out: how it looks (`screen`).

use std::fmt::Display;
use std::io::Write;
use std::path::Path;

use base::time::Timestamp;
use serde::Serialize;

use super::raw::Found;
use super::screen::{Beat, Screen};
use crate::cli::failure::Failure;
use crate::privacy::evidence::PromiseShown;

/// Everything, for programs.
#[derive(Debug, Default, Serialize)]
pub(super) struct Told {
    /// Whether every check held.
    ok: bool,
    /// In their order.
    steps: Vec<Step>,
    /// What was left of the first day's conversations, at several moments.
    left: Vec<Left>,
    /// Each promise in force, as its probes saw it last.
    promises: Vec<PromiseShown>,
    /// Promises whose time has not come.
    planned: Vec<Planned>,
}

/// A step of the story.
#[derive(Debug, Serialize)]
struct Step {
    name: &'static str,
    /// Days since the first.
    day: i32,
    at: Timestamp,
    checks: Vec<Check>,
}

/// Something that had to be seen.
#[derive(Debug, Serialize)]
struct Check {
    what: String,
    seen: String,
    expected: String,
    holds: bool,
}

/// What was left of the first day's conversations.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Left {
    pub(super) moment: &'static str,
    /// Days since the first.
    pub(super) day: i32,
    pub(super) at: Timestamp,
    /// Raw bytes.
    #[serde(flatten)]
    pub(super) found: Found,
    /// Partitions of that day.
    pub(super) partitions: usize,
    /// Live keys of that day.
    pub(super) keys: usize,
    /// How its receipt answers over HTTP.
    pub(super) receipt: u16,
    /// Sealed values in the copied backup.
    pub(super) backup_sealed: usize,
    /// Those that open with all keys that are left.
    pub(super) backup_opened: usize,
    /// Partitions of other days.
    pub(super) other_days: usize,
}

/// A promise whose time has not come.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Planned {
    pub(super) what: &'static str,
    pub(super) promise: String,
    pub(super) state: String,
    pub(super) awaits: String,
    /// When it will show, in words with the numbers in force.
    pub(super) then: String,
}

/// How it is shown while it happens.
pub(super) enum Face<'a> {
    /// To people.
    Text(Screen<'a>),
    /// To programs, at the end.
    Json(&'a mut dyn Write),
}

/// Tells, and keeps what was told.
pub(super) struct Telling<'a> {
    told: Told,
    face: Face<'a>,
}

impl<'a> Telling<'a> {
    pub(super) fn new(face: Face<'a>) -> Self {
        Self {
            told: Told::default(),
            face,
        }
    }

    /// Shows something to people; programs are told by checks and numbers.
    pub(super) fn show(&mut self, show: impl FnOnce(&mut Screen<'a>) -> std::io::Result<()>) -> Result<(), Failure> {
        match &mut self.face {
            Face::Text(screen) => Ok(show(screen)?),
            Face::Json(_) => Ok(()),
        }
    }

    /// Begins a step.
    pub(super) async fn step(
        &mut self,
        name: &'static str,
        title: &str,
        day: i32,
        at: Timestamp,
    ) -> Result<(), Failure> {
        self.beat(Beat::Step).await?;
        self.show(|screen| screen.step(title, day, at))?;
        let checks = Vec::new();
        self.told.steps.push(Step { name, day, at, checks });
        Ok(())
    }

    /// Something that must be seen so and not otherwise.
    pub(super) async fn same<T: PartialEq + Display>(
        &mut self,
        seen: T,
        expected: T,
        what: impl Display,
    ) -> Result<(), Failure> {
        let holds = seen == expected;
        self.check(what.to_string(), seen.to_string(), expected.to_string(), holds)
            .await
    }

    /// Something of which there must be so much at least.
    pub(super) async fn least(&mut self, seen: usize, least: usize, what: impl Display) -> Result<(), Failure> {
        let expected = format!("at least {least}");
        self.check(what.to_string(), seen.to_string(), expected, seen >= least)
            .await
    }

    async fn check(&mut self, what: String, seen: String, expected: String, holds: bool) -> Result<(), Failure> {
        let check = Check {
            what,
            seen,
            expected,
            holds,
        };
        self.show(|screen| {
            if holds {
                screen.held(&check.what)
            } else {
                screen.failed(&format!(
                    "NOT SO: {} (seen: {}, expected: {})",
                    check.what, check.seen, check.expected
                ))
            }
        })?;
        if let Some(step) = self.told.steps.last_mut() {
            step.checks.push(check);
        }
        self.beat(Beat::Check).await
    }

    pub(super) fn left(&mut self, left: Left) {
        self.told.left.push(left);
    }

    /// What was left at each moment, in their order.
    pub(super) fn all_left(&self) -> &[Left] {
        &self.told.left
    }

    /// Time for whoever watches; nobody else waits.
    pub(super) async fn beat(&mut self, beat: Beat) -> Result<(), Failure> {
        match &mut self.face {
            Face::Text(screen) => Ok(screen.beat(beat).await?),
            Face::Json(_) => Ok(()),
        }
    }

    pub(super) fn all_promises(&self) -> &[PromiseShown] {
        &self.told.promises
    }

    pub(super) fn promises(&mut self, promises: Vec<PromiseShown>) {
        self.told.promises = promises;
    }

    pub(super) fn planned(&mut self, planned: Planned) {
        self.told.planned.push(planned);
    }

    /// The end, when instance and folder are gone: whether they are is the last check.
    pub(super) async fn end(mut self, place: &Path) -> Result<(), Failure> {
        let rest = usize::from(place.symlink_metadata().is_ok());
        self.show(Screen::gap)?;
        self.same(rest, 0, "the throw-away instance has ended, and its folder is gone")
            .await?;
        let all = || self.told.steps.iter().flat_map(|step| &step.checks);
        let (seen, failed) = (all().count(), all().filter(|check| !check.holds).count());
        self.told.ok = failed == 0 && seen > 0;
        match &mut self.face {
            Face::Text(screen) => screen.sum(seen, failed)?,
            Face::Json(out) => {
                let text = serde_json::to_string(&self.told).map_err(Failure::failed)?;
                writeln!(out, "{text}")?;
            }
        }
        if self.told.ok {
            return Ok(());
        }
        Err(Failure::failed(format!(
            "{failed} of {seen} checks did not see what they must"
        )))
    }
}
