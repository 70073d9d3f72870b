//! Values to and from PostgreSQL's types.
//!
//! Promises: only the kinds that SQLite knows too. `SUM` of integers is `NUMERIC` on PostgreSQL: [`check`] says to cast
//! it to `BIGINT`, so that a test finds it and not a user.

use std::error::Error;

use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::db::{DbError, Row, Value};

impl ToSql for Value {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match (self, kind) {
            (Self::Null, _) => Ok(IsNull::Yes),
            (Self::Integer(number), &Type::INT8) => number.to_sql(kind, out),
            (Self::Integer(number), &Type::INT4) => i32::try_from(*number)?.to_sql(kind, out),
            (Self::Integer(number), &Type::INT2) => i16::try_from(*number)?.to_sql(kind, out),
            (Self::Text(text), kind) if <&str as ToSql>::accepts(kind) => text.to_sql(kind, out),
            (Self::Blob(bytes), &Type::BYTEA) => bytes.to_sql(kind, out),
            (Self::Pieces(pieces), &Type::BYTEA) => {
                pieces.iter().for_each(|piece| out.extend_from_slice(piece));
                Ok(IsNull::No)
            }
            (value, kind) => Err(format!("a parameter of type {kind} was given {}", value.kind()).into()),
        }
    }

    fn accepts(kind: &Type) -> bool {
        is_integer(kind) || *kind == Type::BYTEA || <&str as ToSql>::accepts(kind)
    }

    to_sql_checked!();
}

pub(super) fn read(statement: &'static str, row: &tokio_postgres::Row) -> Result<Row, DbError> {
    let values = (0..row.len()).map(|place| {
        row.try_get::<_, Value>(place).map_err(|_| DbError::Field {
            statement,
            place,
            expected: "integer, text, blob or null",
            found: "another type",
        })
    });
    Ok(Row::new(statement, values.collect::<Result<_, _>>()?))
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(match *kind {
            Type::INT8 => Self::Integer(i64::from_sql(kind, raw)?),
            Type::INT4 => Self::Integer(i32::from_sql(kind, raw)?.into()),
            Type::INT2 => Self::Integer(i16::from_sql(kind, raw)?.into()),
            Type::BOOL => Self::Integer(bool::from_sql(kind, raw)?.into()),
            Type::BYTEA => Self::Blob(raw.to_vec()),
            _ => Self::Text(String::from_sql(kind, raw)?),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(kind: &Type) -> bool {
        is_integer(kind) || matches!(*kind, Type::BOOL | Type::BYTEA) || <String as FromSql<'_>>::accepts(kind)
    }
}

/// Whether parameters and columns of a prepared statement are of kinds that both databases know.
pub(super) fn check(statement: &'static str, prepared: &tokio_postgres::Statement) -> Result<(), DbError> {
    for (place, kind) in prepared.params().iter().enumerate() {
        if !<Value as ToSql>::accepts(kind) {
            return Err(unknown(statement, &format!("parameter ${}", place + 1), kind));
        }
    }
    for column in prepared.columns() {
        if !<Value as FromSql<'_>>::accepts(column.type_()) {
            return Err(unknown(statement, &format!("column {}", column.name()), column.type_()));
        }
    }
    Ok(())
}

fn unknown(statement: &'static str, what: &str, kind: &Type) -> DbError {
    DbError::Failed {
        statement,
        cause: format!("{what} is of type {kind}: write CAST(… AS BIGINT), or another type that both databases know"),
    }
}

fn is_integer(kind: &Type) -> bool {
    matches!(*kind, Type::INT8 | Type::INT4 | Type::INT2)
}
