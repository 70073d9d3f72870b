//! What the test model says: words that the prompt alone decides, and how many.

use super::directives::Directives;
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// Tokens of an answer when the prompt doesn't say.
const DEFAULT_LENGTH: u64 = 48;

const PREFACE: &[&str] = &[
    "This", " is", " a", " test", " model", ":", " no", " network", ",", " no", " thought", ".",
];
const WORDS: &[&str] = &[
    " amber", " birch", " cedar", " delta", " ember", " fjord", " grove", " harbour", " island", " juniper", " kelp",
    " lichen", " meadow", " nettle", " orchard", " pebble", " quartz", " river", " slate", " thistle", " umber",
    " valley", " willow", " yarrow",
];

/// `created` of every answer: the same request gets the same answer, to the byte.
pub(super) const CREATED: u64 = 1_767_225_600;

/// What of a request decides the answer.
pub(super) struct Prompt {
    /// A number that the texts alone decide.
    pub(super) seed: u64,
    /// Tokens of the texts: words, and one for each text.
    pub(super) input: u64,
    /// Most tokens of an answer.
    pub(super) cap: u64,
    length: u64,
}

/// Tokens, as far as they fitted.
pub(super) struct Spoken {
    pub(super) tokens: Vec<String>,
    /// Did all of them fit under the cap?
    pub(super) complete: bool,
}

impl Prompt {
    pub(super) fn of(texts: &[Cow<'_, str>], directives: &Directives, cap: u64) -> Self {
        Self {
            seed: seed(texts),
            input: texts.iter().map(|text| tokens(text)).sum(),
            cap,
            length: directives.length.unwrap_or(DEFAULT_LENGTH),
        }
    }

    /// The id of the answer, without its format's prefix.
    pub(super) fn id(&self) -> String {
        format!("sandbox{:016x}", self.seed)
    }

    /// Free words.
    pub(super) fn words(&self) -> Vec<String> {
        self.some_words(self.length)
    }

    /// So many free words.
    pub(super) fn some_words(&self, length: u64) -> Vec<String> {
        words(length, self.seed)
    }
}

/// Tokens of a text.
pub(super) fn tokens(text: &str) -> u64 {
    text.split_whitespace().count() as u64 + 1
}

/// As many of `tokens` as `cap` allows.
pub(super) fn capped(tokens: Vec<String>, cap: u64) -> Spoken {
    let cap = usize::try_from(cap).unwrap_or(usize::MAX);
    Spoken {
        complete: tokens.len() <= cap,
        tokens: tokens.into_iter().take(cap).collect(),
    }
}

/// A text in pieces of four characters.
pub(super) fn pieces(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(4).map(|piece| piece.iter().collect()).collect()
}

/// A number that the texts alone decide.
pub(super) fn seed(texts: &[Cow<'_, str>]) -> u64 {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    let digest = hash.finalize();
    digest
        .iter()
        .take(8)
        .fold(0, |seed, byte| (seed << 8) | u64::from(*byte))
}

/// Numbers without pattern that `seed` decides.
pub(super) fn drawn(seed: u64) -> impl Iterator<Item = u64> {
    let mut state = seed | 1;
    std::iter::from_fn(move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        Some(state)
    })
}

fn words(length: u64, seed: u64) -> Vec<String> {
    let drawn = drawn(seed).map(|state| WORDS[usize::try_from(state >> 40).unwrap_or(0) % WORDS.len()]);
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    PREFACE
        .iter()
        .copied()
        .chain(drawn)
        .take(length)
        .map(str::to_owned)
        .collect()
}
