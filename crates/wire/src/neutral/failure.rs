//! What goes wrong at a provider, and how each format says it.

use super::Format;
use crate::json::{Fragment, Text};

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure<'a> {
    /// Whose fault it is, and what may be done.
    pub fault: Fault,
    /// For a person.
    pub message: Text<'a>,
    /// The request member at fault.
    pub param: Option<Text<'a>>,
    /// OpenAI's code or Anthropic's `details.error_code`.
    pub code: Option<Text<'a>>,
    /// Anthropic's `details`, whole.
    pub details: Option<Fragment<'a>>,
}

impl Failure<'_> {
    /// The same without any of `words`, which must not leave the house: an operator's key, a server's address.
    #[must_use]
    pub fn without(self, words: &[String]) -> Failure<'static> {
        let clean = |text: String| {
            words.iter().filter(|word| !word.is_empty()).fold(text, |text, word| {
                if text.contains(word.as_str()) {
                    text.replace(word.as_str(), "…")
                } else {
                    text
                }
            })
        };
        let owned = self.into_owned();
        Failure {
            fault: owned.fault,
            message: clean(owned.message.into_owned()).into(),
            param: owned.param.map(|text| clean(text.into_owned()).into()),
            code: owned.code.map(|text| clean(text.into_owned()).into()),
            details: owned.details.filter(|details| {
                !words
                    .iter()
                    .any(|word| !word.is_empty() && details.get().contains(word.as_str()))
            }),
        }
    }

    /// The same, independent of the bytes it was read from.
    pub fn into_owned(self) -> Failure<'static> {
        let owned = |text: Option<Text<'_>>| text.map(|text| text.into_owned().into());
        Failure {
            fault: self.fault,
            message: self.message.into_owned().into(),
            param: owned(self.param),
            code: owned(self.code),
            details: self.details.map(Fragment::into_owned),
        }
    }
}

/// Whose fault it is, and what may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The request is wrong.
    Request,
    /// No key, or a wrong one.
    Authentication,
    /// No credit; waiting does not help.
    Billing,
    /// Not allowed.
    Permission,
    /// No such model or object.
    NotFound,
    /// It contradicts the state.
    Conflict,
    /// The body is too large.
    TooLarge,
    /// Too many requests; waiting helps.
    RateLimit,
    /// The server broke.
    Server,
    /// It took too long.
    Timeout,
    /// The server has too much to do.
    Overloaded,
    /// The provider broke off, or said what is no answer.
    Upstream,
}

/// A fault, OpenAI's status and type, Anthropic's status and type.
const FAULTS: [(Fault, u16, &str, u16, &str); 12] = [
    (
        Fault::Request,
        400,
        "invalid_request_error",
        400,
        "invalid_request_error",
    ),
    (
        Fault::Authentication,
        401,
        "authentication_error",
        401,
        "authentication_error",
    ),
    (Fault::Billing, 429, "insufficient_quota", 402, "billing_error"),
    (Fault::Permission, 403, "permission_error", 403, "permission_error"),
    (Fault::NotFound, 404, "not_found_error", 404, "not_found_error"),
    (Fault::Conflict, 409, "conflict_error", 409, "conflict_error"),
    (Fault::TooLarge, 413, "request_too_large", 413, "request_too_large"),
    (Fault::RateLimit, 429, "rate_limit_error", 429, "rate_limit_error"),
    (Fault::Server, 500, "server_error", 500, "api_error"),
    (Fault::Timeout, 504, "timeout_error", 504, "timeout_error"),
    (Fault::Overloaded, 503, "overloaded_error", 529, "overloaded_error"),
    (Fault::Upstream, 502, "upstream_error", 502, "api_error"),
];

impl Fault {
    /// The status of an answer that says it before anything else was sent.
    pub fn status(self, format: Format) -> u16 {
        let (_, openai, _, anthropic, _) = self.row();
        match format {
            Format::Chat | Format::Responses => openai,
            Format::Messages => anthropic,
        }
    }

    /// The format's `type`.
    pub fn name(self, format: Format) -> &'static str {
        let (_, _, openai, _, anthropic) = self.row();
        match format {
            Format::Chat | Format::Responses => openai,
            Format::Messages => anthropic,
        }
    }

    /// The code of OpenAI's errors where the upstream gave none.
    pub(crate) fn code(self) -> Option<&'static str> {
        match self {
            Self::Authentication => Some("invalid_api_key"),
            Self::Billing => Some("insufficient_quota"),
            Self::RateLimit => Some("rate_limit_exceeded"),
            Self::Server | Self::Overloaded => Some("server_error"),
            Self::Upstream => Some("upstream_cut"),
            Self::Request | Self::Permission | Self::NotFound | Self::Conflict | Self::TooLarge | Self::Timeout => None,
        }
    }

    /// What a `type` or a `code` of either API means; `None` for one that came after this was written.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "insufficient_quota" | "billing_hard_limit_reached" => Self::Billing,
            "rate_limit_exceeded" | "tokens" | "requests" => Self::RateLimit,
            "invalid_api_key" => Self::Authentication,
            "model_not_found" => Self::NotFound,
            "context_length_exceeded" | "content_policy_violation" | "invalid_prompt" => Self::Request,
            _ => {
                let (fault, ..) = FAULTS
                    .into_iter()
                    .find(|(_, _, openai, _, anthropic)| name == *openai || name == *anthropic)?;
                fault
            }
        })
    }

    /// What a status alone means.
    pub fn from_status(status: u16) -> Self {
        match status {
            401 => Self::Authentication,
            402 => Self::Billing,
            403 => Self::Permission,
            404 => Self::NotFound,
            408 | 504 => Self::Timeout,
            409 => Self::Conflict,
            413 => Self::TooLarge,
            429 => Self::RateLimit,
            503 | 529 => Self::Overloaded,
            400..=499 => Self::Request,
            _ => Self::Server,
        }
    }

    fn row(self) -> (Self, u16, &'static str, u16, &'static str) {
        FAULTS
            .into_iter()
            .find(|(fault, ..)| *fault == self)
            .expect("the table names every fault")
    }
}
