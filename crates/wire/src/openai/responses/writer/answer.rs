//! A plain response, and the object that the events of a stream carry.

use super::items;
use crate::json::Out;
use crate::neutral::{Answer, Citation, Part, PartKind, Stop, Usage};
use crate::openai::chat::writer::annotations;
use crate::openai::usage as counts;
use crate::translate::Asked;

/// How far a response is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    InProgress,
    Completed,
    /// With the reason.
    Incomplete(&'static str),
}

impl Status {
    pub(super) fn of(stop: &Stop<'_>) -> Self {
        match stop {
            Stop::Length | Stop::Window => Self::Incomplete("max_output_tokens"),
            Stop::Filter | Stop::Refusal(_) => Self::Incomplete("content_filter"),
            Stop::End | Stop::Sequence(_) | Stop::Tools | Stop::Pause | Stop::Other(_) => Self::Completed,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Incomplete(_) => "incomplete",
        }
    }
}

/// Writes an answer; what of it has no place is added to `unsaid`.
pub(crate) fn answer(answer: &Answer<'_>, asked: &Asked, unsaid: &mut Vec<String>) -> Out {
    let choice = answer.choices.first();
    let stop = choice.map_or(&Stop::End, |choice| &choice.stop);
    let status = Status::of(stop);
    let mut items = Vec::new();
    let mut words: Vec<&Part<'_>> = Vec::new();
    for part in choice.into_iter().flat_map(|choice| &choice.parts) {
        match &part.kind {
            PartKind::Text { .. } | PartKind::Refusal(_) => words.push(part),
            PartKind::Other { name, .. } => unsaid.push(format!("content.{name}")),
            kind => {
                message(&mut words, asked, status, &mut items, unsaid);
                let id = item_id(kind, asked, items.len());
                items.extend(item(kind, &id));
            }
        }
    }
    message(&mut words, asked, status, &mut items, unsaid);
    let mut out = Out::default();
    response(asked, status, &items, answer.usage.as_ref(), &mut out);
    out
}

/// The id of an item: its type, the answer's id, its place.
fn item_id(kind: &PartKind<'_>, asked: &Asked, at: usize) -> String {
    match kind {
        PartKind::Reasoning(reasoning) => match &reasoning.id {
            Some(id) => id.to_string(),
            None => format!("rs_{}_{at}", asked.id),
        },
        PartKind::ToolCall(_) => format!("fc_{}_{at}", asked.id),
        _ => format!("msg_{}_{at}", asked.id),
    }
}

fn item(kind: &PartKind<'_>, id: &str) -> Option<String> {
    let mut out = Out::default();
    match kind {
        PartKind::Reasoning(reasoning) => {
            items::reasoning(reasoning, id, &mut out);
        }
        PartKind::ToolCall(call) => {
            out.open().member("id", id);
            items::call_members(call, &call.id, &mut out);
            out.member("status", "completed");
        }
        _ => return None,
    }
    out.close();
    Some(out.into_text())
}

fn message(
    words: &mut Vec<&Part<'_>>,
    asked: &Asked,
    status: Status,
    items: &mut Vec<String>,
    unsaid: &mut Vec<String>,
) {
    if words.is_empty() {
        return;
    }
    let mut out = Out::default();
    open_message(&format!("msg_{}_{}", asked.id, items.len()), status, &mut out);
    for part in words.drain(..) {
        match &part.kind {
            PartKind::Refusal(text) => {
                out.open().member("type", "refusal").member("refusal", text).close();
            }
            PartKind::Text { text, citations } => {
                let mut found = Out::default();
                found.open_array();
                for (url, title) in annotations(part) {
                    annotation(url, title, text.chars().count(), &mut found);
                }
                found.close_array();
                output_text(text, &found.into_text(), &mut out);
                if citations.iter().any(|citation| matches!(citation, Citation::Other(_))) {
                    unsaid.push("content.citations".to_owned());
                }
            }
            _ => {}
        }
    }
    out.close_array().close();
    items.push(out.into_text());
}

/// A message up to its content.
pub(super) fn open_message(id: &str, status: Status, out: &mut Out) {
    out.open().member("id", id).member("type", "message");
    out.member("status", status.name())
        .member("role", "assistant")
        .key("content")
        .open_array();
}

/// A text of the output.
pub(super) fn output_text(text: &str, annotations: &str, out: &mut Out) {
    out.open().member("type", "output_text").member("text", text);
    out.member_raw("annotations", annotations)
        .member_raw("logprobs", "[]")
        .close();
}

/// A page that a text of `characters` comes from.
pub(super) fn annotation(url: &str, title: &str, characters: usize, out: &mut Out) {
    out.open().member("type", "url_citation").member("url", url);
    out.member("title", title)
        .member_number("start_index", 0)
        .member_number("end_index", characters as u64)
        .close();
}

/// Members that a response echoes, and their values where the request named none.
pub(crate) const ECHOED: [(&str, &str); 15] = [
    ("instructions", "null"),
    ("max_output_tokens", "null"),
    ("max_tool_calls", "null"),
    ("metadata", "{}"),
    ("parallel_tool_calls", "true"),
    ("prompt_cache_key", "null"),
    ("reasoning", "{\"effort\":null,\"summary\":null}"),
    ("service_tier", "null"),
    ("temperature", "null"),
    ("text", "{\"format\":{\"type\":\"text\"}}"),
    ("tool_choice", "\"auto\""),
    ("tools", "[]"),
    ("top_logprobs", "null"),
    ("top_p", "null"),
    ("truncation", "\"disabled\""),
];

/// The whole object. It says that nothing is kept: `store` is false.
pub(super) fn response(asked: &Asked, status: Status, items: &[String], usage: Option<&Usage>, out: &mut Out) {
    out.open().member("id", &format!("resp_{}", asked.id));
    out.member("object", "response")
        .member_number("created_at", asked.created)
        .member("status", status.name())
        .member_raw("background", "false");
    out.member_raw("error", "null");
    match status {
        Status::Incomplete(reason) => out.key("incomplete_details").open().member("reason", reason).close(),
        Status::Completed | Status::InProgress => out.member_raw("incomplete_details", "null"),
    };
    out.member("model", &asked.model).key("output").open_array();
    for item in items {
        out.raw(item);
    }
    out.close_array();
    out.member_raw("previous_response_id", "null")
        .member_raw("store", "false");
    for (key, usual) in ECHOED {
        out.member_raw(key, asked.echoed(key).unwrap_or(usual));
    }
    match usage {
        Some(usage) => {
            out.key("usage");
            counts::write(usage, &counts::Names::Responses, out);
        }
        None => {
            out.member_raw("usage", "null");
        }
    }
    out.close();
}
