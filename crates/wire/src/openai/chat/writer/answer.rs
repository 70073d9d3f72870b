//! A plain chat completion.

use super::{parts, tools};
use crate::json::{Out, Text};
use crate::neutral::{Answer, Choice, Part, PartKind, Reasoning, Seal, Stop, ToolCall, Usage};
use crate::openai::usage as counts;
use crate::translate::Asked;

/// Writes an answer; what of it has no place is added to `unsaid`.
pub(crate) fn answer(answer: &Answer<'_>, asked: &Asked, unsaid: &mut Vec<String>) -> Out {
    let mut out = Out::default();
    out.open().member("id", &format!("chatcmpl-{}", asked.id));
    out.member("object", "chat.completion")
        .member_number("created", asked.created)
        .member("model", &asked.model)
        .key("choices")
        .open_array();
    for (at, choice) in answer.choices.iter().enumerate() {
        out.open().member_number("index", at as u64).key("message");
        message(choice, asked, unsaid, &mut out);
        out.member_raw("logprobs", "null");
        out.member("finish_reason", finish_reason(&choice.stop, asked));
        out.close();
    }
    out.close_array();
    if let Some(used) = &answer.usage {
        out.key("usage");
        usage(used, &mut out);
    }
    out.close();
    out
}

/// The value of `usage`.
pub(crate) fn usage(used: &Usage, out: &mut Out) {
    counts::write(used, &counts::Names::Chat, out);
}

fn message(choice: &Choice<'_>, asked: &Asked, unsaid: &mut Vec<String>, out: &mut Out) {
    out.open().member("role", "assistant");
    let words = |wanted: fn(&PartKind<'_>) -> Option<String>| -> Option<String> {
        let texts: Vec<String> = choice.parts.iter().filter_map(|part| wanted(&part.kind)).collect();
        (!texts.is_empty()).then(|| texts.concat())
    };
    let content = words(|kind| match kind {
        PartKind::Text { text, .. } => Some(text.to_string()),
        _ => None,
    });
    let refusal = words(|kind| match kind {
        PartKind::Refusal(text) => Some(text.to_string()),
        _ => None,
    });
    out.member_or_null("content", content.as_deref());
    out.member_or_null("refusal", refusal.as_deref());
    annotations(&choice.parts, out);
    reasoning(&choice.parts, out);
    let calls: Vec<&ToolCall<'_>> = choice
        .parts
        .iter()
        .filter_map(|part| match &part.kind {
            PartKind::ToolCall(call) => Some(call),
            _ => None,
        })
        .collect();
    match calls.as_slice() {
        [] => {}
        [first, ..] if asked.legacy_functions => {
            out.key("function_call").open().member("name", &first.name);
            out.member("arguments", &first.arguments).close();
        }
        calls => {
            out.key("tool_calls").open_array();
            for call in calls {
                out.open();
                tools::members(call, &call.id, out);
                out.close();
            }
            out.close_array();
        }
    }
    for part in &choice.parts {
        if let PartKind::Other { name, .. } = &part.kind {
            unsaid.push(format!("content.{name}"));
        }
    }
    out.close();
}

/// Pages that are cited, each with the span of its text in the content, in characters.
fn annotations(parts: &[Part<'_>], out: &mut Out) {
    let mut start = 0;
    let mut begun = false;
    for part in parts {
        let PartKind::Text { text, .. } = &part.kind else {
            continue;
        };
        let end = start + text.chars().count();
        for (url, title) in parts::annotations(part) {
            if !begun {
                out.key("annotations").open_array();
                begun = true;
            }
            annotation(url, title, start, end, out);
        }
        start = end;
    }
    if begun {
        out.close_array();
    }
}

/// One annotation.
pub(super) fn annotation(url: &str, title: &str, start: usize, end: usize, out: &mut Out) {
    out.open().member("type", "url_citation").key("url_citation").open();
    out.member("url", url).member("title", title);
    out.member_number("start_index", start as u64)
        .member_number("end_index", end as u64)
        .close()
        .close();
}

fn reasoning(parts: &[Part<'_>], out: &mut Out) {
    let thoughts: Vec<&Reasoning<'_>> = parts
        .iter()
        .filter_map(|part| match &part.kind {
            PartKind::Reasoning(reasoning) => Some(reasoning),
            _ => None,
        })
        .collect();
    let texts: Vec<&str> = thoughts
        .iter()
        .flat_map(|thought| thought.texts.iter().map(|text| &**text))
        .collect();
    if !texts.is_empty() {
        out.member("reasoning_content", &texts.join("\n\n"));
    }
    if thoughts.iter().any(|thought| thought.seal.is_some()) {
        out.key("reasoning_details").open_array();
        for thought in thoughts {
            details(thought, out);
        }
        out.close_array();
    }
}

/// A sealed thought in the form that other gateways have made usual, so that clients send it back as it is.
pub(super) fn details(thought: &Reasoning<'_>, out: &mut Out) {
    let id = |out: &mut Out| {
        if let Some(id) = &thought.id {
            out.member("id", id);
        }
    };
    match &thought.seal {
        None => {}
        Some(Seal::Signature(signature)) => {
            out.open().member("type", "reasoning.text");
            out.member("text", &thought.texts.join("\n\n"))
                .member("signature", signature);
            out.member("format", "anthropic-claude-v1").close();
        }
        Some(Seal::Redacted(content)) => {
            out.open().member("type", "reasoning.encrypted").member("data", content);
            out.member("format", "anthropic-claude-v1").close();
        }
        Some(Seal::Encrypted(content)) => {
            for text in &thought.texts {
                let text: &Text<'_> = text;
                out.open().member("type", "reasoning.summary").member("summary", text);
                id(out);
                out.member("format", "openai-responses-v1").close();
            }
            out.open().member("type", "reasoning.encrypted").member("data", content);
            id(out);
            out.member("format", "openai-responses-v1").close();
        }
    }
}

/// `finish_reason`.
pub(super) fn finish_reason(stop: &Stop<'_>, asked: &Asked) -> &'static str {
    match stop {
        Stop::End | Stop::Sequence(_) | Stop::Pause | Stop::Other(_) => "stop",
        Stop::Length | Stop::Window => "length",
        Stop::Tools if asked.legacy_functions => "function_call",
        Stop::Tools => "tool_calls",
        Stop::Filter | Stop::Refusal(_) => "content_filter",
    }
}
