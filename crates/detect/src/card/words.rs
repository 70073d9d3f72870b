//! Numbers of cards that are spelled out in English, digit by digit.
//!
//! Promises: linear; a word that is no digit ends the number.
//! Leaves out: tens and hundreds, other languages.

use super::Run;
use crate::{Finding, Width};

const WORDS: [(&str, u8); 12] = [
    ("zero", 0),
    ("oh", 0),
    ("null", 0),
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
];

/// How many words of `text` are digits.
pub(super) fn count(text: &str) -> usize {
    let (mut count, mut from) = (0, 0);
    while let Some((start, end)) = next_word(text.as_bytes(), from) {
        count += usize::from(digit(&text[start..end]).is_some());
        from = end;
    }
    count
}

/// Adds every number that is spelled out.
pub(super) fn find(text: &str, found: &mut Vec<Finding>) {
    let mut run = Run::new(Width::Wide);
    let mut words_end = 0;
    while let Some((start, end)) = next_word(text.as_bytes(), words_end) {
        let value = digit(&text[start..end]);
        let adjoins = run.is_empty() || start - words_end <= 2;
        if value.is_none() || !adjoins {
            run.close(None, found);
        }
        if let Some(value) = value {
            run.push(value, start, end, found);
        }
        words_end = end;
    }
    run.close(None, found);
}

fn digit(spelled: &str) -> Option<u8> {
    WORDS
        .iter()
        .find(|(word, _)| word.eq_ignore_ascii_case(spelled))
        .map(|(_, value)| *value)
}

/// The next run of letters of ASCII at or after `from`. One that touches others is none of our words anyway.
fn next_word(bytes: &[u8], from: usize) -> Option<(usize, usize)> {
    let start = from + bytes[from..].iter().position(u8::is_ascii_alphabetic)?;
    let rest = &bytes[start..];
    let length = rest
        .iter()
        .position(|byte| !byte.is_ascii_alphabetic())
        .unwrap_or(rest.len());
    Some((start, start + length))
}
