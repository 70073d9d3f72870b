//! Blocks of content.

use crate::feature::Feature;
use crate::json::{Out, Text, fragment};
use crate::loss::Losses;
use crate::neutral::{Format, Part, PartKind, Place, Reasoning, Seal, Source, ToolCall, ToolKind, ToolResult, Turn};
use crate::problem::Problem;

/// `system`: one text, or blocks.
pub(super) fn system(turns: &[Turn<'_>], losses: &mut Losses<'_>, out: &mut Out) -> Result<(), Problem> {
    for turn in turns {
        if turn.name.is_some() {
            losses.says(Feature::TurnName, format_args!("{}.name", turn.place))?;
        }
        losses.drop_foreign_members(turn.place, &turn.rest);
        for part in &turn.parts {
            if !matches!(part.kind, PartKind::Text { .. } | PartKind::Refusal(_)) {
                return Err(Problem::value(part.place, "text in a system prompt"));
            }
        }
    }
    if let [Turn { parts, .. }] = turns
        && let [part] = parts.as_slice()
        && let PartKind::Text { text, citations } = &part.kind
        && part.cache.is_none()
        && part.rest.is_empty()
        && citations.is_empty()
    {
        if !text.is_empty() {
            out.member("system", text);
        }
        return Ok(());
    }
    let before = out.mark();
    out.key("system").open_array();
    let mut written = 0;
    for turn in turns {
        written += blocks(turn, losses, out)?;
    }
    out.close_array();
    if written == 0 {
        out.take_back(before);
    }
    Ok(())
}

/// Writes the blocks of a turn that are left; how many these are.
pub(super) fn blocks(turn: &Turn<'_>, losses: &mut Losses<'_>, out: &mut Out) -> Result<usize, Problem> {
    let mut written = 0;
    for part in &turn.parts {
        written += usize::from(block(part, losses, out)?);
    }
    Ok(written)
}

/// Writes a block; false if nothing of it is left.
fn block(part: &Part<'_>, losses: &mut Losses<'_>, out: &mut Out) -> Result<bool, Problem> {
    match &part.kind {
        PartKind::Text { text, .. } | PartKind::Refusal(text) => {
            if text.is_empty() && !losses.is_same_format() {
                return Ok(false);
            }
            out.open().member("type", "text").member("text", text);
        }
        PartKind::Image { source, detail } => {
            if detail.is_some() {
                let name = Feature::ImageDetail.member(losses.source());
                losses.says(Feature::ImageDetail, format_args!("{}.{name}", part.place))?;
            }
            out.open().member("type", "image");
            self::source(source, Feature::ImageFile, part.place, losses, out)?;
        }
        PartKind::Document { source, name } => {
            out.open().member("type", "document");
            self::source(source, Feature::DocumentFile, part.place, losses, out)?;
            if let Some(name) = name {
                out.member("title", name);
            }
        }
        PartKind::Audio { .. } => {
            losses.says(Feature::Audio, part.place)?;
            return Ok(false);
        }
        PartKind::Reasoning(reasoning) => {
            if !thinking(reasoning, out) {
                losses.dropped.push(part.place.to_string());
                return Ok(false);
            }
        }
        PartKind::ToolCall(call) => tool_use(call, part.place, losses, out)?,
        PartKind::ToolResult(result) => tool_result(result, losses, out)?,
        PartKind::Other { whole, .. } => {
            losses.says(Feature::OtherPart, part.place)?;
            out.raw(whole.get());
            return Ok(true);
        }
    }
    cache_control(part, losses, out)?;
    losses.rest(out, part.place, &part.rest);
    out.close();
    Ok(true)
}

fn cache_control(part: &Part<'_>, losses: &mut Losses<'_>, out: &mut Out) -> Result<(), Problem> {
    let Some(mark) = &part.cache else { return Ok(()) };
    out.key("cache_control").open().member("type", "ephemeral");
    if let Some(lifetime) = &mark.lifetime
        && losses.says_lifetime(part.place)?
    {
        out.member("ttl", lifetime);
    }
    out.close();
    Ok(())
}

fn source(
    source: &Source<'_>,
    file: Feature,
    place: Place,
    losses: &mut Losses<'_>,
    out: &mut Out,
) -> Result<(), Problem> {
    out.key("source").open();
    match source {
        Source::Base64 { media_type, data } => out
            .member("type", "base64")
            .member("media_type", media_type)
            .member("data", data),
        Source::Url(url) => out.member("type", "url").member("url", url),
        Source::Plain(text) => out
            .member("type", "text")
            .member("media_type", "text/plain")
            .member("data", text),
        Source::File(id) => {
            losses.says(file, place)?;
            out.member("type", "file").member("file_id", id)
        }
    };
    out.close();
    Ok(())
}

/// A thought that Anthropic sealed; false if another provider did, or none.
fn thinking(reasoning: &Reasoning<'_>, out: &mut Out) -> bool {
    match &reasoning.seal {
        Some(Seal::Signature(signature)) => {
            out.open().member("type", "thinking");
            out.member("thinking", &reasoning.texts.join("\n\n"))
                .member("signature", signature);
            true
        }
        Some(Seal::Redacted(content)) => {
            out.open().member("type", "redacted_thinking").member("data", content);
            true
        }
        Some(Seal::Encrypted(_)) | None => false,
    }
}

fn tool_use(call: &ToolCall<'_>, place: Place, losses: &Losses<'_>, out: &mut Out) -> Result<(), Problem> {
    out.open().member("type", "tool_use");
    out.member("id", &losses.dialect().call_id(&call.id))
        .member("name", &call.name);
    match call.kind {
        ToolKind::Custom => {
            out.key("input").open().member("input", &call.arguments).close();
        }
        ToolKind::Function => match input(&call.arguments) {
            Some(arguments) => {
                out.member_raw("input", arguments);
            }
            None => {
                let at = match losses.source() {
                    Format::Chat => ".function.arguments",
                    Format::Responses => ".arguments",
                    Format::Messages => ".input",
                };
                return Err(Problem::value(
                    format_args!("{place}{at}"),
                    "a JSON object, which this model's provider requires,",
                ));
            }
        },
    }
    Ok(())
}

/// The arguments as the object that they must be; nothing is an empty one.
pub(super) fn input<'t>(arguments: &'t Text<'_>) -> Option<&'t str> {
    let trimmed = arguments.trim();
    if trimmed.is_empty() {
        return Some("{}");
    }
    (trimmed.starts_with('{') && fragment(trimmed.as_bytes()).is_ok()).then_some(trimmed)
}

fn tool_result(result: &ToolResult<'_>, losses: &mut Losses<'_>, out: &mut Out) -> Result<(), Problem> {
    out.open().member("type", "tool_result");
    out.member("tool_use_id", &losses.dialect().call_id(&result.call_id));
    match result.parts.as_slice() {
        [] => {}
        [
            Part {
                kind: PartKind::Text { text, .. },
                cache: None,
                rest,
                ..
            },
        ] if rest.is_empty() => {
            out.member("content", text);
        }
        parts => {
            out.key("content").open_array();
            for part in parts {
                block(part, losses, out)?;
            }
            out.close_array();
        }
    }
    if result.failed == Some(true) {
        out.member_raw("is_error", "true");
    }
    Ok(())
}
