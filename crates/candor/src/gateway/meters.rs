//! What the gateway counts for the operator. Counters are looked up once, so that counting is one addition.

use crate::records::closing::Status;
use crate::telemetry;
use metrics::Counter;

/// The gateway's counters.
pub struct Meters {
    completed: Counter,
    interrupted: Counter,
    refused: Counter,
    failed: Counter,
}

impl Meters {
    /// Registers them.
    pub fn new() -> Self {
        let outcome = |outcome: &'static str| metrics::counter!(telemetry::GENERATIONS.name, "api" => "chat", "outcome" => outcome);
        Self {
            completed: outcome("completed"),
            interrupted: outcome("interrupted"),
            refused: outcome("refused"),
            failed: outcome("failed"),
        }
    }

    /// A generation ended so.
    pub fn settled(&self, status: Status) {
        let counter = match status {
            Status::Completed => &self.completed,
            Status::Interrupted => &self.interrupted,
            Status::Refused => &self.refused,
            Status::Failed => &self.failed,
        };
        counter.increment(1);
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
