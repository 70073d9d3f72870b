//! Error bodies: `{"type":"error","error":{"type","message","details"?},"request_id"?}`.
//!
//! Source: `@anthropic-ai/sdk` 1.13, `core/error`; clients branch on `error.type` and `error.details.error_code`.

use crate::json::{Fragment, Object, Out};
use crate::neutral::{Failure, Fault, Format};

/// Reads an error body or the data of an error event; `None` if the document is none.
pub(crate) fn failure(body: &[u8], status: Option<u16>) -> Option<Failure<'_>> {
    let mut object = Object::read(body).ok()??;
    let mut inner = Object::open(object.take_raw("error")?).ok()??;
    let name = inner.take_text("type").unwrap_or_default();
    let details = inner.take_raw("details");
    let code = details
        .and_then(|details| Object::open(details).ok()?)
        .and_then(|mut details| details.take_text("error_code"));
    let fault = Fault::from_name(&name)
        .or(status.map(Fault::from_status))
        .unwrap_or(Fault::Server);
    Some(Failure {
        fault,
        message: inner.take_text("message").unwrap_or_default(),
        param: None,
        code,
        details: details.map(Fragment::borrowed),
    })
}

/// Writes an error body, or the data of an error event.
pub(crate) fn write(failure: &Failure<'_>, request_id: Option<&str>, out: &mut Out) {
    out.open().member("type", "error").key("error").open();
    out.member("type", failure.fault.name(Format::Messages))
        .member("message", &failure.message);
    if let Some(details) = &failure.details {
        out.member_raw("details", details.get());
    } else if let Some(code) = &failure.code {
        out.key("details").open().member("error_code", code).close();
    }
    out.close();
    if let Some(id) = request_id {
        out.member("request_id", id);
    }
    out.close();
}
