//! Chat completions, read whole into the neutral form.

mod answer;
mod parts;
mod request;
mod stream;
mod tools;

pub(crate) use answer::answer;
pub(crate) use parts::cache_mark;
pub(crate) use request::request;
pub(crate) use stream::Stream;
pub(crate) use tools::custom_or_function;
