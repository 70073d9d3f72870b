//! The request of messages, and of the counting of their tokens.

use super::{parts, tools};
use crate::feature::Feature;
use crate::json::Out;
use crate::loss::Losses;
use crate::neutral::{Delivery, Format, OutputFormat, Request, Role, Setting, Turn, settings};
use crate::problem::Problem;
use crate::translate::Changes;

/// Writes a request for an answer.
pub(crate) fn request(request: &Request<'_>, changes: &Changes<'_>, losses: &mut Losses<'_>) -> Result<Out, Problem> {
    let mut out = losses.out();
    out.open().member("model", changes.model);
    let cap = request.output_cap.unwrap_or(u64::MAX).min(changes.output_cap);
    out.member_number("max_tokens", cap);
    conversation(request, losses, &mut out)?;
    if let Delivery::Streamed { .. } = request.delivery {
        out.member_raw("stream", "true");
    }
    if !request.stop.is_empty() {
        out.key("stop_sequences").open_array();
        for text in &request.stop {
            out.text(text);
        }
        out.close_array();
    }
    if request.user.is_some()
        && losses.says_member(Feature::User)?
        && let Some(user) = changes.user
    {
        out.key("metadata").open().member("user_id", user).close();
    }
    if request.stored == Some(true) {
        losses.dropped.push("store".to_owned());
    }
    settings::write(&plain_settings(request, losses)?, losses, Format::Messages, &mut out)?;
    rest(request, losses, &mut out);
    out.close();
    Ok(out)
}

/// Writes a request for the number of tokens: what does not count is left out.
pub(crate) fn count(request: &Request<'_>, model: &str, losses: &mut Losses<'_>) -> Result<Out, Problem> {
    let mut out = losses.out();
    out.open().member("model", model);
    conversation(request, losses, &mut out)?;
    out.close();
    Ok(out)
}

/// What makes up the prompt.
fn conversation(request: &Request<'_>, losses: &mut Losses<'_>, out: &mut Out) -> Result<(), Problem> {
    turns(request, losses, out)?;
    tools::write(request, losses, out)?;
    thinking(request, losses, out)?;
    output(request, losses, out)
}

fn plain_settings<'a>(request: &Request<'a>, losses: &mut Losses<'_>) -> Result<Vec<Setting<'a>>, Problem> {
    let mut plain = request.settings.clone();
    if plain.iter().any(|setting| setting.feature == Feature::Verbosity) {
        losses.says_member(Feature::Verbosity)?;
        plain.retain(|setting| setting.feature != Feature::Verbosity);
    }
    Ok(plain)
}

/// Members that stood in an object of their own go back there; those objects are written by others.
fn rest(request: &Request<'_>, losses: &mut Losses<'_>, out: &mut Out) {
    let (nested, plain): (Vec<_>, Vec<_>) = request.rest.iter().cloned().partition(|(key, _)| key.contains('.'));
    losses.rest(out, "", &plain);
    let nested: Vec<_> = nested
        .into_iter()
        .filter(|(key, _)| !(losses.is_same_format() && key.starts_with("output_config.")))
        .collect();
    losses.drop_members("", &nested);
}

/// `system` takes the system prompts at the start; one in mid-conversation is a message.
fn turns(request: &Request<'_>, losses: &mut Losses<'_>, out: &mut Out) -> Result<(), Problem> {
    let turns = &request.turns;
    let is_system = |turn: &Turn<'_>| matches!(turn.role, Role::System | Role::Developer);
    let leading = turns.iter().take_while(|turn| is_system(turn)).count();
    // A conversation needs a message: if there are only system prompts, the last one is what the user says.
    let (system, rest, only_system) = if leading == turns.len() {
        (
            &turns[..leading.saturating_sub(1)],
            &turns[leading.saturating_sub(1)..],
            true,
        )
    } else {
        (&turns[..leading], &turns[leading..], false)
    };
    parts::system(system, losses, out)?;
    out.key("messages").open_array();
    let mut open: Option<Role> = None;
    for turn in rest {
        let role = match turn.role {
            Role::System | Role::Developer if only_system => Role::User,
            Role::System | Role::Developer => Role::System,
            Role::User | Role::Tool => Role::User,
            Role::Assistant => Role::Assistant,
        };
        if turn.name.is_some() {
            losses.says(Feature::TurnName, format_args!("{}.name", turn.place))?;
        }
        losses.drop_foreign_members(turn.place, &turn.rest);
        let before = out.mark();
        if open != Some(role) {
            if open.is_some() {
                out.close_array().close();
            }
            out.open().member("role", name(role)).key("content").open_array();
        }
        if parts::blocks(turn, losses, out)? == 0 {
            out.take_back(before);
            continue;
        }
        open = Some(role);
    }
    if open.is_none() {
        return Err(Problem::nothing_said(request.source));
    }
    out.close_array().close().close_array();
    Ok(())
}

fn name(role: Role) -> &'static str {
    match role {
        Role::System | Role::Developer => "system",
        Role::User | Role::Tool => "user",
        Role::Assistant => "assistant",
    }
}

fn thinking(request: &Request<'_>, losses: &mut Losses<'_>, out: &mut Out) -> Result<(), Problem> {
    let thinking = &request.thinking;
    losses.drop_foreign_members("reasoning", &thinking.rest);
    let is_none = thinking.effort.as_deref() == Some("none");
    let shown = match thinking.shown.as_deref() {
        Some("auto" | "concise" | "detailed") => Some("summarized"),
        Some(other) => Some(other),
        None => None,
    };
    let mode = match thinking.mode.as_deref() {
        Some(mode) => Some(mode),
        None if is_none => Some("disabled"),
        None if shown.is_some() => Some("adaptive"),
        None => None,
    };
    let Some(mode) = mode else { return Ok(()) };
    out.key("thinking").open().member("type", mode);
    if let Some(budget) = thinking.budget {
        out.member_number("budget_tokens", budget);
    }
    if let Some(shown) = shown.filter(|_| mode != "disabled") {
        out.member("display", shown);
    }
    if losses.is_same_format() {
        out.members(&thinking.rest);
    }
    out.close();
    Ok(())
}

fn output(request: &Request<'_>, losses: &mut Losses<'_>, out: &mut Out) -> Result<(), Problem> {
    let effort = match request.thinking.effort.as_deref() {
        Some("none") | None => None,
        Some("minimal") => Some("low"),
        Some(effort) => Some(effort),
    };
    let schema = match &request.output {
        OutputFormat::Text => None,
        OutputFormat::JsonObject => {
            losses.says_member(Feature::JsonObject)?;
            None
        }
        OutputFormat::JsonSchema(schema) => {
            if schema.name.is_some() {
                losses.says_member(Feature::SchemaName)?;
            }
            if schema.description.is_some() {
                losses.says_member(Feature::SchemaDescription)?;
            }
            schema
                .schema
                .as_ref()
                .map(|schema| format!("{{\"type\":\"json_schema\",\"schema\":{}}}", schema.get()))
        }
        OutputFormat::Other(value) => {
            losses.says_member(Feature::OtherFormat)?;
            Some(value.get().to_owned())
        }
    };
    let nested: Vec<_> = request
        .rest
        .iter()
        .filter_map(|(key, value)| Some((key.strip_prefix("output_config.")?, value)))
        .filter(|_| losses.is_same_format())
        .collect();
    if effort.is_none() && schema.is_none() && nested.is_empty() {
        return Ok(());
    }
    out.key("output_config").open();
    if let Some(effort) = effort {
        out.member("effort", effort);
    }
    if let Some(schema) = schema {
        out.member_raw("format", &schema);
    }
    for (key, value) in nested {
        out.member_raw(key, value.get());
    }
    out.close();
    Ok(())
}
