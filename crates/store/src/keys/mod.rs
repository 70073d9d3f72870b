//! Keys: what makes a record end for good.
//!
//! A person's key lives wrapped in the key store, a day's key in a slot of the keyring file. What a day records about a
//! person is sealed under a key derived from both, so that losing either one ends it, also in every copy.
//!
//! Promises: a key is destroyed only when its slot is overwritten and synced in the keyring and its mirror; keys in
//! memory are bounded in number and life, and wiped when dropped; sealing on a request's path neither waits nor locks.
//!
//! Leaves out: when something ends (the policy's numbers come from `privacy`), and when keys are wrapped anew.

mod cache;
pub mod compress;
mod day;
mod error;
mod facade;
mod keyring;
mod opening;
mod sealing;
mod slot;
mod store;
mod tables;
mod wrap;

pub use cache::IDLE_LIFE;
pub use day::{DayKeys, TAG_BYTES};
pub use error::KeysError;
pub use facade::{CACHED_DAY_KEYS, CACHED_SUBJECTS, Keys, WrappedAnew};
pub use keyring::{End, Found, Keyring, KeyringError};
pub use opening::open_keyring;
pub use sealing::{KEY_BYTES, Last, OpenError, RecordKey, SEAL_OVERHEAD_BYTES};
pub use slot::SlotName;
pub use store::STATEMENTS;
pub use tables::{MIGRATIONS, SUBJECT_KEY, TABLES};
