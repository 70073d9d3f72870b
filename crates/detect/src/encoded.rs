//! Texts in base64 or in hexadecimal digits that hold something when they are read.
//!
//! Promises: linear; one level deep; no more than [`LONGEST`] bytes of a row are decoded (longer rows of base64 are keys in a wide
//! search anyway).
//! Leaves out: compressed texts, base32 and whatever else there is.

use crate::{Finding, Width, rows};

/// A row that is shorter can't hold a card's number.
const SHORTEST_ROW: usize = 16;
const LONGEST: usize = 512;

/// Adds every row of `text` in which `look` finds something.
pub(crate) fn find(text: &str, found: &mut Vec<Finding>, look: impl Fn(&str, Width, &mut Vec<Finding>)) {
    for (start, end) in rows::of(text) {
        let row = &text.as_bytes()[start..end];
        if row.len() < SHORTEST_ROW {
            continue;
        }
        let known = found.len();
        for decode in [base64, hexadecimal] {
            let mut decoded = [0; LONGEST];
            let length = decode(row, &mut decoded);
            if let Some(readable) = length.and_then(|length| readable(&decoded[..length])) {
                look(readable, Width::Strict, found);
            }
        }
        let kind = found[known..].iter().map(|finding| finding.kind).min();
        found.truncate(known);
        found.extend(kind.map(|kind| Finding::new(kind, start, end)));
    }
}

/// The bytes as a text, if a person could have written it.
fn readable(bytes: &[u8]) -> Option<&str> {
    let is_written = |byte: &u8| *byte >= b' ' && *byte != 0x7f || matches!(byte, b'\n' | b'\r' | b'\t');
    let text = std::str::from_utf8(bytes).ok()?;
    bytes.iter().all(is_written).then_some(text)
}

fn base64(row: &[u8], decoded: &mut [u8]) -> Option<usize> {
    let (mut bits, mut held, mut length) = (0_u32, 0, 0);
    for letter in row {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            *decoded.get_mut(length)? = u8::try_from(bits >> held & 0xff).ok()?;
            length += 1;
        }
    }
    Some(length)
}

fn hexadecimal(row: &[u8], decoded: &mut [u8]) -> Option<usize> {
    let value = |letter: u8| {
        char::from(letter)
            .to_digit(16)
            .and_then(|value| u8::try_from(value).ok())
    };
    let (pairs, rest) = row.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    for (place, [high, low]) in pairs.iter().enumerate() {
        *decoded.get_mut(place)? = value(*high)? << 4 | value(*low)?;
    }
    Some(pairs.len())
}
