//! Records: generation log, usage lines, receipts: what the spool is applied to.
//!
//! Promises: each settled generation is recorded exactly once; in the clear a row holds a random id, its day, its order and a
//! tag that means nothing once the day's key is gone; a day that ended shows nothing, even before it is swept.
//! Leaves out: the postings (money), the spool's files and the day files themselves (`store`), whose key has which name
//! (people).

pub mod closing;
pub mod counting;
pub mod raw;
pub mod reading;
pub mod receipt;
pub mod recording;
pub mod store;
pub mod tables;

use std::sync::Arc;

use ::store::days::{Days, DaysError};
use ::store::db::DbError;
use ::store::keys::{Keys, KeysError, OpenError};
use base::ids::{OrgId, SubjectId};
use base::money::Micro;

use closing::ClosingError;

/// The generation log.
pub struct Records {
    days: Arc<Days>,
    keys: Arc<Keys>,
}

impl Records {
    /// Joins the day partitions and the keys that open them.
    #[must_use]
    pub const fn new(days: Arc<Days>, keys: Arc<Keys>) -> Self {
        Self { days, keys }
    }
}

/// Whose rows: who pays, and whose data it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// The organisation.
    pub org: OrgId,
    /// The person.
    pub subject: SubjectId,
}

/// Why a record could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    /// The grant is for somebody else.
    #[error("the grant is for another person")]
    OtherGrant,
    /// The day partitions.
    #[error(transparent)]
    Days(#[from] DaysError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A row doesn't open.
    #[error("a record doesn't open: {0}")]
    Open(#[from] OpenError),
    /// A row opens and makes no sense.
    #[error(transparent)]
    Closing(#[from] ClosingError),
    /// The transaction met another one; its rows were given away, so it is to be formed again.
    #[error("the day's file was being written by another process; to be tried again")]
    Again,
}

/// What something used on a day, or on all days that are still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UsageSum {
    /// Settled generations that reached a provider.
    pub requests: u64,
    /// Refused ones: they cost nothing.
    pub refused: u64,
    /// Of the requests, those that no provider answered: they cost nothing.
    pub failed: u64,
    /// Tokens of prompts.
    pub input_tokens: u64,
    /// Tokens of answers.
    pub output_tokens: u64,
    /// What they cost.
    pub cost: Micro,
}

impl UsageSum {
    /// Adds another sum.
    pub fn add(&mut self, other: &Self) {
        self.requests = self.requests.saturating_add(other.requests);
        self.refused = self.refused.saturating_add(other.refused);
        self.failed = self.failed.saturating_add(other.failed);
        self.input_tokens = self.input_tokens.saturating_add(other.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(other.output_tokens);
        self.cost = self.cost.saturating_add(other.cost);
    }

    /// What one generation adds.
    #[must_use]
    pub fn of(money: &closing::Money) -> Self {
        let tokens = money.token_usage();
        Self {
            requests: money.reached_a_provider().into(),
            refused: (money.status == closing::Status::Refused).into(),
            failed: (money.status == closing::Status::Failed).into(),
            input_tokens: tokens.input_tokens,
            output_tokens: tokens.output_tokens,
            cost: money.cost,
        }
    }
}
