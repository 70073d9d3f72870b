//! The four kinds of value that both databases store alike, and the way domain types become one.
//!
//! Promises: time, days and money are integers, ids are 16 bytes; nothing is ever a float. `Debug` shows kind and
//! length only, because a value may be personal.
//! Leaves out: sealing; what must be sealed arrives here as a blob.

use std::fmt;

use base::ids::TypedId;
use base::money::{Currency, Micro, Price};
use base::time::{Day, Timestamp, Week};
use bytes::Bytes;

/// A parameter of a statement, or a field of a [`Row`](super::Row).
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// SQL's NULL.
    Null,
    /// `INTEGER` on SQLite, `BIGINT` on PostgreSQL.
    Integer(i64),
    /// `TEXT` on both.
    Text(String),
    /// `BLOB` on SQLite, `BYTEA` on PostgreSQL.
    Blob(Vec<u8>),
    /// A blob to write, in pieces that lie elsewhere and need not be joined before. Never read.
    Pieces(Vec<Bytes>),
}

impl Value {
    /// The word for this kind in errors.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Integer(_) => "integer",
            Self::Text(_) => "text",
            Self::Blob(_) | Self::Pieces(_) => "blob",
        }
    }

    /// The 16 bytes of an id.
    pub fn id(id: impl TypedId) -> Self {
        Self::Blob(id.as_bytes().to_vec())
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Integer(_) => f.write_str("Integer(…)"),
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Blob(bytes) => write!(f, "Blob({} bytes)", bytes.len()),
            Self::Pieces(pieces) => write!(f, "Pieces({})", pieces.len()),
        }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::Integer(number.into())
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Integer(number.into())
    }
}

/// 0 or 1: neither database's own boolean is common ground.
impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self::Integer(yes.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Blob(bytes)
    }
}

impl From<Vec<Bytes>> for Value {
    fn from(pieces: Vec<Bytes>) -> Self {
        Self::Pieces(pieces)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Blob(bytes.to_vec())
    }
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(bytes: [u8; N]) -> Self {
        Self::Blob(bytes.to_vec())
    }
}

/// Microseconds since 1970, UTC.
impl From<Timestamp> for Value {
    fn from(moment: Timestamp) -> Self {
        Self::Integer(moment.as_micros())
    }
}

/// Days since 1970-01-01.
impl From<Day> for Value {
    fn from(day: Day) -> Self {
        Self::Integer(day.number().into())
    }
}

/// The number of the week.
impl From<Week> for Value {
    fn from(week: Week) -> Self {
        Self::Integer(week.number().into())
    }
}

/// Micro-units.
impl From<Micro> for Value {
    fn from(amount: Micro) -> Self {
        Self::Integer(amount.get())
    }
}

/// Micro-units a million units.
impl From<Price> for Value {
    fn from(price: Price) -> Self {
        Self::Integer(price.micro_per_million())
    }
}

/// Three letters.
impl From<Currency> for Value {
    fn from(currency: Currency) -> Self {
        Self::Text(currency.as_str().to_owned())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

macro_rules! id_values {
    ($($id:ident),+) => {
        $(impl From<base::ids::$id> for Value {
            fn from(id: base::ids::$id) -> Self {
                Self::id(id)
            }
        })+
    };
}

id_values!(
    AccountId,
    OrgId,
    SubjectId,
    KeyId,
    InstanceId,
    GenerationId,
    LeaseId,
    PostingId,
    BackupId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_content() {
        let shown = format!(
            "{:?}",
            [Value::from("ada@example.org"), Value::from(4_711_i64), Value::Null]
        );
        assert_eq!(shown, "[Text(15 bytes), Integer(…), Null]");
    }

    #[test]
    fn domain_types_become_integers_and_bytes() {
        let id = base::ids::AccountId::from_bytes([7; 16]);
        assert!(Value::from(id) == Value::Blob(vec![7; 16]));
        assert!(Value::from(Day::from_number(20_783)) == Value::Integer(20_783));
        assert!(Value::from(Some(Micro::new(5))) == Value::Integer(5));
        assert!(Value::from(None::<Micro>) == Value::Null);
        assert!(Value::from(true) == Value::Integer(1));
    }
}
