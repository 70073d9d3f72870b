//! A plain message.

use super::parts::input;
use crate::json::Out;
use crate::neutral::{Answer, Citation, Part, PartKind, Reasoning, Seal, Stop, ToolCall, ToolKind, Usage, seal};
use crate::translate::Asked;

/// Writes an answer; what of it has no place is added to `unsaid`.
pub(crate) fn answer(answer: &Answer<'_>, asked: &Asked, unsaid: &mut Vec<String>) -> Out {
    let mut out = Out::default();
    head(asked, &mut out);
    out.key("content").open_array();
    let choice = answer.choices.first();
    for part in choice.into_iter().flat_map(|choice| &choice.parts) {
        block(part, unsaid, &mut out);
    }
    out.close_array();
    let refused = choice.is_some_and(|choice| has_refusal(&choice.parts));
    stop(choice.map_or(&Stop::End, |choice| &choice.stop), refused, &mut out);
    out.key("usage");
    usage(&answer.usage.unwrap_or_default(), &mut out);
    out.close();
    out
}

fn has_refusal(parts: &[Part<'_>]) -> bool {
    parts.iter().any(|part| matches!(part.kind, PartKind::Refusal(_)))
}

/// What stands before the content; nullable members are present as null.
pub(super) fn head(asked: &Asked, out: &mut Out) {
    out.open().member("id", &format!("msg_{}", asked.id));
    out.member("type", "message")
        .member("role", "assistant")
        .member("model", &asked.model)
        .member_raw("container", "null")
        .member_raw("diagnostics", "null");
}

fn block(part: &Part<'_>, unsaid: &mut Vec<String>, out: &mut Out) {
    match &part.kind {
        PartKind::Text { text, citations } => {
            out.open().member("type", "text").member("text", text);
            out.member_raw("citations", "null").close();
            for citation in citations {
                unsaid.push(match citation {
                    Citation::Page { .. } => "annotations.url_citation".to_owned(),
                    Citation::Other(_) => "annotations".to_owned(),
                });
            }
        }
        PartKind::Refusal(text) => {
            out.open().member("type", "text").member("text", text);
            out.member_raw("citations", "null").close();
        }
        PartKind::Reasoning(reasoning) => thinking(reasoning, out),
        PartKind::ToolCall(call) => tool_use(call, unsaid, out),
        PartKind::Other { name, .. } => unsaid.push(format!("content.{name}")),
        PartKind::Image { .. } | PartKind::Document { .. } | PartKind::Audio { .. } | PartKind::ToolResult(_) => {}
    }
}

fn thinking(reasoning: &Reasoning<'_>, out: &mut Out) {
    match &reasoning.seal {
        Some(Seal::Redacted(content)) => {
            out.open().member("type", "redacted_thinking").member("data", content);
        }
        seal => {
            out.open().member("type", "thinking");
            out.member("thinking", &reasoning.texts.join("\n\n"));
            let signature = seal
                .as_ref()
                .map(|seal| seal::for_messages(reasoning.id.as_deref(), seal));
            out.member("signature", &signature.unwrap_or_default());
        }
    }
    out.close();
}

fn tool_use(call: &ToolCall<'_>, unsaid: &mut Vec<String>, out: &mut Out) {
    out.open().member("type", "tool_use");
    out.member("id", &call.id).member("name", &call.name);
    match (call.kind, input(&call.arguments)) {
        (ToolKind::Custom, _) => {
            out.key("input").open().member("input", &call.arguments).close();
        }
        (ToolKind::Function, Some(arguments)) => {
            out.member_raw("input", arguments);
        }
        (ToolKind::Function, None) => {
            unsaid.push("arguments".to_owned());
            out.member_raw("input", "{}");
        }
    }
    out.close();
}

/// `stop_reason`, `stop_sequence`, `stop_details`.
pub(super) fn stop(stop: &Stop<'_>, refused: bool, out: &mut Out) {
    let reason = match stop {
        Stop::End | Stop::Other(_) if refused => "refusal",
        Stop::End | Stop::Other(_) => "end_turn",
        Stop::Sequence(_) => "stop_sequence",
        Stop::Length => "max_tokens",
        Stop::Window => "model_context_window_exceeded",
        Stop::Tools => "tool_use",
        Stop::Filter | Stop::Refusal(_) => "refusal",
        Stop::Pause => "pause_turn",
    };
    out.member("stop_reason", reason);
    let sequence = match stop {
        Stop::Sequence(sequence) => sequence.as_deref(),
        _ => None,
    };
    out.member_or_null("stop_sequence", sequence);
    match stop {
        Stop::Refusal(Some(details)) => out.member_raw("stop_details", details.get()),
        _ => out.member_raw("stop_details", "null"),
    };
}

/// The value of `usage`.
pub(super) fn usage(used: &Usage, out: &mut Out) {
    out.open().member_number("input_tokens", used.input);
    out.member_number("cache_creation_input_tokens", used.written())
        .member_number("cache_read_input_tokens", used.cache_read)
        .key("cache_creation")
        .open()
        .member_number("ephemeral_5m_input_tokens", used.cache_write)
        .member_number("ephemeral_1h_input_tokens", used.cache_write_hour)
        .close();
    out.member_number("output_tokens", used.answer())
        .key("output_tokens_details")
        .open()
        .member_number("thinking_tokens", used.reasoning)
        .close();
    out.member_raw("server_tool_use", "null")
        .member_raw("service_tier", "null")
        .close();
}
