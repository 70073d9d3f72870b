//! Chat completions, written from the neutral form.

mod answer;
mod parts;
mod request;
mod stream;
mod tools;

pub(crate) use answer::answer;
pub(crate) use parts::{annotations, cache_mark};
pub(crate) use request::{members as schema_members, request};
pub(crate) use stream::Stream;
pub(crate) use tools::{kind_name, without_tools};
