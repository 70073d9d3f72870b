//! What a client asks for, whatever API it speaks: the few members that the stages act on.
//!
//! Promises: the body is read once, and members that Candor acts on stand in it once; every text that a model would read is
//! handed to the filter. Leaves out: what only a translation needs, which reads the body whole.

use super::api::Api;
use super::refusal::Refusal;
use bytes::Bytes;
use std::borrow::Cow;
use wire::openai::chat::request as chat;
use wire::splice::{self, Splice};
use wire::{passing, translate};

/// A request that was read.
#[derive(Debug, Clone)]
pub enum Request {
    /// Chat completions, most of the traffic.
    Chat(chat::Request),
    /// Any other API.
    Other(passing::Request),
}

impl Request {
    /// Reads the body of a request; the second value is every text in it, for the filter.
    ///
    /// # Errors
    /// If it is no request of the API, or needs what Candor does not do.
    pub fn read(api: Api, body: &[u8]) -> Result<(Self, Vec<Cow<'_, str>>), Refusal> {
        let Some(endpoint) = api.endpoint() else {
            let (request, texts) = chat::read(body).map_err(|problem| Refusal::bad_request(&problem))?;
            return Ok((Self::Chat(request), texts));
        };
        let (request, texts) = passing::read(endpoint, body).map_err(|problem| Refusal::bad(&problem))?;
        match request.needs_keeping {
            Some(member) => Err(Refusal::needs_keeping(member)),
            None => Ok((Self::Other(request), texts)),
        }
    }

    /// The model, as the client names it.
    pub fn model(&self) -> &str {
        match self {
            Self::Chat(request) => &request.model,
            Self::Other(request) => &request.model,
        }
    }

    /// Shall the answer come as events?
    pub fn is_streamed(&self) -> bool {
        match self {
            Self::Chat(request) => request.stream,
            Self::Other(request) => request.stream,
        }
    }

    /// Does the client want the chunk that tells the usage, which providers are always asked for?
    pub fn wants_usage(&self) -> bool {
        match self {
            Self::Chat(request) => request.include_usage,
            Self::Other(request) => request.include_usage,
        }
    }

    /// Most tokens of one answer, as the client says it.
    pub fn output_cap(&self) -> Option<u64> {
        match self {
            Self::Chat(request) => request.output_cap,
            Self::Other(request) => request.output_cap,
        }
    }

    /// How many answers there will be; 0 where nothing is written, as for embeddings.
    pub fn answers(&self) -> u64 {
        match self {
            Self::Chat(request) => request.choices,
            Self::Other(request) => request.answers,
        }
    }

    /// The end user's id as the client sent it.
    pub fn user(&self) -> Option<&str> {
        match self {
            Self::Chat(request) => request.user.as_deref(),
            Self::Other(request) => request.user.as_deref(),
        }
    }

    /// The body as a provider of the same API shall read it; all but the changed bytes are shared with what the client sent.
    pub fn changed(&self, body: &Bytes, changes: &translate::Changes<'_>) -> Vec<Bytes> {
        let splices: Vec<Splice> = match self {
            Self::Chat(request) => request.changes(chat::Changes {
                model: changes.model,
                output_cap: changes.output_cap,
                user: changes.user,
            }),
            Self::Other(request) => request.changes(changes),
        };
        splice::apply(body, splices)
    }
}
