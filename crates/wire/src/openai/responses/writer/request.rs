//! The request of a response.

use super::{items, tools};
use crate::feature::Feature;
use crate::json::Out;
use crate::loss::Losses;
use crate::neutral::{Delivery, Format, OutputFormat, PartKind, Request, Role, Setting, Turn, settings};
use crate::openai::chat::writer::schema_members;
use crate::openai::thinking;
use crate::problem::Problem;
use crate::translate::Changes;

/// Writes a request. The upstream never keeps the answer: `store` is false whatever the client said.
pub(crate) fn request(request: &Request<'_>, changes: &Changes<'_>, losses: &mut Losses<'_>) -> Result<Out, Problem> {
    let mut out = losses.out();
    out.open().member("model", changes.model);
    input(request, losses, &mut out)?;
    tools::write(request, losses, &mut out)?;
    if request.output_cap == Some(0) {
        losses.says_member(Feature::ZeroCap)?;
    }
    let cap = request.output_cap.unwrap_or(u64::MAX).min(changes.output_cap);
    out.member_number("max_output_tokens", cap);
    if let Delivery::Streamed { .. } = request.delivery {
        out.member_raw("stream", "true");
    }
    if !request.stop.is_empty() {
        losses.says_member(Feature::Stop)?;
    }
    form(request, losses, &mut out)?;
    thinking(request, losses, &mut out)?;
    if request.user.is_some()
        && losses.says_member(Feature::User)?
        && let Some(user) = changes.user
    {
        out.member(losses.dialect().name(Feature::User, "safety_identifier"), user);
    }
    out.member_raw("store", "false");
    if request.stored == Some(true) {
        losses.dropped.push("store".to_owned());
    }
    let plain: Vec<Setting<'_>> = request
        .settings
        .iter()
        .filter(|setting| !matches!(setting.feature, Feature::Verbosity | Feature::Include))
        .cloned()
        .collect();
    settings::write(&plain, losses, Format::Responses, &mut out)?;
    rest(request, losses, &mut out);
    out.close();
    Ok(out)
}

/// Writes a request for the number of tokens: what does not count is left out.
pub(crate) fn count(request: &Request<'_>, model: &str, losses: &mut Losses<'_>) -> Result<Out, Problem> {
    let mut out = losses.out();
    out.open().member("model", model);
    input(request, losses, &mut out)?;
    tools::write(request, losses, &mut out)?;
    form(request, losses, &mut out)?;
    out.close();
    Ok(out)
}

/// Members that stood in an object of their own are noted as left out, also in the same format.
fn rest(request: &Request<'_>, losses: &mut Losses<'_>, out: &mut Out) {
    let (nested, plain): (Vec<_>, Vec<_>) = request.rest.iter().cloned().partition(|(key, _)| key.contains('.'));
    losses.rest(out, "", &plain);
    losses.drop_members("", &nested);
}

/// A system prompt of one text at the start is `instructions`; everything else is an item.
fn input(request: &Request<'_>, losses: &mut Losses<'_>, out: &mut Out) -> Result<(), Problem> {
    if let Some(last) = request.turns.last()
        && last.role == Role::Assistant
        && request.source == Format::Messages
    {
        losses.says(Feature::Prefill, last.place)?;
    }
    let rest = match request.turns.as_slice() {
        [first, rest @ ..] if request.turns.len() > 1 => match instructions(first) {
            Some(text) => {
                out.member("instructions", text);
                losses.drop_foreign_members(first.place, &first.rest);
                rest
            }
            None => &request.turns,
        },
        turns => turns,
    };
    out.key("input").open_array();
    let mut custom_calls = Vec::new();
    for turn in rest {
        items::turn(turn, &mut custom_calls, losses, out)?;
    }
    out.close_array();
    Ok(())
}

fn instructions<'t>(turn: &'t Turn<'_>) -> Option<&'t str> {
    match turn.parts.as_slice() {
        [part] if turn.role == Role::System && turn.name.is_none() && part.cache.is_none() && part.rest.is_empty() => {
            match &part.kind {
                PartKind::Text { text, .. } => Some(text),
                _ => None,
            }
        }
        _ => None,
    }
}

/// `text`.
fn form(request: &Request<'_>, losses: &mut Losses<'_>, out: &mut Out) -> Result<(), Problem> {
    let verbosity = request
        .settings
        .iter()
        .find(|setting| setting.feature == Feature::Verbosity);
    let verbosity = match verbosity {
        Some(setting) if losses.says_member(Feature::Verbosity)? => Some(&setting.value),
        _ => None,
    };
    if request.output == OutputFormat::Text && verbosity.is_none() {
        return Ok(());
    }
    out.key("text").open();
    match &request.output {
        OutputFormat::Text => {}
        OutputFormat::JsonObject => {
            if losses.says_member(Feature::JsonObject)? {
                out.key("format").open().member("type", "json_object").close();
            }
        }
        OutputFormat::JsonSchema(schema) => {
            out.key("format").open().member("type", "json_schema");
            schema_members(schema, out);
            out.close();
        }
        OutputFormat::Other(value) => {
            losses.says_member(Feature::OtherFormat)?;
            out.member_raw("format", value.get());
        }
    }
    if let Some(verbosity) = verbosity {
        out.member_raw("verbosity", verbosity.get());
    }
    out.close();
    Ok(())
}

/// `reasoning` and `include`.
fn thinking(request: &Request<'_>, losses: &mut Losses<'_>, out: &mut Out) -> Result<(), Problem> {
    let thinking = &request.thinking;
    let effort = thinking::effort(thinking, losses)?;
    let summary = match thinking.shown.as_deref() {
        None | Some("omitted") => None,
        Some("summarized") => Some("auto"),
        Some(other) => Some(other),
    };
    let is_same = losses.is_same_format();
    if effort.is_some() || summary.is_some() || (is_same && !thinking.rest.is_empty()) {
        out.key("reasoning").open();
        if let Some(effort) = &effort {
            out.member("effort", effort);
        }
        if let Some(summary) = summary {
            out.member("summary", summary);
        }
        if is_same {
            out.members(&thinking.rest);
        }
        out.close();
    }
    let others = request
        .settings
        .iter()
        .find(|setting| setting.feature == Feature::Include);
    let others = match others {
        Some(setting) if losses.says_member(Feature::Include)? => Some(setting.value.get()),
        _ => None,
    };
    match (thinking.sealed, others) {
        (false, None) => {}
        (false, Some(others)) => {
            out.member_raw("include", others);
        }
        (true, None) => {
            out.member_raw("include", "[\"reasoning.encrypted_content\"]");
        }
        (true, Some(others)) => {
            let joined = format!("[\"reasoning.encrypted_content\",{}", &others[1..]);
            out.member_raw("include", &joined);
        }
    }
    Ok(())
}
