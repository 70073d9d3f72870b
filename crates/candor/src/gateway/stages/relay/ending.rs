//! How a stream ends before its time, and how it shows that it is alive, in the words of each API.

use crate::gateway::api::Api;
use crate::gateway::codes::Code;
use bytes::Bytes;
use wire::neutral::{Failure, Fault, Format};
use wire::openai::error::ErrorObject;
use wire::translate;

/// The end mark of OpenAI's older streams.
pub(super) const DONE: &[u8] = b"data: [DONE]\n\n";
/// The end of a stream of chat completions that outgrew its cap.
pub(super) const CHAT_LENGTH: &[u8] =
    b"data: {\"id\":\"\",\"object\":\"chat.completion.chunk\",\"created\":0,\"model\":\"\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"length\"}]}\n\ndata: [DONE]\n\n";
/// The same of completions.
pub(super) const COMPLETIONS_LENGTH: &[u8] =
    b"data: {\"id\":\"\",\"object\":\"text_completion\",\"created\":0,\"model\":\"\",\"choices\":[{\"index\":0,\"text\":\"\",\"logprobs\":null,\"finish_reason\":\"length\"}]}\n\ndata: [DONE]\n\n";

const COMMENT: &[u8] = b": keep-alive\n\n";
const PING: &[u8] = b"event: ping\ndata: {\"type\": \"ping\"}\n\n";
const SEQUENCE: &[u8] = b"\"sequence_number\":";

/// Why a stream ends early, as its last event says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Break {
    Cut,
    /// The provider said so itself.
    Failed(Fault),
    Idle,
    Total,
    NotRecorded,
}

impl Break {
    fn words(self) -> (Code, &'static str) {
        match self {
            Self::Cut | Self::Failed(_) => (
                Code::UpstreamCut,
                "The model's provider broke off the answer. What came until here is incomplete.",
            ),
            Self::Idle => (
                Code::IdleTimeout,
                "The model's provider stopped sending. What came until here is incomplete.",
            ),
            Self::Total => (
                Code::TotalTimeout,
                "The answer took too long. What came until here is incomplete.",
            ),
            Self::NotRecorded => (
                Code::NotRecorded,
                "The answer could not be recorded and doesn't count as complete.",
            ),
        }
    }

    /// By which Anthropic's clients choose what to do.
    fn fault(self) -> Fault {
        match self {
            Self::Failed(fault @ (Fault::Overloaded | Fault::RateLimit | Fault::Timeout)) => fault,
            Self::Idle | Self::Total => Fault::Timeout,
            Self::Cut | Self::Failed(_) | Self::NotRecorded => Fault::Upstream,
        }
    }
}

/// The last event of a stream that broke; `last` is the one before it.
pub(super) fn broken(api: Api, why: Break, last: &[u8]) -> Bytes {
    let (code, message) = why.words();
    let (code, kind) = (code.name(), code.row().kind);
    let error = ErrorObject {
        message: message.into(),
        kind: kind.into(),
        param: None,
        code: Some(code.into()),
    };
    match api.format() {
        None | Some(Format::Chat) => error.to_event(),
        // The SDKs raise what has an `error`; the API's own event has the rest.
        Some(Format::Responses) => {
            let event = serde_json::json!({
                "type": "error", "code": code, "message": message, "param": null,
                "sequence_number": sequence_behind(last), "error": error,
            });
            format!("event: error\ndata: {event}\n\n").into()
        }
        Some(Format::Messages) => {
            let failure = Failure {
                fault: why.fault(),
                message: message.into(),
                param: None,
                code: Some(code.into()),
                details: None,
            };
            let body = translate::write_error(Format::Messages, &failure, None).body;
            [&b"event: error\ndata: "[..], &body, b"\n\n"].concat().into()
        }
    }
}

/// Shows that the stream is alive; SDKs skip it.
pub(super) fn keep_alive(api: Api) -> Bytes {
    Bytes::from_static(match api.format() {
        Some(Format::Messages) => PING,
        _ => COMMENT,
    })
}

/// The number of the event behind `last`, which may be several.
fn sequence_behind(last: &[u8]) -> u64 {
    let Some(at) = last.windows(SEQUENCE.len()).rposition(|window| window == SEQUENCE) else {
        return 0;
    };
    let number = &last[at + SEQUENCE.len()..];
    let digits = number.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = std::str::from_utf8(&number[..digits])
        .ok()
        .and_then(|digits| digits.parse().ok());
    number.map_or(0, |number: u64| number.saturating_add(1))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use serde_json::Value;

    fn event(api: Api, why: Break, last: &[u8]) -> (String, Value) {
        let bytes = broken(api, why, last);
        let text = std::str::from_utf8(&bytes).unwrap();
        let (name, data) = text.rsplit_once("data: ").unwrap();
        (name.trim().to_owned(), serde_json::from_str(data).unwrap())
    }

    #[test]
    fn a_break_is_told_in_each_apis_words() {
        let (name, chat) = event(Api::Chat, Break::Idle, b"");
        assert_eq!((name.as_str(), &chat["error"]["code"]), ("", &"idle_timeout".into()));
        let last = b"event: x\ndata: {\"type\":\"x\",\"sequence_number\":41}\n\n";
        let (name, response) = event(Api::Responses, Break::Cut, last);
        assert_eq!(
            (name.as_str(), &response["sequence_number"]),
            ("event: error", &42.into())
        );
        assert_eq!(
            (&response["code"], &response["error"]["type"]),
            (&"upstream_cut".into(), &"upstream_error".into())
        );
        let (name, message) = event(Api::Messages, Break::Failed(Fault::Overloaded), b"");
        assert_eq!((name.as_str(), &message["type"]), ("event: error", &"error".into()));
        assert_eq!(message["error"]["type"], "overloaded_error");
        let (_, message) = event(Api::Messages, Break::Cut, b"");
        assert_eq!(message["error"]["details"]["error_code"], "upstream_cut");
    }
}
