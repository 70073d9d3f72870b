//! Credentials: keys, tokens, passwords, private keys.
//!
//! Promises: linear: what is read without success is bounded, what is read with success is skipped. Four ways to know one:
//! - by its shape, as its issuer gives it ([`shapes`]);
//! - by the name of its field or header, or its place in a URL ([`named`]);
//! - as a private key in PEM, until its end or that of the text;
//! - in a wide search, as a long row of letters of both cases and digits, which nobody types.
//!
//! Leaves out: short or plain passwords without a name, rows of hexadecimal digits without a name: digests look the same.

mod named;
mod shapes;

use memchr::memmem;

use crate::{Finding, Kind, Width};

/// A row of letters of both cases and digits that is as long is a key, or a part of one,
const SHORTEST_ROW: usize = 32;
/// unless strokes part it into shorter pieces, as they do a path.
const SHORTEST_PIECE: usize = 24;
/// `-----BEGIN ENCRYPTED PRIVATE KEY`: how far the words may stand from the beginning.
const LONGEST_LABEL: usize = 64;

/// Adds every credential in `text`.
pub(crate) fn find(text: &str, width: Width, found: &mut Vec<Finding>) {
    private_keys(text, found);
    shapes::find(text, width, found);
    named::find(text, width, found);
    if width == Width::Wide {
        rows(text, found);
    }
}

fn private_keys(text: &str, found: &mut Vec<Finding>) {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(start) = memmem::find(&bytes[from..], b"-----BEGIN").map(|place| from + place) {
        from = start + b"-----BEGIN".len();
        let label = &bytes[from..bytes.len().min(from + LONGEST_LABEL)];
        if memmem::find(label, b"PRIVATE KEY").is_some() {
            from = end_of_private_key(bytes, from);
            found.push(Finding::new(Kind::Key, start, from));
        }
    }
}

/// Behind the dashes of the last line, or of the text: a key whose end is missing is still one.
fn end_of_private_key(bytes: &[u8], from: usize) -> usize {
    let Some(last_line) = memmem::find(&bytes[from..], b"-----END").map(|place| from + place + b"-----END".len())
    else {
        return bytes.len();
    };
    let label = &bytes[last_line..bytes.len().min(last_line + LONGEST_LABEL)];
    memmem::find(label, b"-----").map_or(last_line, |dashes| last_line + dashes + 5)
}

fn rows(text: &str, found: &mut Vec<Finding>) {
    for (start, end) in crate::rows::of(text) {
        let row = &text.as_bytes()[start..end];
        let has = |kind: fn(&u8) -> bool| row.iter().any(kind);
        let mixed = || has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
        let in_one_piece = || {
            row.split(|byte| *byte == b'/')
                .any(|piece| piece.len() >= SHORTEST_PIECE)
        };
        if row.len() >= SHORTEST_ROW && mixed() && in_one_piece() {
            found.push(Finding::new(Kind::Key, start, end));
        }
    }
}

/// How many different bytes there are: a word has few, a key many.
fn variety(bytes: &[u8]) -> u32 {
    let seen = bytes.iter().fold(0_u128, |seen, byte| seen | 1 << (byte & 0x7f));
    seen.count_ones()
}
