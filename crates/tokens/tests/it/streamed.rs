//! Counting in pieces against counting the whole.

use proptest::prelude::*;
use tokens::{Encoding, HELD_BYTES, Tally};

fn tallied(encoding: Encoding, text: &str, piece_bytes: usize) -> u64 {
    let mut tally = Tally::new(encoding);
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.ceil_char_boundary(piece_bytes.min(rest.len()));
        tally.push(&rest[..end]);
        rest = &rest[end..];
    }
    tally.total()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_text_with_spaces_has_the_same_count_in_pieces(
        words in proptest::collection::vec("([a-zA-Z]{1,9}|[0-9]{1,5}|größe|中国|\n\n|  |\\.|, ?|it's|\\(x\\)) ?", 60..200),
        piece in 1usize..60,
    ) {
        let words = words.concat();
        let text = words.repeat(3 * HELD_BYTES / words.len().max(1));
        for encoding in [Encoding::O200k, Encoding::Cl100k] {
            prop_assert_eq!(tallied(encoding, &text, piece), encoding.count(&text));
        }
    }
}

#[test]
fn a_text_without_spaces_is_off_by_a_token_or_two_a_cut() {
    for unit in ["中国人民", "deadbeef01", "\n"] {
        let text = unit.repeat(8 * HELD_BYTES / unit.len());
        let (tallied, whole) = (tallied(Encoding::O200k, &text, 7), Encoding::O200k.count(&text));
        assert!(tallied.abs_diff(whole) <= 2 * 32, "{unit:?}: {tallied}, {whole}");
    }
}

#[test]
fn one_large_piece_is_taken_in_steps() {
    let text = "The quick brown fox jumps. ".repeat(20_000);
    let mut tally = Tally::new(Encoding::Cl100k);
    assert!(tally.is_empty());
    tally.push(&text);
    assert_eq!(tally.total(), Encoding::Cl100k.count(&text));
}

#[test]
fn texts_that_end_share_no_token() {
    let mut tally = Tally::new(Encoding::O200k);
    for text in ["time.", "Once"] {
        tally.push(text);
        tally.end_text();
    }
    assert_eq!(
        tally.total(),
        Encoding::O200k.count("time.") + Encoding::O200k.count("Once")
    );
}
