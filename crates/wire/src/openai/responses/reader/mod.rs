//! Responses, read whole into the neutral form.

mod answer;
mod items;
mod request;
mod stream;
mod tools;

pub(crate) use answer::answer;
pub(crate) use request::request;
pub(crate) use stream::Stream;
