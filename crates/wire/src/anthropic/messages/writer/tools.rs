//! Tools and the choice among them.

use crate::feature::Feature;
use crate::json::Out;
use crate::loss::Losses;
use crate::neutral::{Request, Tool, ToolChoice, ToolKind};
use crate::openai::without_tools;
use crate::problem::Problem;
use std::collections::HashSet;

/// The schema of the function that a tool for free text becomes.
const FREE_TEXT: &str =
    r#"{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}"#;

/// The schema of a function without one.
const NO_ARGUMENTS: &str = r#"{"type":"object","properties":{}}"#;

/// `tools` and `tool_choice`.
pub(super) fn write(request: &Request<'_>, losses: &mut Losses<'_>, out: &mut Out) -> Result<(), Problem> {
    let allowed = match &request.tool_choice {
        Some(ToolChoice::Allowed { names, .. }) => Some(names.iter().map(|(_, name)| &**name).collect::<HashSet<_>>()),
        _ => None,
    };
    let mut left = Vec::with_capacity(request.tools.len());
    for tool in &request.tools {
        match tool {
            Tool::Hosted { place, .. } if !losses.says(Feature::HostedTool, place)? => {}
            Tool::Called { name, .. } if allowed.as_ref().is_some_and(|names| !names.contains(&**name)) => {}
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
    choice(request, losses, out)
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
    out.open().member("name", name);
    if let Some(description) = description {
        out.member("description", description);
    }
    let schema = match kind {
        ToolKind::Function => schema.as_ref().map_or(NO_ARGUMENTS, |schema| schema.get()),
        ToolKind::Custom => FREE_TEXT,
    };
    out.member_raw("input_schema", schema);
    if grammar.is_some() {
        let name = Feature::CustomGrammar.member(losses.source());
        losses.says(Feature::CustomGrammar, format_args!("{place}.{name}"))?;
    }
    if *strict == Some(true) {
        out.member_raw("strict", "true");
    }
    if let Some(mark) = cache {
        out.key("cache_control").open().member("type", "ephemeral");
        if let Some(lifetime) = &mark.lifetime
            && losses.says_lifetime(*place)?
        {
            out.member("ttl", lifetime);
        }
        out.close();
    }
    losses.rest(out, place, rest);
    out.close();
    Ok(())
}

fn choice(request: &Request<'_>, losses: &mut Losses<'_>, out: &mut Out) -> Result<(), Problem> {
    let single = request.parallel_tools == Some(false);
    let (word, name) = match &request.tool_choice {
        None if !single => return Ok(()),
        None | Some(ToolChoice::Auto | ToolChoice::Allowed { required: false, .. }) => ("auto", None),
        Some(ToolChoice::None) => ("none", None),
        Some(ToolChoice::Required | ToolChoice::Allowed { required: true, .. }) => ("any", None),
        Some(ToolChoice::Named(_, name)) => ("tool", Some(name)),
        Some(ToolChoice::Other(value)) => {
            losses.says(Feature::OtherToolChoice, "tool_choice")?;
            out.member_raw("tool_choice", value.get());
            return Ok(());
        }
    };
    out.key("tool_choice").open().member("type", word);
    if let Some(name) = name {
        out.member("name", name);
    }
    if single && word != "none" {
        out.member_raw("disable_parallel_tool_use", "true");
    }
    out.close();
    Ok(())
}
