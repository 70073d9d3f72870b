//! Tools, the choice among them, and calls.

use super::request::open;
use crate::json::{Fragment, Object, Out, Text, array, text};
use crate::neutral::{CacheMark, Part, PartKind, Place, Request, Tool, ToolCall, ToolChoice, ToolKind};
use crate::problem::Problem;

/// Takes `tools`, `tool_choice`, `parallel_tool_calls` and the retired `functions` and `function_call`.
pub(super) fn read<'a>(object: &mut Object<'a>, request: &mut Request<'a>) -> Result<(), Problem> {
    if let Some(tools) = object.take_raw("tools") {
        let tools = array(tools).ok_or_else(|| Problem::value("tools", "an array of tools"))?;
        for (at, value) in tools.into_iter().enumerate() {
            request.tools.push(tool(value, Place::item("tools", at))?);
        }
    }
    if let Some(functions) = object.take_raw("functions") {
        request.legacy_functions = true;
        let functions = array(functions).ok_or_else(|| Problem::value("functions", "an array of functions"))?;
        for (at, value) in functions.into_iter().enumerate() {
            let place = Place::item("functions", at);
            let function = open(value, &place.to_string())?.ok_or_else(|| Problem::value(place, "an object"))?;
            request.tools.push(called(function, ToolKind::Function, place)?);
        }
    }
    request.parallel_tools = object.take("parallel_tool_calls").and_then(|value| value.truth());
    let legacy = object.take_raw("function_call").map(legacy_choice).transpose()?;
    request.tool_choice = match object.take_raw("tool_choice") {
        Some(value) => Some(choice(value)?),
        None => legacy,
    };
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
    let inner = object
        .take_raw(&name)
        .ok_or_else(|| Problem::Missing(format!("{at}.{name}")))?;
    let inner = open(inner, &at)?.ok_or_else(|| Problem::value(format!("{at}.{name}"), "an object"))?;
    let mut tool = called(inner, kind, place)?;
    if let Tool::Called { rest, cache, .. } = &mut tool {
        *cache = object.take_raw("cache_control").map(|_| CacheMark { lifetime: None });
        rest.extend(object.rest());
    }
    Ok(tool)
}

/// The two types of tools that the client runs; both of OpenAI's formats name them alike.
pub(crate) fn custom_or_function(name: &str) -> Option<ToolKind> {
    match name {
        "function" => Some(ToolKind::Function),
        "custom" => Some(ToolKind::Custom),
        _ => None,
    }
}

fn called(mut object: Object<'_>, kind: ToolKind, place: Place) -> Result<Tool<'_>, Problem> {
    Ok(Tool::Called {
        kind,
        name: object
            .take_text("name")
            .ok_or_else(|| Problem::Missing(format!("{place}.name")))?,
        description: object.take_text("description"),
        schema: object.take("parameters"),
        strict: object
            .take("strict")
            .and_then(|strict| strict.truth())
            .filter(|strict| *strict),
        grammar: object.take_raw("format").map(flat_grammar),
        cache: None,
        place,
        rest: object.rest(),
    })
}

/// A grammar as responses write it: chat completions nest it once more.
fn flat_grammar(format: &str) -> Fragment<'_> {
    let inner = Object::open(format)
        .ok()
        .flatten()
        .and_then(|mut object| object.take_raw("grammar"));
    let members = inner.and_then(|inner| Object::open(inner).ok()?).map(Object::rest);
    let Some(mut members) = members else {
        return Fragment::borrowed(format);
    };
    members.retain(|(key, _)| key != "type");
    let mut out = Out::default();
    out.open().member("type", "grammar").members(&members).close();
    Fragment::owned(out.into_text())
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
    let name = object.take_text("type").ok_or_else(expected)?;
    if name == "allowed_tools" {
        let allowed = object.take_raw("allowed_tools").ok_or_else(expected)?;
        let mut allowed = open(allowed, "tool_choice.allowed_tools")?.ok_or_else(expected)?;
        let names = allowed.take_raw("tools").and_then(array).ok_or_else(expected)?;
        let names: Option<Vec<_>> = names.into_iter().map(named).collect();
        return Ok(names.map_or_else(other, |names| ToolChoice::Allowed {
            required: allowed.take_text("mode").is_some_and(|mode| mode == "required"),
            names,
        }));
    }
    Ok(named(value).map_or_else(other, |(kind, name)| ToolChoice::Named(kind, name)))
}

/// `{"type":"function","function":{"name":"…"}}`.
fn named(value: &str) -> Option<(ToolKind, Text<'_>)> {
    let mut object = Object::open(value).ok()??;
    let kind = object.take_text("type")?;
    let mut inner = Object::open(object.take_raw(&kind)?).ok()??;
    Some((custom_or_function(&kind)?, inner.take_text("name")?))
}

fn legacy_choice(value: &str) -> Result<ToolChoice<'_>, Problem> {
    match text(value).as_deref() {
        Some("auto") => Ok(ToolChoice::Auto),
        Some("none") => Ok(ToolChoice::None),
        _ => open(value, "function_call")?
            .and_then(|mut object| object.take_text("name"))
            .map(|name| ToolChoice::Named(ToolKind::Function, name))
            .ok_or_else(|| Problem::value("function_call", "auto, none or an object with a 'name'")),
    }
}

/// `tool_calls` of a message.
pub(super) fn calls<'a>(object: &mut Object<'a>, place: Place) -> Result<Vec<Part<'a>>, Problem> {
    let Some(calls) = object.take_raw("tool_calls") else {
        return Ok(Vec::new());
    };
    let calls = array(calls).ok_or_else(|| Problem::value(format!("{place}.tool_calls"), "an array of calls"))?;
    calls
        .into_iter()
        .enumerate()
        .map(|(at, value)| call(value, place.inside("tool_calls", at)))
        .collect()
}

fn call(value: &str, place: Place) -> Result<Part<'_>, Problem> {
    let at = place.to_string();
    let missing = |key: &str| Problem::Missing(format!("{at}.{key}"));
    let mut object = open(value, &at)?.ok_or_else(|| Problem::value(&at, "an object"))?;
    let name = object.take_text("type").unwrap_or("function".into());
    let Some(kind) = custom_or_function(&name) else {
        let whole = Fragment::borrowed(value);
        return Ok(Part::new(PartKind::Other { name, whole }, place));
    };
    let inner = object.take_raw(&name).ok_or_else(|| missing(&name))?;
    let mut inner = open(inner, &at)?.ok_or_else(|| Problem::value(&at, "an object"))?;
    let arguments = inner.take_text("arguments").or_else(|| inner.take_text("input"));
    Ok(Part {
        kind: PartKind::ToolCall(ToolCall {
            id: object.take_text("id").ok_or_else(|| missing("id"))?,
            name: inner.take_text("name").ok_or_else(|| missing("name"))?,
            arguments: arguments.unwrap_or_default(),
            kind,
        }),
        cache: None,
        place,
        rest: object.rest().into_iter().filter(|(key, _)| key != "index").collect(),
    })
}

/// The id of a call that has none.
pub(super) fn legacy_id(place: Place) -> String {
    format!("call_{}", place.item.unwrap_or(0))
}

/// `function_call` of a message, which has no id: its place is one.
pub(super) fn legacy_call<'a>(object: &mut Object<'a>, place: Place) -> Result<Option<Part<'a>>, Problem> {
    let Some(value) = object.take_raw("function_call") else {
        return Ok(None);
    };
    let at = format!("{place}.function_call");
    let mut call = open(value, &at)?.ok_or_else(|| Problem::value(&at, "an object"))?;
    Ok(Some(Part::new(
        PartKind::ToolCall(ToolCall {
            id: legacy_id(place).into(),
            name: call
                .take_text("name")
                .ok_or_else(|| Problem::Missing(format!("{at}.name")))?,
            arguments: call.take_text("arguments").unwrap_or_default(),
            kind: ToolKind::Function,
        }),
        place,
    )))
}
