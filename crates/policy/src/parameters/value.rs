//! The values that a parameter can have, each with its unit.
//!
//! Promises: one text a value, the same in the document, the configuration and messages; no floating point decides what
//! is private.
//! Leaves out: months (their length depends on when).

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

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

/// A number with three decimals, as an ε.
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

/// A parameter's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// Nothing of the kind is kept at all.
    None,
    /// `30d`
    Days(Days),
    /// `7y`
    Years(Years),
    /// `20`
    Count(u32),
    /// `1.0`
    Thousandths(Thousandths),
}

/// A text that is no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no value of a policy parameter; write days as `30d`, years as `7y`, a whole number, or one with up to three decimals"
)]
pub struct ValueError(String);

impl Value {
    /// For the page: `30 days`, `1 year`, `20`.
    #[must_use]
    pub fn words(&self) -> String {
        let counted = |number: u32, one: &str| {
            if number == 1 {
                format!("1 {one}")
            } else {
                format!("{number} {one}s")
            }
        };
        match self {
            Self::None => "0 days".to_owned(),
            Self::Days(days) => counted(days.get(), "day"),
            Self::Years(years) => counted(years.get(), "year"),
            Self::Count(_) | Self::Thousandths(_) => self.to_string(),
        }
    }

    /// The same value in the unit of `other`, where a whole number stands for one with decimals.
    pub(super) fn in_unit_of(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Count(count), Self::Thousandths(_)) => {
                count.checked_mul(1000).map(Thousandths::new).map(Self::Thousandths)
            }
            _ => (std::mem::discriminant(&self) == std::mem::discriminant(&other)).then_some(self),
        }
    }

    /// The bare number, for comparing two values of one unit.
    pub(super) const fn number(self) -> u32 {
        match self {
            Self::None => 0,
            Self::Days(days) => days.get(),
            Self::Years(years) => years.get(),
            Self::Count(count) => count,
            Self::Thousandths(thousandths) => thousandths.get(),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Days(days) => days.fmt(f),
            Self::Years(years) => years.fmt(f),
            Self::Count(count) => count.fmt(f),
            Self::Thousandths(thousandths) => thousandths.fmt(f),
        }
    }
}

impl FromStr for Value {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let whole = |digits: &str| -> Option<u32> {
            let only_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            only_digits.then(|| digits.parse().ok()).flatten()
        };
        let read = || {
            if text == "none" {
                return Some(Self::None);
            }
            if let Some(days) = text.strip_suffix('d') {
                return whole(days).map(Days::new).map(Self::Days);
            }
            if let Some(years) = text.strip_suffix('y') {
                return whole(years).map(Years::new).map(Self::Years);
            }
            let Some((before, after)) = text.split_once('.') else {
                return whole(text).map(Self::Count);
            };
            if after.len() > 3 {
                return None;
            }
            let thousandths = whole(&format!("{after:0<3}"))?;
            whole(before)?
                .checked_mul(1000)?
                .checked_add(thousandths)
                .map(Thousandths::new)
                .map(Self::Thousandths)
        };
        read().ok_or_else(|| ValueError(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
