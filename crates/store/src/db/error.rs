//! What can go wrong with a database, for callers to match.
//!
//! Promises: no error shows a stored value or a parameter. PostgreSQL puts values into `DETAIL`, and into the message of
//! some data errors: neither is kept.
//! Leaves out: words for end users; a domain's error wraps this one.

use std::time::Duration;

/// A database error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DbError {
    /// Another transaction was in the way. Retried a bounded number of times before anyone sees it.
    #[error("the database stayed busy: `{statement}` met another transaction ({cause})")]
    Conflict {
        /// The statement or transaction.
        statement: &'static str,
        /// The database's word for it.
        cause: String,
    },
    /// A rule of the schema was broken.
    #[error("`{statement}` breaks a {rule} rule of the schema ({constraint})")]
    Constraint {
        /// The statement.
        statement: &'static str,
        /// Which kind of rule.
        rule: Rule,
        /// The constraint's name, or table and column, as far as the database tells.
        constraint: String,
    },
    /// The statement ran longer than allowed, or whoever asked went away.
    #[error("`{statement}` was stopped after its time limit of {limit:?}")]
    TimedOut {
        /// The statement.
        statement: &'static str,
        /// The limit.
        limit: Duration,
    },
    /// No connection, no disk space, or the server went away.
    #[error("the database can't be reached or used: {cause}")]
    Unavailable {
        /// What the system said.
        cause: String,
    },
    /// This database was closed, for instance because its day ended.
    #[error("this database is closed")]
    Closed,
    /// The transaction ended before this statement: an earlier error rolled it back.
    #[error("`{statement}` came after its transaction had ended")]
    TransactionEnded {
        /// The statement.
        statement: &'static str,
    },
    /// Exactly one row was asked for.
    #[error("`{statement}` should give exactly one row and gave {found}")]
    RowCount {
        /// The statement.
        statement: &'static str,
        /// How many there were.
        found: usize,
    },
    /// More rows than [`MAX_ROWS`](super::MAX_ROWS).
    #[error("`{statement}` gives more than {limit} rows: read it in pages")]
    TooManyRows {
        /// The statement.
        statement: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A field was of another kind than its reader expected.
    #[error("field {place} of `{statement}` should be {expected} and is {found}")]
    Field {
        /// The statement.
        statement: &'static str,
        /// Counted from 0.
        place: usize,
        /// What the reader wanted.
        expected: &'static str,
        /// What was there.
        found: &'static str,
    },
    /// The address of the database makes no sense.
    #[error("{0}")]
    Url(String),
    /// Anything else: a mistake in a statement, a damaged file.
    #[error("`{statement}` failed: {cause}")]
    Failed {
        /// The statement.
        statement: &'static str,
        /// The database's message, without values.
        cause: String,
    },
}

/// The kinds of rules that a schema can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Primary key or unique.
    Unique,
    /// Foreign key.
    Reference,
    /// NOT NULL.
    NotNull,
    /// CHECK, or a column's type.
    Check,
}

impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unique => "uniqueness",
            Self::Reference => "reference",
            Self::NotNull => "not-null",
            Self::Check => "check",
        })
    }
}

impl DbError {
    /// Whether running the whole transaction again may succeed.
    #[must_use]
    pub const fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. })
    }

    /// Whether a uniqueness rule was broken: the thing exists already.
    #[must_use]
    pub const fn is_duplicate(&self) -> bool {
        matches!(self, Self::Constraint { rule: Rule::Unique, .. })
    }
}
