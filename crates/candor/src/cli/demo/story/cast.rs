//! Who speaks, and what was said on the first day.

use crate::cli::demo::stage::Person;

/// Everybody, and everything that must not be found.
pub(super) struct Cast {
    /// Who signed up first.
    pub(super) ada: Person,
    /// The others.
    pub(super) others: Vec<Person>,
    /// Prompts, addresses, a key: what is never on the disk in the clear.
    pub(super) texts: Vec<String>,
    /// Of Ada's streamed answer.
    pub(super) receipt: String,
    /// Accounts whose prompts were answered.
    pub(super) answered: usize,
    /// Accounts of whose prompts one was refused.
    pub(super) refused: usize,
}
