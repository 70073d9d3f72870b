//! Limits on use: so many requests or tokens a span of time, so many requests at once. As people write them, in options and in
//! configuration files: `requests=60/m,tokens=100000/m,concurrent=8`.
//!
//! Promises: whole numbers above zero; the text that is printed reads back as the same limits.
//! Leaves out: counting against them.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const HOUR_SECONDS: u64 = 60 * 60;

/// How limits are written, as the end of a sentence.
pub const GRAMMAR: &str = "\"requests=60/m,tokens=100000/m,concurrent=8\": any of the three, with /s, /m, /h or /d";

/// What may be used at most; what is not named is not limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Requests in a span.
    pub requests: Option<Rate>,
    /// Tokens in a span, of prompts and answers.
    pub tokens: Option<Rate>,
    /// Requests at once.
    pub concurrent: Option<NonZeroU32>,
}

/// An amount a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rate {
    /// How much.
    pub amount: NonZeroU32,
    /// In any span of this length.
    pub span: Span,
}

/// A span that people count in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Span {
    /// Of 60 to a minute.
    Second,
    /// Of 60 to an hour.
    Minute,
    /// Of 24 to a day.
    Hour,
    /// 24 hours, whenever they begin.
    Day,
}

/// A text that is no limits; says what is wrong, not what to write ([`GRAMMAR`] does).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitsError {
    /// Nothing stands there.
    #[error("no limit is named")]
    Empty,
    /// No `name=value`.
    #[error("`{0}` has no `=`")]
    NoValue(String),
    /// A name that nothing is counted by.
    #[error("there is no limit on `{0}`")]
    Unknown(String),
    /// The same twice.
    #[error("`{0}` is limited twice")]
    Twice(&'static str),
    /// No number, or one that is too small or too large.
    #[error("`{0}` is no whole number from 1 to 4294967295")]
    Number(String),
    /// A rate without its span.
    #[error("`{0}` has no span of time")]
    NoSpan(String),
    /// A span that nobody counts in.
    #[error("`{0}` is no span of time")]
    Span(String),
}

impl Limits {
    /// None at all.
    pub const NONE: Self = Self {
        requests: None,
        tokens: None,
        concurrent: None,
    };

    /// Is nothing limited?
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::NONE
    }
}

impl FromStr for Limits {
    type Err = LimitsError;

    fn from_str(text: &str) -> Result<Self, LimitsError> {
        let mut limits = Self::NONE;
        for item in text.split(',').map(str::trim) {
            if item.is_empty() {
                return Err(LimitsError::Empty);
            }
            let (name, value) = item
                .split_once('=')
                .ok_or_else(|| LimitsError::NoValue(item.to_owned()))?;
            let (name, value) = (name.trim(), value.trim());
            match name {
                "requests" => set(&mut limits.requests, "requests", value.parse()?)?,
                "tokens" => set(&mut limits.tokens, "tokens", value.parse()?)?,
                "concurrent" => set(&mut limits.concurrent, "concurrent", amount(value)?)?,
                _ => return Err(LimitsError::Unknown(name.to_owned())),
            }
        }
        Ok(limits)
    }
}

fn set<T>(place: &mut Option<T>, name: &'static str, value: T) -> Result<(), LimitsError> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(LimitsError::Twice(name)),
    }
}

fn amount(text: &str) -> Result<NonZeroU32, LimitsError> {
    let wrong = || LimitsError::Number(text.to_owned());
    // `parse` would take a sign.
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    text.parse().map_err(|_| wrong())
}

impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut between = "";
        for (name, rate) in [("requests", self.requests), ("tokens", self.tokens)] {
            if let Some(rate) = rate {
                write!(f, "{between}{name}={rate}")?;
                between = ",";
            }
        }
        match self.concurrent {
            Some(most) => write!(f, "{between}concurrent={most}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Rate {
    type Err = LimitsError;

    fn from_str(text: &str) -> Result<Self, LimitsError> {
        let (number, span) = text
            .split_once('/')
            .ok_or_else(|| LimitsError::NoSpan(text.to_owned()))?;
        let found = Span::ALL.into_iter().find(|one| one.letter() == span);
        Ok(Self {
            amount: amount(number)?,
            span: found.ok_or_else(|| LimitsError::Span(span.to_owned()))?,
        })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.amount, self.span.letter())
    }
}

impl Span {
    const ALL: [Self; 4] = [Self::Second, Self::Minute, Self::Hour, Self::Day];

    /// As it is written.
    const fn letter(self) -> &'static str {
        match self {
            Self::Second => "s",
            Self::Minute => "m",
            Self::Hour => "h",
            Self::Day => "d",
        }
    }

    /// As it is read.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// Its length.
    #[must_use]
    pub const fn length(self) -> Duration {
        Duration::from_secs(match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => HOUR_SECONDS,
            Self::Day => 24 * HOUR_SECONDS,
        })
    }
}

impl Serialize for Limits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Limits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(Self::NONE);
        }
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn limits_are_read_in_any_order_and_printed_in_one() {
        let limits: Limits = "concurrent=8, tokens=100000/h,requests = 60/m".parse().unwrap();
        assert_eq!(limits.to_string(), "requests=60/m,tokens=100000/h,concurrent=8");
        assert_eq!(limits.requests.unwrap().span.length(), Duration::from_secs(60));
        assert_eq!("requests=1/s".parse::<Limits>().unwrap().to_string(), "requests=1/s");
        assert!(Limits::NONE.is_none() && !limits.is_none());
    }

    #[test]
    fn each_mistake_is_named() {
        for (wrong, said) in [
            ("", "no limit is named"),
            ("requests=60/m,", "no limit is named"),
            ("60/m", "`60/m` has no `=`"),
            ("request=60/m", "there is no limit on `request`"),
            ("requests=60", "`60` has no span of time"),
            ("requests=60/min", "`min` is no span of time"),
            ("requests=0/m", "`0` is no whole number"),
            ("requests=+6/m", "`+6` is no whole number"),
            ("requests=1.5/m", "`1.5` is no whole number"),
            ("tokens=5000000000/d", "`5000000000` is no whole number"),
            ("concurrent=0", "`0` is no whole number"),
            ("concurrent=5/m", "`5/m` is no whole number"),
            ("requests=1/s,requests=2/m", "`requests` is limited twice"),
        ] {
            let error = wrong.parse::<Limits>().unwrap_err().to_string();
            assert!(error.starts_with(said), "{wrong}: {error}");
        }
    }

    fn any_rate() -> impl Strategy<Value = Option<Rate>> {
        proptest::option::of((1u32.., 0usize..4).prop_map(|(amount, span)| Rate {
            amount: NonZeroU32::new(amount).unwrap(),
            span: Span::ALL[span],
        }))
    }

    proptest! {
        #[test]
        fn limits_survive_their_text(requests in any_rate(), tokens in any_rate(), concurrent in 0u32..) {
            let limits = Limits { requests, tokens, concurrent: NonZeroU32::new(concurrent) };
            let json = serde_json::to_string(&limits).unwrap();
            prop_assert_eq!(serde_json::from_str::<Limits>(&json).unwrap(), limits);
            if !limits.is_none() {
                prop_assert_eq!(limits.to_string().parse::<Limits>().unwrap(), limits);
            }
        }
    }
}
