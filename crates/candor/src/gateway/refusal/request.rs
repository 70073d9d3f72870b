//! Refusals of what was asked: address, headers, body, members, model.

use super::{Refusal, shown};
use crate::gateway::api::Api;
use crate::gateway::codes::Code;
use base::time::Day;
use http::StatusCode;

use wire::openai::chat::request::RequestError;
use wire::problem::Problem;

impl Refusal {
    /// What came is no request that can be read in one way only, or its head has more than `header_bytes`.
    pub fn unreadable(status: StatusCode, header_bytes: u64) -> Self {
        match status {
            StatusCode::URI_TOO_LONG | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Self::new(
                Code::HeadersTooLarge,
                format!(
                    "The address and the headers of the request are too many, or larger than {header_bytes} bytes. Send less."
                ),
            ),
            _ => Self::new(
                Code::BadRequest,
                "This is no HTTP request that can be understood in one way only. Look at what stands between you and this service.",
            ),
        }
    }

    /// No such address; `near` is the one that may have been meant.
    pub fn unknown_url(method: &str, path: &str, near: Option<&str>) -> Self {
        let meant = near.map_or_else(String::new, |near| format!(" Did you mean {near}?"));
        Self::new(
            Code::UnknownUrl,
            format!("Unknown request URL: {method} {}.{meant}", shown(path)),
        )
    }

    /// The address takes another method.
    pub fn wrong_method(method: &str, path: &str, allowed: &'static str) -> Self {
        let message = format!("{} does not take {method}. Use {allowed}.", shown(path));
        let mut refusal = Self::new(Code::MethodNotSupported, message);
        refusal.allow = Some(allowed);
        refusal
    }

    /// A control that would be ignored is refused instead.
    pub fn unsupported_control(name: &str) -> Self {
        let message =
            format!("The request header '{name}' asks for something that this version can't honour. Leave it out.");
        Self::new(Code::UnsupportedControl, message).about(name.to_owned())
    }

    /// A known control with a value that means nothing.
    pub fn bad_control(name: &str, allowed: &str) -> Self {
        let message = format!("The request header '{name}' takes {allowed}.");
        Self::new(Code::InvalidControl, message).about(name.to_owned())
    }

    /// A header of the client's API with a value that means nothing.
    pub fn bad_header(name: &str, allowed: &str) -> Self {
        let message = format!("The request header '{name}' takes {allowed}.");
        Self::new(Code::InvalidHeader, message).about(name.to_owned())
    }

    /// No `application/json`.
    pub fn not_json() -> Self {
        let message = "The request needs a body with 'content-type: application/json'.";
        Self::new(Code::InvalidContentType, message)
    }

    /// The body is compressed, or in another form that is not read here.
    pub fn encoded() -> Self {
        let message = "The body of the request is compressed. Send it without 'content-encoding'.";
        Self::new(Code::InvalidContentType, message)
    }

    /// The body is larger than `limits.body`, or says that it will be.
    pub fn too_large(limit: u64, announced: Option<u64>) -> Self {
        let message = match announced {
            Some(bytes) => format!("The body of the request has {bytes} bytes; {limit} are taken at most. Send less."),
            None => format!("The body of the request is larger than {limit} bytes. Send less."),
        };
        Self::new(Code::RequestTooLarge, message)
    }

    /// The body came too slowly.
    pub fn body_too_slow() -> Self {
        let message = "The body of the request did not arrive in time.";
        Self::new(Code::RequestTimeout, message)
    }

    /// The body broke off.
    pub fn body_broken() -> Self {
        let message = "The body of the request could not be read to its end.";
        Self::new(Code::IncompleteBody, message)
    }

    /// The body was read and is wrong.
    pub fn bad_request(problem: &RequestError) -> Self {
        let refusal = Self::new(code_of(problem.code()), problem.to_string());
        match problem.param() {
            Some(param) => refusal.about(param),
            None => refusal,
        }
    }

    /// The body was read, whole or for its few members, and is wrong.
    pub fn bad(problem: &Problem) -> Self {
        let refusal = Self::new(code_of(problem.code()), problem.to_string());
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
        Self::new(Code::UnsupportedParameter, message).about(member)
    }

    /// No such model, or the key may not use it; `near` is the one that may have been meant.
    pub fn unknown_model(model: &str, near: Option<&str>) -> Self {
        let meant = near.map_or_else(String::new, |near| format!(" Did you mean '{near}'?"));
        let message = format!(
            "The model '{}' does not exist or this key may not use it.{meant} GET /v1/models lists those that it may use.",
            shown(model)
        );
        Self::new(Code::ModelNotFound, message).about("model")
    }

    /// The model was there, and has ended.
    pub fn retired_model(model: &str, retired: Option<Day>, successor: Option<&str>) -> Self {
        let day = retired.map_or_else(String::new, |day| format!(" on {day}"));
        let instead = successor.map_or_else(
            || "GET /v1/models lists those that are there.".to_owned(),
            |name| format!("Use '{name}' instead."),
        );
        let message = format!("The model '{}' was retired{day}. {instead}", shown(model));
        Self::new(Code::ModelNotFound, message).about("model")
    }

    /// The model was declared not to do what the member asks for.
    pub fn lacking_model(model: &str, thing: &str, member: &'static str) -> Self {
        let message = format!(
            "The model '{}' takes no {thing}. Leave '{member}' out, or choose another model: GET /v1/models tells what each can do.",
            shown(model)
        );
        Self::new(Code::UnsupportedParameter, message).about(member)
    }

    /// The model is there, but none of its providers has the API.
    pub fn unsupported_model(model: &str, api: Api) -> Self {
        let message = format!(
            "The model '{}' does not answer {}. Choose another model or another API.",
            shown(model),
            api.name()
        );
        Self::new(Code::UnsupportedModel, message).about("model")
    }

    /// The input filter found something.
    pub fn blocked_by_filter() -> Self {
        let message = "The request was blocked by this service's content filter and was sent to no provider.";
        Self::new(Code::ContentPolicyViolation, message)
    }

    /// The receipt is not there (yet).
    pub fn unknown_receipt() -> Self {
        let message = "There is no such receipt of this account. A receipt appears within two seconds of its answer and ends with the day's log.";
        Self::new(Code::ReceiptNotFound, message).after(1)
    }
}

/// The code of a problem that `wire` found; it has none for what is no JSON.
fn code_of(name: Option<&str>) -> Code {
    name.and_then(Code::named).unwrap_or(Code::InvalidJson)
}
