//! What the endpoints differ in.

/// An endpoint whose requests pass through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// OpenAI `POST /v1/responses`.
    Responses,
    /// OpenAI `POST /v1/responses/input_tokens`.
    InputTokens,
    /// OpenAI `POST /v1/completions`.
    Completions,
    /// OpenAI `POST /v1/embeddings`.
    Embeddings,
    /// Anthropic `POST /v1/messages`.
    Messages,
    /// Anthropic `POST /v1/messages/count_tokens`.
    CountTokens,
}

/// What one endpoint has and has not.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Facts {
    /// The member without which there is no request.
    pub(super) input: &'static str,
    /// May the input be several inputs, each with answers of its own?
    pub(super) has_several_inputs: bool,
    /// Is anything generated?
    pub(super) answers: bool,
    pub(super) streams: bool,
    /// Is usage told in a stream only if it is asked for?
    pub(super) asks_for_usage: bool,
    pub(super) cap: Option<Cap>,
    /// Members that name the end user.
    pub(super) users: &'static [&'static str],
    pub(super) has_user_in_metadata: bool,
    /// Does the provider keep answers unless it is told not to?
    pub(super) keeps: bool,
}

/// The member that bounds the answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cap {
    pub(super) key: &'static str,
    pub(super) is_required: bool,
    pub(super) least: u64,
    /// What holds where the client says nothing; `None` if nothing does.
    pub(super) usual: Option<u64>,
}

const RESPONSES: Facts = Facts {
    input: "input",
    has_several_inputs: false,
    answers: true,
    streams: true,
    asks_for_usage: false,
    cap: Some(Cap {
        key: "max_output_tokens",
        is_required: false,
        least: 1,
        usual: None,
    }),
    users: &["safety_identifier", "user"],
    has_user_in_metadata: false,
    keeps: true,
};

const INPUT_TOKENS: Facts = Facts {
    answers: false,
    streams: false,
    cap: None,
    keeps: false,
    ..RESPONSES
};

const COMPLETIONS: Facts = Facts {
    input: "prompt",
    has_several_inputs: true,
    answers: true,
    streams: true,
    asks_for_usage: true,
    cap: Some(Cap {
        key: "max_tokens",
        is_required: false,
        least: 0,
        usual: Some(16),
    }),
    users: &["user"],
    has_user_in_metadata: false,
    keeps: false,
};

const EMBEDDINGS: Facts = Facts {
    input: "input",
    has_several_inputs: true,
    answers: false,
    streams: false,
    asks_for_usage: false,
    cap: None,
    users: &["user"],
    has_user_in_metadata: false,
    keeps: false,
};

const MESSAGES: Facts = Facts {
    input: "messages",
    has_several_inputs: false,
    answers: true,
    streams: true,
    asks_for_usage: false,
    cap: Some(Cap {
        key: "max_tokens",
        is_required: true,
        least: 0,
        usual: None,
    }),
    users: &[],
    has_user_in_metadata: true,
    keeps: false,
};

const COUNT_TOKENS: Facts = Facts {
    answers: false,
    streams: false,
    cap: None,
    ..MESSAGES
};

impl Endpoint {
    pub(super) fn facts(self) -> &'static Facts {
        match self {
            Self::Responses => &RESPONSES,
            Self::InputTokens => &INPUT_TOKENS,
            Self::Completions => &COMPLETIONS,
            Self::Embeddings => &EMBEDDINGS,
            Self::Messages => &MESSAGES,
            Self::CountTokens => &COUNT_TOKENS,
        }
    }
}
