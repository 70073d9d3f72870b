//! Rows as bytes: for each value a byte for its kind, then its content, lengths first; numbers little-endian.

use crate::db::Value;

const NULL: u8 = 0;
const INTEGER: u8 = 1;
const TEXT: u8 = 2;
const BLOB: u8 = 3;

/// Appends a row.
pub(crate) fn encode(values: &[Value], out: &mut Vec<u8>) {
    for value in values {
        match value {
            Value::Null => out.push(NULL),
            Value::Integer(number) => {
                out.push(INTEGER);
                out.extend_from_slice(&number.to_le_bytes());
            }
            Value::Text(text) => append(TEXT, text.as_bytes(), out),
            Value::Blob(bytes) => append(BLOB, bytes, out),
            Value::Pieces(pieces) => append(BLOB, &pieces.concat(), out),
        }
    }
}

fn append(kind: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(kind);
    out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    out.extend_from_slice(bytes);
}

/// Takes whole rows of so many columns off the front of `bytes`; what is left is the beginning of a row, or damage.
pub(super) fn decode(columns: usize, bytes: &mut &[u8], rows: &mut Vec<Vec<Value>>) -> Result<(), Damaged> {
    if columns == 0 {
        return Err(Damaged);
    }
    loop {
        let mut rest = *bytes;
        let mut row = Vec::with_capacity(columns);
        for _ in 0..columns {
            match value(&mut rest)? {
                Some(value) => row.push(value),
                None => return Ok(()),
            }
        }
        *bytes = rest;
        rows.push(row);
    }
}

/// Bytes that no row has.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Damaged;

/// None if it isn't all there yet.
fn value(bytes: &mut &[u8]) -> Result<Option<Value>, Damaged> {
    let Some((kind, mut rest)) = bytes.split_first() else {
        return Ok(None);
    };
    let value = match *kind {
        NULL => Value::Null,
        INTEGER => match number(&mut rest) {
            Some(number) => Value::Integer(i64::from_le_bytes(number)),
            None => return Ok(None),
        },
        TEXT | BLOB => {
            let Some(length) = number(&mut rest) else {
                return Ok(None);
            };
            let length = usize::try_from(u64::from_le_bytes(length)).map_err(|_| Damaged)?;
            let Some((content, after)) = rest.split_at_checked(length) else {
                return Ok(None);
            };
            rest = after;
            if *kind == BLOB {
                Value::Blob(content.to_vec())
            } else {
                Value::Text(String::from_utf8(content.to_vec()).map_err(|_| Damaged)?)
            }
        }
        _ => return Err(Damaged),
    };
    *bytes = rest;
    Ok(Some(value))
}

fn number(bytes: &mut &[u8]) -> Option<[u8; 8]> {
    let (number, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*number)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::Integer),
            ".{0,20}".prop_map(Value::Text),
            proptest::collection::vec(any::<u8>(), 0..40).prop_map(Value::Blob),
        ]
    }

    proptest! {
        #[test]
        fn rows_come_back_however_the_bytes_are_cut(
            rows in proptest::collection::vec(proptest::collection::vec(any_value(), 3), 0..20),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut bytes = Vec::new();
            for row in &rows {
                encode(row, &mut bytes);
            }
            let (first, second) = bytes.split_at(cut.index(bytes.len() + 1));
            let mut found = Vec::new();
            let mut rest = first;
            decode(3, &mut rest, &mut found).unwrap();
            let joined = [rest, second].concat();
            let mut rest = &joined[..];
            decode(3, &mut rest, &mut found).unwrap();
            prop_assert!(rest.is_empty());
            prop_assert!(found == rows);
        }
    }

    #[test]
    fn an_unknown_kind_is_damage() {
        assert_eq!(decode(1, &mut &[9_u8][..], &mut Vec::new()), Err(Damaged));
        assert_eq!(decode(0, &mut &[][..], &mut Vec::new()), Err(Damaged));
    }
}
