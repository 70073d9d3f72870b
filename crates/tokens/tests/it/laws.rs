//! Laws over made-up texts.

use base::clock::{Clock, SystemClock};
use proptest::prelude::*;
use tokens::{Encoding, LONGEST_WORD_BYTES};

const ENCODINGS: [Encoding; 2] = [Encoding::O200k, Encoding::Cl100k];

/// As `tiktoken` counts.
fn reference(encoding: Encoding, text: &str) -> u64 {
    let reference = match encoding {
        Encoding::O200k => tiktoken_rs::o200k_base_singleton(),
        Encoding::Cl100k => tiktoken_rs::cl100k_base_singleton(),
    };
    reference.encode_ordinary(text).len() as u64
}

/// Texts of all that the splitter tells apart: scripts with and without cases, marks, numbers, spaces, line ends, signs.
fn texts() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        4 => "[a-zA-Z]{1,12}",
        2 => "[ \t\n\r]{1,5}",
        2 => "[0-9]{1,8}",
        2 => "[!-/:-@]{1,6}",
        1 => "('s|'T|'ll|'RE|'ve|'ſ|'x)",
        1 => "[À-ſǅ中京ぁ가\u{301}\u{308}ʰ½²\u{3000}\u{a0}\u{85}]{1,6}",
        1 => "(👩‍👩‍👧|🏳️‍🌈|😀){1,3}",
        1 => "(ab|AB|==|  |\\{\"){1,40}",
        1 => any::<String>(),
    ];
    proptest::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn counts_are_those_of_tiktoken(text in texts()) {
        for encoding in ENCODINGS {
            prop_assert_eq!(encoding.count(&text), reference(encoding, &text), "{:?} {:?}", encoding, text);
        }
    }

    #[test]
    fn a_text_has_at_most_as_many_tokens_as_bytes_and_none_only_if_it_is_empty(text in any::<String>()) {
        for encoding in ENCODINGS {
            let count = encoding.count(&text);
            prop_assert!(count <= text.len() as u64);
            prop_assert_eq!(count == 0, text.is_empty());
        }
    }

    /// Greedy merging may find a little less in the whole than in its halves: two tokens at most were seen in a word.
    #[test]
    fn two_texts_have_hardly_fewer_tokens_apart_than_together(left in texts(), right in texts()) {
        let whole = format!("{left}{right}");
        for encoding in ENCODINGS {
            let apart = encoding.count(&left) + encoding.count(&right);
            prop_assert!(encoding.count(&whole) <= apart + 2, "{:?} {:?}", left, right);
        }
    }
}

/// A megabyte of each takes tens of milliseconds in a release build; a quadratic count would take minutes in any.
#[test]
fn hostile_texts_are_counted_in_linear_time() {
    const BYTES: usize = 1 << 20;
    let repeated = |unit: &str| unit.repeat(BYTES / unit.len());
    let units = [
        "a", "A", " ", "\n", " \n", "\t ", "1", "!", "😀", "中", "中A", "a\u{301}", "\u{301}", "ab", "aA", "'s", "=\n",
        "\r\n ",
    ];
    let texts: Vec<String> = units.into_iter().map(repeated).collect();
    let clock = SystemClock::new();
    let began = clock.monotonic();
    for text in &texts {
        for encoding in ENCODINGS {
            assert!(encoding.count(text) > 0);
        }
    }
    let took = clock.monotonic() - began;
    assert!(took.as_secs() < 60, "{took:?} for {} megabytes", 2 * texts.len());
}

#[test]
fn a_word_that_is_cut_has_hardly_more_tokens_than_a_whole_one() {
    for unit in ["a", "xyz", "中", "0af9", "-"] {
        let text = unit.repeat(40 * LONGEST_WORD_BYTES / unit.len());
        for encoding in ENCODINGS {
            let (counted, whole) = (encoding.count(&text), reference(encoding, &text));
            assert!(counted.abs_diff(whole) <= 2 * 40, "{unit}: {counted}, {whole}");
        }
    }
}
