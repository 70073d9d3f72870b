//! How often each named statement and transaction ran, failed, and ran again.
//!
//! Promises: names are constants of the program, so that the table is bounded by its text; it holds no value.
//! Leaves out: times (statements have limits, and a database's own statistics say more), publishing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Db, DbError};

/// What became of one name since the database was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// How often it was asked for.
    pub calls: u64,
    /// How often it failed in the end.
    pub failures: u64,
    /// How often it met another transaction and ran again.
    pub conflicts: u64,
}

#[derive(Clone, Default)]
pub(super) struct Ledger(Arc<Mutex<BTreeMap<&'static str, Figures>>>);

impl Ledger {
    pub(super) fn called<T, E>(&self, name: &'static str, result: &Result<T, E>) {
        self.note(name, |figures| {
            figures.calls += 1;
            figures.failures += u64::from(result.is_err());
        });
    }

    pub(super) fn met(&self, name: &'static str) {
        self.note(name, |figures| figures.conflicts += 1);
    }

    fn note(&self, name: &'static str, change: impl FnOnce(&mut Figures)) {
        change(
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .entry(name)
                .or_default(),
        );
    }
}

impl Db {
    /// Statements outside of transactions, and transactions, by name. For the operations listener.
    #[must_use]
    pub fn figures(&self) -> BTreeMap<&'static str, Figures> {
        self.ledger.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn count<T>(&self, name: &'static str, result: Result<T, DbError>) -> Result<T, DbError> {
        self.ledger.called(name, &result);
        result
    }
}
