//! Tools and the choice among them.

use super::request::open;
use crate::json::{Fragment, Object, array};
use crate::neutral::{CacheMark, Place, Request, Tool, ToolChoice, ToolKind};
use crate::problem::Problem;

/// Takes `tools` and `tool_choice`.
pub(super) fn read<'a>(object: &mut Object<'a>, request: &mut Request<'a>) -> Result<(), Problem> {
    if let Some(tools) = object.take_raw("tools") {
        let tools = array(tools).ok_or_else(|| Problem::value("tools", "an array of tools"))?;
        for (at, value) in tools.into_iter().enumerate() {
            request.tools.push(tool(value, Place::item("tools", at))?);
        }
    }
    if let Some(value) = object.take_raw("tool_choice") {
        choice(value, request)?;
    }
    Ok(())
}

fn tool(value: &str, place: Place) -> Result<Tool<'_>, Problem> {
    let at = place.to_string();
    let mut object = open(value, &at)?.ok_or_else(|| Problem::value(&at, "an object"))?;
    if let Some(name) = object.take_text("type").filter(|name| name != "custom") {
        return Ok(Tool::Hosted {
            name,
            whole: Fragment::borrowed(value),
            place,
        });
    }
    let cache = match object.take_raw("cache_control") {
        Some(mark) => open(mark, &at)?.map(|mut mark| CacheMark {
            lifetime: mark.take_text("ttl"),
        }),
        None => None,
    };
    Ok(Tool::Called {
        kind: ToolKind::Function,
        name: object
            .take_text("name")
            .ok_or_else(|| Problem::Missing(format!("{at}.name")))?,
        description: object.take_text("description"),
        schema: object.take("input_schema"),
        strict: object
            .take("strict")
            .and_then(|strict| strict.truth())
            .filter(|strict| *strict),
        grammar: None,
        cache,
        place,
        rest: object.rest(),
    })
}

fn choice<'a>(value: &'a str, request: &mut Request<'a>) -> Result<(), Problem> {
    let expected = || Problem::value("tool_choice", "an object with a 'type'");
    let mut object = open(value, "tool_choice")?.ok_or_else(expected)?;
    let name = object.take_text("type").ok_or_else(expected)?;
    if let Some(single) = object.take("disable_parallel_tool_use") {
        request.parallel_tools = single.truth().map(|single| !single);
    }
    request.tool_choice = Some(match &*name {
        "auto" => ToolChoice::Auto,
        "none" => ToolChoice::None,
        "any" => ToolChoice::Required,
        "tool" => ToolChoice::Named(
            ToolKind::Function,
            object
                .take_text("name")
                .ok_or_else(|| Problem::Missing("tool_choice.name".to_owned()))?,
        ),
        _ => ToolChoice::Other(Fragment::borrowed(value)),
    });
    Ok(())
}
