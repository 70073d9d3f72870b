//! The providers: one folder each, with the same shape; adding one touches nothing else than its line here.

pub mod openai;
pub mod sandbox;

use bytes::Bytes;
use egress::{Reply, ReplyError};
use http_body::{Body, Frame};
use sandbox::SandboxReply;
use std::pin::Pin;
use std::task::{Context, Poll};

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
    /// Any OpenAI-compatible server.
    OpenAi(openai::Upstream),
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
