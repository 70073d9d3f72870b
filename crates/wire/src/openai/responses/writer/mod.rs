//! Responses, written from the neutral form.

mod answer;
mod item;
mod items;
mod request;
mod stream;
mod tools;

pub(crate) use answer::{ECHOED, answer};
pub(crate) use request::{count, request};
pub(crate) use stream::Stream;
