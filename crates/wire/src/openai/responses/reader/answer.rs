//! A plain response.

use super::items;
use crate::json::{Fragment, Object, array, fragment};
use crate::neutral::{Answer, Choice, Part, PartKind, Place, Stop};
use crate::openai::{error, usage};
use crate::problem::BadAnswer;

/// Reads an answer.
pub(crate) fn answer(body: &[u8]) -> Result<Answer<'_>, BadAnswer> {
    let value = fragment(body).map_err(|_| BadAnswer::NotAnAnswer)?;
    response(value)
}

/// Reads the object, which also stands in the events that end a stream.
pub(super) fn response(value: &str) -> Result<Answer<'_>, BadAnswer> {
    let mut object = Object::open(value)?.ok_or(BadAnswer::NotAnAnswer)?;
    if let Some(error) = object.take_raw("error") {
        let failure = error::failure_of_response(error).ok_or(BadAnswer::NotAnAnswer)?;
        return Err(BadAnswer::Failed(Box::new(failure.into_owned())));
    }
    let output = object
        .take_raw("output")
        .and_then(array)
        .ok_or(BadAnswer::NotAnAnswer)?;
    let mut parts = Vec::new();
    for item in output {
        self::item(item, &mut parts)?;
    }
    let stop = stop(&mut object, &parts);
    Ok(Answer {
        id: object.take_text("id").unwrap_or_default(),
        model: object.take_text("model").unwrap_or_default(),
        created: object.take_number("created_at"),
        choices: vec![Choice { parts, stop }],
        usage: object.take_raw("usage").and_then(usage::read),
        unsaid: Vec::new(),
    })
}

fn item<'a>(value: &'a str, parts: &mut Vec<Part<'a>>) -> Result<(), BadAnswer> {
    let mut object = Object::open(value)?.ok_or(BadAnswer::NotAnAnswer)?;
    let name = object.take_text("type").ok_or(BadAnswer::NotAnAnswer)?;
    if name == "message" {
        parts.extend(items::message_parts(&mut object)?);
        return Ok(());
    }
    let place = Place::default();
    parts.push(match items::output(&name, &mut object, place)? {
        Some(part) => part,
        None => {
            let whole = Fragment::borrowed(value);
            Part::new(PartKind::Other { name, whole }, place)
        }
    });
    Ok(())
}

/// There is no finish reason for calls: a completed answer with a call waits for its result.
fn stop<'a>(object: &mut Object<'a>, parts: &[Part<'a>]) -> Stop<'a> {
    let reason = object
        .take_raw("incomplete_details")
        .and_then(|details| Object::open(details).ok()?)
        .and_then(|mut details| details.take_text("reason"));
    match reason.as_deref() {
        Some("max_output_tokens") => return Stop::Length,
        Some("content_filter") => return Stop::Filter,
        Some(_) => return reason.map_or(Stop::End, Stop::Other),
        None => {}
    }
    if parts.iter().any(|part| matches!(part.kind, PartKind::ToolCall(_))) {
        Stop::Tools
    } else {
        Stop::End
    }
}
