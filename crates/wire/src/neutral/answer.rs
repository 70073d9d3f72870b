//! What a model answers, whole.

use super::{Part, PartKind, Usage};
use crate::json::{Fragment, Text};

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The provider's id.
    pub id: Text<'a>,
    /// The model as the provider names it.
    pub model: Text<'a>,
    /// Seconds since 1970, if told.
    pub created: Option<u64>,
    /// One or, where `n` was asked, several.
    pub choices: Vec<Choice<'a>>,
    /// What it used, if told and consistent.
    pub usage: Option<Usage>,
    /// What of it only the upstream's format knows, by name.
    pub unsaid: Vec<String>,
}

impl Answer<'_> {
    /// Bytes of what the model wrote.
    pub fn content_bytes(&self) -> usize {
        let parts = self.choices.iter().flat_map(|choice| &choice.parts);
        parts
            .map(|part| match &part.kind {
                PartKind::Text { text, .. } | PartKind::Refusal(text) => text.len(),
                PartKind::Reasoning(reasoning) => reasoning.texts.iter().map(|text| text.len()).sum(),
                PartKind::ToolCall(call) => call.name.len() + call.arguments.len(),
                PartKind::Audio { data, .. } => data.len(),
                PartKind::Other { whole, .. } => whole.get().len(),
                PartKind::Image { .. } | PartKind::Document { .. } | PartKind::ToolResult(_) => 0,
            })
            .sum()
    }
}

/// One of the answers to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice<'a> {
    /// What it consists of, in order.
    pub parts: Vec<Part<'a>>,
    /// Why it ends.
    pub stop: Stop<'a>,
}

/// Why an answer ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop<'a> {
    /// The model is done.
    End,
    /// It wrote one of the texts that end it.
    Sequence(Option<Text<'a>>),
    /// The cap on its length.
    Length,
    /// The model's window is full.
    Window,
    /// It waits for tools.
    Tools,
    /// A filter cut it.
    Filter,
    /// The model declined.
    Refusal(Option<Fragment<'a>>),
    /// A tool of the provider takes longer; the client sends the answer back to go on.
    Pause,
    /// A reason that came after this was written.
    Other(Text<'a>),
}

impl Stop<'_> {
    /// The same, independent of the bytes it was read from.
    pub fn into_owned(self) -> Stop<'static> {
        match self {
            Self::End => Stop::End,
            Self::Sequence(text) => Stop::Sequence(text.map(|text| text.into_owned().into())),
            Self::Length => Stop::Length,
            Self::Window => Stop::Window,
            Self::Tools => Stop::Tools,
            Self::Filter => Stop::Filter,
            Self::Refusal(details) => Stop::Refusal(details.map(Fragment::into_owned)),
            Self::Pause => Stop::Pause,
            Self::Other(name) => Stop::Other(name.into_owned().into()),
        }
    }
}
