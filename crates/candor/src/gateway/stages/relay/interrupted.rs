//! Settling a stream that came to no end of its own: its provider broke off, or its client left.

use crate::gateway::counting::{Counting, Prompt};
use crate::gateway::journal::Journal;
use crate::gateway::meter::Meter;
use crate::records::closing::Status;
use std::sync::Arc;

/// What was sent until now is charged; if nothing was, nothing. Where it has to be counted that is done later.
pub(super) fn settle(journal: Journal, meter: &Meter, prompt: &Prompt, counting: &Arc<Counting>) {
    if !meter.has_content() {
        return close(journal, None);
    }
    if !meter.needs_counting() {
        return close(journal, Some(meter));
    }
    let (mut meter, prompt) = (meter.clone(), prompt.clone());
    counting.run_later(move || {
        meter.count(&prompt);
        close(journal, Some(&meter));
    });
}

fn close(journal: Journal, meter: Option<&Meter>) {
    if let Err(error) = journal.settle(Status::Interrupted, meter) {
        tracing::error!(error = %error, "an interrupted stream could not be recorded");
    }
}
