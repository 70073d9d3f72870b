//! The one door by which a refused request leaves: what was wrong and what to do, in the client's format.
//!
//! A refusal's status, type and advice to SDKs are its code's row in `codes`; what is told besides, its constructor says, in
//! the file of whose fault it is.

mod caller;
mod request;
mod service;

use super::answer::Answer;
use super::api::Family;
use super::codes::{Code, Retry};
use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};
use std::borrow::Cow;
use wire::json::Fragment;
use wire::neutral::{Failure, Fault};
use wire::openai::error::ErrorObject;
use wire::translate;

/// The status of Anthropic's API for a service that has too much to do; OpenAI's is 503.
const OVERLOADED: u16 = 529;
/// A wait up to this many seconds is one that SDKs sit out by themselves; a longer one they would make a short one.
const SHORT_WAIT_SECONDS: u64 = 60;

/// Why a request gets no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status; the SDKs choose their exception by it alone.
    pub status: StatusCode,
    /// Body, for a person and for a program.
    pub error: Box<ErrorObject<'static>>,
    /// Seconds after which trying again makes sense.
    pub retry_after: Option<u64>,
    retry: Retry,
    /// The method that the address takes, where another one was used.
    allow: Option<&'static str>,
    /// What Anthropic's errors tell besides.
    details: Option<String>,
}

impl Refusal {
    /// A refusal of this code: status, type and advice are those of its row.
    fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        let error = ErrorObject {
            message: message.into(),
            kind: code.row().kind.into(),
            param: None,
            code: Some(code.name().into()),
        };
        Self {
            status: code.status(),
            error: Box::new(error),
            retry_after: None,
            retry: code.row().retry,
            allow: None,
            details: None,
        }
    }

    fn about(mut self, param: impl Into<Cow<'static, str>>) -> Self {
        self.error.param = Some(param.into());
        self
    }

    fn after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Its code; `None` where a provider gave it one of its own.
    pub fn code(&self) -> Option<Code> {
        self.error.code.as_deref().and_then(Code::named)
    }

    /// What Anthropic's errors tell besides.
    pub fn details(&self) -> Option<&str> {
        self.details.as_deref()
    }

    /// The response in the shape of the client's API; `id` is the request's.
    pub fn into_response(self, family: Family, id: &str) -> Response<Answer> {
        let (status, body) = match family {
            Family::OpenAi => (self.status, self.error.to_body()),
            Family::Anthropic => self.as_anthropic(id),
        };
        let mut response = Response::new(Answer::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(method) = self.allow {
            headers.insert(ALLOW, HeaderValue::from_static(method));
        }
        headers.insert("x-should-retry", HeaderValue::from_static(self.should_retry()));
        response
    }

    /// The same in Anthropic's shape, whose statuses differ in one.
    fn as_anthropic(&self, id: &str) -> (StatusCode, Bytes) {
        let fault = Fault::from_status(self.status.as_u16());
        let failure = Failure {
            fault,
            message: Cow::Borrowed(&self.error.message),
            param: None,
            code: self.error.code.as_deref().map(Cow::Borrowed),
            details: self.details().and_then(Fragment::read),
        };
        let body = translate::write_error(Family::Anthropic.errors(), &failure, Some(id)).body;
        (status_of_anthropic(self.status), body)
    }

    /// What SDKs shall do by themselves.
    fn should_retry(&self) -> &'static str {
        let is_soon = self.retry_after.is_none_or(|seconds| seconds <= SHORT_WAIT_SECONDS);
        if self.retry == Retry::Later && is_soon {
            "true"
        } else {
            "false"
        }
    }
}

/// The status that Anthropic's clients get in place of OpenAI's.
pub(super) fn status_of_anthropic(status: StatusCode) -> StatusCode {
    match Fault::from_status(status.as_u16()) {
        Fault::Overloaded => StatusCode::from_u16(OVERLOADED).unwrap_or(status),
        _ => status,
    }
}

/// What a client wrote, short enough for a message.
fn shown(text: &str) -> String {
    text.chars().take(100).collect()
}
