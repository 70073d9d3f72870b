//! What can go wrong with keys, for callers to match and for people to read.

use base::time::{Day, Week};

use super::keyring::KeyringError;
use super::sealing::OpenError;
use crate::db::DbError;

/// Why keys could not be had, or something not be opened.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The keyring.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The key store.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The day's key has ended, or is too long ago to be made.
    #[error("the key of {0} has ended")]
    DayEnded(Day),
    /// The day is too far ahead for its key to be made.
    #[error("the key of {0} is not made yet")]
    DayAhead(Day),
    /// There is no key of this person, or there is none any more.
    #[error("this person has no key (any more)")]
    NoSuchSubject,
    /// The person has a key already.
    #[error("this person has a key already")]
    SubjectExists,
    /// The key store is older than the end of the week under which this person's key was wrapped, or was changed.
    #[error("a key wrapped in the week of {} can't be unwrapped: that week's key has ended, or the key store was changed", .0.first_day())]
    Unwrappable(Week),
    /// A new keyring was made beside a key store with keys in it.
    #[error(
        "there is no keyring, but the key store holds keys that only the lost one can unwrap. Put the keyring back, or \
         name its mirror as `keys.mirror`. To begin anew, the key store must be empty"
    )]
    KeyringLost,
    /// The grant is for somebody else.
    #[error("the grant is for another person")]
    OtherGrant,
    /// The runtime is shutting down.
    #[error("the process is stopping")]
    Stopping,
    /// The sealed bytes don't open.
    #[error(transparent)]
    Open(#[from] OpenError),
}
