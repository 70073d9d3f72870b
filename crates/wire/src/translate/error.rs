//! Errors that come before an answer.

use crate::json::Out;
use crate::neutral::{Failure, Fault, Format};
use crate::{anthropic, openai};
use bytes::Bytes;

/// An error on its way to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenError {
    /// Whose fault it is.
    pub fault: Fault,
    /// The status in the client's format.
    pub status: u16,
    /// The body.
    pub body: Bytes,
}

/// Reads an error of the provider. A body that is none of its format still becomes one, by its status alone and
/// without its words. What the words must not carry outside is taken out by [`Failure::without`].
pub fn read_error(from: Format, status: u16, body: &[u8]) -> Failure<'_> {
    let failure = match from {
        Format::Chat | Format::Responses => openai::error::failure(body, Some(status)),
        Format::Messages => anthropic::error::failure(body, Some(status)),
    };
    failure.unwrap_or_else(|| Failure {
        fault: Fault::from_status(status),
        message: "The model's provider refused the request and gave no reason.".into(),
        param: None,
        code: None,
        details: None,
    })
}

/// Writes an error for the client.
pub fn write_error(to: Format, failure: &Failure<'_>, request_id: Option<&str>) -> WrittenError {
    let mut out = Out::default();
    match to {
        Format::Chat | Format::Responses => openai::error::write(failure, to, &mut out),
        Format::Messages => anthropic::error::write(failure, request_id, &mut out),
    }
    WrittenError {
        fault: failure.fault,
        status: failure.fault.status(to),
        body: out.into_bytes(),
    }
}
