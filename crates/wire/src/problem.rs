//! Why a request can't be taken, in words for whoever sent it.

use crate::feature::Feature;
use crate::json::Doubled;
use crate::neutral::Format;

/// What is wrong, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Not JSON.
    #[error("The body of the request is not valid JSON: {0}.")]
    Syntax(String),
    /// JSON, but no object.
    #[error("The body of the request must be a JSON object.")]
    NotAnObject,
    /// A key stands twice in one object; two readers could take different ones.
    #[error("The member '{0}' stands twice in the request. Send it once.")]
    Doubled(String),
    /// A required member is missing.
    #[error("The request needs the member '{0}'.")]
    Missing(String),
    /// A member has the wrong type or an impossible value.
    #[error("The value of '{at}' is not usable: {expected} is expected.")]
    Value {
        /// The member.
        at: String,
        /// What would be right.
        expected: &'static str,
    },
    /// Two members that exclude each other.
    #[error("'{0}' and '{1}' can't be used together. Send only '{1}'.")]
    Both(&'static str, &'static str),
    /// A member that makes sense only with another one.
    #[error("'{0}' is only allowed when '{1}' is set.")]
    Without(&'static str, &'static str),
    /// The model's provider has no words for it, and without it the answer would be another.
    #[error(
        "'{at}' ({}) can't be said to this model, whose provider speaks {}. Leave it out or choose another model.",
        .feature.row().what, .target.name()
    )]
    Unsayable {
        /// What.
        feature: Feature,
        /// The member.
        at: String,
        /// The format that lacks it.
        target: Format,
    },
}

impl Problem {
    /// A value that is not usable.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a place, a text or the arguments of a format are all at hand"
    )]
    pub(crate) fn value(at: impl ToString, expected: &'static str) -> Self {
        Self::Value {
            at: at.to_string(),
            expected,
        }
    }

    /// A conversation of which nothing is left to be said.
    pub(crate) fn nothing_said(source: Format) -> Self {
        let at = match source {
            Format::Responses => "input",
            Format::Chat | Format::Messages => "messages",
        };
        Self::value(at, "a message in which something is said to this model")
    }

    /// A key that stands twice inside of `at`.
    pub(crate) fn doubled(at: &str, doubled: &Doubled) -> Self {
        Self::Doubled(if at.is_empty() {
            doubled.0.clone()
        } else {
            format!("{at}.{}", doubled.0)
        })
    }

    /// The request member at fault, for the error body's `param`.
    pub fn param(&self) -> Option<&str> {
        match self {
            Self::Syntax(_) | Self::NotAnObject => None,
            Self::Doubled(at) | Self::Missing(at) | Self::Value { at, .. } | Self::Unsayable { at, .. } => Some(at),
            Self::Both(at, _) | Self::Without(at, _) => Some(at),
        }
    }

    /// OpenAI's code for it, for the error body's `code`.
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Missing(_) => Some("missing_required_parameter"),
            Self::Value { .. } => Some("invalid_type"),
            Self::Doubled(_) => Some("duplicate_parameter"),
            Self::Both(..) | Self::Without(..) | Self::Unsayable { .. } => Some("unsupported_parameter"),
            Self::Syntax(_) | Self::NotAnObject => None,
        }
    }
}

/// Why an upstream's answer can't be translated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAnswer {
    /// It is no answer of its format.
    #[error("the upstream's answer is none of its format")]
    NotAnAnswer,
    /// It says that it failed, whatever its status was.
    #[error("the upstream failed: {}", .0.message)]
    Failed(Box<crate::neutral::Failure<'static>>),
}

impl From<Problem> for BadAnswer {
    fn from(_: Problem) -> Self {
        Self::NotAnAnswer
    }
}

impl From<Doubled> for BadAnswer {
    fn from(_: Doubled) -> Self {
        Self::NotAnAnswer
    }
}
