//! What the observations of a promise must be like for it to count as kept.
//!
//! Leaves out: observing, and judging by this (the evidence's).

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};

use crate::closed::closed_list;

/// What the observations of a promise must be like for it to count as kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceRule {
    /// An older observation is stale.
    pub freshness: Hours,
    /// When it counts as broken.
    pub red_if: RedIf,
}

closed_list! {
    /// When a promise counts as broken.
    pub enum RedIf {
        /// As soon as one of its probes says so, or can't look any more.
        AnyProbeFailed = "any_probe_failed",
    }
}

/// A number of whole hours, written `24h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Hours(u32);

impl Hours {
    const SECONDS: u64 = 3600;

    /// So many hours.
    #[must_use]
    pub const fn new(hours: u32) -> Self {
        Self(hours)
    }

    /// As a span of time.
    #[must_use]
    pub const fn span(self) -> Duration {
        Duration::from_secs(self.0 as u64 * Self::SECONDS)
    }

    /// For the page: `24 hours`.
    #[must_use]
    pub fn words(self) -> String {
        format!("{} {}", self.0, if self.0 == 1 { "hour" } else { "hours" })
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}h", self.0)
    }
}

impl Serialize for Hours {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl TryFrom<String> for Hours {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let hours = text.strip_suffix('h').and_then(|hours| hours.parse().ok());
        hours
            .filter(|hours| *hours > 0)
            .map(Self)
            .ok_or_else(|| format!("`{text}` is no number of hours; write it as `24h`"))
    }
}
