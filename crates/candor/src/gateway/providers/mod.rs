//! The providers: one folder each, with the same shape; adding one touches nothing else than its line here and the kind's name
//! in the configuration.

pub mod anthropic;
mod errors;
mod http;
mod keys;
pub mod openai;
mod retry_after;
pub mod sandbox;

pub use self::errors::refusal;
pub use self::http::{Delivery, Http, Sending};
pub use self::keys::{ProviderKeys, SentKeys, UnfitKey};
pub use self::retry_after::retry_after;

use super::api::Api;
use bytes::Bytes;
use egress::{Reply, ReplyError};
use http_body::{Body, Frame};
use sandbox::SandboxReply;
use std::pin::Pin;
use std::task::{Context, Poll};
use wire::dialect::Dialect;
use wire::neutral::Format;

/// A configured provider.
pub struct Provider {
    /// Its name in the configuration, as receipts show it.
    pub name: String,
    /// Where it computes, as the operator declares it.
    pub region: Option<String>,
    /// How it is spoken to.
    pub kind: Kind,
}

/// The protocols.
pub enum Kind {
    /// In this process.
    Sandbox,
    /// OpenAI, and every server that speaks its API.
    OpenAi(openai::Upstream),
    /// Anthropic.
    Anthropic(anthropic::Upstream),
}

/// How a request gets to a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It speaks the client's API: the bytes pass, to this path.
    Passing(&'static str),
    /// It speaks another one: the conversation is translated, and goes to this path.
    Translated {
        /// The provider's format.
        to: Format,
        /// In what the server differs from the format's maker.
        dialect: &'static Dialect,
        /// Where.
        path: &'static str,
    },
}

impl Provider {
    /// The built-in one.
    pub fn sandbox() -> Self {
        Self {
            name: sandbox::NAME.to_owned(),
            region: Some("local".to_owned()),
            kind: Kind::Sandbox,
        }
    }

    /// Does it answer in this process?
    pub fn is_sandbox(&self) -> bool {
        matches!(self.kind, Kind::Sandbox)
    }

    /// How a request of `api` for its `model` gets there; `None` if it has no words for such a request.
    pub fn way(&self, api: Api, model: &str) -> Option<Way> {
        match &self.kind {
            Kind::Sandbox => sandbox::answers(api, model).then_some(Way::Passing("")),
            Kind::OpenAi(upstream) => upstream.way(api),
            Kind::Anthropic(_) => anthropic::way(api),
        }
    }

    /// Most tokens that it adds to a prompt by itself and counts as input.
    pub fn unseen_prompt(&self) -> u64 {
        match &self.kind {
            Kind::Sandbox => 0,
            Kind::OpenAi(_) => openai::UNSEEN_PROMPT,
            Kind::Anthropic(_) => anthropic::UNSEEN_PROMPT,
        }
    }

    /// The connection, if there is one.
    pub fn http(&self) -> Option<&Http> {
        match &self.kind {
            Kind::Sandbox => None,
            Kind::OpenAi(upstream) => Some(upstream.http()),
            Kind::Anthropic(upstream) => Some(upstream.http()),
        }
    }
}

/// The body of a provider's answer.
pub enum UpstreamBody {
    /// Over the network.
    Network(Reply),
    /// Out of this process.
    Sandbox(SandboxReply),
}

/// The provider's answer broke off before its end.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamCut {
    /// The connection.
    #[error(transparent)]
    Network(#[from] ReplyError),
    /// The sandbox, because the prompt asked for it.
    #[error(transparent)]
    Sandbox(#[from] sandbox::Cut),
}

impl UpstreamBody {
    /// The next piece of the body.
    pub fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, UpstreamCut>>> {
        match self {
            Self::Network(reply) => Pin::new(reply)
                .poll_frame(cx)
                .map(|frame| frame.map(|r| r.map_err(Into::into))),
            Self::Sandbox(reply) => reply.poll_frame(cx).map(|frame| frame.map(|r| r.map_err(Into::into))),
        }
    }
}
