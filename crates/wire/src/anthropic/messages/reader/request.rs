//! The request of messages, and of the counting of their tokens.

use super::{parts, tools};
use crate::json::{Fragment, Object, array, fragment, text};
use crate::neutral::{
    Delivery, Format, OutputFormat, Part, PartKind, Place, Request, Role, Schema, Thinking, Turn, settings,
};
use crate::problem::Problem;

/// What the request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// An answer: `max_tokens` is required.
    Answer,
    /// The number of its tokens: it has no `max_tokens`.
    Count,
}

/// Reads a request.
pub(crate) fn request(body: &[u8], purpose: Purpose) -> Result<Request<'_>, Problem> {
    let value = fragment(body).map_err(|error| Problem::Syntax(error.to_string()))?;
    let mut object = open(value, "")?.ok_or(Problem::NotAnObject)?;
    let model = object
        .take_text("model")
        .filter(|model| !model.is_empty())
        .ok_or_else(|| Problem::Missing("model".to_owned()))?;
    let mut request = Request::new(Format::Messages, model);
    request.output_cap = match (object.take("max_tokens"), purpose) {
        (None, Purpose::Count) => None,
        (None, Purpose::Answer) => return Err(Problem::Missing("max_tokens".to_owned())),
        (Some(value), _) => Some(
            value
                .whole_number()
                .ok_or_else(|| Problem::value("max_tokens", "a whole number"))?,
        ),
    };
    if let Some(value) = object.take("stream")
        && value.truth().ok_or_else(|| Problem::value("stream", "true or false"))?
    {
        request.delivery = Delivery::Streamed { usage: true };
    }
    if let Some(system) = object.take_raw("system") {
        request.turns.extend(self::system(system)?);
    }
    turns(&mut object, &mut request)?;
    tools::read(&mut object, &mut request)?;
    if let Some(texts) = object.take_raw("stop_sequences") {
        let texts: Option<Vec<_>> = array(texts).and_then(|texts| texts.into_iter().map(text).collect());
        request.stop = texts.ok_or_else(|| Problem::value("stop_sequences", "an array of texts"))?;
    }
    request.thinking = thinking(&mut object)?;
    output(&mut object, &mut request)?;
    if let Some(metadata) = object.take_raw("metadata") {
        let mut metadata = open(metadata, "metadata")?.ok_or_else(|| Problem::value("metadata", "an object"))?;
        request.user = metadata.take_text("user_id");
        let unknown = metadata.rest().into_iter();
        request
            .rest
            .extend(unknown.map(|(key, value)| (format!("metadata.{key}").into(), value)));
    }
    if object.text("service_tier").as_deref() == Some("auto") {
        object.take("service_tier");
    }
    request.settings = settings::take(&mut object, Format::Messages);
    request.rest.extend(object.rest());
    Ok(request)
}

/// Opens an object that stands at `at`.
pub(super) fn open<'a>(value: &'a str, at: &str) -> Result<Option<Object<'a>>, Problem> {
    Object::open(value).map_err(|doubled| Problem::doubled(at, &doubled))
}

fn system(value: &str) -> Result<Option<Turn<'_>>, Problem> {
    let place = Place::whole("system");
    let parts = match text(value) {
        Some(text) if text.is_empty() => return Ok(None),
        Some(text) => vec![Part::new(
            PartKind::Text {
                text,
                citations: Vec::new(),
            },
            place,
        )],
        None => {
            let blocks = array(value).ok_or_else(|| Problem::value("system", "a text or an array of text blocks"))?;
            let blocks = blocks.into_iter().enumerate();
            blocks
                .map(|(at, block)| parts::block(block, Place::item("system", at)))
                .collect::<Result<Vec<_>, _>>()?
        }
    };
    Ok((!parts.is_empty()).then(|| Turn::new(Role::System, place, parts)))
}

fn turns<'a>(object: &mut Object<'a>, request: &mut Request<'a>) -> Result<(), Problem> {
    let messages = object
        .take_raw("messages")
        .ok_or_else(|| Problem::Missing("messages".to_owned()))?;
    let messages = array(messages)
        .filter(|messages| !messages.is_empty())
        .ok_or_else(|| Problem::value("messages", "an array with at least one message"))?;
    for (at, message) in messages.into_iter().enumerate() {
        turn(Place::item("messages", at), message, &mut request.turns)?;
    }
    Ok(())
}

/// A message of the user may hold results of tools, which are turns of their own here.
fn turn<'a>(place: Place, message: &'a str, turns: &mut Vec<Turn<'a>>) -> Result<(), Problem> {
    let at = place.to_string();
    let mut object = open(message, &at)?.ok_or_else(|| Problem::value(&at, "an object"))?;
    let role = match object.take_text("role").as_deref() {
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        Some("system") => Role::System,
        _ => return Err(Problem::value(format!("{at}.role"), "one of user, assistant, system")),
    };
    let content = object
        .take_raw("content")
        .ok_or_else(|| Problem::Missing(format!("{at}.content")))?;
    let first = turns.len();
    for part in parts::content(content, place)? {
        let role = match part.kind {
            PartKind::ToolResult(_) => Role::Tool,
            PartKind::ToolCall(_) if role != Role::Assistant => {
                return Err(Problem::value(part.place, "a call in a message of the assistant"));
            }
            _ => role,
        };
        match turns[first..].last_mut() {
            Some(last) if last.role == role => last.parts.push(part),
            _ => turns.push(Turn::new(role, place, vec![part])),
        }
    }
    if turns.len() == first {
        turns.push(Turn::new(role, place, Vec::new()));
    }
    if let Some(turn) = turns.last_mut() {
        turn.rest = object.rest();
    }
    Ok(())
}

fn thinking<'a>(object: &mut Object<'a>) -> Result<Thinking<'a>, Problem> {
    let Some(value) = object.take_raw("thinking") else {
        return Ok(Thinking::default());
    };
    let mut thinking = open(value, "thinking")?.ok_or_else(|| Problem::value("thinking", "an object"))?;
    let mode = thinking.take_text("type");
    let sealed = mode.as_ref().is_some_and(|mode| mode != "disabled");
    Ok(Thinking {
        effort: None,
        mode: Some(mode.ok_or_else(|| Problem::Missing("thinking.type".to_owned()))?),
        budget: thinking.take_number("budget_tokens"),
        shown: thinking.take_text("display"),
        sealed,
        rest: thinking.rest(),
    })
}

fn output<'a>(object: &mut Object<'a>, request: &mut Request<'a>) -> Result<(), Problem> {
    let Some(value) = object.take_raw("output_config") else {
        return Ok(());
    };
    let expected = || Problem::value("output_config", "an object");
    let mut config = open(value, "output_config")?.ok_or_else(expected)?;
    request.thinking.effort = config.take_text("effort");
    if let Some(value) = config.take_raw("format") {
        let mut format = open(value, "output_config.format")?.ok_or_else(expected)?;
        request.output = match format.take_text("type").as_deref() {
            Some("json_schema") => OutputFormat::JsonSchema(Schema {
                name: None,
                description: None,
                schema: format.take("schema"),
                strict: Some(true),
            }),
            _ => OutputFormat::Other(Fragment::borrowed(value)),
        };
    }
    let unknown = config.rest().into_iter();
    request
        .rest
        .extend(unknown.map(|(key, value)| (format!("output_config.{key}").into(), value)));
    Ok(())
}
