//! What is counted and priced: the closed list of units, and a counted line.
//!
//! Promises: a unit's name is stored in books that outlive programs, so a name never changes its meaning; new units are
//! only added at the end.
//! Leaves out: prices (they belong to models), how a provider's answer is counted.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::money::Micro;

/// A kind of thing that a model uses up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Tokens of the prompt.
    Input,
    /// Tokens of the prompt that the provider read from its cache.
    Cached,
    /// Tokens of the answer.
    Output,
    /// Tokens of the answer that were thought and not shown.
    Reasoning,
    /// Pictures.
    Image,
    /// Seconds of sound or film.
    Second,
    /// Characters of a text to be spoken.
    Character,
    /// Requests that were answered: counted, never priced.
    Request,
    /// Tokens of the prompt that the provider wrote into its cache.
    CacheWrite,
}

/// A text that is no unit's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no unit; known are input, cached, output, reasoning, image, second, character, request, cache_write")]
pub struct UnitError(String);

impl Unit {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 9] = [
        Self::Input,
        Self::Cached,
        Self::Output,
        Self::Reasoning,
        Self::Image,
        Self::Second,
        Self::Character,
        Self::Request,
        Self::CacheWrite,
    ];

    /// Its name in books, configuration and receipts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Cached => "cached",
            Self::Output => "output",
            Self::Reasoning => "reasoning",
            Self::Image => "image",
            Self::Second => "second",
            Self::Character => "character",
            Self::Request => "request",
            Self::CacheWrite => "cache_write",
        }
    }

    /// Its place in [`Self::ALL`], for tables by unit.
    #[must_use]
    pub const fn place(self) -> usize {
        self as usize
    }

    /// The unit whose price holds where this one has none of its own: tokens that a cache gave or took are input, thought ones output.
    #[must_use]
    pub const fn part_of(self) -> Option<Self> {
        match self {
            Self::Cached | Self::CacheWrite => Some(Self::Input),
            Self::Reasoning => Some(Self::Output),
            Self::Input | Self::Output | Self::Image | Self::Second | Self::Character | Self::Request => None,
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Unit {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        Self::ALL
            .into_iter()
            .find(|unit| unit.as_str() == text)
            .ok_or_else(|| UnitError(text.to_owned()))
    }
}

/// So much of a unit, and its share of the whole cost: the shares of a generation add up to its cost exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What was counted.
    pub unit: Unit,
    /// How much of it.
    pub quantity: u64,
    /// Its share of the cost.
    pub cost: Micro,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_has_one_name_and_its_own_place() {
        for (place, unit) in Unit::ALL.into_iter().enumerate() {
            assert_eq!(unit.place(), place);
            assert_eq!(unit.as_str().parse(), Ok(unit));
        }
        assert!("tokens".parse::<Unit>().is_err());
    }
}
