//! The contents of messages.

use crate::dialect::ThinkingBack;
use crate::feature::Feature;
use crate::json::{Out, Text};
use crate::loss::Losses;
use crate::neutral::{CacheMark, Citation, Part, PartKind, Place, Reasoning, Source, ToolResult, Turn};
use crate::openai::media;
use crate::problem::Problem;
use std::borrow::Cow;

/// `content`, and `reasoning_content` where the server takes it.
pub(super) fn content(turn: &Turn<'_>, losses: &mut Losses<'_>, out: &mut Out) -> Result<(), Problem> {
    let mut is_first = true;
    for part in &turn.parts {
        if let PartKind::Reasoning(thought) = &part.kind {
            reasoning(thought, part.place, is_first, losses, out)?;
            is_first = false;
        }
    }
    let said: Vec<&Part<'_>> = turn.parts.iter().filter(|part| is_content(&part.kind)).collect();
    match said.as_slice() {
        [] => {
            out.member_raw("content", "null");
        }
        [only] => match plain(only) {
            Some(text) => {
                note_citations(only, losses)?;
                out.member("content", text);
            }
            None => array(&said, losses, out)?,
        },
        several => array(several, losses, out)?,
    }
    Ok(())
}

/// Does it stand in `content`? Calls, thoughts and refusals have members of their own.
fn is_content(kind: &PartKind<'_>) -> bool {
    !matches!(
        kind,
        PartKind::ToolCall(_) | PartKind::ToolResult(_) | PartKind::Reasoning(_) | PartKind::Refusal(_)
    )
}

/// Is nothing of a turn left when this part is all it has?
pub(super) fn is_left_out(kind: &PartKind<'_>, losses: &Losses<'_>) -> bool {
    matches!(kind, PartKind::Reasoning(_)) && losses.dialect().thinking == ThinkingBack::Nowhere
}

/// Notes the parts of a turn of which nothing is left.
pub(super) fn note_left_out(turn: &Turn<'_>, losses: &mut Losses<'_>) -> Result<(), Problem> {
    for part in &turn.parts {
        losses.says(Feature::ReasoningHistory, part.place)?;
    }
    Ok(())
}

/// A text without further members, which needs no array.
fn plain<'p>(part: &'p Part<'_>) -> Option<&'p str> {
    match &part.kind {
        PartKind::Text { text, .. } if part.cache.is_none() && part.rest.is_empty() => Some(text),
        _ => None,
    }
}

/// One thought has a place beside the words: the first.
fn reasoning(
    thought: &Reasoning<'_>,
    place: Place,
    is_first: bool,
    losses: &mut Losses<'_>,
    out: &mut Out,
) -> Result<(), Problem> {
    if losses.dialect().thinking == ThinkingBack::Content && is_first && !thought.texts.is_empty() {
        out.member("reasoning_content", &thought.texts.join("\n\n"));
        return Ok(());
    }
    losses.says(Feature::ReasoningHistory, place).map(|_| ())
}

fn array(parts: &[&Part<'_>], losses: &mut Losses<'_>, out: &mut Out) -> Result<(), Problem> {
    out.key("content").open_array();
    for part in parts {
        one(part, losses, out)?;
    }
    out.close_array();
    Ok(())
}

fn one(part: &Part<'_>, losses: &mut Losses<'_>, out: &mut Out) -> Result<(), Problem> {
    match &part.kind {
        PartKind::Text { text, .. } => {
            note_citations(part, losses)?;
            out.open().member("type", "text").member("text", text);
        }
        PartKind::Image { source, detail } => image(source, detail.as_ref(), part.place, losses, out)?,
        PartKind::Document { source, name } => document(source, name.as_ref(), part.place, losses, out)?,
        PartKind::Audio { data, encoding } => {
            losses.says(Feature::Audio, part.place)?;
            out.open().member("type", "input_audio").key("input_audio").open();
            out.member("data", data).member("format", encoding).close();
        }
        PartKind::Other { whole, .. } => {
            losses.says(Feature::OtherPart, part.place)?;
            out.raw(whole.get());
            return Ok(());
        }
        PartKind::ToolCall(_) | PartKind::ToolResult(_) | PartKind::Reasoning(_) | PartKind::Refusal(_) => {
            return Ok(());
        }
    }
    cache_mark(part.cache.as_ref(), part.place, losses, out)?;
    losses.rest(out, part.place, &part.rest);
    out.close();
    Ok(())
}

/// The mark is the same in both of OpenAI's formats; for how long is not the same in Anthropic's.
pub(crate) fn cache_mark(
    mark: Option<&CacheMark<'_>>,
    place: Place,
    losses: &mut Losses<'_>,
    out: &mut Out,
) -> Result<(), Problem> {
    let Some(mark) = mark else { return Ok(()) };
    if !losses.says(Feature::CacheMark, format_args!("{place}.cache_control"))? {
        return Ok(());
    }
    out.key("prompt_cache_breakpoint").open().member("mode", "explicit");
    if let Some(lifetime) = &mark.lifetime
        && losses.says_lifetime(place)?
    {
        out.member("ttl", lifetime);
    }
    out.close();
    Ok(())
}

/// Citations of earlier answers have no place in OpenAI's requests.
fn note_citations(part: &Part<'_>, losses: &mut Losses<'_>) -> Result<(), Problem> {
    if let PartKind::Text { citations, .. } = &part.kind
        && !citations.is_empty()
    {
        losses.says(Feature::TextCitations, format_args!("{}.citations", part.place))?;
    }
    Ok(())
}

fn image(
    source: &Source<'_>,
    detail: Option<&Text<'_>>,
    place: Place,
    losses: &mut Losses<'_>,
    out: &mut Out,
) -> Result<(), Problem> {
    let url: Cow<'_, str> = match source {
        Source::Base64 { media_type, data } => media::data_url(media_type, data).into(),
        Source::Url(url) | Source::Plain(url) => (&**url).into(),
        Source::File(id) => {
            losses.says(Feature::ImageFile, place)?;
            (&**id).into()
        }
    };
    out.open().member("type", "image_url").key("image_url").open();
    out.member("url", &url);
    if let Some(detail) = detail
        && losses.says(Feature::ImageDetail, format_args!("{place}.image_url.detail"))?
    {
        out.member("detail", detail);
    }
    out.close();
    Ok(())
}

fn document(
    source: &Source<'_>,
    name: Option<&Text<'_>>,
    place: Place,
    losses: &mut Losses<'_>,
    out: &mut Out,
) -> Result<(), Problem> {
    if let Source::Url(_) = source {
        losses.says(Feature::DocumentUrl, place)?;
    }
    out.open().member("type", "file").key("file").open();
    match source {
        Source::Base64 { media_type, data } => out.member("file_data", &media::data_url(media_type, data)),
        Source::Plain(text) => out.member("file_data", &media::text_url(text)),
        Source::Url(url) => out.member("file_data", url),
        Source::File(id) => {
            losses.says(Feature::DocumentFile, place)?;
            out.member("file_id", id)
        }
    };
    if !matches!(source, Source::File(_)) || name.is_some() {
        out.member("filename", name.map_or(media::usual_name(source), |name| name));
    }
    out.close();
    Ok(())
}

/// One message a result. Images and documents have no place in one: they are put off to a message of the user.
pub(super) fn results<'t, 'a>(
    turn: &'t Turn<'a>,
    media: &mut Vec<&'t Part<'a>>,
    losses: &mut Losses<'_>,
    out: &mut Out,
) -> Result<(), Problem> {
    for part in &turn.parts {
        let PartKind::ToolResult(result) = &part.kind else {
            continue;
        };
        out.open().member("role", "tool");
        out.member("tool_call_id", &losses.dialect().call_id(&result.call_id));
        if result.failed == Some(true) {
            losses.says(Feature::ToolResultFailed, format_args!("{}.is_error", part.place))?;
        }
        if part.cache.is_some() {
            losses.says(Feature::ToolCacheMark, format_args!("{}.cache_control", part.place))?;
        }
        let (words, others): (Vec<_>, Vec<_>) = result
            .parts
            .iter()
            .partition(|part| matches!(part.kind, PartKind::Text { .. }));
        media.extend(others);
        result_words(&words, result, losses, out)?;
        losses.rest(out, part.place, &part.rest);
        losses.rest(out, turn.place, &turn.rest);
        out.close();
    }
    Ok(())
}

fn result_words(
    words: &[&Part<'_>],
    result: &ToolResult<'_>,
    losses: &mut Losses<'_>,
    out: &mut Out,
) -> Result<(), Problem> {
    match words {
        [] if result.parts.is_empty() => {
            out.member("content", "");
        }
        [] => {
            out.member("content", "(see the attachment below)");
        }
        [only] => match plain(only) {
            Some(text) => {
                out.member("content", text);
            }
            None => array(words, losses, out)?,
        },
        several => array(several, losses, out)?,
    }
    Ok(())
}

/// What tools answered beside words, as a message of the user behind their results.
pub(super) fn flush_media(media: &mut Vec<&Part<'_>>, losses: &mut Losses<'_>, out: &mut Out) -> Result<(), Problem> {
    if media.is_empty() {
        return Ok(());
    }
    for part in &*media {
        losses.says(Feature::ToolResultMedia, part.place)?;
    }
    out.open().member("role", "user");
    array(media, losses, out)?;
    out.close();
    media.clear();
    Ok(())
}

/// Annotations of an answer: pages have their place in OpenAI's formats.
pub(crate) fn annotations<'p>(part: &'p Part<'_>) -> Vec<(&'p str, &'p str)> {
    match &part.kind {
        PartKind::Text { citations, .. } => citations
            .iter()
            .filter_map(|citation| match citation {
                Citation::Page { url, title } => Some((&**url, &**title)),
                Citation::Other(_) => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}
