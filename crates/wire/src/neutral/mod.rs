//! A conversation with a model, in no API's words: what every reader of a wire format makes and every writer takes.
//!
//! Promises: what two formats share has one place here, so that a translation is one reader and one writer and nothing
//! in between; texts, schemas and media are borrowed from the body; what only one format knows is kept as it came and
//! carries the name of that format's member. Leaves out: what it means for the target, see [`crate::feature`].

mod answer;
mod event;
mod failure;
mod request;
pub(crate) mod seal;
pub(crate) mod settings;
mod tool;
mod turn;
mod usage;

pub use answer::{Answer, Choice, Stop};
pub use event::{Delta, Event, Opening};
pub use failure::{Failure, Fault};
pub use request::{Delivery, OutputFormat, Request, Schema, Setting, Thinking};
pub use tool::{Tool, ToolChoice, ToolKind};
pub use turn::{CacheMark, Citation, Part, PartKind, Place, Reasoning, Role, Seal, Source, ToolCall, ToolResult, Turn};
pub use usage::Usage;

use crate::json::{Fragment, Text};

/// Members that no reader knows, as they came.
pub type Rest<'a> = Vec<(Text<'a>, Fragment<'a>)>;

/// The APIs that translate into each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// OpenAI `POST /v1/chat/completions`.
    Chat,
    /// OpenAI `POST /v1/responses`.
    Responses,
    /// Anthropic `POST /v1/messages`.
    Messages,
}

impl Format {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Chat, Self::Responses, Self::Messages];

    /// Its name in sentences and documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chat => "OpenAI chat completions",
            Self::Responses => "OpenAI responses",
            Self::Messages => "Anthropic messages",
        }
    }

    /// Its name in short, for file names and table heads.
    pub fn short(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Responses => "responses",
            Self::Messages => "messages",
        }
    }
}
