//! Error bodies: `{"error":{"message","type","param","code"}}`, all four members always present.
//!
//! Source: `openai` SDKs, `_exceptions.py`; clients branch on the status first, on `code` second.

use crate::json::{Object, Out};
use crate::neutral::{Failure, Fault, Format};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The inner object of an error body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorObject<'a> {
    /// What was wrong and what to do, for a person.
    pub message: Cow<'a, str>,
    /// Family, for instance `invalid_request_error`.
    #[serde(rename = "type")]
    pub kind: Cow<'a, str>,
    /// The request member at fault.
    pub param: Option<Cow<'a, str>>,
    /// What programs branch on, for instance `model_not_found`.
    pub code: Option<Cow<'a, str>>,
}

#[derive(Serialize)]
struct Envelope<'a> {
    error: &'a ErrorObject<'a>,
}

impl ErrorObject<'_> {
    /// The body of an error response.
    pub fn to_body(&self) -> Bytes {
        serde_json::to_vec(&Envelope { error: self })
            .expect("strings always serialise")
            .into()
    }

    /// The event that ends a stream which broke after it began; no `[DONE]` follows.
    pub fn to_event(&self) -> Bytes {
        [&b"data: "[..], &self.to_body(), b"\n\n"].concat().into()
    }
}

/// What an upstream's error body says, as far as it can be read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct UpstreamError {
    /// Its message.
    pub message: Option<String>,
    /// Its type.
    pub kind: Option<String>,
    /// Its param.
    pub param: Option<String>,
    /// Its code, numbers as text.
    pub code: Option<String>,
}

/// Reads an error body of an OpenAI-compatible server: `{"error":{…}}`, `{"error":"text"}` or `{"message":"text"}`.
/// `None` if the document is no error.
pub fn read(body: &[u8]) -> Option<UpstreamError> {
    #[derive(Deserialize)]
    struct Document {
        error: Option<Inner>,
        message: Option<String>,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Inner {
        Text(String),
        Object {
            message: Option<String>,
            #[serde(rename = "type")]
            kind: Option<String>,
            param: Option<serde_json::Value>,
            code: Option<serde_json::Value>,
        },
    }
    let text = |value: Option<serde_json::Value>| match value {
        Some(serde_json::Value::String(text)) => Some(text),
        Some(serde_json::Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let document: Document = serde_json::from_slice(body).ok()?;
    match document {
        Document {
            error: Some(Inner::Text(message)),
            ..
        } => Some(UpstreamError {
            message: Some(message),
            ..UpstreamError::default()
        }),
        Document {
            error:
                Some(Inner::Object {
                    message,
                    kind,
                    param,
                    code,
                }),
            ..
        } => Some(UpstreamError {
            message,
            kind,
            param: text(param),
            code: text(code),
        }),
        Document {
            error: None,
            message: Some(message),
        } => Some(UpstreamError {
            message: Some(message),
            ..UpstreamError::default()
        }),
        Document {
            error: None,
            message: None,
        } => None,
    }
}

/// Reads an error body or the data of an error event; `None` if the document is none. `status` decides where neither
/// type nor code is known.
pub(crate) fn failure(body: &[u8], status: Option<u16>) -> Option<Failure<'_>> {
    let UpstreamError {
        message,
        kind,
        param,
        code,
    } = read(body)?;
    let by_name = |name: &Option<String>| name.as_deref().and_then(Fault::from_name);
    let fault = by_name(&code)
        .or_else(|| by_name(&kind))
        .or(status.map(Fault::from_status))
        .unwrap_or(Fault::Server);
    Some(Failure {
        fault,
        message: message.unwrap_or_default().into(),
        param: param.map(Into::into),
        code: code.map(Into::into),
        details: None,
    })
}

/// The error of a response that failed: `{"code","message"}`, which has no type.
pub(crate) fn failure_of_response(error: &str) -> Option<Failure<'_>> {
    let mut object = Object::open(error).ok()??;
    let code = object.take_text("code");
    Some(Failure {
        fault: code.as_deref().and_then(Fault::from_name).unwrap_or(Fault::Server),
        message: object.take_text("message").unwrap_or_default(),
        param: object.take_text("param"),
        code,
        details: None,
    })
}

/// Writes an error body, or the data of an error event in a stream of chat completions.
pub(crate) fn write(failure: &Failure<'_>, format: Format, out: &mut Out) {
    out.open().key("error").open().member("message", &failure.message);
    out.member("type", failure.fault.name(format));
    out.member_or_null("param", failure.param.as_deref());
    out.member_or_null("code", failure.code.as_deref().or(failure.fault.code()));
    out.close().close();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_four_members_are_always_present() {
        let error = ErrorObject {
            message: "no".into(),
            kind: "x".into(),
            param: None,
            code: None,
        };
        assert_eq!(
            &error.to_body()[..],
            br#"{"error":{"message":"no","type":"x","param":null,"code":null}}"#
        );
        assert!(error.to_event().starts_with(b"data: {\"error\"") && error.to_event().ends_with(b"}\n\n"));
    }

    #[test]
    fn the_common_shapes_of_errors_are_read() {
        let full = read(br#"{"error":{"message":"m","type":"t","param":"p","code":400}}"#).expect("an error");
        assert_eq!(
            (full.message.as_deref(), full.code.as_deref()),
            (Some("m"), Some("400"))
        );
        assert_eq!(read(br#"{"error":"m"}"#).and_then(|e| e.message).as_deref(), Some("m"));
        assert_eq!(
            read(br#"{"message":"m"}"#).and_then(|e| e.message).as_deref(),
            Some("m")
        );
        assert_eq!(read(br#"{"id":"chatcmpl"}"#), None);
        assert_eq!(read(b"<html>"), None);
    }
}
