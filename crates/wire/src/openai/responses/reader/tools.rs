//! Tools and the choice among them: flat, where chat completions nest them.

use super::request::open;
use crate::json::{Fragment, Object, Text, array, text};
use crate::neutral::{Place, Request, Tool, ToolChoice, ToolKind};
use crate::openai::chat::reader::custom_or_function;
use crate::problem::Problem;

/// Takes `tools`, `tool_choice` and `parallel_tool_calls`.
pub(super) fn read<'a>(object: &mut Object<'a>, request: &mut Request<'a>) -> Result<(), Problem> {
    if let Some(tools) = object.take_raw("tools") {
        let tools = array(tools).ok_or_else(|| Problem::value("tools", "an array of tools"))?;
        for (at, value) in tools.into_iter().enumerate() {
            request.tools.push(tool(value, Place::item("tools", at))?);
        }
    }
    request.parallel_tools = object.take("parallel_tool_calls").and_then(|value| value.truth());
    request.tool_choice = object.take_raw("tool_choice").map(choice).transpose()?;
    Ok(())
}

fn tool(value: &str, place: Place) -> Result<Tool<'_>, Problem> {
    let at = place.to_string();
    let mut object = open(value, &at)?.ok_or_else(|| Problem::value(&at, "an object"))?;
    let name = object
        .take_text("type")
        .ok_or_else(|| Problem::Missing(format!("{at}.type")))?;
    let Some(kind) = custom_or_function(&name) else {
        return Ok(Tool::Hosted {
            name,
            whole: Fragment::borrowed(value),
            place,
        });
    };
    let schema = object.take("parameters");
    let strict = object.take("strict").and_then(|strict| strict.truth());
    Ok(Tool::Called {
        kind,
        name: object
            .take_text("name")
            .ok_or_else(|| Problem::Missing(format!("{at}.name")))?,
        description: object.take_text("description"),
        strict: strict
            .or_else(|| strict_by_default(kind, schema.as_ref()))
            .filter(|strict| *strict),
        schema,
        grammar: object.take("format"),
        cache: None,
        place,
        rest: object.rest(),
    })
}

/// Functions are strict here unless they say otherwise. OpenAI makes a schema that is too loose for that fit;
/// elsewhere such a one would be refused, so it counts as strict only if it closes its objects.
fn strict_by_default(kind: ToolKind, schema: Option<&Fragment<'_>>) -> Option<bool> {
    (kind == ToolKind::Function && schema?.get().contains("\"additionalProperties\"")).then_some(true)
}

fn choice(value: &str) -> Result<ToolChoice<'_>, Problem> {
    let other = || ToolChoice::Other(Fragment::borrowed(value));
    if let Some(word) = text(value) {
        return Ok(match &*word {
            "auto" => ToolChoice::Auto,
            "none" => ToolChoice::None,
            "required" => ToolChoice::Required,
            _ => other(),
        });
    }
    let expected = || Problem::value("tool_choice", "a word or an object with a 'type'");
    let mut object = open(value, "tool_choice")?.ok_or_else(expected)?;
    if object.take_text("type").ok_or_else(expected)? == "allowed_tools" {
        let names = object.take_raw("tools").and_then(array).ok_or_else(expected)?;
        let names: Option<Vec<_>> = names.into_iter().map(named).collect();
        return Ok(names.map_or_else(other, |names| ToolChoice::Allowed {
            required: object.take_text("mode").is_some_and(|mode| mode == "required"),
            names,
        }));
    }
    Ok(named(value).map_or_else(other, |(kind, name)| ToolChoice::Named(kind, name)))
}

/// `{"type":"function","name":"…"}`.
fn named(value: &str) -> Option<(ToolKind, Text<'_>)> {
    let mut object = Object::open(value).ok()??;
    let kind = custom_or_function(&object.take_text("type")?)?;
    Some((kind, object.take_text("name")?))
}
