//! The built-in provider: test models that answer in this process, for the first five minutes, for tests and for demos.
//!
//! Promises: the same request gets the same answer, streamed or not, in the API that it came in; nothing leaves the machine;
//! the answer says that it comes from a test model; the prompt is not repeated in it, unless its API's `echo` asks for that.
//! Obeys directives in the prompt (see [`directives`]).

mod calls;
mod completions;
mod conversation;
pub mod directives;
mod embeddings;
mod reply;
mod schema;
mod words;

pub use reply::{Cut, SandboxReply, Staged};

use self::directives::Directives;
use self::words::Prompt;
use crate::gateway::api::Api;
use crate::gateway::codes::Code;
use crate::gateway::request::Request;
use std::time::Duration;
use wire::neutral::Format;
use wire::openai::error::ErrorObject;
use wire::problem::Problem;

/// Name of the provider in receipts and in the list of recipients.
pub const NAME: &str = crate::config::provider::SANDBOX;

/// The chat model.
pub const CHAT_MODEL: &str = crate::config::provider::SANDBOX_CHAT;

/// Every model.
pub const MODELS: [&str; 2] = crate::config::provider::SANDBOX_MODELS;

/// Most tokens of one answer.
pub const MAX_OUTPUT: u64 = 4096;

/// Does its `model` answer requests of `api`?
pub fn answers(api: Api, model: &str) -> bool {
    (api == Api::Embeddings) == (model == crate::config::provider::SANDBOX_EMBED)
}

/// Answers a request; `body` is what the client sent.
///
/// # Errors
/// If the body, read whole, is no request of its API.
pub fn answer(api: Api, request: &Request, body: &[u8], output_cap: u64) -> Result<Staged, Problem> {
    // A test model may read its prompt again; the pipeline does not.
    let texts = Request::read(api, body).map(|(_, texts)| texts).unwrap_or_default();
    let directives = Directives::of(texts.iter().map(|text| &**text));
    if let Some(status) = directives.error {
        return Ok(refused(status, &directives));
    }
    let prompt = Prompt::of(&texts, &directives, output_cap);
    let frames = match api {
        Api::Chat => conversation::answer(Format::Chat, request, body, &prompt)?,
        Api::Responses | Api::InputTokens => conversation::answer(Format::Responses, request, body, &prompt)?,
        Api::Messages | Api::CountTokens => conversation::answer(Format::Messages, request, body, &prompt)?,
        Api::Completions => completions::answer(request, body, &prompt),
        Api::Embeddings => embeddings::answer(request, body, &prompt)?,
    };
    Ok(Staged {
        status: 200,
        content_type: if request.is_streamed() {
            "text/event-stream; charset=utf-8"
        } else {
            "application/json"
        },
        delay: directives.delay,
        pace: directives.pace,
        frames,
        cut: directives.cut,
    })
}

/// The error that a prompt asked for.
pub fn asked_for_error(status: u16) -> ErrorObject<'static> {
    ErrorObject {
        message: format!("The prompt asked the sandbox for status {status}.").into(),
        kind: if status < 500 {
            "invalid_request_error"
        } else {
            "server_error"
        }
        .into(),
        param: None,
        code: Some(Code::SandboxError.name().into()),
    }
}

fn refused(status: u16, directives: &Directives) -> Staged {
    Staged {
        status,
        content_type: "application/json",
        delay: directives.delay,
        pace: Duration::ZERO,
        frames: vec![asked_for_error(status).to_body()],
        cut: false,
    }
}
