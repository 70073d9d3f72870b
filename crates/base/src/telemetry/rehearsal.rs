//! What the log would say: for probes, which put canaries into events and look whether one comes out.
//!
//! Promises: the events take the way of every other event, through the process's own filter, layers and rules, up to the writer,
//! and there into a text instead. A second time they take the way at TRACE, so that no level hides anything.
//! Leaves out: what to put in, what to look for.

use std::sync::OnceLock;

use tracing_subscriber::layer::SubscriberExt as _;

use super::output::rehearsed;
use super::{Lines, Rules, filter};

static RULES: OnceLock<Rules> = OnceLock::new();

/// The lines of a rehearsal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// As the log is set up: nothing of what its level leaves out.
    pub as_installed: String,
    /// By the same rules at TRACE.
    pub at_trace: String,
}

/// Makes `events` happen twice and gives what the log would have said; `None` where no log is set up. Events of other threads are
/// no part of it.
pub fn rehearse(events: impl Fn()) -> Option<Rehearsal> {
    let rules = *RULES.get()?;
    let everything = filter("trace").ok()?;
    let subscriber = tracing_subscriber::registry()
        .with(everything)
        .with(Lines::new(rules, std::io::sink()));
    Some(Rehearsal {
        as_installed: rehearsed(&events),
        at_trace: rehearsed(|| tracing::subscriber::with_default(subscriber, &events)),
    })
}

/// Notes the rules by which the process's log was set up.
pub(super) fn remember(rules: Rules) {
    // The first set-up is the one that counts, as for the log itself.
    let _first = RULES.set(rules);
}
