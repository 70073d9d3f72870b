//! OpenAI and every server that speaks its API: vLLM, llama.cpp, Ollama, other gateways.
//!
//! The bytes of a request that change on the way are listed in [`wire::openai::chat::request::Request::changes`]; no
//! header of the client is forwarded.

mod errors;

pub use errors::{refusal, scrubbed};

use base::secret::Secret;
use bytes::Bytes;
use egress::{Client, Outgoing, Reply, SendError};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, InvalidHeaderValue, USER_AGENT};
use http::{Method, Request, Response};
use std::sync::Arc;

/// An OpenAI-compatible server and the operator's key for it.
pub struct Upstream {
    client: Arc<Client>,
    host: HeaderValue,
    authorization: Option<HeaderValue>,
    secrets: Vec<Secret>,
}

/// How the answer shall come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// One JSON document.
    Plain,
    /// Server-sent events.
    Streamed,
}

impl Upstream {
    /// A server behind `client`; `key` goes out as a bearer token.
    ///
    /// # Errors
    /// If the key holds characters that no header can carry.
    pub fn new(client: Arc<Client>, key: Option<&Secret>) -> Result<Self, InvalidHeaderValue> {
        let authorization = match key {
            Some(key) => {
                let mut value = HeaderValue::try_from(format!("Bearer {}", key.expose()))?;
                value.set_sensitive(true);
                Some(value)
            }
            None => None,
        };
        let host = HeaderValue::try_from(client.endpoint().authority().as_str())?;
        Ok(Self {
            client,
            host,
            authorization,
            secrets: key.into_iter().cloned().collect(),
        })
    }

    /// Sends a chat completion request and waits for the head of the answer.
    pub async fn chat(&self, body: Vec<Bytes>, delivery: Delivery) -> Result<Response<Reply>, SendError> {
        let mut request = Request::new(Outgoing::from(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.client.endpoint().target("/chat/completions");
        let headers = request.headers_mut();
        headers.reserve(5);
        headers.insert(HOST, self.host.clone());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(
            ACCEPT,
            match delivery {
                Delivery::Plain => HeaderValue::from_static("application/json"),
                Delivery::Streamed => HeaderValue::from_static("text/event-stream"),
            },
        );
        headers.insert(
            USER_AGENT,
            HeaderValue::from_static(concat!("candor/", env!("CARGO_PKG_VERSION"))),
        );
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        self.client.send(request).await
    }

    /// What must never be seen in anything that this server says: the operator's key and the server's address.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let authority = self.client.endpoint().authority();
        self.secrets
            .iter()
            .map(Secret::expose)
            .chain([authority.as_str(), authority.host()])
    }
}
