//! Every code that Candor makes, a row each, in the order of the documentation.

use super::Part::{HowMuch, Provider, Sandbox, Service, Stream, WhatWasAsked, WhoAsks};
use super::Retry::{Later, Never};
use super::Told::{AsAsked, InStream, Status};
use super::{Row, kind};

/// A row: its name in the program, its name on the wire, its part of the documentation; how it is told, its family,
/// whether to try again; what happened, what to do.
macro_rules! codes {
    ($($code:ident = $name:literal in $part:ident: $told:expr, $kind:expr, $retry:ident; $means:literal, $remedy:literal;)+) => {
        /// An error's code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = $means] $code,)+
        }

        impl Code {
            /// All, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$code),+];

            /// What it stands for.
            pub const fn row(self) -> Row {
                match self {
                    $(Self::$code => Row {
                        name: $name, part: $part, told: $told, kind: $kind, retry: $retry, means: $means, remedy: $remedy,
                    },)+
                }
            }
        }
    };
}

codes! {
    InvalidApiKey = "invalid_api_key" in WhoAsks: Status(401), kind::AUTHENTICATION, Never;
        "No key was sent, or none that was ever given out, or one that was revoked or whose end (`key create --expires`) is over.",
        "send a key as `authorization: Bearer cdr_…` or `x-api-key: cdr_…`.";
    AccountFrozen = "account_frozen" in WhoAsks: Status(403), kind::PERMISSION, Never;
        "The operator froze the account, so none of its keys work.",
        "ask the operator.";
    ProcessingDenied = "processing_denied" in WhoAsks: Status(403), kind::PERMISSION, Never;
        "The account's data may not be processed at the moment.",
        "ask the operator.";

    BadRequest = "bad_request" in WhatWasAsked: Status(400), kind::REQUEST, Never;
        "The request is no HTTP that can be understood in one way only: a broken line, two lengths, a length beside `transfer-encoding`. The connection is closed behind it.",
        "look at what stands between you and this service; a stock client sends no such thing.";
    HeadersTooLarge = "headers_too_large" in WhatWasAsked: Status(431), kind::REQUEST, Never;
        "The request has more header lines than `limits.headers`, or more bytes of them, its address among them, than `limits.header_bytes`.",
        "send fewer; cookies and tracing headers of a browser or a proxy are the usual cause.";
    UnknownUrl = "unknown_url" in WhatWasAsked: Status(404), kind::REQUEST, Never;
        "Nothing answers at this address; the message tells the nearest one that does.",
        "see [HTTP](http.md). A base URL ends in `/v1` for OpenAI's clients, and before it for Anthropic's.";
    MethodNotSupported = "method_not_supported" in WhatWasAsked: Status(405), kind::REQUEST, Never;
        "The address is there, but not for this method; `allow` and the message name the one that it takes.",
        "use that method.";
    InvalidContentType = "invalid_content_type" in WhatWasAsked: Status(400), kind::REQUEST, Never;
        "The request has a body that is not `application/json`, or one that is compressed (`content-encoding`).",
        "send plain JSON with that header.";
    InvalidHeader = "invalid_header" in WhatWasAsked: Status(400), kind::REQUEST, Never;
        "`anthropic-version` names a version that does not exist, or `anthropic-beta` is no list of names.",
        "send what the message names, or nothing.";
    InvalidControl = "invalid_control" in WhatWasAsked: Status(400), kind::REQUEST, Never;
        "An `x-candor-…` header has a value that means nothing.",
        "send one that the message names.";
    UnsupportedControl = "unsupported_control" in WhatWasAsked: Status(400), kind::REQUEST, Never;
        "This version can't honour the `x-candor-…` header, and ignores none.",
        "leave it out.";
    RequestTooLarge = "request_too_large" in WhatWasAsked: Status(413), kind::REQUEST, Never;
        "The body is larger than `limits.body`; the message tells the limit and, where the client announced it, the size.",
        "send less.";
    RequestTimeout = "request_timeout" in WhatWasAsked: Status(408), kind::REQUEST, Later;
        "The body came too slowly (`limits.body_idle`).",
        "try again.";
    IncompleteBody = "incomplete_body" in WhatWasAsked: Status(400), kind::REQUEST, Never;
        "The body broke off, or its framing is wrong.",
        "send it again, and look at what stands between you and this service.";
    InvalidJson = "invalid_json" in WhatWasAsked: Status(400), kind::REQUEST, Never;
        "The body is no JSON, or no object, or too deep; the message names line and column.",
        "send a JSON object, in UTF-8, whole.";
    MissingRequiredParameter = "missing_required_parameter" in WhatWasAsked: Status(400), kind::REQUEST, Never;
        "The API can't do without the member that `param` names.",
        "send it.";
    InvalidType = "invalid_type" in WhatWasAsked: Status(400), kind::REQUEST, Never;
        "The member that `param` names has a value that means nothing; the message says what would.",
        "send that.";
    DuplicateParameter = "duplicate_parameter" in WhatWasAsked: Status(400), kind::REQUEST, Never;
        "The member that `param` names stands twice, and two readers could take different ones.",
        "send it once.";
    UnsupportedParameter = "unsupported_parameter" in WhatWasAsked: Status(400), kind::REQUEST, Never;
        "The member that `param` names contradicts another one, or needs answers that are kept, or asks for what the model was declared not to do, or can't be said to the model's provider, whose API has no words for it ([translation](translation.md)).",
        "leave it out, or choose another model.";
    ModelNotFound = "model_not_found" in WhatWasAsked: Status(404), kind::REQUEST, Never;
        "No model has this name, or the key may not use it, and the message tells the nearest name that it may; or the model was retired, and the message names its successor.",
        "`GET /v1/models` lists them.";
    UnsupportedModel = "unsupported_model" in WhatWasAsked: Status(400), kind::REQUEST, Never;
        "None of the model's providers has the API that was called, such as embeddings of a chat model.",
        "choose another model or another API.";
    ContentPolicyViolation = "content_policy_violation" in WhatWasAsked: Status(400), kind::REQUEST, Never;
        "The content filter refused the request; no provider saw it.",
        "change the prompt; the receipt names the filter's category.";
    ReceiptNotFound = "receipt_not_found" in WhatWasAsked: Status(404), kind::REQUEST, Later;
        "There is no such receipt of this account: it appears within two seconds of its answer and ends with the day's log.",
        "try again after `retry-after`.";

    InsufficientQuota = "insufficient_quota" in HowMuch: Status(402), kind::QUOTA, Never;
        "The credit does not cover what the request could cost at most.",
        "add credit, or ask for fewer tokens.";
    RateLimitExceeded = "rate_limit_exceeded" in HowMuch: Status(429), kind::RATE, Later;
        "A limit on requests, tokens or requests at once is reached: of the key, the account, the organisation, the model or the end user, as the message tells (see [limits](limits.md)); or the provider takes no more requests at the moment.",
        "wait as `retry-after` says; the SDKs do so by themselves.";

    UpstreamFailed = "upstream_failed" in Provider: Status(502), kind::UPSTREAM, Later;
        "The provider gave no usable answer, or refused the operator's key.",
        "try again; if it stays, ask the operator.";
    UpstreamOverloaded = "upstream_overloaded" in Provider: Status(503), kind::UPSTREAM, Later;
        "The provider is overloaded.",
        "try again later.";
    UpstreamTimeout = "upstream_timeout" in Provider: Status(504), kind::UPSTREAM, Later;
        "The provider did not begin in time (`upstream.first_byte`).",
        "try again later.";

    AuthenticationUnavailable = "authentication_unavailable" in Service: Status(503), kind::SERVER, Later;
        "What is known of keys is too old to be relied on (`auth.stale`).",
        "try again in a second.";
    StoreUnavailable = "store_unavailable" in Service: Status(503), kind::SERVER, Later;
        "Keys or credit could not be read in time.",
        "try again in a second.";
    Overloaded = "overloaded" in Service: Status(503), kind::SERVER, Later;
        "There is no room to record more, and nothing unrecorded is delivered.",
        "try again as `retry-after` says.";
    TooManyConnections = "too_many_connections" in Service: Status(503), kind::SERVER, Later;
        "As many connections are open as the process takes (`limits.connections`); this one is closed behind the answer.",
        "try again in a second; use connections again instead of opening one a request.";
    ShuttingDown = "shutting_down" in Service: Status(503), kind::SERVER, Later;
        "The process ends and takes nothing new.",
        "try again in a second, at another process if there is one.";
    InternalError = "internal_error" in Service: Status(500), kind::SERVER, Later;
        "A mistake of this program; the log has it under the request's id.",
        "tell the operator the id.";

    UpstreamCut = "upstream_cut" in Stream: InStream, kind::UPSTREAM, Later;
        "The provider broke off its answer, or sent what is none.",
        "ask again; nothing goes on where it broke.";
    IdleTimeout = "idle_timeout" in Stream: InStream, kind::UPSTREAM, Later;
        "The provider stopped sending (`upstream.idle`).",
        "ask again.";
    TotalTimeout = "total_timeout" in Stream: InStream, kind::UPSTREAM, Later;
        "The whole took longer than `upstream.total`.",
        "ask for less, or let the operator raise it.";
    NotRecorded = "not_recorded" in Stream: InStream, kind::UPSTREAM, Later;
        "The answer could not be recorded, so it does not count as complete.",
        "ask again; tell the operator that the disk fails.";

    SandboxError = "sandbox_error" in Sandbox: AsAsked, kind::REQUEST, Later;
        "The prompt asked for this status by `[[error:…]]`.",
        "look whether your program takes it as it should.";
}
