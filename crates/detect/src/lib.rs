//! Finding what must not be where it is: personal data and secrets in texts bound for a log, phrases that a filter blocks.
//!
//! Promises: pure, no I/O; linear in the length of the text.
//! Leaves out: anonymising prompts (no pattern recognises a person in prose; nothing here may be used for that),
//! deciding what follows from a match.

mod block;
mod scrub;

pub use block::BlockList;
pub use scrub::scrub;
