//! 410 ordinary prompts with digits, addresses or talk of keys in them, many of them code and data: what is taken for something.

use std::collections::BTreeMap;

use detect::{Kind, Width, find};
use serde::Deserialize;

use crate::rows;

const PROMPTS: &str = include_str!("../data/ordinary.jsonl");

#[derive(Deserialize)]
struct Row {
    text: String,
}

fn counted(width: Width) -> BTreeMap<Kind, usize> {
    let mut counts = BTreeMap::new();
    for finding in rows::<Row>(PROMPTS).iter().flat_map(|row| find(&row.text, width)) {
        *counts.entry(finding.kind).or_default() += 1;
    }
    counts
}

#[test]
fn a_prompt_keeps_what_is_nothing() {
    assert_eq!(rows::<Row>(PROMPTS).len(), 410);
    // Each was looked at: twelve addresses of mails, 21 of machines, a telephone number and a key are what they seem.
    let expected = BTreeMap::from([(Kind::Key, 1), (Kind::Email, 12), (Kind::Address, 21), (Kind::Phone, 1)]);
    assert_eq!(counted(Width::Strict), expected);
}

#[test]
fn a_wide_search_of_data_is_not_much_wider() {
    let counts = counted(Width::Wide);
    assert!(counts.values().sum::<usize>() <= 200, "{counts:?}");
}
