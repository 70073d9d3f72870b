//! The contents of a message.

use super::request::open;
use crate::json::{Fragment, Object, array, text};
use crate::neutral::{CacheMark, Part, PartKind, Place, Reasoning, Seal, Source};
use crate::openai::media;
use crate::problem::Problem;

/// A text, an array of parts, or nothing.
pub(super) fn content(value: Option<&str>, place: Place) -> Result<Vec<Part<'_>>, Problem> {
    let Some(value) = value else { return Ok(Vec::new()) };
    if let Some(text) = text(value) {
        return Ok(vec![Part::new(plain(text), place)]);
    }
    let parts =
        array(value).ok_or_else(|| Problem::value(format!("{place}.content"), "a text or an array of parts"))?;
    parts
        .into_iter()
        .enumerate()
        .map(|(at, part)| one(part, place.inside("content", at)))
        .collect()
}

fn plain(text: crate::json::Text<'_>) -> PartKind<'_> {
    PartKind::Text {
        text,
        citations: Vec::new(),
    }
}

fn one(value: &str, place: Place) -> Result<Part<'_>, Problem> {
    let at = place.to_string();
    let missing = |key: &str| Problem::Missing(format!("{at}.{key}"));
    let mut object = open(value, &at)?.ok_or_else(|| Problem::value(&at, "an object"))?;
    let name = object.take_text("type").ok_or_else(|| missing("type"))?;
    let cache = cache_mark(&mut object, &at)?;
    let kind = match &*name {
        "text" => plain(object.take_text("text").ok_or_else(|| missing("text"))?),
        "refusal" => PartKind::Refusal(object.take_text("refusal").ok_or_else(|| missing("refusal"))?),
        "image_url" => {
            let image = object.take_raw("image_url").ok_or_else(|| missing("image_url"))?;
            image_at(image, &at)?
        }
        "file" => {
            let file = object.take_raw("file").ok_or_else(|| missing("file"))?;
            let mut file = open(file, &at)?.ok_or_else(|| Problem::value(format!("{at}.file"), "an object"))?;
            document(&mut file).ok_or_else(|| missing("file.file_data"))?
        }
        "input_audio" => {
            let audio = object.take_raw("input_audio").ok_or_else(|| missing("input_audio"))?;
            let mut audio =
                open(audio, &at)?.ok_or_else(|| Problem::value(format!("{at}.input_audio"), "an object"))?;
            PartKind::Audio {
                data: audio.take_text("data").ok_or_else(|| missing("input_audio.data"))?,
                encoding: audio.take_text("format").ok_or_else(|| missing("input_audio.format"))?,
            }
        }
        _ => {
            return Ok(Part::new(
                PartKind::Other {
                    name,
                    whole: Fragment::borrowed(value),
                },
                place,
            ));
        }
    };
    Ok(Part {
        cache,
        rest: object.rest(),
        ..Part::new(kind, place)
    })
}

/// `{"url","detail"}`, or the address alone, as some clients send it.
fn image_at<'a>(image: &'a str, at: &str) -> Result<PartKind<'a>, Problem> {
    if let Some(url) = text(image) {
        return Ok(PartKind::Image {
            source: media::address(url),
            detail: None,
        });
    }
    let expected = || Problem::value(format!("{at}.image_url"), "an object with a 'url'");
    let mut image = open(image, at)?.ok_or_else(expected)?;
    Ok(PartKind::Image {
        source: media::address(image.take_text("url").ok_or_else(expected)?),
        detail: image.take_text("detail").filter(|detail| detail != "auto"),
    })
}

/// `file_data` or `file_id`, with `filename`: the members are the same in chat and in responses.
fn document<'a>(file: &mut Object<'a>) -> Option<PartKind<'a>> {
    let source = match file.take_text("file_data") {
        Some(content) => media::document(content),
        None => Source::File(file.take_text("file_id")?),
    };
    let name = file
        .take_text("filename")
        .filter(|name| *name != media::usual_name(&source));
    Some(PartKind::Document { source, name })
}

/// OpenAI's `prompt_cache_breakpoint`, and Anthropic's `cache_control`, which many clients of gateways send here.
pub(crate) fn cache_mark<'a>(object: &mut Object<'a>, at: &str) -> Result<Option<CacheMark<'a>>, Problem> {
    let Some(mark) = object
        .take_raw("prompt_cache_breakpoint")
        .or_else(|| object.take_raw("cache_control"))
    else {
        return Ok(None);
    };
    let mark = open(mark, at)?;
    Ok(mark.map(|mut mark| CacheMark {
        lifetime: mark.take_text("ttl"),
    }))
}

/// Thinking as servers of open models (`reasoning_content`, `reasoning`) and other gateways (`reasoning_details`) show it.
pub(super) fn reasoning<'a>(object: &mut Object<'a>, place: Place) -> Result<Vec<Part<'a>>, Problem> {
    let details = object.take_raw("reasoning_details").and_then(array);
    let content = object
        .take_text("reasoning_content")
        .or_else(|| object.take_text("reasoning"));
    let mut parts = Vec::new();
    for (at, detail) in details.into_iter().flatten().enumerate() {
        let place = place.inside("reasoning_details", at);
        if let Some(mut detail) = open(detail, &place.to_string())? {
            let reasoning = sealed(&mut detail);
            match parts.last_mut() {
                Some(Part {
                    kind: PartKind::Reasoning(before),
                    ..
                }) if before.id.is_some() && before.id == reasoning.id => {
                    before.texts.extend(reasoning.texts);
                    before.seal = before.seal.take().or(reasoning.seal);
                }
                _ => parts.push(Part::new(PartKind::Reasoning(reasoning), place)),
            }
        }
    }
    if parts.is_empty()
        && let Some(text) = content.filter(|text| !text.is_empty())
    {
        let reasoning = Reasoning {
            texts: vec![text],
            verbatim: true,
            ..Reasoning::default()
        };
        parts.push(Part::new(PartKind::Reasoning(reasoning), place));
    }
    Ok(parts)
}

/// One of `reasoning_details`; `format` tells who sealed it.
pub(crate) fn sealed<'a>(detail: &mut Object<'a>) -> Reasoning<'a> {
    let anthropic = detail
        .text("format")
        .is_some_and(|format| format.starts_with("anthropic"));
    let text = detail.take_text("text");
    let verbatim = text.is_some();
    let seal = match (detail.take_text("signature"), detail.take_text("data")) {
        (Some(signature), _) => Some(Seal::Signature(signature)),
        (None, Some(data)) if anthropic => Some(Seal::Redacted(data)),
        (None, Some(data)) => Some(Seal::Encrypted(data)),
        (None, None) => None,
    };
    Reasoning {
        id: detail.take_text("id"),
        texts: text.or_else(|| detail.take_text("summary")).into_iter().collect(),
        verbatim,
        seal,
    }
}
