//! Chat completions: the request, the plain answer, the events of a streamed one.

pub mod answer;
pub mod event;
pub(crate) mod reader;
pub mod request;
mod texts;
pub(crate) mod writer;

pub(crate) use texts::Texts;

use std::ops::Range;

/// Where `part`, which must be a slice of `whole`, stands in it.
fn span(whole: &[u8], part: &str) -> Range<usize> {
    let start = part.as_ptr() as usize - whole.as_ptr() as usize;
    start..start + part.len()
}

/// Position of the closing brace of the object that `body` is.
fn closing_brace(body: &[u8]) -> usize {
    body.iter()
        .rposition(|byte| *byte == b'}')
        .expect("a parsed object ends in a brace")
}
