//! Messages, written from the neutral form.

mod answer;
mod parts;
mod request;
mod stream;
mod tools;

pub(crate) use answer::answer;
pub(crate) use request::{count, request};
pub(crate) use stream::Stream;
