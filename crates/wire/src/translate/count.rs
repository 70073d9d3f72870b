//! Counting a prompt's tokens: Anthropic's `count_tokens` and OpenAI's `responses/input_tokens`.

use crate::anthropic::messages;
use crate::dialect::Dialect;
use crate::json::{Object, Out};
use crate::loss::Losses;
use crate::neutral::Format;
use crate::openai::responses;
use crate::problem::Problem;
use bytes::Bytes;

/// Translates a request for the number of tokens; `None` if either format has none (chat completions).
///
/// # Errors
/// As [`super::request`].
pub fn count_request(
    from: Format,
    to: Format,
    body: &[u8],
    model: &str,
    dialect: &Dialect,
) -> Result<Option<Bytes>, Problem> {
    let request = match from {
        Format::Chat => return Ok(None),
        Format::Responses => responses::reader::request(body)?,
        Format::Messages => messages::reader::request(body, messages::reader::Purpose::Count)?,
    };
    let mut losses = Losses::new(from, to, dialect, body.len());
    Ok(match to {
        Format::Chat => None,
        Format::Responses => Some(responses::writer::count(&request, model, &mut losses)?.into_bytes()),
        Format::Messages => Some(messages::writer::count(&request, model, &mut losses)?.into_bytes()),
    })
}

/// The answer to it; `None` if `body` tells no number.
pub fn count_answer(to: Format, body: &[u8]) -> Option<Bytes> {
    let mut object = Object::read(body).ok()??;
    let tokens = object.take_number("input_tokens")?;
    let mut out = Out::default();
    out.open();
    if to == Format::Responses {
        out.member("object", "response.input_tokens");
    }
    out.member_number("input_tokens", tokens).close();
    Some(out.into_bytes())
}
