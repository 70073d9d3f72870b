//! Items of input and output.

use super::request::{open, plain};
use crate::json::{Fragment, Object, Text, array, text};
use crate::neutral::{
    Citation, Part, PartKind, Place, Reasoning, Role, Source, ToolCall, ToolKind, ToolResult, Turn, seal,
};
use crate::openai::chat::reader::cache_mark;
use crate::openai::media;
use crate::problem::Problem;

/// Reads an item of the input. Items of the model that follow each other are one turn, and so are results of tools.
pub(super) fn item<'a>(value: &'a str, place: Place, turns: &mut Vec<Turn<'a>>) -> Result<(), Problem> {
    let at = place.to_string();
    let mut object = open(value, &at)?.ok_or_else(|| Problem::value(&at, "an object"))?;
    let name = object.take_text("type");
    let name = match (name, object.text("role")) {
        (Some(name), _) => name,
        (None, Some(_)) => "message".into(),
        (None, None) => return Err(Problem::Missing(format!("{at}.type"))),
    };
    for echoed in ["id", "status"] {
        if name != "reasoning" && is_known(&name) {
            object.take(echoed);
        }
    }
    if name == "message" {
        return message(object, place, turns);
    }
    let (role, part) = match output(&name, &mut object, place)? {
        Some(part) => (Role::Assistant, part),
        None => match result(&name, &mut object, place)? {
            Some(part) => (Role::Tool, part),
            None => {
                let whole = Fragment::borrowed(value);
                (Role::Assistant, Part::new(PartKind::Other { name, whole }, place))
            }
        },
    };
    let rest = match part.kind {
        PartKind::Other { .. } => Vec::new(),
        _ => object.rest(),
    };
    push(role, Part { rest, ..part }, turns);
    Ok(())
}

fn is_known(name: &str) -> bool {
    matches!(
        name,
        "message"
            | "reasoning"
            | "function_call"
            | "custom_tool_call"
            | "function_call_output"
            | "custom_tool_call_output"
    )
}

fn push<'a>(role: Role, part: Part<'a>, turns: &mut Vec<Turn<'a>>) {
    match turns.last_mut() {
        Some(last) if last.role == role => last.parts.push(part),
        _ => turns.push(Turn::new(role, part.place, vec![part])),
    }
}

fn message<'a>(mut object: Object<'a>, place: Place, turns: &mut Vec<Turn<'a>>) -> Result<(), Problem> {
    let role = match object.take_text("role").as_deref() {
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        Some("system") => Role::System,
        Some("developer") => Role::Developer,
        _ => {
            return Err(Problem::value(
                format!("{place}.role"),
                "one of user, assistant, system, developer",
            ));
        }
    };
    let content = object
        .take_raw("content")
        .ok_or_else(|| Problem::Missing(format!("{place}.content")))?;
    let parts = parts(content, place)?;
    match turns.last_mut() {
        Some(last) if role == Role::Assistant && last.role == role => {
            last.parts.extend(parts);
            last.rest.extend(object.rest());
        }
        _ => turns.push(Turn {
            rest: object.rest(),
            ..Turn::new(role, place, parts)
        }),
    }
    Ok(())
}

/// A text or an array of parts.
fn parts(value: &str, place: Place) -> Result<Vec<Part<'_>>, Problem> {
    if let Some(text) = text(value) {
        return Ok(vec![Part::new(plain(text), place)]);
    }
    let parts =
        array(value).ok_or_else(|| Problem::value(format!("{place}.content"), "a text or an array of parts"))?;
    parts
        .into_iter()
        .enumerate()
        .map(|(at, value)| part(value, place.inside("content", at)))
        .collect()
}

fn part(value: &str, place: Place) -> Result<Part<'_>, Problem> {
    let at = place.to_string();
    let missing = |key: &str| Problem::Missing(format!("{at}.{key}"));
    let mut object = open(value, &at)?.ok_or_else(|| Problem::value(&at, "an object"))?;
    let name = object.take_text("type").ok_or_else(|| missing("type"))?;
    let cache = cache_mark(&mut object, &at)?;
    let kind = match &*name {
        "input_text" | "output_text" | "text" => {
            let citations = citations(object.take_raw("annotations"));
            object.take("logprobs");
            PartKind::Text {
                text: object.take_text("text").ok_or_else(|| missing("text"))?,
                citations,
            }
        }
        "refusal" => PartKind::Refusal(object.take_text("refusal").ok_or_else(|| missing("refusal"))?),
        "input_image" => PartKind::Image {
            source: match object.take_text("image_url") {
                Some(url) => media::address(url),
                None => Source::File(object.take_text("file_id").ok_or_else(|| missing("image_url"))?),
            },
            detail: object.take_text("detail").filter(|detail| detail != "auto"),
        },
        "input_file" => {
            let source = match (object.take_text("file_data"), object.take_text("file_url")) {
                (Some(content), _) => media::document(content),
                (None, Some(url)) => Source::Url(url),
                (None, None) => Source::File(object.take_text("file_id").ok_or_else(|| missing("file_data"))?),
            };
            let name = object
                .take_text("filename")
                .filter(|name| *name != media::usual_name(&source));
            PartKind::Document { source, name }
        }
        _ => {
            let whole = Fragment::borrowed(value);
            return Ok(Part::new(PartKind::Other { name, whole }, place));
        }
    };
    Ok(Part {
        cache,
        rest: object.rest(),
        ..Part::new(kind, place)
    })
}

/// An item that the model made, other than a message; `None` for any other.
pub(super) fn output<'a>(name: &str, object: &mut Object<'a>, place: Place) -> Result<Option<Part<'a>>, Problem> {
    let missing = |key: &str| Problem::Missing(format!("{place}.{key}"));
    let kind = match name {
        "function_call" | "custom_tool_call" => {
            let kind = if name == "function_call" {
                ToolKind::Function
            } else {
                ToolKind::Custom
            };
            let arguments = object.take_text(arguments_member(kind));
            PartKind::ToolCall(ToolCall {
                id: object.take_text("call_id").ok_or_else(|| missing("call_id"))?,
                name: object.take_text("name").ok_or_else(|| missing("name"))?,
                arguments: arguments.unwrap_or_default(),
                kind,
            })
        }
        "reasoning" => {
            object.take("status");
            PartKind::Reasoning(reasoning(object))
        }
        _ => return Ok(None),
    };
    Ok(Some(Part::new(kind, place)))
}

/// How a call's arguments are called.
pub(crate) fn arguments_member(kind: ToolKind) -> &'static str {
    match kind {
        ToolKind::Function => "arguments",
        ToolKind::Custom => "input",
    }
}

fn reasoning<'a>(object: &mut Object<'a>) -> Reasoning<'a> {
    let content = texts(object.take_raw("content"));
    let verbatim = !content.is_empty();
    let summary = texts(object.take_raw("summary"));
    Reasoning {
        id: object.take_text("id"),
        texts: if verbatim { content } else { summary },
        verbatim,
        seal: object.take_text("encrypted_content").map(seal::from_responses),
    }
}

fn texts(value: Option<&str>) -> Vec<Text<'_>> {
    let found = value.and_then(array).into_iter().flatten();
    found
        .filter_map(|part| Object::open(part).ok()??.take_text("text"))
        .collect()
}

fn result<'a>(name: &str, object: &mut Object<'a>, place: Place) -> Result<Option<Part<'a>>, Problem> {
    let kind = match name {
        "function_call_output" => ToolKind::Function,
        "custom_tool_call_output" => ToolKind::Custom,
        _ => return Ok(None),
    };
    let missing = |key: &str| Problem::Missing(format!("{place}.{key}"));
    let value = object.take_raw("output").ok_or_else(|| missing("output"))?;
    let parts = match text(value) {
        Some(text) => vec![Part::new(plain(text), place)],
        None => array(value)
            .ok_or_else(|| Problem::value(format!("{place}.output"), "a text or an array of parts"))?
            .into_iter()
            .enumerate()
            .map(|(at, value)| part(value, place.inside("output", at)))
            .collect::<Result<Vec<_>, _>>()?,
    };
    Ok(Some(Part::new(
        PartKind::ToolResult(ToolResult {
            call_id: object.take_text("call_id").ok_or_else(|| missing("call_id"))?,
            parts,
            failed: None,
            kind,
        }),
        place,
    )))
}

fn citations(value: Option<&str>) -> Vec<Citation<'_>> {
    let found = value.and_then(array).into_iter().flatten();
    found.map(citation).collect()
}

/// A page, or what only OpenAI cites.
pub(super) fn citation(value: &str) -> Citation<'_> {
    let page = Object::open(value).ok().flatten().and_then(|mut object| {
        (object.take_text("type")? == "url_citation").then_some(())?;
        Some(Citation::Page {
            url: object.take_text("url")?,
            title: object.take_text("title").unwrap_or_default(),
        })
    });
    page.unwrap_or_else(|| Citation::Other(Fragment::borrowed(value)))
}

/// The parts of a message of the output.
pub(super) fn message_parts<'a>(object: &mut Object<'a>) -> Result<Vec<Part<'a>>, Problem> {
    object
        .take_raw("content")
        .map_or_else(|| Ok(Vec::new()), |value| parts(value, Place::default()))
}
