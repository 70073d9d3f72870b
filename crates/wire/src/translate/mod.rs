//! From one format to another: requests on their way to the provider, answers, streams and errors on their way back.
//!
//! A gateway calls [`request`] once, then either [`answer`] or a [`Stream`], or [`read_error`] and [`write_error`] where the
//! provider refused.
//! Promises: an answer that the provider cut never looks complete; what a stream holds in memory is bounded by
//! [`Limits`]; parts reach formats that know one open block at a time one after the other, however the provider mixes
//! them. Leaves out: HTTP, and answers of the same format, which pass through untouched.

mod answer;
mod asked;
mod count;
mod custom;
mod error;
mod ports;
mod request;
mod serial;
mod stream;

pub use answer::{Translated, answer, read_answer, write_answer};
pub use asked::Asked;
pub use count::{count_answer, count_request};
pub use error::{WrittenError, read_error, write_error};
pub use ports::{Reader, Writer};
pub use request::{Changes, Outbound, read_request, request};
pub use stream::{Limits, State, Stream};
