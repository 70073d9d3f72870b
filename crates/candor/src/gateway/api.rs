//! What clients speak: the APIs whose requests go to models, and the families that decide how errors and ids look.

use http::HeaderMap;
use wire::neutral::Format;
use wire::passing::Endpoint;

/// The header by which Anthropic's clients tell which version of the API they speak.
pub const ANTHROPIC_VERSION: &str = "anthropic-version";

/// An API whose requests go to a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Api {
    /// OpenAI `POST /v1/chat/completions`.
    Chat,
    /// OpenAI `POST /v1/responses`.
    Responses,
    /// OpenAI `POST /v1/responses/input_tokens`: counts, generates nothing.
    InputTokens,
    /// OpenAI `POST /v1/completions`.
    Completions,
    /// OpenAI `POST /v1/embeddings`.
    Embeddings,
    /// Anthropic `POST /v1/messages`.
    Messages,
    /// Anthropic `POST /v1/messages/count_tokens`: counts, generates nothing.
    CountTokens,
}

/// Whose conventions an answer follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// `{"error":{…}}`, `x-request-id`.
    OpenAi,
    /// `{"type":"error",…}`, `request-id` too.
    Anthropic,
}

impl Api {
    /// How a sentence names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat completions",
            Self::Responses => "responses",
            Self::InputTokens => "counting of input tokens",
            Self::Completions => "completions",
            Self::Embeddings => "embeddings",
            Self::Messages => "messages",
            Self::CountTokens => "counting of tokens",
        }
    }

    /// Whose conventions it follows.
    pub const fn family(self) -> Family {
        match self {
            Self::Messages | Self::CountTokens => Family::Anthropic,
            Self::Chat | Self::Responses | Self::InputTokens | Self::Completions | Self::Embeddings => Family::OpenAi,
        }
    }

    /// The format of a conversation, which can be translated; `None` for what is none.
    pub const fn format(self) -> Option<Format> {
        match self {
            Self::Chat => Some(Format::Chat),
            Self::Responses | Self::InputTokens => Some(Format::Responses),
            Self::Messages | Self::CountTokens => Some(Format::Messages),
            Self::Completions | Self::Embeddings => None,
        }
    }

    /// The reader of its requests; chat completions have one of their own.
    pub(super) const fn endpoint(self) -> Option<Endpoint> {
        match self {
            Self::Chat => None,
            Self::Responses => Some(Endpoint::Responses),
            Self::InputTokens => Some(Endpoint::InputTokens),
            Self::Completions => Some(Endpoint::Completions),
            Self::Embeddings => Some(Endpoint::Embeddings),
            Self::Messages => Some(Endpoint::Messages),
            Self::CountTokens => Some(Endpoint::CountTokens),
        }
    }
}

impl Family {
    /// Whose client asks: the path decides, and below `/v1/models`, which both families have, the version's header.
    pub fn of(path: &str, headers: &HeaderMap) -> Self {
        let is_anthropic = path.strip_prefix("/v1/m").is_some_and(|rest| {
            rest.starts_with("essages") || (rest.starts_with("odels") && headers.contains_key(ANTHROPIC_VERSION))
        });
        if is_anthropic { Self::Anthropic } else { Self::OpenAi }
    }

    /// The format in which errors are written.
    pub const fn errors(self) -> Format {
        match self {
            Self::OpenAi => Format::Chat,
            Self::Anthropic => Format::Messages,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn the_path_tells_the_family_and_where_both_have_it_the_version_does() {
        let mut headers = HeaderMap::new();
        assert_eq!(Family::of("/v1/messages/count_tokens", &headers), Family::Anthropic);
        assert_eq!(Family::of("/v1/models", &headers), Family::OpenAi);
        assert_eq!(Family::of("/v1/chat/completions", &headers), Family::OpenAi);
        headers.insert(ANTHROPIC_VERSION, HeaderValue::from_static("2023-06-01"));
        assert_eq!(Family::of("/v1/models/m", &headers), Family::Anthropic);
        assert_eq!(Family::of("/v1/moderations", &headers), Family::OpenAi);
        assert_eq!(Family::of("/v1/chat/completions", &headers), Family::OpenAi);
    }
}
