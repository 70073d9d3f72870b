//! Searches bytes for texts, or for other bytes, in every form in which a program writes them.
//!
//! Promises: a text that stands somewhere plainly, in base64 (both alphabets, at each of the three alignments), in hexadecimal, in
//! UTF-16, escaped for JSON or for an address is found. One pass for all needles and forms; stretches of zeros (preallocated files)
//! cost nothing. Bytes that are no text, such as sealed ones, are searched for as they are, in hexadecimal and in base64.
//! Leaves out: reading files, what is compressed, what is encrypted.

mod forms;

use aho_corasick::AhoCorasick;

pub use forms::encodings;

/// The least that is searched for: fewer bytes are found by chance.
pub const LEAST_BYTES: usize = 8;

/// A needle was shorter than [`LEAST_BYTES`], or there was none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooShort;

/// What is searched for, in all forms at once. Needles are known by their place in the list that they came in.
pub struct Needles {
    automaton: AhoCorasick,
    /// Needle and form of each pattern.
    patterns: Vec<(usize, &'static str)>,
    needles: usize,
}

/// Where a needle lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lies {
    /// Which one.
    pub needle: usize,
    /// In which form.
    pub form: &'static str,
    /// Where it begins.
    pub offset: usize,
}

impl Needles {
    /// Searches for texts.
    ///
    /// # Errors
    /// There is none, or one is too short.
    pub fn of_texts(texts: &[&str]) -> Result<Self, TooShort> {
        Self::new(texts.iter().map(|text| text.as_bytes()), |at| encodings(texts[at]))
    }

    /// Searches for bytes.
    ///
    /// # Errors
    /// There is none, or one is too short.
    pub fn of_bytes(needles: &[&[u8]]) -> Result<Self, TooShort> {
        Self::new(needles.iter().copied(), |at| forms::of_bytes(needles[at]))
    }

    fn new<'n>(
        needles: impl ExactSizeIterator<Item = &'n [u8]>,
        forms: impl Fn(usize) -> Vec<(&'static str, Vec<u8>)>,
    ) -> Result<Self, TooShort> {
        let count = needles.len();
        if count == 0 || needles.into_iter().any(|needle| needle.len() < LEAST_BYTES) {
            return Err(TooShort);
        }
        let (mut seen, mut bytes, mut patterns) = (std::collections::BTreeSet::new(), Vec::new(), Vec::new());
        for needle in 0..count {
            for (form, pattern) in forms(needle) {
                if seen.insert((needle, pattern.clone())) {
                    bytes.push(pattern);
                    patterns.push((needle, form));
                }
            }
        }
        let automaton = AhoCorasick::new(&bytes).expect("some thousand short patterns fit into an automaton");
        Ok(Self {
            automaton,
            patterns,
            needles: count,
        })
    }

    /// How many needles there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.needles
    }

    /// Whether there are none, which can't be.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.needles == 0
    }

    /// Where needles lie in `bytes`: each form of each at its first place.
    #[must_use]
    pub fn find(&self, bytes: &[u8]) -> Vec<Lies> {
        let mut found = Vec::new();
        let mut seen = vec![false; self.patterns.len()];
        for (start, stretch) in stretches(bytes) {
            for at in self.automaton.find_overlapping_iter(stretch) {
                let pattern = at.pattern().as_usize();
                if !std::mem::replace(&mut seen[pattern], true) {
                    let (needle, form) = self.patterns[pattern];
                    let offset = start + at.start();
                    found.push(Lies { needle, form, offset });
                }
            }
        }
        found
    }

    /// The first needle in `bytes`, whatever lies between zeros: for what was inflated.
    #[must_use]
    pub fn first(&self, bytes: &[u8]) -> Option<usize> {
        let found = self.automaton.find(bytes)?;
        Some(self.patterns[found.pattern().as_usize()].0)
    }
}

const BLOCK: usize = 4096;

/// What lies between blocks of zeros, with its offset. No text that is searched for holds a whole block of zeros; one in UTF-16 may
/// begin or end with a zero byte, so a stretch takes one more byte at either side.
fn stretches(bytes: &[u8]) -> Vec<(usize, &[u8])> {
    let (mut found, mut start) = (Vec::new(), None);
    for (index, block) in bytes.chunks(BLOCK).enumerate() {
        let offset = index * BLOCK;
        match (block == &[0; BLOCK][..block.len()], start) {
            (true, Some(from)) => {
                found.push((from, &bytes[from..=offset]));
                start = None;
            }
            (false, None) => start = Some(offset.saturating_sub(1)),
            _ => {}
        }
    }
    found.extend(start.map(|from| (from, &bytes[from..])));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "canary \"caf\u{e9}\" \u{1f426} sings\n";

    #[test]
    fn a_text_is_found_in_every_form_and_told_where() {
        let needles = Needles::of_texts(&["another one", TEXT]).expect("two texts");
        let mut forms = 0;
        for (form, bytes) in encodings(TEXT) {
            let hay = [b"\x00\xffbefore".as_slice(), &bytes, b"after"].concat();
            let found = needles.find(&hay);
            assert!(
                found.iter().any(|lies| lies.needle == 1 && lies.offset == 8),
                "{form}: {found:?}"
            );
            assert_eq!(needles.first(&hay), Some(1));
            forms += 1;
        }
        assert!(forms >= 14, "{forms}");
        assert_eq!(needles.find(b"nothing of it"), []);
        assert_eq!((needles.len(), needles.is_empty()), (2, false));
    }

    #[test]
    fn bytes_are_found_plainly_in_hexadecimal_and_in_base64() {
        let bytes = [0_u8, 1, 2, 3, 250, 251, 252, 253];
        let needles = Needles::of_bytes(&[&bytes]).expect("one needle");
        for hay in [
            bytes.as_slice(),
            b"xx00010203fafbfcfdxx",
            b"00010203FAFBFCFD",
            b"AAECA/r7/P0=",
            b"AAECA_r7_P0",
        ] {
            assert_eq!(needles.first(hay), Some(0), "{hay:?}");
        }
    }

    #[test]
    fn a_text_across_blocks_after_a_stretch_of_zeros_is_found() {
        let mut bytes = vec![0; 10 * BLOCK];
        let offset = 7 * BLOCK - 10;
        bytes[offset..offset + 20].copy_from_slice(b"planted across a gap");
        let needles = Needles::of_texts(&["planted across a gap"]).expect("one text");
        let found = needles.find(&bytes);
        assert_eq!(found.iter().map(|lies| lies.offset).collect::<Vec<_>>(), [offset]);
    }

    #[test]
    fn what_is_found_by_chance_is_not_searched_for() {
        assert!(matches!(Needles::of_texts(&["short"]), Err(TooShort)));
        assert!(matches!(Needles::of_texts(&[]), Err(TooShort)));
        assert!(matches!(Needles::of_bytes(&[&[1; 8], &[1; 7]]), Err(TooShort)));
    }
}
