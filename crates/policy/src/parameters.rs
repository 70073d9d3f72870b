//! The numbers by which the program keeps its promises, after the operator's own, stricter ones.
//!
//! Promises: each comes from `policy/policy.yaml` and stands nowhere else; an operator's number is taken only if it is
//! stricter; units are in the type.
//! Leaves out: numbers that promise nothing (limits, time-outs): they are configuration.

use std::fmt;
use std::time::Duration;

/// A number of whole days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Days(u32);

impl Days {
    const SECONDS: u64 = 86_400;

    /// So many days.
    #[must_use]
    pub const fn new(days: u32) -> Self {
        Self(days)
    }

    /// How many.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// How many, for [`base::time::Day::plus_days`]; held at the largest.
    #[must_use]
    pub fn as_i32(self) -> i32 {
        i32::try_from(self.0).unwrap_or(i32::MAX)
    }

    /// As a span of time.
    #[must_use]
    pub const fn span(self) -> Duration {
        Duration::from_secs(self.0 as u64 * Self::SECONDS)
    }
}

impl fmt::Display for Days {
    /// As it is written in the configuration: `30d`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}d", self.0)
    }
}

/// A number of whole (fiscal) years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Years(u32);

impl Years {
    /// So many years.
    #[must_use]
    pub const fn new(years: u32) -> Self {
        Self(years)
    }

    /// How many.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Years {
    /// As it is written in the configuration: `7y`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}y", self.0)
    }
}

/// A number with three decimals, as an ε; no floating point decides what is private.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Thousandths(u32);

impl Thousandths {
    /// So many thousandths.
    #[must_use]
    pub const fn new(thousandths: u32) -> Self {
        Self(thousandths)
    }

    /// How many thousandths.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Thousandths {
    /// `1.0`, `0.125`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fraction = format!("{:03}", self.0 % 1000);
        let shown = fraction.trim_end_matches('0').len().max(1);
        write!(f, "{}.{}", self.0 / 1000, &fraction[..shown])
    }
}

/// The numbers in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    /// At most so long a generation is recorded; `None`: nothing of it is kept at all. R of durability.md, at least 3.
    pub retention_generation_log: Option<Days>,
    /// A deleted account can be called back so long; then it is erased from live stores.
    pub retention_account_grace: Days,
    /// So long after a deletion no copy anywhere can be read.
    pub retention_account_gone: Days,
    /// Whole network addresses stay in the security log so long.
    pub retention_security_log: Days,
    /// Books and invoices stay so many years after their fiscal year.
    pub retention_billing: Years,
    /// A week's slot of the keyring ends so long after its week.
    pub key_week_slack: Days,
    /// A backup restores every living person so long.
    pub backup_life: Days,
    /// A backup opens nobody's data after so long.
    pub backup_dead: Days,
    /// Fewer accounts than these in a cell: nothing of it is released.
    pub aggregates_k: u32,
    /// How much one account may show through the noise of a released count.
    pub aggregates_epsilon: Thousandths,
}
