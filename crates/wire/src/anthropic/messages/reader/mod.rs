//! Messages, read whole into the neutral form.

mod answer;
mod parts;
mod request;
mod stream;
mod tools;

pub(crate) use answer::answer;
pub(crate) use request::{Purpose, request};
pub(crate) use stream::Stream;
