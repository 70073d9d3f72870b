//! What Candor needs to know of an answer.

use crate::event_stream;
use crate::json::{Object, array};
use crate::neutral::Usage;
use crate::openai::chat::event::Event;
use crate::openai::usage;

/// A plain answer, or a chunk of a streamed one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Number of choices.
    pub choices: usize,
    /// Bytes of their texts.
    pub text_bytes: usize,
    /// Usage as the provider reports it, if it does and it is consistent.
    pub usage: Option<Usage>,
}

/// Reads an answer or a chunk; `None` if it is none (broken JSON, an error in a 200).
pub fn read(body: &[u8]) -> Option<Answer> {
    hear(body, &mut |_| ())
}

/// As [`read`]; tells the texts that the model wrote.
pub fn hear(body: &[u8], written: &mut dyn FnMut(&str)) -> Option<Answer> {
    let mut object = Object::read(body).ok()??;
    if object.take("error").is_some() {
        return None;
    }
    let choices = object.take_raw("choices").and_then(array)?;
    let mut text_bytes = 0;
    for choice in &choices {
        let mut choice = Object::open(choice).ok()??;
        if let Some(text) = choice.take_text("text") {
            text_bytes += text.len();
            written(&text);
        }
    }
    Some(Answer {
        choices: choices.len(),
        text_bytes,
        usage: object.take_raw("usage").and_then(usage::read),
    })
}

/// Reads one event of a stream, as [`crate::openai::chat::event::read`] does for chat completions.
pub fn event(event: &[u8]) -> Event {
    hear_event(event, &mut |_| ())
}

/// As [`event`]; tells the texts that the model wrote.
pub fn hear_event(event: &[u8], written: &mut dyn FnMut(&str)) -> Event {
    let Some(data) = event_stream::data(event) else {
        return Event::Other;
    };
    if data == b"[DONE]" {
        return Event::Done;
    }
    let Some(answer) = hear(data, written) else {
        return Event::Error;
    };
    match answer.usage.map(usage::wholes) {
        Some(usage) if answer.choices == 0 => Event::UsageOnly(usage),
        Some(usage) => Event::UsageAside(usage),
        None if answer.text_bytes > 0 => Event::Content {
            text_bytes: answer.text_bytes,
        },
        None => Event::Other,
    }
}
