//! Plain answers.

use super::{Asked, custom};
use crate::anthropic::messages;
use crate::neutral::{Answer, Format, Usage};
use crate::openai::{chat, responses};
use crate::problem::BadAnswer;
use bytes::Bytes;

/// An answer on its way to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translated {
    /// The body.
    pub body: Bytes,
    /// What the provider told as used, if it is consistent.
    pub usage: Option<Usage>,
    /// Bytes of what the model wrote: what an estimate of the output goes by.
    pub content_bytes: usize,
    /// What of the answer the client's format has no place for.
    pub unsaid: Vec<String>,
}

/// Reads an answer of any format.
///
/// # Errors
/// If the body is no answer of the format, or says that it failed.
pub fn read_answer(format: Format, body: &[u8]) -> Result<Answer<'_>, BadAnswer> {
    match format {
        Format::Chat => chat::reader::answer(body),
        Format::Responses => responses::reader::answer(body),
        Format::Messages => messages::reader::answer(body),
    }
}

/// Translates an answer from the provider's format to the client's. If the provider tells no usage,
/// `fallback` makes one from what the model wrote.
///
/// # Errors
/// If the body is no answer of its format, or says that it failed.
pub fn answer(
    from: Format,
    to: Format,
    body: &[u8],
    asked: &Asked,
    fallback: Option<&dyn Fn(&Answer<'_>) -> Usage>,
) -> Result<Translated, BadAnswer> {
    let mut answer = read_answer(from, body)?;
    let (usage, content_bytes) = (answer.usage, answer.content_bytes());
    answer.usage = usage.or_else(|| fallback.map(|counted| counted(&answer)));
    custom::restore(&mut answer, &asked.custom_tools);
    let mut unsaid = std::mem::take(&mut answer.unsaid);
    let body = write(to, &answer, asked, &mut unsaid);
    unsaid.sort_unstable();
    unsaid.dedup();
    Ok(Translated {
        body,
        usage,
        content_bytes,
        unsaid,
    })
}

/// Writes an answer that was made here.
pub fn write_answer(to: Format, answer: &Answer<'_>, asked: &Asked) -> Bytes {
    write(to, answer, asked, &mut Vec::new())
}

fn write(to: Format, answer: &Answer<'_>, asked: &Asked, unsaid: &mut Vec<String>) -> Bytes {
    let out = match to {
        Format::Chat => chat::writer::answer(answer, asked, unsaid),
        Format::Responses => responses::writer::answer(answer, asked, unsaid),
        Format::Messages => messages::writer::answer(answer, asked, unsaid),
    };
    out.into_bytes()
}
