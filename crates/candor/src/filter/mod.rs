//! The input filter: decides whether a request may be sent on. Its first rule is the operator's block list.
//!
//! Promises: every text that a provider would read is looked at before dispatch; a decision names its category, never the
//! text that led to it.
//! Leaves out: the matching itself (`detect`), classifiers, thresholds, appeals, masking.

use detect::BlockList;

/// What a filter decided about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It may be sent on.
    Allowed,
    /// It is refused before any provider sees it.
    Refused(Category),
}

/// Why a request is refused, as receipts name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Category {
    /// A phrase of the operator's block list (`filter.block`).
    BlockList,
}

impl Category {
    /// As receipts and metrics name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BlockList => "block_list",
        }
    }
}

/// The filter as configured; immutable, shared by all requests.
pub struct Screen {
    block: BlockList,
}

impl Screen {
    /// A filter that refuses these phrases, in any case of letters.
    #[must_use]
    pub fn new(block: &[String]) -> Self {
        Self {
            block: BlockList::new(block),
        }
    }

    /// Looks at all texts of a request.
    #[must_use]
    pub fn decide(&self, texts: &[impl AsRef<str>]) -> Decision {
        match self.block.first_match(texts) {
            Some(_) => Decision::Refused(Category::BlockList),
            None => Decision::Allowed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listed_phrase_is_refused_wherever_it_stands_and_however_it_is_written() {
        let screen = Screen::new(&["Blocked Phrase".to_owned()]);
        assert_eq!(
            screen.decide(&["hello", "a BLOCKED phrase here"]),
            Decision::Refused(Category::BlockList)
        );
        assert_eq!(screen.decide(&["hello", "a phrase"]), Decision::Allowed);
        assert_eq!(Screen::new(&[]).decide(&["blocked phrase"]), Decision::Allowed);
    }
}
