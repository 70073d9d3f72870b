//! Blocks of content.

use super::request::open;
use crate::json::{Fragment, Object, Text, array, text};
use crate::neutral::{
    CacheMark, Citation, Part, PartKind, Place, Reasoning, Seal, Source, ToolCall, ToolKind, ToolResult, seal,
};
use crate::problem::Problem;

/// A text or an array of blocks.
pub(super) fn content(value: &str, place: Place) -> Result<Vec<Part<'_>>, Problem> {
    if let Some(text) = text(value) {
        return Ok(vec![Part::new(plain(text), place)]);
    }
    let blocks =
        array(value).ok_or_else(|| Problem::value(format!("{place}.content"), "a text or an array of blocks"))?;
    blocks
        .into_iter()
        .enumerate()
        .map(|(at, value)| block(value, place.inside("content", at)))
        .collect()
}

fn plain(text: Text<'_>) -> PartKind<'_> {
    PartKind::Text {
        text,
        citations: Vec::new(),
    }
}

/// One block.
pub(super) fn block(value: &str, place: Place) -> Result<Part<'_>, Problem> {
    let at = place.to_string();
    let mut object = open(value, &at)?.ok_or_else(|| Problem::value(&at, "an object"))?;
    let name = object
        .take_text("type")
        .ok_or_else(|| Problem::Missing(format!("{at}.type")))?;
    let cache = match object.take_raw("cache_control") {
        Some(mark) => open(mark, &at)?.map(|mut mark| CacheMark {
            lifetime: mark.take_text("ttl"),
        }),
        None => None,
    };
    let Some(kind) = known(&name, &mut object, place, &at)? else {
        let whole = Fragment::borrowed(value);
        return Ok(Part::new(PartKind::Other { name, whole }, place));
    };
    Ok(Part {
        cache,
        rest: object.rest(),
        ..Part::new(kind, place)
    })
}

/// A block of a type that has words in the neutral form.
fn known<'a>(name: &str, object: &mut Object<'a>, place: Place, at: &str) -> Result<Option<PartKind<'a>>, Problem> {
    let missing = |key: &str| Problem::Missing(format!("{at}.{key}"));
    Ok(Some(match name {
        "text" => PartKind::Text {
            text: object.take_text("text").ok_or_else(|| missing("text"))?,
            citations: citations(object.take_raw("citations")),
        },
        "image" => match source(object.take_raw("source").ok_or_else(|| missing("source"))?, at)? {
            Some(source) => PartKind::Image { source, detail: None },
            None => return Ok(None),
        },
        "document" => match source(object.take_raw("source").ok_or_else(|| missing("source"))?, at)? {
            Some(source) => PartKind::Document {
                source,
                name: object.take_text("title"),
            },
            None => return Ok(None),
        },
        "thinking" => PartKind::Reasoning(seal::from_messages(
            object.take_text("thinking").unwrap_or_default(),
            object.take_text("signature").unwrap_or_default(),
        )),
        "redacted_thinking" => PartKind::Reasoning(Reasoning {
            seal: Some(Seal::Redacted(object.take_text("data").ok_or_else(|| missing("data"))?)),
            ..Reasoning::default()
        }),
        "tool_use" => PartKind::ToolCall(call(object, at)?),
        "tool_result" => PartKind::ToolResult(ToolResult {
            call_id: object.take_text("tool_use_id").ok_or_else(|| missing("tool_use_id"))?,
            parts: match object.take_raw("content") {
                Some(value) => content(value, place)?,
                None => Vec::new(),
            },
            failed: object
                .take("is_error")
                .and_then(|value| value.truth())
                .filter(|failed| *failed),
            kind: ToolKind::Function,
        }),
        _ => return Ok(None),
    }))
}

/// A call; that the model made it itself is what every call says that doesn't say otherwise.
pub(super) fn call<'a>(object: &mut Object<'a>, at: &str) -> Result<ToolCall<'a>, Problem> {
    let missing = |key: &str| Problem::Missing(format!("{at}.{key}"));
    let input = object.take_raw("input").unwrap_or("{}");
    if let Some(caller) = object.take_raw("caller") {
        let direct = open(caller, at)?.is_some_and(|caller| caller.text("type").as_deref() == Some("direct"));
        if !direct {
            return Err(Problem::value(
                format!("{at}.caller"),
                "a call that the model made itself",
            ));
        }
    }
    Ok(ToolCall {
        id: object.take_text("id").ok_or_else(|| missing("id"))?,
        name: object.take_text("name").ok_or_else(|| missing("name"))?,
        arguments: input.into(),
        kind: ToolKind::Function,
    })
}

/// Where bytes are; `None` for a kind of source that came after this was written.
fn source<'a>(value: &'a str, at: &str) -> Result<Option<Source<'a>>, Problem> {
    let missing = |key: &str| Problem::Missing(format!("{at}.source.{key}"));
    let mut object = open(value, at)?.ok_or_else(|| Problem::value(format!("{at}.source"), "an object"))?;
    let name = object.take_text("type").ok_or_else(|| missing("type"))?;
    Ok(Some(match &*name {
        "base64" => Source::Base64 {
            media_type: object.take_text("media_type").ok_or_else(|| missing("media_type"))?,
            data: object.take_text("data").ok_or_else(|| missing("data"))?,
        },
        "url" => Source::Url(object.take_text("url").ok_or_else(|| missing("url"))?),
        "file" => Source::File(object.take_text("file_id").ok_or_else(|| missing("file_id"))?),
        "text" => Source::Plain(object.take_text("data").ok_or_else(|| missing("data"))?),
        _ => return Ok(None),
    }))
}

fn citations(value: Option<&str>) -> Vec<Citation<'_>> {
    let found = value.and_then(array).into_iter().flatten();
    found.map(citation).collect()
}

/// A page of a search, or what only Anthropic cites.
pub(super) fn citation(value: &str) -> Citation<'_> {
    let page = Object::open(value).ok().flatten().and_then(|mut object| {
        (object.take_text("type")? == "web_search_result_location").then_some(())?;
        Some(Citation::Page {
            url: object.take_text("url")?,
            title: object.take_text("title").unwrap_or_default(),
        })
    });
    page.unwrap_or_else(|| Citation::Other(Fragment::borrowed(value)))
}
