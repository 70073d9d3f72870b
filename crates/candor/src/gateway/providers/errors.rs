//! What a provider refuses, as the client is told.
//!
//! Promises: the operator's key, the server's address and what looks like a secret are struck out; a refusal that is the
//! operator's fault (a wrong key, a missing model) is no riddle for the client: it reads that the provider is at fault.

use crate::gateway::codes::Code;
use crate::gateway::refusal::Refusal;
use http::StatusCode;
use std::borrow::Cow;
use wire::neutral::Format;
use wire::openai::error::{ErrorObject, UpstreamError};
use wire::translate;

/// Longest message of a provider that is passed on, in characters.
const MESSAGE_CHARACTERS: usize = 1000;
/// Longer waits are told as they are; the SDKs then don't retry by themselves.
const RETRY_AFTER_SECONDS: u64 = 24 * 3600;

/// The refusal that the client sees for an error answer of a provider that speaks `format`.
pub fn refusal<'s, I: Iterator<Item = &'s str>>(
    format: Format,
    status: StatusCode,
    body: &[u8],
    retry_after: Option<u64>,
    secrets: impl Fn() -> I,
) -> Refusal {
    let retry_after = retry_after.filter(|seconds| *seconds <= RETRY_AFTER_SECONDS);
    match status.as_u16() {
        // The request itself is at fault: the client needs the provider's own words.
        400 | 409 | 413 | 415 | 422 => told(format, status, body, retry_after, secrets),
        429 => {
            let mut refusal = Refusal::upstream(
                Code::RateLimitExceeded,
                "The model's provider takes no more requests at the moment. Try again later.",
            );
            refusal.retry_after = retry_after;
            refusal
        }
        503 | 529 => {
            let mut refusal = Refusal::upstream(
                Code::UpstreamOverloaded,
                "The model's provider is overloaded. Try again later.",
            );
            refusal.retry_after = retry_after;
            refusal
        }
        // 401, 402, 403, 404, 3xx and every 5xx: nothing that the client could mend.
        _ => Refusal::upstream(
            Code::UpstreamFailed,
            "The model's provider failed. Try again, or ask the operator of this service.",
        ),
    }
}

fn told<'s, I: Iterator<Item = &'s str>>(
    format: Format,
    status: StatusCode,
    body: &[u8],
    retry_after: Option<u64>,
    secrets: impl Fn() -> I,
) -> Refusal {
    let (said, details) = match format {
        Format::Chat | Format::Responses => (wire::openai::error::read(body).unwrap_or_default(), None),
        Format::Messages => said_by_anthropic(status, body),
    };
    let clean = |text: Option<String>| text.map(|text| Cow::Owned(scrubbed(&text, secrets())));
    let error = ErrorObject {
        message: clean(said.message).unwrap_or("The model's provider refused the request.".into()),
        kind: clean(said.kind).unwrap_or("invalid_request_error".into()),
        param: clean(said.param),
        code: clean(said.code),
    };
    let status = if status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
        StatusCode::BAD_REQUEST
    } else {
        status
    };
    // Details are a document: one in which something would have to be struck out is left out.
    let details =
        details.filter(|details| details.len() <= MESSAGE_CHARACTERS && scrubbed(details, secrets()) == *details);
    Refusal::said_by_upstream(status, error, retry_after, details)
}

fn said_by_anthropic(status: StatusCode, body: &[u8]) -> (UpstreamError, Option<String>) {
    let failure = translate::read_error(Format::Messages, status.as_u16(), body);
    let said = UpstreamError {
        message: Some(failure.message.into_owned()),
        kind: Some(failure.fault.name(Format::Chat).to_owned()),
        param: None,
        code: failure.code.map(Cow::into_owned),
    };
    (said, failure.details.map(|details| details.get().to_owned()))
}

/// A provider's words without the operator's secrets, without what looks like one, and not longer than needed.
fn scrubbed<'s>(text: &str, secrets: impl Iterator<Item = &'s str>) -> String {
    let mut clean = text.to_owned();
    for secret in secrets.filter(|secret| !secret.is_empty()) {
        clean = clean.replace(secret, "[provider]");
    }
    detect::scrub(&clean).chars().take(MESSAGE_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRETS: [&str; 2] = ["sk-operator", "api.example.com"];

    fn told_of(body: &str) -> Refusal {
        refusal(Format::Messages, StatusCode::BAD_REQUEST, body.as_bytes(), None, || {
            SECRETS.into_iter()
        })
    }

    #[test]
    fn a_codes_details_pass_and_secrets_do_not() {
        let refusal = told_of(
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"sk-operator at api.example.com: too long","details":{"error_code":"prompt_too_long"}}}"#,
        );
        assert_eq!(refusal.error.message, "[provider] at [provider]: too long");
        assert_eq!(refusal.error.code.as_deref(), Some("prompt_too_long"));
        assert_eq!(refusal.details(), Some(r#"{"error_code":"prompt_too_long"}"#));
        let leaking = told_of(
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"x","details":{"key":"sk-operator"}}}"#,
        );
        assert_eq!(leaking.details(), None);
    }

    #[test]
    fn what_the_client_cannot_mend_is_told_without_the_providers_words() {
        for status in [401, 402, 403, 404, 500, 307] {
            let status = StatusCode::from_u16(status).unwrap_or_default();
            let refusal = refusal(
                Format::Messages,
                status,
                b"{\"error\":{\"message\":\"secret\"}}",
                None,
                || SECRETS.into_iter(),
            );
            assert_eq!(
                (refusal.status.as_u16(), refusal.error.code.as_deref()),
                (502, Some("upstream_failed"))
            );
            assert!(!refusal.error.message.contains("secret"));
        }
    }
}
