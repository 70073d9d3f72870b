//! Statuses as programs read them: `candor verify --json` and `/trust.json` are one shape.

use base::time::Timestamp;
use policy::document::PromiseId;
use serde::{Deserialize, Serialize};

use super::{State, Status};
use crate::privacy::probes::Observation;

/// How all promises stand.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Verified {
    /// In the order of the policy document.
    pub promises: Vec<PromiseShown>,
}

/// How one promise stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromiseShown {
    /// Its number, as `P-13.3`.
    pub id: PromiseId,
    /// How it stands.
    pub state: State,
    /// How many things the probes considered.
    pub examined: u64,
    /// The number that the page shows.
    pub figure: Option<String>,
    /// When the probes had looked.
    pub probed_at: Option<Timestamp>,
    /// Why it is not kept.
    pub why: Option<String>,
    /// What each probe saw.
    pub probes: Vec<ProbeShown>,
    /// The last time it was broken, also if it is kept again.
    pub last_broken: Option<Red>,
}

/// A stretch of looks that saw a breach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Red {
    /// What was seen.
    pub why: String,
    /// The first of these looks.
    pub from: Timestamp,
    /// The last of them.
    pub to: Timestamp,
    /// How many there were.
    pub looks: u64,
}

/// What one probe saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeShown {
    /// Its name.
    pub name: String,
    /// How many things it considered.
    pub considered: u64,
    /// What they are.
    pub considers: String,
    /// What it means: kept, broken, nothing, blind.
    pub outcome: String,
    /// The first look with this outcome, without a pause.
    pub since: Timestamp,
    /// How many looks in a row had it.
    pub looks: u64,
}

impl Verified {
    /// Of these statuses, in their order.
    #[must_use]
    pub fn of(statuses: Vec<Status>) -> Self {
        Self {
            promises: statuses.into_iter().map(PromiseShown::from).collect(),
        }
    }
}

impl From<Status> for PromiseShown {
    fn from(status: Status) -> Self {
        Self {
            id: status.promise,
            state: status.state,
            examined: status.examined,
            figure: status.figure,
            probed_at: status.probed_at,
            why: status.why,
            probes: status.looks.iter().map(ProbeShown::from).collect(),
            last_broken: status.last_broken.as_ref().map(Red::from),
        }
    }
}

impl From<&Observation> for Red {
    fn from(seen: &Observation) -> Self {
        Self {
            why: seen.outcome.why().unwrap_or_default().to_owned(),
            from: seen.since,
            to: seen.at,
            looks: seen.looks,
        }
    }
}

impl From<&Observation> for ProbeShown {
    fn from(seen: &Observation) -> Self {
        Self {
            name: seen.probe.to_owned(),
            considered: seen.considered,
            considers: seen.considers.to_owned(),
            outcome: seen.outcome.word().to_owned(),
            since: seen.since,
            looks: seen.looks,
        }
    }
}
