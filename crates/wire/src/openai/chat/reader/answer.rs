//! A plain chat completion.

use super::{parts, tools};
use crate::json::{Object, array, fragment};
use crate::neutral::{Answer, Choice, Citation, Part, PartKind, Place, Stop};
use crate::openai::{error, usage};
use crate::problem::BadAnswer;

/// Reads an answer.
pub(crate) fn answer(body: &[u8]) -> Result<Answer<'_>, BadAnswer> {
    let value = fragment(body).map_err(|_| BadAnswer::NotAnAnswer)?;
    let mut object = Object::open(value)?.ok_or(BadAnswer::NotAnAnswer)?;
    if object.take("error").is_some() {
        let failure = error::failure(body, None).ok_or(BadAnswer::NotAnAnswer)?;
        return Err(BadAnswer::Failed(Box::new(failure.into_owned())));
    }
    let mut unsaid = Vec::new();
    let choices = object
        .take_raw("choices")
        .and_then(array)
        .ok_or(BadAnswer::NotAnAnswer)?;
    let choices = choices
        .into_iter()
        .map(|value| choice(value, &mut unsaid))
        .collect::<Result<Vec<_>, _>>()?;
    if choices.is_empty() {
        return Err(BadAnswer::NotAnAnswer);
    }
    Ok(Answer {
        id: object.take_text("id").unwrap_or_default(),
        model: object.take_text("model").unwrap_or_default(),
        created: object.take_number("created"),
        choices,
        usage: object.take_raw("usage").and_then(usage::read),
        unsaid,
    })
}

fn choice<'a>(value: &'a str, unsaid: &mut Vec<String>) -> Result<Choice<'a>, BadAnswer> {
    let mut object = Object::open(value)?.ok_or(BadAnswer::NotAnAnswer)?;
    let message = object.take_raw("message").ok_or(BadAnswer::NotAnAnswer)?;
    let mut message = Object::open(message)?.ok_or(BadAnswer::NotAnAnswer)?;
    let place = Place::default();
    let mut parts = parts::reasoning(&mut message, place)?;
    let mut content = parts::content(message.take_raw("content"), place)?;
    content.retain(|part| !matches!(&part.kind, PartKind::Text { text, .. } if text.is_empty()));
    parts.extend(content);
    cite(message.take_raw("annotations"), &mut parts);
    if let Some(refusal) = message.take_text("refusal") {
        parts.push(Part::new(PartKind::Refusal(refusal), place));
    }
    parts.extend(tools::calls(&mut message, place)?);
    parts.extend(tools::legacy_call(&mut message, place)?);
    for lost in ["audio"] {
        if message.take(lost).is_some() {
            unsaid.push(format!("choices.message.{lost}"));
        }
    }
    if object.take("logprobs").is_some() {
        unsaid.push("choices.logprobs".to_owned());
    }
    Ok(Choice {
        parts,
        stop: stop(object.take_text("finish_reason")),
    })
}

/// Pages that the answer cites, on its first text.
fn cite<'a>(annotations: Option<&'a str>, parts: &mut [Part<'a>]) {
    let found = annotations.and_then(array).into_iter().flatten().filter_map(page);
    let text = parts.iter_mut().find_map(|part| match &mut part.kind {
        PartKind::Text { citations, .. } => Some(citations),
        _ => None,
    });
    if let Some(citations) = text {
        citations.extend(found);
    }
}

/// `{"type":"url_citation","url_citation":{"url","title"}}`.
pub(super) fn page(annotation: &str) -> Option<Citation<'_>> {
    let mut object = Object::open(annotation).ok()??;
    let mut inner = Object::open(object.take_raw("url_citation")?).ok()??;
    Some(Citation::Page {
        url: inner.take_text("url")?,
        title: inner.take_text("title").unwrap_or_default(),
    })
}

/// `finish_reason`.
pub(super) fn stop(reason: Option<crate::json::Text<'_>>) -> Stop<'_> {
    match reason.as_deref() {
        None | Some("stop") => Stop::End,
        Some("length") => Stop::Length,
        Some("tool_calls" | "function_call") => Stop::Tools,
        Some("content_filter") => Stop::Filter,
        Some(_) => reason.map_or(Stop::End, Stop::Other),
    }
}
