//! The built-in provider: a test model that answers in this process, for the first five minutes, for tests and for demos.
//!
//! Promises: the same request gets the same answer, streamed or not; nothing leaves the machine; the answer says that it
//! comes from a test model; the prompt is not repeated in it. Obeys directives in the prompt (see [`directives`]).

mod chat;
pub mod directives;
mod reply;
mod schema;

pub use chat::{answer, asked_for_error};
pub use reply::{Cut, SandboxReply, Staged};

/// Name of the provider in receipts and in the list of recipients.
pub const NAME: &str = crate::config::provider::SANDBOX;

/// The chat model.
pub const CHAT_MODEL: &str = crate::config::provider::SANDBOX_CHAT;

/// Most tokens of one answer.
pub const MAX_OUTPUT: u64 = 4096;
