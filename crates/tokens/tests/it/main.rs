//! What the crate promises, against OpenAI's own implementation.

mod known;
mod laws;
mod streamed;
