//! The request of a chat completion.

use super::{parts, tools};
use crate::dialect::Developer;
use crate::feature::Feature;
use crate::json::Out;
use crate::loss::Losses;
use crate::neutral::{Delivery, Format, OutputFormat, PartKind, Request, Role, Schema, Turn, settings};
use crate::openai::thinking;
use crate::problem::Problem;
use crate::translate::Changes;

/// Writes a request.
pub(crate) fn request(request: &Request<'_>, changes: &Changes<'_>, losses: &mut Losses<'_>) -> Result<Out, Problem> {
    let mut out = losses.out();
    out.open().member("model", changes.model);
    messages(request, losses, &mut out)?;
    tools::write(request, losses, &mut out)?;
    let cap = request.output_cap.unwrap_or(u64::MAX).min(changes.output_cap);
    out.member_number(losses.dialect().name(Feature::OutputCap, "max_completion_tokens"), cap);
    if request.output_cap == Some(0) {
        losses.says_member(Feature::ZeroCap)?;
    }
    if let Delivery::Streamed { .. } = request.delivery {
        out.member_raw("stream", "true")
            .member_raw("stream_options", "{\"include_usage\":true}");
    }
    if !request.stop.is_empty() {
        out.key("stop").open_array();
        for text in &request.stop {
            out.text(text);
        }
        out.close_array();
    }
    output(&request.output, losses, &mut out)?;
    if let Some(effort) = thinking::effort(&request.thinking, losses)? {
        out.member("reasoning_effort", &effort);
    }
    if request.thinking.shown.is_some() {
        losses.says_member(Feature::ThinkingShown)?;
    }
    if request.user.is_some()
        && losses.says_member(Feature::User)?
        && let Some(user) = changes.user
    {
        out.member(losses.dialect().name(Feature::User, "safety_identifier"), user);
    }
    if request.stored == Some(true) {
        losses.dropped.push("store".to_owned());
    }
    settings(request, losses, &mut out)?;
    losses.rest(&mut out, "", &request.rest);
    out.close();
    Ok(out)
}

/// Verbosity is nested in responses, so it is no plain setting.
fn settings(request: &Request<'_>, losses: &mut Losses<'_>, out: &mut Out) -> Result<(), Problem> {
    let (verbosity, plain): (Vec<_>, Vec<_>) = request
        .settings
        .iter()
        .cloned()
        .partition(|setting| setting.feature == Feature::Verbosity);
    for setting in verbosity {
        if losses.says_member(Feature::Verbosity)? {
            out.member_raw("verbosity", setting.value.get());
        }
    }
    settings::write(&plain, losses, Format::Chat, out)
}

fn messages(request: &Request<'_>, losses: &mut Losses<'_>, out: &mut Out) -> Result<(), Problem> {
    if let Some(last) = request.turns.last()
        && last.role == Role::Assistant
        && request.source == Format::Messages
    {
        losses.says(Feature::Prefill, last.place)?;
    }
    out.key("messages").open_array();
    let before = out.mark();
    let mut media = Vec::new();
    for turn in &request.turns {
        if turn.role == Role::Tool {
            parts::results(turn, &mut media, losses, out)?;
            continue;
        }
        parts::flush_media(&mut media, losses, out)?;
        if turn.parts.iter().all(|part| parts::is_left_out(&part.kind, losses)) {
            parts::note_left_out(turn, losses)?;
            continue;
        }
        message(turn, losses, out)?;
    }
    parts::flush_media(&mut media, losses, out)?;
    if out.mark() == before {
        return Err(Problem::nothing_said(request.source));
    }
    out.close_array();
    Ok(())
}

fn message(turn: &Turn<'_>, losses: &mut Losses<'_>, out: &mut Out) -> Result<(), Problem> {
    let role = match turn.role {
        Role::System => "system",
        Role::Developer => match losses.dialect().developer {
            Developer::Apart => "developer",
            Developer::System => "system",
        },
        Role::User => "user",
        Role::Assistant | Role::Tool => "assistant",
    };
    out.open().member("role", role);
    parts::content(turn, losses, out)?;
    for part in &turn.parts {
        if let PartKind::Refusal(text) = &part.kind {
            out.member("refusal", text);
        }
    }
    tools::calls(turn, losses, out)?;
    if let Some(name) = &turn.name
        && losses.says(Feature::TurnName, format_args!("{}.name", turn.place))?
    {
        out.member("name", name);
    }
    losses.rest(out, turn.place, &turn.rest);
    out.close();
    Ok(())
}

fn output(format: &OutputFormat<'_>, losses: &mut Losses<'_>, out: &mut Out) -> Result<(), Problem> {
    match format {
        OutputFormat::Text => {}
        OutputFormat::JsonObject => {
            if losses.says_member(Feature::JsonObject)? {
                out.key("response_format").open().member("type", "json_object").close();
            }
        }
        OutputFormat::JsonSchema(schema) => {
            out.key("response_format").open().member("type", "json_schema");
            out.key("json_schema").open();
            members(schema, out);
            out.close().close();
        }
        OutputFormat::Other(value) => {
            if losses.says_member(Feature::OtherFormat)? {
                out.member_raw("response_format", value.get());
            }
        }
    }
    Ok(())
}

/// The members of a schema are the same in chat and in responses.
pub(crate) fn members(schema: &Schema<'_>, out: &mut Out) {
    out.member("name", schema.name.as_deref().unwrap_or(Schema::UNNAMED));
    if let Some(description) = &schema.description {
        out.member("description", description);
    }
    if let Some(schema) = &schema.schema {
        out.member_raw("schema", schema.get());
    }
    if let Some(strict) = schema.strict {
        out.member_raw("strict", if strict { "true" } else { "false" });
    }
}
