//! The card suite: 26 published test numbers in 22 spellings and cut over two pieces, and 440 other numbers.

use std::collections::BTreeMap;

use detect::{Kind, Width, find, scrub, scrub_after};
use serde::Deserialize;

use crate::rows;

const SUITE: &str = include_str!("../data/cards.jsonl");
const NUMBERS: usize = 26;

#[derive(Deserialize)]
struct Row {
    text: String,
    /// How a number is written; none: the text holds no card.
    spelling: Option<String>,
    pan: Option<String>,
    kind: Option<String>,
    chunks: Option<Vec<String>>,
}

fn has_card(text: &str, width: Width) -> bool {
    find(text, width).iter().any(|finding| finding.kind == Kind::Card)
}

/// How many numbers are found, by spelling.
fn found(width: Width) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for row in rows::<Row>(SUITE).into_iter().filter(|row| row.chunks.is_none()) {
        if let Some(spelling) = row.spelling {
            *found.entry(spelling).or_default() += usize::from(has_card(&row.text, width));
        }
    }
    found
}

/// How many texts without a card were taken for one, by kind.
fn mistaken(width: Width) -> BTreeMap<String, usize> {
    let mut mistaken = BTreeMap::new();
    for row in rows::<Row>(SUITE) {
        if let Some(kind) = row.kind {
            *mistaken.entry(kind).or_default() += usize::from(has_card(&row.text, width));
        }
    }
    mistaken
}

#[test]
fn strictly_every_plain_spelling_is_found_and_no_other_number() {
    let found = found(Width::Strict);
    let missed: Vec<_> = found
        .iter()
        .filter(|(_, count)| **count < NUMBERS)
        .map(|(spelling, _)| spelling.as_str())
        .collect();
    assert_eq!(found.len(), 22);
    // What is encoded, disguised or spelled in words is left to the wide search.
    assert_eq!(
        missed,
        [
            "base64",
            "html-entity",
            "json-escaped",
            "letters-O-l",
            "url-encoded",
            "words"
        ],
        "{found:?}"
    );
    let mistaken = mistaken(Width::Strict);
    assert_eq!(
        (mistaken.len(), mistaken.values().sum::<usize>()),
        (10, 0),
        "{mistaken:?}"
    );
}

#[test]
fn widely_every_spelling_is_found() {
    let found = found(Width::Wide);
    assert!(
        found.len() == 22 && found.values().all(|count| *count == NUMBERS),
        "{found:?}"
    );
    let mistaken = mistaken(Width::Wide);
    assert!(mistaken.values().sum::<usize>() <= 32, "{mistaken:?}");
}

#[test]
fn a_number_cut_over_two_lines_can_t_be_put_together_again() {
    let (mut cut, mut whole) = (0, 0);
    for row in rows::<Row>(SUITE) {
        if let (Some(chunks), Some(pan)) = (row.chunks, row.pan) {
            let [first, second] = chunks.as_slice() else {
                panic!("two pieces a row")
            };
            let written = format!("{} {}", scrub(first), scrub_after(first, second));
            let digits: String = written.chars().filter(char::is_ascii_digit).collect();
            cut += 1;
            whole += usize::from(digits.contains(&pan));
        }
    }
    assert_eq!((cut, whole), (78, 0));
}
