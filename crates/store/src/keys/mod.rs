//! Keys: what makes a record end for good (the hierarchy stands in `docs/security-design.md`).
//!
//! A person's key lives wrapped in the key store, a day's key in a slot of the keyring file. What a day records about a
//! person is sealed under a key derived from both, so that losing either one ends it, also in every copy.
//!
//! Promises: a key is destroyed only when its slot is overwritten and synced in the keyring and its mirror; keys in
//! memory are bounded in number and life, and wiped when dropped; sealing on a request's path neither waits nor locks.
//!
//! Leaves out: when something ends (the policy's numbers come from `privacy`), and the weekly re-wrap.

pub mod compress;
pub mod day;
pub mod sealing;

pub use day::DayKeys;
pub use sealing::{Last, OpenError, RecordKey};
