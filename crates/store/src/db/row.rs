//! A row that a query returned, read by place and kind.
//!
//! Promises: a field of another kind is an error that names statement, place and both kinds, and never the content.
//! Leaves out: mapping by name; a statement's columns stand in the order its reader takes them.

use base::ids::TypedId;
use base::money::{Currency, Micro};
use base::time::{Day, Timestamp, Week};

use super::{DbError, Value};

/// One row.
#[derive(Debug, Clone)]
pub struct Row {
    statement: &'static str,
    values: Vec<Value>,
}

impl Row {
    pub(crate) const fn new(statement: &'static str, values: Vec<Value>) -> Self {
        Self { statement, values }
    }

    /// How many fields it has.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether it has no field at all.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// All fields, for code that copies rows without knowing them.
    #[must_use]
    pub fn into_values(self) -> Vec<Value> {
        self.values
    }

    /// A field of any kind.
    pub fn value(&self, place: usize) -> Result<&Value, DbError> {
        self.values.get(place).ok_or(DbError::Field {
            statement: self.statement,
            place,
            expected: "a field",
            found: "none",
        })
    }

    /// An integer.
    pub fn integer(&self, place: usize) -> Result<i64, DbError> {
        match self.value(place)? {
            Value::Integer(number) => Ok(*number),
            other => Err(self.other(place, "integer", other.kind())),
        }
    }

    /// An integer that may be NULL.
    pub fn optional_integer(&self, place: usize) -> Result<Option<i64>, DbError> {
        self.optional(place, Self::integer)
    }

    /// 0 or 1.
    pub fn boolean(&self, place: usize) -> Result<bool, DbError> {
        match self.integer(place)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.other(place, "0 or 1", "another integer")),
        }
    }

    /// A text.
    pub fn text(&self, place: usize) -> Result<&str, DbError> {
        match self.value(place)? {
            Value::Text(text) => Ok(text),
            other => Err(self.other(place, "text", other.kind())),
        }
    }

    /// A text that may be NULL.
    pub fn optional_text(&self, place: usize) -> Result<Option<&str>, DbError> {
        self.optional(place, Self::text)
    }

    /// Bytes.
    pub fn blob(&self, place: usize) -> Result<&[u8], DbError> {
        match self.value(place)? {
            Value::Blob(bytes) => Ok(bytes),
            other => Err(self.other(place, "blob", other.kind())),
        }
    }

    /// Bytes that may be NULL.
    pub fn optional_blob(&self, place: usize) -> Result<Option<&[u8]>, DbError> {
        self.optional(place, Self::blob)
    }

    /// Takes bytes out without copying them; the field is NULL afterwards.
    pub fn take_blob(&mut self, place: usize) -> Result<Vec<u8>, DbError> {
        self.blob(place)?;
        match std::mem::replace(&mut self.values[place], Value::Null) {
            Value::Blob(bytes) => Ok(bytes),
            other => Err(self.other(place, "blob", other.kind())),
        }
    }

    /// Exactly `N` bytes: a hash, a tag.
    pub fn array<const N: usize>(&self, place: usize) -> Result<[u8; N], DbError> {
        let bytes = self.blob(place)?;
        bytes
            .try_into()
            .map_err(|_| self.other(place, "a blob of fixed length", "a blob of another length"))
    }

    /// An id.
    pub fn id<T: TypedId>(&self, place: usize) -> Result<T, DbError> {
        self.array(place).map(T::from_bytes)
    }

    /// An id that may be NULL.
    pub fn optional_id<T: TypedId>(&self, place: usize) -> Result<Option<T>, DbError> {
        self.optional(place, Self::id)
    }

    /// A moment, stored as microseconds.
    pub fn timestamp(&self, place: usize) -> Result<Timestamp, DbError> {
        self.integer(place).map(Timestamp::from_micros)
    }

    /// A moment that may be NULL.
    pub fn optional_timestamp(&self, place: usize) -> Result<Option<Timestamp>, DbError> {
        self.optional(place, Self::timestamp)
    }

    /// A day, stored as its number.
    pub fn day(&self, place: usize) -> Result<Day, DbError> {
        self.small(place, "a day's number").map(Day::from_number)
    }

    /// A day that may be NULL.
    pub fn optional_day(&self, place: usize) -> Result<Option<Day>, DbError> {
        self.optional(place, Self::day)
    }

    /// A week, stored as its number.
    pub fn week(&self, place: usize) -> Result<Week, DbError> {
        self.small(place, "a week's number").map(Week::from_number)
    }

    /// An amount, stored as micro-units.
    pub fn micro(&self, place: usize) -> Result<Micro, DbError> {
        self.integer(place).map(Micro::new)
    }

    /// An amount that may be NULL.
    pub fn optional_micro(&self, place: usize) -> Result<Option<Micro>, DbError> {
        self.optional(place, Self::micro)
    }

    /// A currency, stored as three letters.
    pub fn currency(&self, place: usize) -> Result<Currency, DbError> {
        self.text(place)?
            .parse()
            .map_err(|_| self.other(place, "a currency", "another text"))
    }

    fn small(&self, place: usize, expected: &'static str) -> Result<i32, DbError> {
        i32::try_from(self.integer(place)?).map_err(|_| self.other(place, expected, "a larger integer"))
    }

    fn optional<'a, T>(
        &'a self,
        place: usize,
        read: impl FnOnce(&'a Self, usize) -> Result<T, DbError>,
    ) -> Result<Option<T>, DbError> {
        match self.value(place)? {
            Value::Null => Ok(None),
            Value::Integer(_) | Value::Text(_) | Value::Blob(_) | Value::Pieces(_) => read(self, place).map(Some),
        }
    }

    const fn other(&self, place: usize, expected: &'static str, found: &'static str) -> DbError {
        DbError::Field {
            statement: self.statement,
            place,
            expected,
            found,
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use base::ids::AccountId;

    use super::*;

    #[test]
    fn fields_are_read_by_place_and_kind() {
        let id = AccountId::from_bytes([3; 16]);
        let mut row = Row::new(
            "test",
            vec![id.into(), "EUR".into(), Value::Null, 5_i64.into(), vec![1_u8; 3].into()],
        );
        assert_eq!(row.id::<AccountId>(0).unwrap(), id);
        assert_eq!(row.currency(1).unwrap(), Currency::EUR);
        assert_eq!(row.optional_id::<AccountId>(2).unwrap(), None);
        assert_eq!(row.micro(3).unwrap(), Micro::new(5));
        assert_eq!(row.take_blob(4).unwrap(), [1, 1, 1]);
        assert!(row.blob(4).is_err());
    }

    #[test]
    fn a_field_of_another_kind_names_statement_and_place_and_no_content() {
        let row = Row::new("accounts.find", vec!["ada@example.org".into()]);
        let message = row.integer(0).unwrap_err().to_string();
        assert!(
            message.contains("accounts.find") && message.contains("text"),
            "{message}"
        );
        assert!(!message.contains("ada"), "{message}");
        assert!(row.value(1).is_err());
        assert!(row.boolean(0).is_err());
    }
}
