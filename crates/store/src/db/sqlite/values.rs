//! Values to and from SQLite, and its errors as ours.
//!
//! Promises: an error names tables and columns, never a value.
//! Leaves out: when a statement runs (`connection`), where large blobs lie (`aside`).

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{ErrorCode, ToSql};

use super::aside::{Aside, REFERENCE_BYTES};
use crate::db::{DbError, Rule, Value};

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
            Self::Pieces(pieces) => return Ok(ToSqlOutput::Owned(rusqlite::types::Value::Blob(pieces.concat()))),
        }))
    }
}

pub(super) fn run(
    name: &'static str,
    statement: &mut rusqlite::Statement<'_>,
    values: &[Value],
    aside: Option<&mut Aside>,
) -> Result<u64, DbError> {
    bind(statement, values, aside).map_err(|error| failed(name, &error))?;
    // A statement with RETURNING gives rows here; they are counted by what it changed all the same.
    let changed = if statement.column_count() == 0 {
        statement.raw_execute().map_err(|error| failed(name, &error))?
    } else {
        let mut rows = statement.raw_query();
        let mut found = 0;
        while rows.next().map_err(|error| failed(name, &error))?.is_some() {
            found += 1;
        }
        found
    };
    Ok(u64::try_from(changed).unwrap_or(u64::MAX))
}

pub(super) fn bind(
    statement: &mut rusqlite::Statement<'_>,
    values: &[Value],
    mut aside: Option<&mut Aside>,
) -> rusqlite::Result<()> {
    if values.len() != statement.parameter_count() {
        return Err(rusqlite::Error::InvalidParameterCount(
            values.len(),
            statement.parameter_count(),
        ));
    }
    for (place, value) in values.iter().enumerate() {
        let reference = aside.as_deref_mut().map_or(Ok(None), |aside| put_aside(aside, value));
        match reference.map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))? {
            Some(reference) => statement.raw_bind_parameter(place + 1, &reference[..])?,
            None => statement.raw_bind_parameter(place + 1, value)?,
        }
    }
    Ok(())
}

fn put_aside(aside: &mut Aside, value: &Value) -> std::io::Result<Option<[u8; REFERENCE_BYTES]>> {
    match value {
        Value::Blob(bytes) => aside.put(&[bytes]),
        Value::Pieces(pieces) => aside.put(pieces),
        Value::Null | Value::Integer(_) | Value::Text(_) => Ok(None),
    }
}

pub(super) fn read(
    statement: &'static str,
    place: usize,
    value: ValueRef<'_>,
    aside: Option<&mut Aside>,
) -> Result<Value, DbError> {
    let other = |found| DbError::Field {
        statement,
        place,
        expected: "integer, text, blob or null",
        found,
    };
    match value {
        ValueRef::Null => Ok(Value::Null),
        ValueRef::Integer(number) => Ok(Value::Integer(number)),
        ValueRef::Real(_) => Err(other("a float")),
        ValueRef::Text(text) => String::from_utf8(text.to_vec())
            .map(Value::Text)
            .map_err(|_| other("text that is no UTF-8")),
        ValueRef::Blob(cell) => {
            let named = aside.map_or(Ok(None), |aside| aside.get(cell));
            let blob = named.map_err(|error| unavailable(&error))?;
            Ok(Value::Blob(blob.unwrap_or_else(|| cell.to_vec())))
        }
    }
}

pub(super) fn unavailable(error: &std::io::Error) -> DbError {
    DbError::Unavailable {
        cause: error.to_string(),
    }
}

pub(super) fn stopped(statement: &'static str) -> DbError {
    DbError::TimedOut {
        statement,
        limit: std::time::Duration::ZERO,
    }
}

/// SQLite's messages name tables and columns, never values.
pub(super) fn failed(statement: &'static str, error: &rusqlite::Error) -> DbError {
    let cause = error.to_string();
    let Some(failure) = error.sqlite_error() else {
        return DbError::Failed { statement, cause };
    };
    match failure.code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => DbError::Conflict { statement, cause },
        ErrorCode::OperationInterrupted => stopped(statement),
        ErrorCode::DiskFull | ErrorCode::CannotOpen | ErrorCode::SystemIoFailure | ErrorCode::ReadOnly => {
            DbError::Unavailable { cause }
        }
        ErrorCode::ConstraintViolation => DbError::Constraint {
            statement,
            rule: rule(failure.extended_code),
            constraint: cause
                .split_once(": ")
                .map_or(cause.clone(), |(_, what)| what.to_owned()),
        },
        _ => DbError::Failed { statement, cause },
    }
}

const fn rule(extended_code: i32) -> Rule {
    use rusqlite::ffi;
    match extended_code {
        ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_ROWID => {
            Rule::Unique
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => Rule::Reference,
        ffi::SQLITE_CONSTRAINT_NOTNULL => Rule::NotNull,
        _ => Rule::Check,
    }
}
