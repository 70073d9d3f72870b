//! Words that occur nowhere else: where one is found, the input it was put into has leaked.

use base::random::{SystemRandom, bytes};

/// A unique text with its place of origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canary {
    /// Which input it was put into.
    pub origin: &'static str,
    /// What to search for.
    pub text: String,
}

impl Canary {
    /// A unique text of letters and digits, long enough that no base64 or hexadecimal text has it by chance.
    #[must_use]
    pub fn new(origin: &'static str) -> Self {
        Self {
            origin,
            text: format!("canary{:032x}", u128::from_be_bytes(bytes(&SystemRandom))),
        }
    }

    /// A unique e-mail address; its local part is what to search for.
    #[must_use]
    pub fn email(&self) -> String {
        format!("{}@example.test", self.text)
    }

    /// A sentence around the text, with what JSON must escape.
    #[must_use]
    pub fn sentence(&self) -> String {
        format!("Please \"remember\" {} \u{2014} caf\u{e9}\n\ttwice.", self.text)
    }
}
