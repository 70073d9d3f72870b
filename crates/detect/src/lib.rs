//! Finds what must not be where it is: personal data and secrets in texts, and phrases that an operator blocks.
//!
//! Two searches with the same rules: a strict one for texts that somebody goes on reading, where a false alarm hurts, and a wide
//! one for texts bound for a log, where a miss hurts ([`Width`]). [`find`] gives places and kinds, [`scrub`] a clean text.
//!
//! | kind | rule |
//! |---|---|
//! | credentials | the shapes that some 180 issuers give, names of fields and headers, logins in URLs, private keys in PEM |
//! | cards | issuers' ranges and lengths, check digit, in any spelling |
//! | IBAN | the country's length, check digits |
//! | e-mail, telephone, social security number (US) | how they are written |
//! | addresses of machines | IPv4, IPv6, network cards |
//!
//! Promises: pure, no I/O; linear in the length of the text, and bounded in memory; nothing is allocated where nothing is found;
//! measured (`docs/reference/scrubber.md`).
//! Leaves out: names, streets and anything else without a shape: no pattern recognises a person in prose, and nothing here may be
//! used to call a text anonymous; deciding what follows from a finding.

mod block;
mod card;
mod email;
mod encoded;
mod finding;
mod fold;
mod iban;
mod key;
pub mod needles;
mod network;
mod phone;
mod rows;
mod scrub;

pub use block::BlockList;
pub use finding::{Finding, Kind, Width};
pub use scrub::{REACH, find, scrub, scrub_after};
