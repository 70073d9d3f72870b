//! What a client is told of a request that can't be used.

/// Why a body can't be used. Each says what is wrong, where, and what to do.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RequestError {
    /// Not JSON.
    #[error("The body of the request is not valid JSON: {0}.")]
    Syntax(String),
    /// JSON, but no object.
    #[error("The body of the request must be a JSON object.")]
    NotAnObject,
    /// A member that Candor reads stands twice; upstream and filter could read different ones.
    #[error("The member '{0}' stands twice in the request. Send it once.")]
    Doubled(&'static str),
    /// A required member is missing.
    #[error("The request needs the member '{0}'.")]
    Missing(&'static str),
    /// A member has the wrong type or an impossible value.
    #[error("The value of '{param}' is not usable: {expected} is expected.")]
    Value {
        /// The member.
        param: &'static str,
        /// What would be right.
        expected: &'static str,
    },
    /// Two members that exclude each other.
    #[error("'{0}' and '{1}' can't be used together. Send only '{1}'.")]
    Both(&'static str, &'static str),
    /// A member that makes sense only with another one.
    #[error("'{0}' is only allowed when '{1}' is set.")]
    Without(&'static str, &'static str),
}

impl RequestError {
    /// The request member at fault, for the error body's `param`.
    pub fn param(&self) -> Option<&'static str> {
        match self {
            Self::Syntax(_) | Self::NotAnObject => None,
            Self::Doubled(param) | Self::Missing(param) | Self::Both(param, _) | Self::Without(param, _) => Some(param),
            Self::Value { param, .. } => Some(param),
        }
    }

    /// OpenAI's code for it, for the error body's `code`.
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Missing(_) => Some("missing_required_parameter"),
            Self::Value { .. } => Some("invalid_type"),
            Self::Doubled(_) => Some("duplicate_parameter"),
            Self::Both(..) | Self::Without(..) => Some("unsupported_parameter"),
            Self::Syntax(_) | Self::NotAnObject => None,
        }
    }
}
