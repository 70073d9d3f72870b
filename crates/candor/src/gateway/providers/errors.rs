//! What an OpenAI-compatible server refuses, as the client is told.
//!
//! Promises: the operator's key, the server's address and what looks like a secret are struck out; a refusal that is the
//! operator's fault (a wrong key, a missing model) is no riddle for the client: it reads that the provider is at fault.

use crate::gateway::refusal::Refusal;
use http::StatusCode;
use std::borrow::Cow;
use wire::openai::error::{ErrorObject, UpstreamError};

/// Longest message of a provider that is passed on, in characters.
const MESSAGE_CHARACTERS: usize = 1000;
/// Longer waits are told as they are; the SDKs then don't retry by themselves.
const RETRY_AFTER_SECONDS: u64 = 24 * 3600;

/// The refusal that the client sees for an error answer of the provider.
pub fn refusal<'s, I: Iterator<Item = &'s str>>(
    status: StatusCode,
    body: &[u8],
    retry_after: Option<u64>,
    secrets: impl Fn() -> I,
) -> Refusal {
    let retry_after = retry_after.filter(|seconds| *seconds <= RETRY_AFTER_SECONDS);
    match status.as_u16() {
        // The request itself is at fault: the client needs the provider's own words.
        400 | 409 | 413 | 415 | 422 => told(status, body, retry_after, secrets),
        429 => {
            let mut refusal = Refusal::upstream(
                StatusCode::TOO_MANY_REQUESTS,
                "rate_limit_exceeded",
                "The model's provider takes no more requests at the moment. Try again later.",
            );
            refusal.retry_after = retry_after;
            refusal
        }
        503 | 529 => {
            let mut refusal = Refusal::upstream(
                StatusCode::SERVICE_UNAVAILABLE,
                "upstream_overloaded",
                "The model's provider is overloaded. Try again later.",
            );
            refusal.retry_after = retry_after;
            refusal
        }
        // 401, 403, 404, 3xx and every 5xx: nothing that the client could mend.
        _ => Refusal::upstream(
            StatusCode::BAD_GATEWAY,
            "upstream_failed",
            "The model's provider failed. Try again, or ask the operator of this service.",
        ),
    }
}

fn told<'s, I: Iterator<Item = &'s str>>(
    status: StatusCode,
    body: &[u8],
    retry_after: Option<u64>,
    secrets: impl Fn() -> I,
) -> Refusal {
    let UpstreamError {
        message,
        kind,
        param,
        code,
    } = wire::openai::error::read(body).unwrap_or_default();
    let clean = |text: Option<String>| text.map(|text| Cow::Owned(scrubbed(&text, secrets())));
    let error = ErrorObject {
        message: clean(message).unwrap_or("The model's provider refused the request.".into()),
        kind: clean(kind).unwrap_or("invalid_request_error".into()),
        param: clean(param),
        code: clean(code),
    };
    let status = if status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
        StatusCode::BAD_REQUEST
    } else {
        status
    };
    Refusal::said_by_upstream(status, error, retry_after)
}

/// A provider's words without the operator's secrets, without what looks like one, and not longer than needed.
pub fn scrubbed<'s>(text: &str, secrets: impl Iterator<Item = &'s str>) -> String {
    let mut clean = text.to_owned();
    for secret in secrets.filter(|secret| !secret.is_empty()) {
        clean = clean.replace(secret, "[provider]");
    }
    detect::scrub(&clean).chars().take(MESSAGE_CHARACTERS).collect()
}
