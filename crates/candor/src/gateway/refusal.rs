//! The one door by which a refused request leaves: what was wrong and what to do, in the client's format.

use super::answer::Answer;
use super::api::{Api, Family};
use super::codes::declared;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};
use std::borrow::Cow;
use wire::json::Fragment;
use wire::neutral::{Failure, Fault};
use wire::openai::chat::request::RequestError;
use wire::openai::error::ErrorObject;
use wire::problem::Problem;
use wire::translate;

/// The status of Anthropic's API for a service that has too much to do; OpenAI's is 503.
const OVERLOADED: u16 = 529;
/// A wait up to this many seconds is one that SDKs sit out by themselves.
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
    /// Tells SDKs not to try again by themselves although the status would let them.
    pub final_answer: bool,
    /// What Anthropic's errors tell besides.
    details: Option<String>,
}

/// Families of errors, as OpenAI names them.
mod kind {
    pub(super) const REQUEST: &str = "invalid_request_error";
    pub(super) const AUTHENTICATION: &str = "authentication_error";
    pub(super) const PERMISSION: &str = "permission_error";
    pub(super) const QUOTA: &str = "insufficient_quota";
    pub(super) const SERVER: &str = "server_error";
    pub(super) const UPSTREAM: &str = "upstream_error";
}

impl Refusal {
    fn new(status: StatusCode, kind: &'static str, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        let error = ErrorObject {
            message: message.into(),
            kind: kind.into(),
            param: None,
            code: Some(declared(code).into()),
        };
        Self {
            status,
            error: Box::new(error),
            retry_after: None,
            final_answer: false,
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

    /// No key, or one that was never given out.
    pub fn unknown_key() -> Self {
        let message = "No valid API key was sent. Send one as 'Authorization: Bearer cdr_…' or 'x-api-key: cdr_…'.";
        Self::new(
            StatusCode::UNAUTHORIZED,
            kind::AUTHENTICATION,
            "invalid_api_key",
            message,
        )
    }

    /// The key was revoked.
    pub fn revoked_key() -> Self {
        let message = "This API key was revoked. Use another one.";
        Self::new(
            StatusCode::UNAUTHORIZED,
            kind::AUTHENTICATION,
            "invalid_api_key",
            message,
        )
    }

    /// The account may not be used.
    pub fn frozen_account() -> Self {
        let message = "This account is frozen. Ask the operator of this service.";
        Self::new(StatusCode::FORBIDDEN, kind::PERMISSION, "account_frozen", message)
    }

    /// What is known of keys and accounts is too old to be relied on.
    pub fn stale_authentication() -> Self {
        let message = "Keys can't be checked at the moment. Try again in a moment.";
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            kind::SERVER,
            "authentication_unavailable",
            message,
        )
        .after(1)
    }

    /// The gate said no: the purpose is not allowed for this person now.
    pub fn denied() -> Self {
        let message = "This account's data may not be processed at the moment. Ask the operator of this service.";
        Self::new(StatusCode::FORBIDDEN, kind::PERMISSION, "processing_denied", message)
    }

    /// A control that would be ignored is refused instead.
    pub fn unsupported_control(name: &str) -> Self {
        let message =
            format!("The request header '{name}' asks for something that this version can't honour. Leave it out.");
        Self::new(StatusCode::BAD_REQUEST, kind::REQUEST, "unsupported_control", message).about(name.to_owned())
    }

    /// A known control with a value that means nothing.
    pub fn bad_control(name: &str, allowed: &str) -> Self {
        let message = format!("The request header '{name}' takes {allowed}.");
        Self::new(StatusCode::BAD_REQUEST, kind::REQUEST, "invalid_control", message).about(name.to_owned())
    }

    /// A header of the client's API with a value that means nothing.
    pub fn bad_header(name: &str, allowed: &str) -> Self {
        let message = format!("The request header '{name}' takes {allowed}.");
        Self::new(StatusCode::BAD_REQUEST, kind::REQUEST, "invalid_header", message).about(name.to_owned())
    }

    /// The spool is full or can't be written.
    pub fn spool_full(retry_after: u64) -> Self {
        let message = "The service is overloaded and can't record more requests now. Try again later.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, kind::SERVER, "overloaded", message).after(retry_after)
    }

    /// Keys or credit could not be read in time.
    pub fn store_unavailable() -> Self {
        let message = "The service's store doesn't answer at the moment. Try again in a moment.";
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            kind::SERVER,
            "store_unavailable",
            message,
        )
        .after(1)
    }

    /// The process is going down.
    pub fn shutting_down() -> Self {
        let message = "The service is restarting. Try again in a moment.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, kind::SERVER, "shutting_down", message).after(1)
    }

    /// No `application/json`.
    pub fn not_json() -> Self {
        let message = "The request needs a body with 'content-type: application/json'.";
        Self::new(StatusCode::BAD_REQUEST, kind::REQUEST, "invalid_content_type", message)
    }

    /// The body is larger than `limits.body`.
    pub fn too_large(limit: u64) -> Self {
        let message = format!("The body of the request is larger than {limit} bytes.");
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            kind::REQUEST,
            "request_too_large",
            message,
        )
    }

    /// The body came too slowly.
    pub fn body_too_slow() -> Self {
        let message = "The body of the request did not arrive in time.";
        Self::new(StatusCode::REQUEST_TIMEOUT, kind::REQUEST, "request_timeout", message)
    }

    /// The body broke off.
    pub fn body_broken() -> Self {
        let message = "The body of the request could not be read to its end.";
        Self::new(StatusCode::BAD_REQUEST, kind::REQUEST, "incomplete_body", message)
    }

    /// The body was read and is wrong.
    pub fn bad_request(problem: &RequestError) -> Self {
        let code = problem.code().unwrap_or("invalid_json");
        let refusal = Self::new(StatusCode::BAD_REQUEST, kind::REQUEST, code, problem.to_string());
        match problem.param() {
            Some(param) => refusal.about(param),
            None => refusal,
        }
    }

    /// The body was read, whole or for its few members, and is wrong.
    pub fn bad(problem: &Problem) -> Self {
        let code = problem.code().unwrap_or("invalid_json");
        let refusal = Self::new(StatusCode::BAD_REQUEST, kind::REQUEST, code, problem.to_string());
        match problem.param() {
            Some(param) => refusal.about(param.to_owned()),
            None => refusal,
        }
    }

    /// A response that would have to be kept, or that goes on from one that was.
    pub fn needs_keeping(member: &'static str) -> Self {
        let message = format!(
            "'{member}' needs responses that are kept, and this service keeps none. Leave it out; 'store' is false here by default. To go on from a response, send its output items back as input."
        );
        Self::new(StatusCode::BAD_REQUEST, kind::REQUEST, "unsupported_parameter", message).about(member)
    }

    /// The model is there, but none of its providers has the API.
    pub fn unsupported_model(model: &str, api: Api) -> Self {
        let message = format!(
            "The model '{}' does not answer {}. Choose another model or another API.",
            shown(model),
            api.name()
        );
        Self::new(StatusCode::BAD_REQUEST, kind::REQUEST, "unsupported_model", message).about("model")
    }

    /// The input filter found something.
    pub fn blocked_by_filter() -> Self {
        let message = "The request was blocked by this service's content filter and was sent to no provider.";
        let mut refusal = Self::new(
            StatusCode::BAD_REQUEST,
            kind::REQUEST,
            "content_policy_violation",
            message,
        );
        refusal.final_answer = true;
        refusal
    }

    /// No such model, or the key may not use it; `near` is the one that may have been meant.
    pub fn unknown_model(model: &str, near: Option<&str>) -> Self {
        let meant = near.map_or_else(String::new, |near| format!(" Did you mean '{near}'?"));
        let message = format!(
            "The model '{}' does not exist or this key may not use it.{meant} GET /v1/models lists those that it may use.",
            shown(model)
        );
        Self::new(StatusCode::NOT_FOUND, kind::REQUEST, "model_not_found", message).about("model")
    }

    /// The credit does not cover what the request could cost.
    pub fn no_credit(needed: &str, available: &str, currency: &str) -> Self {
        let message = format!(
            "The credit of this account does not cover this request: it could cost up to {needed} {currency}, {available} {currency} are available. Add credit, or lower 'max_completion_tokens'."
        );
        let mut refusal = Self::new(StatusCode::PAYMENT_REQUIRED, kind::QUOTA, "insufficient_quota", message);
        refusal.final_answer = true;
        refusal
    }

    /// No such address.
    pub fn unknown_url(method: &str, path: &str) -> Self {
        let shown: String = path.chars().take(100).collect();
        Self::new(
            StatusCode::NOT_FOUND,
            kind::REQUEST,
            "unknown_url",
            format!("Unknown request URL: {method} {shown}."),
        )
    }

    /// The receipt is not there (yet).
    pub fn unknown_receipt() -> Self {
        let message = "There is no such receipt of this account. A receipt appears within two seconds of its answer and ends with the day's log.";
        Self::new(StatusCode::NOT_FOUND, kind::REQUEST, "receipt_not_found", message).after(1)
    }

    /// Something of ours broke; the log has more.
    pub fn internal() -> Self {
        let message = "The service made an error. It was logged under the id in 'x-request-id'.";
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            kind::SERVER,
            "internal_error",
            message,
        )
    }

    /// The provider could not be reached, or what it said can't be shown.
    pub fn upstream(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        Self::new(status, kind::UPSTREAM, code, message)
    }

    /// The provider refused the request and said why; `error` and `details` are already scrubbed.
    pub fn said_by_upstream(
        status: StatusCode,
        error: ErrorObject<'static>,
        retry_after: Option<u64>,
        details: Option<String>,
    ) -> Self {
        Self {
            status,
            error: Box::new(error),
            retry_after,
            final_answer: false,
            details,
        }
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
        if let Some(should) = self.should_retry() {
            headers.insert("x-should-retry", HeaderValue::from_static(should));
        }
        response
    }

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
        let status = match fault {
            Fault::Overloaded => StatusCode::from_u16(OVERLOADED).unwrap_or(self.status),
            _ => self.status,
        };
        (status, body)
    }

    /// What SDKs shall do by themselves; `None` leaves it to their own rules. What is wrong now is wrong the next time;
    /// a wait that is longer than they sit out must not become a short one.
    fn should_retry(&self) -> Option<&'static str> {
        let may_pass = matches!(self.status.as_u16(), 408 | 429 | 500..);
        match self.retry_after {
            _ if self.final_answer => Some("false"),
            None if !may_pass => Some("false"),
            Some(seconds) if !may_pass || seconds > SHORT_WAIT_SECONDS => None,
            _ => Some("true"),
        }
    }
}

/// What a client wrote, short enough for a message.
fn shown(text: &str) -> String {
    text.chars().take(100).collect()
}
