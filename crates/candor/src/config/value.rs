//! How a value is read from TOML or from the environment, and how it is written back.
//!
//! A type says once what it expects; messages, reference and sample take it from there. Writing never shows a secret.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use base::limits::{GRAMMAR, Limits};
use base::size::ByteSize;
use toml::de::DeValue;

use super::sources::Sources;

/// What a person wrote, before it has a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Raw<'a> {
    /// A quoted text of the file.
    Text(&'a str),
    /// A whole number of the file.
    Integer(i64),
    /// `true` or `false` in the file.
    Boolean(bool),
    /// A list.
    List(Vec<Raw<'a>>),
    /// A table in one line.
    Table(Vec<(&'a str, Raw<'a>)>),
    /// A variable of the environment: text that stands for any scalar.
    Variable(&'a str),
    /// A decimal or a date: no key takes one.
    Other(&'a str),
}

impl<'a> Raw<'a> {
    /// From the parsed file.
    pub fn of(value: &'a DeValue<'a>) -> Self {
        match value {
            DeValue::String(text) => Self::Text(text),
            DeValue::Integer(n) => {
                i64::from_str_radix(n.as_str(), n.radix()).map_or(Self::Other(n.as_str()), Self::Integer)
            }
            DeValue::Boolean(b) => Self::Boolean(*b),
            DeValue::Float(f) => Self::Other(f.as_str()),
            DeValue::Datetime(_) => Self::Other("a date"),
            DeValue::Array(items) => Self::List(items.iter().map(|item| Self::of(item.get_ref())).collect()),
            DeValue::Table(table) => Self::Table(
                table
                    .iter()
                    .map(|(k, v)| (k.get_ref().as_ref(), Self::of(v.get_ref())))
                    .collect(),
            ),
        }
    }

    /// The text, if a text was written.
    ///
    /// # Errors
    /// What was written instead.
    pub fn text(&self) -> Result<&'a str, String> {
        match self {
            Self::Text(text) | Self::Variable(text) => Ok(text),
            other => Err(other.described()),
        }
    }

    /// What was written, as the start of a sentence about what is wrong with it.
    pub fn described(&self) -> String {
        match self {
            Self::Text(text) => format!("{text:?} is a text in quotes"),
            Self::Variable(text) => format!("{text:?} does not fit"),
            Self::Integer(n) => format!("{n} is a number"),
            Self::Boolean(b) => format!("{b} is a truth value"),
            Self::List(_) => "there is a list".to_owned(),
            Self::Table(_) => "there is a table".to_owned(),
            Self::Other(text) => format!("{text} does not fit"),
        }
    }
}

/// A type that a key may have.
pub trait Value: Sized {
    /// What to write, as the end of a sentence.
    const EXPECTS: &'static str;

    /// Reads what was written.
    ///
    /// # Errors
    /// What is wrong, without saying what to write.
    fn read(raw: &Raw<'_>, sources: &Sources) -> Result<Self, String>;

    /// What stands for "nothing was written", where a type has that.
    fn unset() -> Option<Self> {
        None
    }

    /// The value as TOML, without secrets; empty for nothing.
    fn write(&self) -> String;
}

impl<T: Value> Value for Option<T> {
    const EXPECTS: &'static str = T::EXPECTS;

    fn read(raw: &Raw<'_>, sources: &Sources) -> Result<Self, String> {
        T::read(raw, sources).map(Some)
    }

    fn unset() -> Option<Self> {
        Some(None)
    }

    fn write(&self) -> String {
        self.as_ref().map_or_else(String::new, T::write)
    }
}

impl Value for String {
    const EXPECTS: &'static str = "a text in quotes";

    fn read(raw: &Raw<'_>, _: &Sources) -> Result<Self, String> {
        raw.text().map(str::to_owned)
    }

    fn write(&self) -> String {
        format!("{self:?}")
    }
}

impl Value for bool {
    const EXPECTS: &'static str = "true or false";

    fn read(raw: &Raw<'_>, _: &Sources) -> Result<Self, String> {
        match raw {
            Raw::Boolean(b) => Ok(*b),
            Raw::Variable("true") => Ok(true),
            Raw::Variable("false") => Ok(false),
            other => Err(other.described()),
        }
    }

    fn write(&self) -> String {
        self.to_string()
    }
}

impl Value for NonZeroU32 {
    const EXPECTS: &'static str = "a whole number from 1 on, without quotes";

    fn read(raw: &Raw<'_>, _: &Sources) -> Result<Self, String> {
        let number = match raw {
            Raw::Integer(n) => u32::try_from(*n).ok(),
            Raw::Variable(text) => text.parse().ok(),
            other => return Err(other.described()),
        };
        number
            .and_then(Self::new)
            .ok_or_else(|| "the number is too small or too large".to_owned())
    }

    fn write(&self) -> String {
        self.to_string()
    }
}

/// The largest weight: turns are laid out in advance.
pub const MOST_WEIGHT: u32 = 100;

/// The `weight` of a table in one line.
///
/// # Errors
/// It is no whole number from 1 to [`MOST_WEIGHT`].
pub fn weight(entries: &[(&str, Raw<'_>)]) -> Result<Option<NonZeroU32>, String> {
    let Some((_, raw)) = entries.iter().find(|(name, _)| *name == "weight") else {
        return Ok(None);
    };
    let number = match raw {
        Raw::Integer(number) => u32::try_from(*number).ok().filter(|number| *number <= MOST_WEIGHT),
        _ => None,
    };
    let weight = number.and_then(NonZeroU32::new);
    weight
        .map(Some)
        .ok_or_else(|| format!("a weight is a whole number from 1 to {MOST_WEIGHT}"))
}

impl Value for Duration {
    const EXPECTS: &'static str = "a duration such as \"30s\", \"500ms\" or \"5m\"";

    fn read(raw: &Raw<'_>, _: &Sources) -> Result<Self, String> {
        let text = raw.text()?;
        let duration = base::span::parse_duration(text).map_err(|_| format!("{text:?} is no span of time"))?;
        if duration.is_zero() {
            Err("a time limit of nothing would end everything".to_owned())
        } else {
            Ok(duration)
        }
    }

    fn write(&self) -> String {
        format!("\"{}\"", base::span::display(*self))
    }
}

impl Value for ByteSize {
    const EXPECTS: &'static str = "a size such as \"64KiB\" or \"1GiB\"";

    fn read(raw: &Raw<'_>, _: &Sources) -> Result<Self, String> {
        let text = raw.text()?;
        text.parse().map_err(|_| format!("{text:?} is no size"))
    }

    fn write(&self) -> String {
        format!("\"{self}\"")
    }
}

impl Value for SocketAddr {
    const EXPECTS: &'static str = "an address with a port, such as \"127.0.0.1:8080\"";

    fn read(raw: &Raw<'_>, _: &Sources) -> Result<Self, String> {
        let text = raw.text()?;
        text.parse().map_err(|_| format!("{text:?} is no address with a port"))
    }

    fn write(&self) -> String {
        format!("\"{self}\"")
    }
}

impl Value for PathBuf {
    const EXPECTS: &'static str = "a path in quotes";

    fn read(raw: &Raw<'_>, _: &Sources) -> Result<Self, String> {
        let text = raw.text()?;
        if text.is_empty() {
            Err("the path is empty".to_owned())
        } else {
            Ok(Self::from(text))
        }
    }

    fn write(&self) -> String {
        format!("{:?}", self.display().to_string())
    }
}

impl Value for Limits {
    const EXPECTS: &'static str = GRAMMAR;

    fn read(raw: &Raw<'_>, _: &Sources) -> Result<Self, String> {
        let limits: Result<Self, _> = raw.text()?.parse();
        limits.map_err(|wrong| wrong.to_string())
    }

    fn write(&self) -> String {
        format!("\"{self}\"")
    }
}

impl Value for Vec<String> {
    const EXPECTS: &'static str = "a list of texts, such as [\"one\", \"two\"]";

    fn read(raw: &Raw<'_>, _: &Sources) -> Result<Self, String> {
        let Raw::List(items) = raw else {
            return Err(raw.described());
        };
        items.iter().map(|item| item.text().map(str::to_owned)).collect()
    }

    fn write(&self) -> String {
        format!("{self:?}")
    }
}
