//! All that is declared, joined: every table of every domain and of the key store.
//!
//! Promises: a table that stands in no list doesn't exist for the program: [`check`] finds it in the live catalogue and the
//! start ends with the lines to paste.
//! Leaves out: log fields, labels, files and hosts, which their own places declare and `telemetry` and `serve` hand in.

use policy::inventory::{LiveColumn, Mismatch, Store, Table, compare};

/// What a check found, and how much it looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checked {
    /// Live columns that were compared.
    pub examined: usize,
    /// What differs.
    pub mismatches: Vec<Mismatch>,
}

/// A database holds what is not declared, or not what is.
#[derive(Debug, thiserror::Error)]
#[error("{}", told(.0))]
pub struct Undeclared(pub Vec<Mismatch>);

fn told(mismatches: &[Mismatch]) -> String {
    let mut text = format!(
        "the database and the data inventory differ in {} places:",
        mismatches.len()
    );
    for mismatch in mismatches {
        text.push_str("\n\n");
        text.push_str(&mismatch.to_string());
    }
    text
}

/// Compares the declared tables of one store with its live columns.
#[must_use]
pub fn check(tables: &[&'static Table], store: Store, live: &[LiveColumn]) -> Checked {
    let declared: Vec<&Table> = tables.iter().copied().filter(|table| table.store == store).collect();
    Checked {
        examined: live.len(),
        mismatches: compare(&declared, live),
    }
}
