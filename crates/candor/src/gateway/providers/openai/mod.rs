//! OpenAI and every server that speaks its API: Mistral, vLLM, llama.cpp, Ollama, other gateways. In what they differ stands
//! in `facts`.
//!
//! The bytes of a request that change on the way are listed in `wire::openai::chat::request::Request::changes` and
//! `wire::passing::Request::changes`; no header of the client is forwarded.

mod facts;

pub use facts::{COMPATIBLE, Facts, MISTRAL, OPENAI, SERVER};

use super::{Http, ProviderKeys, UnfitKey, Way};
use crate::gateway::api::Api;
use egress::Client;
use http::header::AUTHORIZATION;
use std::sync::Arc;

/// Most tokens that chat templates of open models write around a short conversation (gpt-oss about 70, Llama 3 and Qwen 30).
pub const UNSEEN_PROMPT: u64 = 256;

/// A server and what is known of its kind.
pub struct Upstream {
    http: Http,
    facts: &'static Facts,
}

impl Upstream {
    /// A server behind `client`; one of `keys` goes out as a bearer token.
    ///
    /// # Errors
    /// If a key holds characters that no header can carry.
    pub fn new(client: Arc<Client>, keys: ProviderKeys, facts: &'static Facts) -> Result<Self, UnfitKey> {
        let http = Http::new(client, keys.sent_as(&AUTHORIZATION, "Bearer ")?)?;
        Ok(Self { http, facts })
    }

    /// The connection.
    pub(super) fn http(&self) -> &Http {
        &self.http
    }

    /// How a request of `api` gets there.
    pub(super) fn way(&self, api: Api) -> Option<Way> {
        self.facts.way(api)
    }
}
