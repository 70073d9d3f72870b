//! Changing a few bytes of a JSON document and forwarding all the others as they came, without a copy of the body.

use bytes::Bytes;
use std::ops::Range;

/// One change: the bytes in `range` become `with`. An empty range inserts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splice {
    /// Byte positions in the original body.
    pub range: Range<usize>,
    /// What stands there afterwards.
    pub with: Bytes,
}

/// The body as a list of slices with the changes in place; slices share the original's memory.
///
/// The splices may come in any order but must not overlap (they are spans of distinct members of one object).
pub fn apply(body: &Bytes, mut splices: Vec<Splice>) -> Vec<Bytes> {
    if splices.is_empty() {
        return vec![body.clone()];
    }
    splices.sort_by_key(|splice| (splice.range.start, splice.range.end));
    let mut pieces = Vec::with_capacity(splices.len() * 2 + 1);
    let mut at = 0;
    for splice in splices {
        debug_assert!(splice.range.start >= at, "splices overlap");
        if splice.range.start > at {
            pieces.push(body.slice(at..splice.range.start));
        }
        pieces.push(splice.with);
        at = splice.range.end;
    }
    if at < body.len() {
        pieces.push(body.slice(at..));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_no_splice_names_arrives_as_it_was_sent(body in proptest::collection::vec(any::<u8>(), 0..200), cut in 0usize..200, len in 0usize..50) {
            let start = cut.min(body.len());
            let end = (start + len).min(body.len());
            let pieces = apply(&Bytes::from(body.clone()), vec![Splice { range: start..end, with: Bytes::from_static(b"NEW") }]);
            let mut expected = body[..start].to_vec();
            expected.extend_from_slice(b"NEW");
            expected.extend_from_slice(&body[end..]);
            prop_assert_eq!(pieces.concat(), expected);
        }
    }
}
