//! Tools, the choice among them, and calls.

use crate::feature::Feature;
use crate::json::{Object, Out, Text};
use crate::loss::Losses;
use crate::neutral::{Part, PartKind, Request, Tool, ToolCall, ToolChoice, ToolKind, Turn};
use crate::problem::Problem;

/// `tools`, `tool_choice` and `parallel_tool_calls`.
pub(super) fn write(request: &Request<'_>, losses: &mut Losses<'_>, out: &mut Out) -> Result<(), Problem> {
    let mut left = Vec::with_capacity(request.tools.len());
    for tool in &request.tools {
        match tool {
            Tool::Hosted { place, .. } if !losses.says(Feature::HostedTool, place)? => {}
            tool => left.push(tool),
        }
    }
    if left.is_empty() {
        return without_tools(request, losses);
    }
    out.key("tools").open_array();
    for tool in left {
        one(tool, losses, out)?;
    }
    out.close_array();
    match &request.tool_choice {
        None => {}
        Some(ToolChoice::Other(value)) => {
            losses.says(Feature::OtherToolChoice, "tool_choice")?;
            out.member_raw("tool_choice", value.get());
        }
        Some(choice) => {
            out.key("tool_choice");
            write_choice(choice, out);
        }
    }
    if let Some(parallel) = request.parallel_tools {
        out.member_raw("parallel_tool_calls", if parallel { "true" } else { "false" });
    }
    Ok(())
}

/// Where no tool is left a call can't be demanded.
pub(crate) fn without_tools(request: &Request<'_>, losses: &mut Losses<'_>) -> Result<(), Problem> {
    match &request.tool_choice {
        None | Some(ToolChoice::Auto | ToolChoice::None) => Ok(()),
        Some(_) => losses.says(Feature::OtherToolChoice, "tool_choice").map(|_| ()),
    }
}

fn one(tool: &Tool<'_>, losses: &mut Losses<'_>, out: &mut Out) -> Result<(), Problem> {
    let Tool::Called {
        kind,
        name,
        description,
        schema,
        strict,
        grammar,
        cache,
        place,
        rest,
    } = tool
    else {
        if let Tool::Hosted { whole, .. } = tool {
            out.raw(whole.get());
        }
        return Ok(());
    };
    let word = kind_name(*kind);
    out.open().member("type", word).key(word).open();
    out.member("name", name);
    if let Some(description) = description {
        out.member("description", description);
    }
    if let Some(schema) = schema {
        out.member_raw("parameters", schema.get());
    }
    if *strict == Some(true) {
        out.member_raw("strict", "true");
    }
    if let Some(grammar) = grammar {
        self::grammar(grammar.get(), out);
    }
    losses.rest(out, place, rest);
    out.close();
    if cache.is_some() {
        losses.says(Feature::ToolCacheMark, format_args!("{place}.cache_control"))?;
    }
    out.close();
    Ok(())
}

/// A grammar, nested once more than the neutral form has it.
fn grammar(flat: &str, out: &mut Out) {
    let object = Object::open(flat).ok().flatten();
    let inner = object.and_then(|mut object| {
        let name = object.take_text("type")?;
        (name == "grammar").then(|| object.rest())
    });
    match inner {
        Some(members) => {
            out.key("format").open().member("type", "grammar").key("grammar").open();
            out.members(&members).close().close();
        }
        None => {
            out.member_raw("format", flat);
        }
    }
}

/// How OpenAI's formats call the two types of tools.
pub(crate) fn kind_name(kind: ToolKind) -> &'static str {
    match kind {
        ToolKind::Function => "function",
        ToolKind::Custom => "custom",
    }
}

fn write_choice(choice: &ToolChoice<'_>, out: &mut Out) {
    match choice {
        ToolChoice::Auto | ToolChoice::Other(_) => out.text("auto"),
        ToolChoice::None => out.text("none"),
        ToolChoice::Required => out.text("required"),
        ToolChoice::Named(kind, name) => named(*kind, name, out),
        ToolChoice::Allowed { required, names } => {
            out.open().member("type", "allowed_tools").key("allowed_tools").open();
            out.member("mode", if *required { "required" } else { "auto" });
            out.key("tools").open_array();
            for (kind, name) in names {
                named(*kind, name, out);
            }
            out.close_array().close().close()
        }
    };
}

fn named<'o>(kind: ToolKind, name: &str, out: &'o mut Out) -> &'o mut Out {
    let word = kind_name(kind);
    out.open().member("type", word).key(word).open();
    out.member("name", name).close().close()
}

/// `tool_calls` of a message.
pub(super) fn calls(turn: &Turn<'_>, losses: &mut Losses<'_>, out: &mut Out) -> Result<(), Problem> {
    let calls: Vec<(&Part<'_>, &ToolCall<'_>)> = turn
        .parts
        .iter()
        .filter_map(|part| match &part.kind {
            PartKind::ToolCall(call) => Some((part, call)),
            _ => None,
        })
        .collect();
    if calls.is_empty() {
        return Ok(());
    }
    out.key("tool_calls").open_array();
    for (part, call) in calls {
        out.open();
        let id = losses.dialect().call_id(&call.id).into_owned();
        members(call, &id, out);
        if part.cache.is_some() {
            losses.says(Feature::ToolCacheMark, format_args!("{}.cache_control", part.place))?;
        }
        losses.rest(out, part.place, &part.rest);
        out.close();
    }
    out.close_array();
    Ok(())
}

/// The members of a call, in requests and in answers.
pub(super) fn members(call: &ToolCall<'_>, id: &str, out: &mut Out) {
    let word = kind_name(call.kind);
    out.member("id", id).member("type", word).key(word).open();
    out.member("name", &call.name);
    let arguments: &Text<'_> = &call.arguments;
    match call.kind {
        ToolKind::Function => out.member("arguments", arguments),
        ToolKind::Custom => out.member("input", arguments),
    };
    out.close();
}
