//! What happens while an answer streams.

use super::{Citation, Failure, Seal, Stop, ToolKind, Usage};
use crate::json::Text;

/// One thing that happens. Readers keep this order: `Start`, then for each choice parts that are opened, grow and are
/// closed, then `Stop`; `Usage` anywhere, the last counts; `End` or `Failed` last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<'a> {
    /// The answer begins.
    Start {
        /// What the prompt used, if already told.
        usage: Option<Usage>,
    },
    /// A part begins. Parts of a choice are numbered from 0 without gaps.
    Open {
        /// Which answer.
        choice: usize,
        /// Which part.
        part: usize,
        /// What it is.
        opening: Opening<'a>,
    },
    /// A part grows.
    Delta {
        /// Which answer.
        choice: usize,
        /// Which part.
        part: usize,
        /// By what.
        delta: Delta<'a>,
    },
    /// A part is complete.
    Close {
        /// Which answer.
        choice: usize,
        /// Which part.
        part: usize,
    },
    /// An answer is complete.
    Stop {
        /// Which answer.
        choice: usize,
        /// Why it ends.
        stop: Stop<'a>,
    },
    /// What was used up to here.
    Usage(Usage),
    /// The provider shows that it is alive.
    Ping,
    /// It broke.
    Failed(Failure<'a>),
    /// All is said.
    End,
}

/// What begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening<'a> {
    /// Words.
    Text,
    /// Words that decline.
    Refusal,
    /// Thought.
    Reasoning {
        /// The thought itself rather than a summary?
        verbatim: bool,
        /// The provider's id for it.
        id: Option<Text<'a>>,
    },
    /// A call.
    ToolCall {
        /// What the result refers to.
        id: Text<'a>,
        /// The tool's name.
        name: Text<'a>,
        /// What it takes.
        kind: ToolKind,
    },
}

/// What a part grows by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delta<'a> {
    /// Words, a refusal, a piece of thought, or a piece of a call's arguments, as the part is.
    Text(Text<'a>),
    /// The next summary of a thought begins.
    NextText,
    /// The seal of a thought.
    Seal(Seal<'a>),
    /// Where the words come from.
    Citation(Citation<'a>),
}
