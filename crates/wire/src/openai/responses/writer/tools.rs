//! Tools and the choice among them.

use crate::feature::Feature;
use crate::json::Out;
use crate::loss::Losses;
use crate::neutral::{Request, Tool, ToolChoice, ToolKind};
use crate::openai::chat::writer::{kind_name, without_tools};
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

/// Functions are strict here unless they say otherwise, so each one says.
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
    out.open().member("type", kind_name(*kind)).member("name", name);
    if let Some(description) = description {
        out.member("description", description);
    }
    if *kind == ToolKind::Function {
        out.member_raw("parameters", schema.as_ref().map_or("null", |schema| schema.get()));
        out.member_raw("strict", if *strict == Some(true) { "true" } else { "false" });
    }
    if let Some(grammar) = grammar {
        out.member_raw("format", grammar.get());
    }
    if cache.is_some() {
        losses.says(Feature::ToolCacheMark, format_args!("{place}.cache_control"))?;
    }
    losses.rest(out, place, rest);
    out.close();
    Ok(())
}

fn write_choice(choice: &ToolChoice<'_>, out: &mut Out) {
    match choice {
        ToolChoice::Auto | ToolChoice::Other(_) => out.text("auto"),
        ToolChoice::None => out.text("none"),
        ToolChoice::Required => out.text("required"),
        ToolChoice::Named(kind, name) => named(*kind, name, out),
        ToolChoice::Allowed { required, names } => {
            out.open().member("type", "allowed_tools");
            out.member("mode", if *required { "required" } else { "auto" });
            out.key("tools").open_array();
            for (kind, name) in names {
                named(*kind, name, out);
            }
            out.close_array().close()
        }
    };
}

fn named<'o>(kind: ToolKind, name: &str, out: &'o mut Out) -> &'o mut Out {
    out.open().member("type", kind_name(kind));
    out.member("name", name).close()
}
