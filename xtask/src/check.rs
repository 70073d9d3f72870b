//! What a check hands back. The count is not decoration: a check that looked at nothing has failed, whatever it found.

use crate::tree::Tree;

/// A check of the whole repository.
pub(crate) type Check = fn(&Tree) -> Outcome;

/// What a check looked at and what it found wrong.
pub(crate) struct Outcome {
    pub(crate) name: &'static str,
    /// How many things were looked at.
    pub(crate) looked_at: usize,
    /// What these things are, in the plural.
    pub(crate) things: &'static str,
    /// One sentence each: where, what is wrong, what to do.
    pub(crate) breaches: Vec<String>,
}

impl Outcome {
    /// An outcome that has looked at nothing yet.
    pub(crate) fn new(name: &'static str, things: &'static str) -> Self {
        Self {
            name,
            looked_at: 0,
            things,
            breaches: Vec::new(),
        }
    }

    /// Whether something was looked at and nothing was wrong.
    pub(crate) fn passed(&self) -> bool {
        self.looked_at > 0 && self.breaches.is_empty()
    }
}

/// Prints the outcome and answers whether the check passed.
pub(crate) fn report(outcome: &Outcome) -> bool {
    let verdict = if outcome.passed() { "ok    " } else { "FAILED" };
    println!(
        "{verdict} {:<20} {:>5} {}",
        outcome.name, outcome.looked_at, outcome.things
    );
    for breach in &outcome.breaches {
        println!("       {breach}");
    }
    if outcome.looked_at == 0 {
        println!("       looked at nothing: the check itself is broken");
    }
    outcome.passed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_that_looked_at_nothing_has_failed() {
        assert!(!Outcome::new("empty", "files").passed());
    }
}
