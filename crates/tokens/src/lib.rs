//! How many tokens a text has, as OpenAI's models count.
//!
//! ```
//! use tokens::Encoding;
//! assert_eq!(Encoding::O200k.count("tiktoken is great!"), 6);
//! ```
//!
//! Promises: the same numbers as OpenAI's own `tiktoken` (tests compare with it), but that a word longer than
//! [`LONGEST_WORD_BYTES`] is counted in pieces; time grows linearly with the text whatever stands in it, a few hundred
//! nanoseconds a byte at worst; memory is bounded by a word; no panic. Nothing is built at start: the tables are data of the
//! program, read where they lie, and only the splitter is made at the first count.
//! Leaves out: encoding and decoding, special tokens (a text can't hold any, it can only look as if), and what a provider
//! puts around messages, which is the gateway's to know.
//!
//! Why the counting is done here: of the two crates that know these encodings (measured in release builds, 1 MB of text)
//! `bpe-openai` 0.3 is fast and linear, but brings 47 MB of tables into the program and as much again into memory at the
//! first count, a budget that a gateway doesn't have; `tiktoken-rs` 0.12 takes 65 MB of memory, and a megabyte of spaces
//! overflows its stack and panics. So the encodings are taken from `tiktoken-rs` when this crate is built, as 6 MB of plain
//! tables.

mod hash;
mod merge;
mod model;
mod split;
mod table;
mod tally;

pub use merge::LONGEST_WORD_BYTES;
pub use model::{Fit, of_model};
pub use tally::{HELD_BYTES, Tally};

/// A way to cut texts into tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// `o200k_base`: GPT-4o and whatever came after it.
    O200k,
    /// `cl100k_base`: GPT-3.5, GPT-4, embeddings.
    Cl100k,
}

impl Encoding {
    /// Its name in OpenAI's documentation.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::O200k => "o200k_base",
            Self::Cl100k => "cl100k_base",
        }
    }

    /// The number of tokens of a text.
    #[must_use]
    pub fn count(self, text: &str) -> u64 {
        let mut merger = merge::Merger::new(table::of(self));
        split::words(self, text).map(|word| merger.count(word)).sum()
    }
}
