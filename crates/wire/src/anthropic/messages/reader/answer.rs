//! A plain message.

use super::parts;
use crate::anthropic::error;
use crate::json::{Object, Text, array, fragment};
use crate::neutral::{Answer, Choice, Place, Stop, Usage};
use crate::problem::BadAnswer;
use serde::Deserialize;

/// Reads an answer.
pub(crate) fn answer(body: &[u8]) -> Result<Answer<'_>, BadAnswer> {
    let value = fragment(body).map_err(|_| BadAnswer::NotAnAnswer)?;
    let mut object = Object::open(value)?.ok_or(BadAnswer::NotAnAnswer)?;
    if object.text("type").as_deref() == Some("error") {
        let failure = error::failure(body, None).ok_or(BadAnswer::NotAnAnswer)?;
        return Err(BadAnswer::Failed(Box::new(failure.into_owned())));
    }
    let blocks = object
        .take_raw("content")
        .and_then(array)
        .ok_or(BadAnswer::NotAnAnswer)?;
    let parts = blocks
        .into_iter()
        .map(|block| parts::block(block, Place::default()))
        .collect::<Result<Vec<_>, _>>()?;
    let reason = object.take_text("stop_reason");
    let sequence = object.take_text("stop_sequence");
    let stop = stop(reason, sequence, object.take("stop_details"));
    let mut unsaid = Vec::new();
    for lost in ["container"] {
        if object.take(lost).is_some() {
            unsaid.push(lost.to_owned());
        }
    }
    Ok(Answer {
        id: object.take_text("id").unwrap_or_default(),
        model: object.take_text("model").unwrap_or_default(),
        created: None,
        choices: vec![Choice { parts, stop }],
        usage: object
            .take_raw("usage")
            .and_then(|value| Counts::default().with(value))
            .and_then(|counts| counts.usage()),
        unsaid,
    })
}

/// `stop_reason` with what belongs to it.
pub(super) fn stop<'a>(
    reason: Option<Text<'a>>,
    sequence: Option<Text<'a>>,
    details: Option<crate::json::Fragment<'a>>,
) -> Stop<'a> {
    match reason.as_deref() {
        None | Some("end_turn") => Stop::End,
        Some("max_tokens") => Stop::Length,
        Some("stop_sequence") => Stop::Sequence(sequence),
        Some("tool_use") => Stop::Tools,
        Some("pause_turn") => Stop::Pause,
        Some("refusal") => Stop::Refusal(details),
        Some("model_context_window_exceeded") => Stop::Window,
        Some(_) => reason.map_or(Stop::End, Stop::Other),
    }
}

/// What `usage` says so far; in a stream a later one replaces what it repeats.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Counts {
    input: Option<u64>,
    cache_read: u64,
    cache_write: u64,
    cache_write_hour: u64,
    output: Option<u64>,
    thinking: u64,
}

impl Counts {
    /// With what `value` says; `None` if that is no usage.
    pub(super) fn with(self, value: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Said {
            input_tokens: Option<u64>,
            cache_creation_input_tokens: Option<u64>,
            cache_read_input_tokens: Option<u64>,
            cache_creation: Option<Creation>,
            output_tokens: Option<u64>,
            output_tokens_details: Option<Details>,
        }
        #[derive(Deserialize)]
        struct Creation {
            ephemeral_1h_input_tokens: Option<u64>,
        }
        #[derive(Deserialize)]
        struct Details {
            thinking_tokens: Option<u64>,
        }
        let said: Said = serde_json::from_str(value).ok()?;
        let hour = said
            .cache_creation
            .and_then(|creation| creation.ephemeral_1h_input_tokens);
        let thinking = said.output_tokens_details.and_then(|details| details.thinking_tokens);
        Some(Self {
            input: said.input_tokens.or(self.input),
            cache_read: said.cache_read_input_tokens.unwrap_or(self.cache_read),
            cache_write: said.cache_creation_input_tokens.unwrap_or(self.cache_write),
            cache_write_hour: hour.unwrap_or(self.cache_write_hour),
            output: said.output_tokens.or(self.output),
            thinking: thinking.unwrap_or(self.thinking),
        })
    }

    /// Disjoint; `None` if a count that matters is missing or a part is larger than its whole.
    pub(super) fn usage(&self) -> Option<Usage> {
        Some(Usage {
            input: self.input?,
            cache_read: self.cache_read,
            cache_write: self.cache_write.checked_sub(self.cache_write_hour)?,
            cache_write_hour: self.cache_write_hour,
            output: self.output?.checked_sub(self.thinking)?,
            reasoning: self.thinking,
        })
    }
}
