//! What the gateway counts for the operator. Counters are looked up once, so that counting is one addition.

use crate::records::closing::{Line, Outcome, Status, Unit};
use crate::telemetry;
use metrics::{Counter, Histogram};
use std::time::Duration;

/// What became of connections of clients.
pub struct Connections {
    /// They were taken in.
    pub taken_in: Counter,
    /// They were ended, since nobody asked anything on them and others came.
    pub made_room: Counter,
    /// There was no room for them.
    pub turned_away: Counter,
}

/// The gateway's counters.
pub struct Meters {
    /// Of the listener.
    pub connections: Connections,
    completed: Counter,
    interrupted: Counter,
    refused: Counter,
    failed: Counter,
    seconds: Histogram,
    units: Vec<(Unit, Counter)>,
}

impl Meters {
    /// Registers them.
    pub fn new() -> Self {
        let outcome = |outcome: &'static str| metrics::counter!(telemetry::GENERATIONS.name, "api" => "chat", "outcome" => outcome);
        let unit = |unit: Unit| (unit, metrics::counter!(telemetry::UNITS.name, "unit" => unit.as_str()));
        let connections = |fate: &'static str| metrics::counter!(telemetry::CONNECTIONS.name, "fate" => fate);
        Self {
            connections: Connections {
                taken_in: connections("taken_in"),
                made_room: connections("made_room"),
                turned_away: connections("turned_away"),
            },
            completed: outcome("completed"),
            interrupted: outcome("interrupted"),
            refused: outcome("refused"),
            failed: outcome("failed"),
            seconds: metrics::histogram!(telemetry::GENERATION_SECONDS.name, "api" => "chat"),
            units: Unit::ALL.into_iter().map(unit).collect(),
        }
    }

    /// A generation ended so, this long after it was accepted, and used this.
    pub fn settled(&self, status: Status, took: Duration, lines: &[Line]) {
        let counter = match status {
            Status::Completed => &self.completed,
            Status::Interrupted => &self.interrupted,
            Status::Refused => &self.refused,
            Status::Failed => &self.failed,
        };
        counter.increment(1);
        self.seconds.record(took.as_secs_f64());
        for line in lines {
            if let Some((_, counter)) = self.units.iter().find(|(unit, _)| *unit == line.unit) {
                counter.increment(line.quantity);
            }
        }
    }

    /// A provider was tried. `provider` is a name of the configuration.
    pub fn tried(&self, provider: &str, outcome: Outcome) {
        let outcome = match outcome {
            Outcome::Answered => "answered",
            Outcome::Status(_) => "status",
            Outcome::Unreachable => "unreachable",
            Outcome::TimedOut => "timed_out",
            Outcome::Cut => "cut",
        };
        metrics::counter!(telemetry::TRIES.name, "provider" => provider.to_owned(), "outcome" => outcome).increment(1);
    }

    /// A route of a provider, or a key there, began to rest. `what` is one of the metric's list.
    pub fn rests(&self, provider: &str, what: &'static str) {
        metrics::counter!(telemetry::RESTS.name, "provider" => provider.to_owned(), "what" => what).increment(1);
    }

    /// A further try was not made, to spare providers.
    pub fn try_saved(&self) {
        metrics::counter!(telemetry::TRIES_SAVED.name).increment(1);
    }

    /// A request was turned away before it became a generation. `reason` is the code of its refusal, a closed list.
    pub fn turned_away(&self, reason: &str) {
        metrics::counter!(telemetry::REFUSALS.name, "reason" => reason.to_owned()).increment(1);
    }
}

impl Default for Meters {
    fn default() -> Self {
        Self::new()
    }
}
