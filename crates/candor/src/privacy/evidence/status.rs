//! From what the probes saw to the state of a promise.

use std::time::Duration;

use base::time::Timestamp;
use policy::document::{self, Promise, PromiseId, RedIf};
use serde::{Deserialize, Serialize};

use super::store::Seen;
use crate::privacy::probes::{Observation, Outcome};

/// How a promise stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Every probe had something to look at, lately, and saw no breach.
    Kept,
    /// A person signed for it, and the date has not passed.
    Attested,
    /// It is in force, and there was nothing to look at yet.
    Unproven,
    /// Nobody looked for too long, or the last look failed.
    Stale,
    /// A probe saw a breach, or is dead.
    Broken,
    /// It is not in force: what it needs is still to be built.
    Planned,
}

impl State {
    /// All of them, the best first.
    pub const ALL: [Self; 6] = [
        Self::Kept,
        Self::Attested,
        Self::Unproven,
        Self::Stale,
        Self::Broken,
        Self::Planned,
    ];

    /// As it is shown.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Attested => "attested",
            Self::Unproven => "unproven",
            Self::Stale => "stale",
            Self::Broken => "broken",
            Self::Planned => "planned",
        }
    }
}

/// How one promise stands, and from what that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Which promise.
    pub promise: PromiseId,
    /// How it stands.
    pub state: State,
    /// Why it is not kept, if it is not, in words.
    pub why: Option<String>,
    /// How many things the last looks considered.
    pub examined: u64,
    /// The number that the page shows.
    pub figure: Option<String>,
    /// When all of its probes had looked; none before.
    pub probed_at: Option<Timestamp>,
    /// From when on it counts as stale if nobody looks.
    pub fresh_until: Option<Timestamp>,
    /// The last look of each of its probes.
    pub looks: Vec<Observation>,
    /// The last stretch in which one of its probes saw a breach or was dead, also if all is well by now.
    pub last_broken: Option<Observation>,
}

/// What is known at a moment.
pub(super) struct Known<'a> {
    pub(super) seen: &'a Seen,
    pub(super) opened: Timestamp,
    pub(super) now: Timestamp,
}

impl Known<'_> {
    pub(super) fn status(&self, promise: &Promise) -> Status {
        let document::State::InForce { probes, evidence, .. } = &promise.state else {
            return Status::planned(promise);
        };
        let looks: Vec<&Observation> = probes.iter().filter_map(|name| self.last(name)).collect();
        let fresh = evidence.freshness.span();
        let verdicts = probes.iter().map(|name| self.verdict(self.last(name), fresh));
        // A promise without any probe has nothing that could be looked at.
        let worst = match evidence.red_if {
            RedIf::AnyProbeFailed => verdicts.reduce(|one, other| if other.0 > one.0 { other } else { one }),
        };
        let (state, why) = worst.unwrap_or((State::Unproven, None));
        let complete = looks.len() == probes.len();
        let probed_at = looks.iter().map(|seen| seen.at).min().filter(|_| complete);
        Status {
            promise: promise.id,
            state,
            why,
            examined: looks.iter().map(|seen| seen.considered).sum(),
            figure: looks.iter().find_map(|seen| seen.figure.clone()),
            probed_at,
            fresh_until: probed_at.map(|at| at.plus(fresh)),
            looks: looks.into_iter().cloned().collect(),
            last_broken: self.last_broken(probes),
        }
    }

    fn last(&self, probe: &str) -> Option<&Observation> {
        self.seen.latest.iter().find(|seen| seen.probe == probe)
    }

    fn last_broken(&self, probes: &[String]) -> Option<Observation> {
        let broken = self.seen.broken.iter();
        let ours = broken.filter(|seen| probes.iter().any(|name| name == seen.probe));
        ours.max_by_key(|seen| seen.at).cloned()
    }

    fn verdict(&self, last: Option<&Observation>, fresh: Duration) -> (State, Option<String>) {
        let Some(seen) = last else {
            return if self.now.since(self.opened) > fresh {
                (
                    State::Stale,
                    Some("no probe looked since this process started".to_owned()),
                )
            } else {
                (State::Unproven, Some("no probe has looked yet".to_owned()))
            };
        };
        match &seen.outcome {
            Outcome::Broken(why) => (State::Broken, Some(why.clone())),
            Outcome::Blind(why) => (State::Stale, Some(format!("the last look failed: {why}"))),
            Outcome::Kept | Outcome::Nothing if seen.at > self.now => (
                State::Stale,
                Some("the last look was in the future: the clock was set back".to_owned()),
            ),
            Outcome::Kept | Outcome::Nothing if self.now.since(seen.at) > fresh => {
                (State::Stale, Some("the last look is too long ago".to_owned()))
            }
            Outcome::Nothing => (State::Unproven, Some("there is nothing to look at yet".to_owned())),
            Outcome::Kept => (State::Kept, None),
        }
    }
}

impl Status {
    fn planned(promise: &Promise) -> Self {
        let why = match &promise.state {
            document::State::Planned { awaits, .. } => Some(format!("it awaits {awaits}")),
            document::State::InForce { .. } => None,
        };
        Self {
            promise: promise.id,
            state: State::Planned,
            why,
            examined: 0,
            figure: None,
            probed_at: None,
            fresh_until: None,
            looks: Vec::new(),
            last_broken: None,
        }
    }
}
