//! The turns of a conversation and the parts of a turn.

use super::Rest;
use crate::json::{Fragment, Text};
use std::fmt;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The operator of the model, or who stands for him.
    System,
    /// The application's developer; OpenAI's newer word for `System`.
    Developer,
    /// The person who asks.
    User,
    /// The model.
    Assistant,
    /// A tool that was called: the turn holds results.
    Tool,
}

/// What one speaker says at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn<'a> {
    /// Who.
    pub role: Role,
    /// What, in order.
    pub parts: Vec<Part<'a>>,
    /// The speaker's name among several of the same role.
    pub name: Option<Text<'a>>,
    /// Where it stands in the request.
    pub place: Place,
    /// Members that no reader knows.
    pub rest: Rest<'a>,
}

impl<'a> Turn<'a> {
    /// A turn without further members.
    pub fn new(role: Role, place: Place, parts: Vec<Part<'a>>) -> Self {
        Self {
            role,
            parts,
            name: None,
            place,
            rest: Rest::new(),
        }
    }
}

/// One part of a turn or of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<'a> {
    /// What it is.
    pub kind: PartKind<'a>,
    /// Marks the end of what the provider shall keep for the next request.
    pub cache: Option<CacheMark<'a>>,
    /// Where it stands in the request.
    pub place: Place,
    /// Members that no reader knows.
    pub rest: Rest<'a>,
}

impl<'a> Part<'a> {
    /// A part without further members.
    pub fn new(kind: PartKind<'a>, place: Place) -> Self {
        Self {
            kind,
            cache: None,
            place,
            rest: Rest::new(),
        }
    }
}

/// What a part is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartKind<'a> {
    /// Words.
    Text {
        /// They.
        text: Text<'a>,
        /// Where they come from.
        citations: Vec<Citation<'a>>,
    },
    /// The model's words when it declines.
    Refusal(Text<'a>),
    /// A picture.
    Image {
        /// Its bytes, or where they are.
        source: Source<'a>,
        /// How closely the model looks.
        detail: Option<Text<'a>>,
    },
    /// A document.
    Document {
        /// Its bytes, or where they are.
        source: Source<'a>,
        /// Its file name or title.
        name: Option<Text<'a>>,
    },
    /// Speech.
    Audio {
        /// Base64.
        data: Text<'a>,
        /// `wav`, `mp3`.
        encoding: Text<'a>,
    },
    /// What the model thought.
    Reasoning(Reasoning<'a>),
    /// The model calls a tool.
    ToolCall(ToolCall<'a>),
    /// What a tool answered.
    ToolResult(ToolResult<'a>),
    /// A part that only the source format knows, whole.
    Other {
        /// Its type.
        name: Text<'a>,
        /// All of it.
        whole: Fragment<'a>,
    },
}

/// Bytes, or where they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source<'a> {
    /// Base64 in the request.
    Base64 {
        /// For instance `image/png`.
        media_type: Text<'a>,
        /// The base64.
        data: Text<'a>,
    },
    /// Somewhere on the network.
    Url(Text<'a>),
    /// Uploaded to the provider before.
    File(Text<'a>),
    /// Plain text in the request.
    Plain(Text<'a>),
}

/// What the model thought, as far as it is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reasoning<'a> {
    /// The provider's id for it.
    pub id: Option<Text<'a>>,
    /// Summaries or the thought itself, in order.
    pub texts: Vec<Text<'a>>,
    /// Is it the thought itself rather than a summary?
    pub verbatim: bool,
    /// What the provider wants back to go on from here.
    pub seal: Option<Seal<'a>>,
}

/// A provider's signature or encrypted thought: opaque, and only of use to whoever made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seal<'a> {
    /// Anthropic's signature over a thinking block.
    Signature(Text<'a>),
    /// Anthropic's redacted thinking.
    Redacted(Text<'a>),
    /// OpenAI's `encrypted_content`.
    Encrypted(Text<'a>),
}

impl Seal<'_> {
    /// The same, independent of the bytes it was read from.
    pub fn into_owned(self) -> Seal<'static> {
        match self {
            Self::Signature(text) => Seal::Signature(text.into_owned().into()),
            Self::Redacted(text) => Seal::Redacted(text.into_owned().into()),
            Self::Encrypted(text) => Seal::Encrypted(text.into_owned().into()),
        }
    }
}

/// A call of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCall<'a> {
    /// What the result refers to.
    pub id: Text<'a>,
    /// The tool's name.
    pub name: Text<'a>,
    /// JSON for a function, free text for a custom tool.
    pub arguments: Text<'a>,
    /// Which of both.
    pub kind: super::ToolKind,
}

/// The result of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolResult<'a> {
    /// The call.
    pub call_id: Text<'a>,
    /// What the tool answered.
    pub parts: Vec<Part<'a>>,
    /// Did it fail?
    pub failed: Option<bool>,
    /// What kind of tool.
    pub kind: super::ToolKind,
}

/// The end of a prefix that the provider shall keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheMark<'a> {
    /// For how long, in the source format's words.
    pub lifetime: Option<Text<'a>>,
}

/// Where a text comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Citation<'a> {
    /// A page on the network.
    Page {
        /// Its address.
        url: Text<'a>,
        /// Its title.
        title: Text<'a>,
    },
    /// A citation that only the source format knows.
    Other(Fragment<'a>),
}

/// Where something stands in the client's request, for `x-candor-dropped` and for errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// The array: `messages`, `input`, `system`, `tools`; empty for what stands in no request.
    pub list: &'static str,
    /// Which element; `None` if the list is one value.
    pub item: Option<usize>,
    /// The array inside, and which element of it.
    pub inner: Option<(&'static str, usize)>,
    /// One array deeper: the parts of a tool's result.
    pub innermost: Option<(&'static str, usize)>,
}

impl Place {
    /// An element of a list.
    pub fn item(list: &'static str, item: usize) -> Self {
        Self {
            list,
            item: Some(item),
            ..Self::default()
        }
    }

    /// A list that is one value.
    pub fn whole(list: &'static str) -> Self {
        Self {
            list,
            ..Self::default()
        }
    }

    /// An element inside of this place.
    #[must_use]
    pub fn inside(self, list: &'static str, item: usize) -> Self {
        if self.inner.is_none() {
            Self {
                inner: Some((list, item)),
                ..self
            }
        } else {
            Self {
                innermost: Some((list, item)),
                ..self
            }
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.list)?;
        if let Some(item) = self.item {
            write!(formatter, "[{item}]")?;
        }
        for (list, item) in self.inner.into_iter().chain(self.innermost) {
            write!(formatter, ".{list}[{item}]")?;
        }
        Ok(())
    }
}
