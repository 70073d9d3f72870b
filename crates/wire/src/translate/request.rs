//! Requests.

use super::Asked;
use crate::anthropic::messages;
use crate::dialect::Dialect;
use crate::loss::{Dropped, Losses};
use crate::neutral::{Format, Request};
use crate::openai::{chat, responses};
use crate::problem::Problem;
use bytes::Bytes;

/// What an upstream shall read in place of what the client wrote.
#[derive(Debug, Clone, Copy)]
pub struct Changes<'c> {
    /// The upstream's name of the model.
    pub model: &'c str,
    /// Most tokens of the answer; sent if the client named none or more.
    pub output_cap: u64,
    /// Pseudonym in place of the end user's id; without one none is sent.
    pub user: Option<&'c str>,
}

/// A request on its way to the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outbound {
    /// The body.
    pub body: Bytes,
    /// What was left out.
    pub dropped: Dropped,
    /// What the answer has to know.
    pub asked: Asked,
}

/// Reads a request of any format.
///
/// # Errors
/// If the body is no request of the format.
pub fn read_request(format: Format, body: &[u8]) -> Result<Request<'_>, Problem> {
    match format {
        Format::Chat => chat::reader::request(body),
        Format::Responses => responses::reader::request(body),
        Format::Messages => messages::reader::request(body, messages::reader::Purpose::Answer),
    }
}

/// Translates a request from the client's format to the provider's.
///
/// `asked` brings the answer's id, its time and the model's name for the client.
///
/// # Errors
/// If the body is no request of its format, or says what the other can't and what must not be left out.
pub fn request(
    from: Format,
    to: Format,
    body: &[u8],
    changes: &Changes<'_>,
    dialect: &Dialect,
    asked: Asked,
) -> Result<Outbound, Problem> {
    let request = read_request(from, body)?;
    let mut losses = Losses::new(from, to, dialect, body.len());
    let out = match to {
        Format::Chat => chat::writer::request(&request, changes, &mut losses)?,
        Format::Responses => responses::writer::request(&request, changes, &mut losses)?,
        Format::Messages => messages::writer::request(&request, changes, &mut losses)?,
    };
    Ok(Outbound {
        body: out.into_bytes(),
        dropped: losses.dropped,
        asked: asked.by(&request, body),
    })
}
