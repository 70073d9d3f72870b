//! Cuts a text into words, over whose borders nothing is merged.
//!
//! The expressions are OpenAI's. Theirs look ahead in one place, which no automaton does: `\s+(?!\S)`, spaces but the last
//! before a word. It is said here by two expressions, spaces at the end of the text, and spaces with one more behind them
//! that is given back.

use crate::Encoding;
use regex_automata::meta::Regex;
use regex_automata::{Anchored, Input};
use std::sync::LazyLock;

/// Which of the expressions takes a space too many.
const LOOKS_AHEAD: usize = 1;

static O200K: LazyLock<Regex> = LazyLock::new(|| {
    splitter(concat!(
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+$",
    ))
});

static CL100K: LazyLock<Regex> = LazyLock::new(|| {
    splitter(concat!(
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}",
        r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+$",
    ))
});

fn splitter(words: &str) -> Regex {
    Regex::new_many(&[words, r"\s+\s", r"\s+"]).expect("the expressions are constants that tests use")
}

/// The words of a text; together they are all of it.
pub(crate) fn words(encoding: Encoding, text: &str) -> impl Iterator<Item = &str> {
    let splitter = match encoding {
        Encoding::O200k => &O200K,
        Encoding::Cl100k => &CL100K,
    };
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let input = Input::new(rest).anchored(Anchored::Yes);
        let end = splitter.find(input).map_or(first.len_utf8(), |found| {
            let taken = &rest[..found.end()];
            match taken.chars().next_back() {
                Some(last) if found.pattern().as_usize() == LOOKS_AHEAD => taken.len() - last.len_utf8(),
                _ => taken.len(),
            }
        });
        let (word, behind) = rest.split_at(end);
        rest = behind;
        Some(word)
    })
}
