//! Completions, the API before chat: the answer, plain and streamed, has one shape. Requests are read by
//! [`crate::passing`].

mod reader;
mod writer;

pub use reader::{Answer, event, hear, hear_event, read};
pub use writer::{Completion, Finish};
