//! Items of input.

use crate::feature::Feature;
use crate::json::{Out, Text};
use crate::loss::Losses;
use crate::neutral::{Part, PartKind, Place, Reasoning, Role, Seal, Source, ToolCall, ToolKind, ToolResult, Turn};
use crate::openai::chat::writer::cache_mark;
use crate::openai::media;
use crate::problem::Problem;

/// Writes a turn as items: words together as a message, calls, results and thoughts each for itself.
/// `custom_calls` are the ids of calls with free text so far, whose results are told apart here.
pub(super) fn turn(
    turn: &Turn<'_>,
    custom_calls: &mut Vec<String>,
    losses: &mut Losses<'_>,
    out: &mut Out,
) -> Result<(), Problem> {
    if turn.name.is_some() {
        losses.says(Feature::TurnName, format_args!("{}.name", turn.place))?;
    }
    let mut rest = Some(&turn.rest);
    let mut words: Vec<&Part<'_>> = Vec::new();
    for part in &turn.parts {
        let is_item = matches!(
            part.kind,
            PartKind::ToolCall(_) | PartKind::ToolResult(_) | PartKind::Reasoning(_)
        ) || (part.place.inner.is_none() && matches!(part.kind, PartKind::Other { .. }));
        if !is_item {
            words.push(part);
            continue;
        }
        message(turn, &mut words, &mut rest, losses, out)?;
        item(part, custom_calls, losses, out)?;
    }
    message(turn, &mut words, &mut rest, losses, out)?;
    if let Some(rest) = rest {
        losses.drop_members(turn.place, rest);
    }
    Ok(())
}

fn message<'t, 'a>(
    turn: &'t Turn<'a>,
    words: &mut Vec<&'t Part<'a>>,
    rest: &mut Option<&'t crate::neutral::Rest<'a>>,
    losses: &mut Losses<'_>,
    out: &mut Out,
) -> Result<(), Problem> {
    if words.is_empty() {
        return Ok(());
    }
    let role = match turn.role {
        Role::System => "system",
        Role::Developer => "developer",
        Role::User => "user",
        Role::Assistant | Role::Tool => "assistant",
    };
    out.open().member("type", "message").member("role", role);
    let first = words[0].place;
    let plain = match words.as_slice() {
        [only] if only.cache.is_none() && only.rest.is_empty() => match &only.kind {
            PartKind::Text { text, .. } => Some(text),
            _ => None,
        },
        _ => None,
    };
    match plain {
        Some(text) => {
            note_citations(words[0], losses)?;
            out.member("content", text);
        }
        None => {
            if turn.role == Role::Assistant {
                // Only a message with an id may hold a refusal or several texts of the model.
                let at = first.inner.map_or(0, |(_, at)| at);
                let id = format!("msg_{}_{at}", first.item.unwrap_or(0));
                out.member("id", &id).member("status", "completed");
            }
            out.key("content").open_array();
            for part in &*words {
                self::part(part, turn.role, losses, out)?;
            }
            out.close_array();
        }
    }
    if let Some(rest) = rest.take() {
        losses.rest(out, turn.place, rest);
    }
    out.close();
    words.clear();
    Ok(())
}

/// Citations of earlier answers are no part of what the model reads.
fn note_citations(part: &Part<'_>, losses: &mut Losses<'_>) -> Result<(), Problem> {
    if let PartKind::Text { citations, .. } = &part.kind
        && !citations.is_empty()
    {
        losses.says(Feature::TextCitations, format_args!("{}.citations", part.place))?;
    }
    Ok(())
}

fn part(part: &Part<'_>, role: Role, losses: &mut Losses<'_>, out: &mut Out) -> Result<(), Problem> {
    match &part.kind {
        PartKind::Text { text, .. } => {
            note_citations(part, losses)?;
            out.open();
            if role == Role::Assistant {
                out.member("type", "output_text")
                    .member("text", text)
                    .member_raw("annotations", "[]");
            } else {
                out.member("type", "input_text").member("text", text);
            }
        }
        PartKind::Refusal(text) => {
            out.open().member("type", "refusal").member("refusal", text);
        }
        PartKind::Image { source, detail } => image(source, detail.as_ref(), part.place, losses, out)?,
        PartKind::Document { source, name } => document(source, name.as_ref(), part.place, losses, out)?,
        PartKind::Audio { .. } => {
            losses.says(Feature::Audio, part.place)?;
            return Ok(());
        }
        PartKind::Other { whole, .. } => {
            losses.says(Feature::OtherPart, part.place)?;
            out.raw(whole.get());
            return Ok(());
        }
        PartKind::ToolCall(_) | PartKind::ToolResult(_) | PartKind::Reasoning(_) => return Ok(()),
    }
    cache_mark(part.cache.as_ref(), part.place, losses, out)?;
    losses.rest(out, part.place, &part.rest);
    out.close();
    Ok(())
}

fn image(
    source: &Source<'_>,
    detail: Option<&Text<'_>>,
    place: Place,
    losses: &mut Losses<'_>,
    out: &mut Out,
) -> Result<(), Problem> {
    out.open().member("type", "input_image");
    match source {
        Source::Base64 { media_type, data } => out.member("image_url", &media::data_url(media_type, data)),
        Source::Url(url) | Source::Plain(url) => out.member("image_url", url),
        Source::File(id) => {
            losses.says(Feature::ImageFile, place)?;
            out.member("file_id", id)
        }
    };
    out.member("detail", detail.map_or("auto", |detail| detail));
    Ok(())
}

fn document(
    source: &Source<'_>,
    name: Option<&Text<'_>>,
    place: Place,
    losses: &mut Losses<'_>,
    out: &mut Out,
) -> Result<(), Problem> {
    out.open().member("type", "input_file");
    match source {
        Source::Base64 { media_type, data } => {
            out.member("filename", name.map_or(media::usual_name(source), |name| name));
            out.member("file_data", &media::data_url(media_type, data));
        }
        Source::Plain(text) => {
            out.member("filename", name.map_or(media::usual_name(source), |name| name));
            out.member("file_data", &media::text_url(text));
        }
        Source::Url(url) => {
            out.member("file_url", url);
            if let Some(name) = name {
                out.member("filename", name);
            }
        }
        Source::File(id) => {
            losses.says(Feature::DocumentFile, place)?;
            out.member("file_id", id);
        }
    }
    Ok(())
}

fn item(
    part: &Part<'_>,
    custom_calls: &mut Vec<String>,
    losses: &mut Losses<'_>,
    out: &mut Out,
) -> Result<(), Problem> {
    match &part.kind {
        PartKind::ToolCall(call) => {
            if call.kind == ToolKind::Custom {
                custom_calls.push(call.id.to_string());
            }
            out.open();
            let id = losses.dialect().call_id(&call.id).into_owned();
            call_members(call, &id, out);
        }
        PartKind::ToolResult(result) => self::result(result, part, custom_calls, losses, out)?,
        PartKind::Reasoning(reasoning) => {
            let is_sealed_here = matches!(reasoning.seal, Some(Seal::Encrypted(_)));
            if !is_sealed_here && !losses.is_same_format() {
                losses.dropped.push(part.place.to_string());
                return Ok(());
            }
            self::reasoning(reasoning, reasoning.id.as_deref().unwrap_or("rs_0"), out);
        }
        PartKind::Other { whole, .. } => {
            losses.says(Feature::OtherPart, part.place)?;
            out.raw(whole.get());
            return Ok(());
        }
        _ => return Ok(()),
    }
    if part.cache.is_some() {
        losses.says(Feature::ToolCacheMark, format_args!("{}.cache_control", part.place))?;
    }
    losses.rest(out, part.place, &part.rest);
    out.close();
    Ok(())
}

/// The members of a call, in requests and in answers.
pub(super) fn call_members(call: &ToolCall<'_>, id: &str, out: &mut Out) {
    match call.kind {
        ToolKind::Function => out.member("type", "function_call"),
        ToolKind::Custom => out.member("type", "custom_tool_call"),
    };
    out.member("call_id", id).member("name", &call.name);
    match call.kind {
        ToolKind::Function => out.member("arguments", &call.arguments),
        ToolKind::Custom => out.member("input", &call.arguments),
    };
}

fn result(
    result: &ToolResult<'_>,
    part: &Part<'_>,
    custom_calls: &[String],
    losses: &mut Losses<'_>,
    out: &mut Out,
) -> Result<(), Problem> {
    if result.failed == Some(true) {
        losses.says(Feature::ToolResultFailed, format_args!("{}.is_error", part.place))?;
    }
    let is_custom = result.kind == ToolKind::Custom || custom_calls.iter().any(|id| *id == result.call_id);
    let name = if is_custom {
        "custom_tool_call_output"
    } else {
        "function_call_output"
    };
    out.open().member("type", name);
    out.member("call_id", &losses.dialect().call_id(&result.call_id));
    match result.parts.as_slice() {
        [] => {
            out.member("output", "");
        }
        [
            Part {
                kind: PartKind::Text { text, .. },
                cache: None,
                rest,
                ..
            },
        ] if rest.is_empty() => {
            out.member("output", text);
        }
        parts => {
            out.key("output").open_array();
            for inner in parts {
                self::part(inner, Role::Tool, losses, out)?;
            }
            out.close_array();
        }
    }
    Ok(())
}

/// A thought, in requests and in answers; the object stays open.
pub(super) fn reasoning(reasoning: &Reasoning<'_>, id: &str, out: &mut Out) {
    out.open().member("type", "reasoning").member("id", id);
    out.key("summary").open_array();
    for text in &reasoning.texts {
        out.open().member("type", "summary_text").member("text", text).close();
    }
    out.close_array();
    if let Some(seal) = &reasoning.seal {
        out.member("encrypted_content", &crate::neutral::seal::for_responses(seal));
    }
}
