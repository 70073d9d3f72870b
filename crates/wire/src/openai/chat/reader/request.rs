//! The request of a chat completion.

use super::{parts, tools};
use crate::feature::Feature;
use crate::json::{Fragment, Object, array, fragment, text};
use crate::neutral::{
    Delivery, Format, OutputFormat, Part, PartKind, Place, Request, Rest, Role, Schema, Setting, Thinking, ToolKind,
    ToolResult, Turn, settings,
};
use crate::problem::Problem;
use std::borrow::Cow;

/// Reads a request.
pub(crate) fn request(body: &[u8]) -> Result<Request<'_>, Problem> {
    let value = fragment(body).map_err(|error| Problem::Syntax(error.to_string()))?;
    let mut object = open(value, "")?.ok_or(Problem::NotAnObject)?;
    let model = object
        .take_text("model")
        .filter(|model| !model.is_empty())
        .ok_or_else(|| Problem::Missing("model".to_owned()))?;
    let mut request = Request::new(Format::Chat, model);
    request.delivery = delivery(&mut object, &mut request.rest)?;
    request.output_cap = cap(&mut object)?;
    request.stop = stop(object.take("stop"))?;
    request.output = output(object.take_raw("response_format"))?;
    let effort = object.take_text("reasoning_effort");
    request.thinking = Thinking {
        sealed: effort.as_ref().is_some_and(|effort| effort != "none"),
        effort,
        ..Thinking::default()
    };
    if let Some(value) = object.take("verbosity") {
        request.settings.push(Setting {
            feature: Feature::Verbosity,
            value,
        });
    }
    request.user = object
        .take_text("safety_identifier")
        .or_else(|| object.take_text("user"));
    request.stored = flag(&mut object, "store")?;
    tools::read(&mut object, &mut request)?;
    request.turns = turns(&mut object)?;
    request.settings.extend(settings::take(&mut object, Format::Chat));
    request.rest.extend(object.rest());
    Ok(request)
}

/// Opens an object that stands at `at`.
pub(super) fn open<'a>(value: &'a str, at: &str) -> Result<Option<Object<'a>>, Problem> {
    Object::open(value).map_err(|doubled| Problem::doubled(at, &doubled))
}

fn flag(object: &mut Object<'_>, key: &str) -> Result<Option<bool>, Problem> {
    match object.take(key) {
        None => Ok(None),
        Some(value) => value
            .truth()
            .map(Some)
            .ok_or_else(|| Problem::value(key, "true or false")),
    }
}

fn delivery<'a>(object: &mut Object<'a>, rest: &mut Rest<'a>) -> Result<Delivery, Problem> {
    let stream = flag(object, "stream")?.unwrap_or(false);
    let options = object.take_raw("stream_options");
    if !stream {
        return match options {
            Some(_) => Err(Problem::Without("stream_options", "stream")),
            None => Ok(Delivery::Plain),
        };
    }
    let mut usage = false;
    if let Some(options) = options {
        let mut options =
            open(options, "stream_options")?.ok_or_else(|| Problem::value("stream_options", "an object"))?;
        usage = flag(&mut options, "include_usage")?.unwrap_or(false);
        options.take("include_obfuscation");
        let unknown = options.rest().into_iter();
        rest.extend(unknown.map(|(key, value)| (format!("stream_options.{key}").into(), value)));
    }
    Ok(Delivery::Streamed { usage })
}

fn cap(object: &mut Object<'_>) -> Result<Option<u64>, Problem> {
    let old = object.take("max_tokens");
    let new = object.take("max_completion_tokens");
    let (value, at) = match (old, new) {
        (Some(_), Some(_)) => return Err(Problem::Both("max_tokens", "max_completion_tokens")),
        (Some(value), None) => (value, "max_tokens"),
        (None, Some(value)) => (value, "max_completion_tokens"),
        (None, None) => return Ok(None),
    };
    match value.whole_number() {
        Some(cap) if cap > 0 => Ok(Some(cap)),
        _ => Err(Problem::value(at, "a whole number from 1 on")),
    }
}

/// One text or several.
fn stop(value: Option<Fragment<'_>>) -> Result<Vec<Cow<'_, str>>, Problem> {
    const EXPECTED: &str = "a text or an array of texts";
    let Some(value) = value else { return Ok(Vec::new()) };
    texts(value.get())
        .ok_or_else(|| Problem::value("stop", EXPECTED))
        .map(|texts| texts.into_iter().map(|text| Cow::Owned(text.into_owned())).collect())
}

fn texts(value: &str) -> Option<Vec<Cow<'_, str>>> {
    match text(value) {
        Some(one) => Some(vec![one]),
        None => array(value)?.into_iter().map(text).collect(),
    }
}

fn output(value: Option<&str>) -> Result<OutputFormat<'_>, Problem> {
    let Some(value) = value else {
        return Ok(OutputFormat::Text);
    };
    let expected = || Problem::value("response_format", "an object with a 'type'");
    let mut object = open(value, "response_format")?.ok_or_else(expected)?;
    Ok(match &*object.text("type").ok_or_else(expected)? {
        "text" => OutputFormat::Text,
        "json_object" => OutputFormat::JsonObject,
        "json_schema" => {
            let at = "response_format.json_schema";
            let inner = object
                .take_raw("json_schema")
                .ok_or_else(|| Problem::Missing(at.to_owned()))?;
            let mut inner = open(inner, at)?.ok_or_else(|| Problem::value(at, "an object"))?;
            OutputFormat::JsonSchema(Schema {
                name: inner.take_text("name").filter(|name| name != Schema::UNNAMED),
                description: inner.take_text("description"),
                schema: inner.take("schema"),
                strict: inner.take("strict").and_then(|strict| strict.truth()),
            })
        }
        _ => OutputFormat::Other(Fragment::borrowed(value)),
    })
}

fn turns<'a>(object: &mut Object<'a>) -> Result<Vec<Turn<'a>>, Problem> {
    const EXPECTED: &str = "an array with at least one message";
    let messages = object
        .take_raw("messages")
        .ok_or_else(|| Problem::Missing("messages".to_owned()))?;
    let messages = array(messages)
        .filter(|messages| !messages.is_empty())
        .ok_or_else(|| Problem::value("messages", EXPECTED))?;
    let mut legacy_call = None;
    messages
        .into_iter()
        .enumerate()
        .map(|(at, message)| turn(Place::item("messages", at), message, &mut legacy_call))
        .collect()
}

fn turn<'a>(place: Place, message: &'a str, legacy_call: &mut Option<String>) -> Result<Turn<'a>, Problem> {
    let at = place.to_string();
    let mut object = open(message, &at)?.ok_or_else(|| Problem::value(&at, "an object"))?;
    let role = object
        .take_text("role")
        .ok_or_else(|| Problem::Missing(format!("{at}.role")))?;
    let role = match &*role {
        "system" => Role::System,
        "developer" => Role::Developer,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "tool" | "function" => return result(place, object, legacy_call),
        _ => {
            return Err(Problem::value(
                format!("{at}.role"),
                "one of system, developer, user, assistant, tool",
            ));
        }
    };
    let mut parts = Vec::new();
    if role == Role::Assistant {
        parts.extend(parts::reasoning(&mut object, place)?);
    }
    let empty = parts.len();
    parts.extend(parts::content(object.take_raw("content"), place)?);
    if role == Role::Assistant {
        if let Some(refusal) = object.take_text("refusal") {
            parts.push(Part::new(PartKind::Refusal(refusal), place));
        }
        parts.extend(tools::calls(&mut object, place)?);
        if let Some(call) = tools::legacy_call(&mut object, place)? {
            *legacy_call = Some(tools::legacy_id(place));
            parts.push(call);
        }
    }
    if parts.len() == empty {
        return Err(Problem::Missing(format!("{at}.content")));
    }
    Ok(Turn {
        name: object.take_text("name"),
        rest: object.rest(),
        ..Turn::new(role, place, parts)
    })
}

/// A message of a tool.
fn result<'a>(place: Place, mut object: Object<'a>, legacy_call: &mut Option<String>) -> Result<Turn<'a>, Problem> {
    let call_id = match object.take_text("tool_call_id") {
        Some(id) => id,
        None => {
            object.take_text("name");
            let id = legacy_call.take();
            id.ok_or_else(|| Problem::Missing(format!("{place}.tool_call_id")))?
                .into()
        }
    };
    let parts = parts::content(object.take_raw("content"), place)?;
    let part = Part::new(
        PartKind::ToolResult(ToolResult {
            call_id,
            parts,
            failed: None,
            kind: ToolKind::Function,
        }),
        place,
    );
    Ok(Turn {
        rest: object.rest(),
        ..Turn::new(Role::Tool, place, vec![part])
    })
}
