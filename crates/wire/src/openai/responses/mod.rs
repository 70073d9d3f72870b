//! Responses: the request, the plain answer, the events of a streamed one.

pub(crate) mod reader;
pub(crate) mod writer;
