//! Phrases that the operator blocks.
//!
//! Promises: the whole list is one automaton, so that its length costs nothing on a request's path; letters A to Z match
//! in either case; a phrase is found inside a longer word too. Texts are folded to small letters first and then searched
//! exactly: an automaton that ignores case can't use the vector search for its phrases and took five times as long.
//! Leaves out: other alphabets' cases, look-alike characters, phrases cut apart by markup.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};

/// A list of blocked phrases, ready to search with.
#[derive(Debug, Clone)]
pub struct BlockList {
    automaton: AhoCorasick,
    /// Where a phrase of the automaton stood in the list that was given.
    places: Vec<usize>,
}

impl BlockList {
    /// Builds the automaton. Blank phrases are left out: they would block everything.
    #[must_use]
    pub fn new(phrases: &[String]) -> Self {
        let kept = phrases
            .iter()
            .enumerate()
            .filter(|(_, phrase)| !phrase.trim().is_empty());
        let (places, kept): (Vec<_>, Vec<_>) = kept.map(|(place, phrase)| (place, phrase.to_ascii_lowercase())).unzip();
        let automaton = AhoCorasickBuilder::new()
            .match_kind(MatchKind::LeftmostFirst)
            .build(kept)
            .expect("a list that fits the memory of a configuration fits an automaton of 2^31 states");
        Self { automaton, places }
    }

    /// How many phrases it searches for.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Does it block nothing?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The place in the list of the first phrase found, text by text. A phrase doesn't reach over two texts.
    #[must_use]
    pub fn first_match(&self, texts: &[impl AsRef<str>]) -> Option<usize> {
        if self.is_empty() {
            return None;
        }
        let mut folded = Vec::new();
        let found = texts.iter().find_map(|text| {
            folded.clear();
            folded.extend_from_slice(text.as_ref().as_bytes());
            folded.make_ascii_lowercase();
            self.automaton.find(&folded)
        })?;
        Some(self.places[found.pattern().as_usize()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(phrases: &[&str]) -> BlockList {
        BlockList::new(&phrases.iter().map(|phrase| (*phrase).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_phrase_is_found_in_any_case_and_in_any_text() {
        let list = list(&["apple", "candor-filter-test-phrase-block-me"]);
        assert_eq!(
            list.first_match(&["hello", "say CANDOR-filter-test-Phrase-block-me now"]),
            Some(1)
        );
        assert_eq!(list.first_match(&["pineAPPLEs"]), Some(0));
        assert_eq!(list.first_match(&["app", "le"]), None);
        assert_eq!(list.first_match(&[""; 0]), None);
    }

    #[test]
    fn a_blank_phrase_blocks_nothing_and_shifts_no_place() {
        let blank = list(&["", "  "]);
        assert!(blank.is_empty() && blank.first_match(&["", "anything"]).is_none());
        assert_eq!(list(&["", "b", " ", "d"]).first_match(&["d"]), Some(3));
        assert_eq!(list(&["", "b", " ", "d"]).len(), 2);
    }
}
