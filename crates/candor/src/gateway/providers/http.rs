//! What all providers over HTTP share: a request with the operator's key, and what of it must never be seen.
//!
//! Promises: no header of the client is forwarded but those that a provider's own folder names.

use super::keys::{SentKeys, UnfitKey};
use bytes::Bytes;
use egress::{Client, Outgoing, Reply, SendError};
use http::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderName, HeaderValue, USER_AGENT};
use http::{Method, Request, Response};
use std::sync::Arc;
use std::time::Duration;

/// A provider's server and the operator's keys for it.
pub struct Http {
    client: Arc<Client>,
    host: HeaderValue,
    keys: SentKeys,
}

/// A request of a provider's API.
pub struct Sending {
    /// Below the provider's address.
    pub path: &'static str,
    /// The headers that the provider's own API has.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub body: Vec<Bytes>,
    /// How the answer shall come.
    pub delivery: Delivery,
    /// Which of the provider's keys goes with it.
    pub key: usize,
    /// How long the head of the answer may take, where that is less than the provider's own limit.
    pub limit: Duration,
}

/// How the answer shall come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// One JSON document.
    Plain,
    /// Server-sent events.
    Streamed,
}

impl Http {
    /// A server behind `client`.
    ///
    /// # Errors
    /// If its address can't stand in a header.
    pub(super) fn new(client: Arc<Client>, keys: SentKeys) -> Result<Self, UnfitKey> {
        let host = HeaderValue::try_from(client.endpoint().authority().as_str())?;
        Ok(Self { client, host, keys })
    }

    /// The keys.
    pub fn keys(&self) -> &SentKeys {
        &self.keys
    }

    /// Sends a request and waits for the head of the answer.
    pub async fn send(&self, sending: Sending) -> Result<Response<Reply>, SendError> {
        let Sending {
            path,
            headers: more,
            body,
            delivery,
            key,
            limit,
        } = sending;
        let mut request = Request::new(Outgoing::from(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.client.endpoint().target(path);
        let headers = request.headers_mut();
        headers.reserve(5 + more.len());
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
        if let Some((name, value)) = self.keys.header(key) {
            headers.insert(name.clone(), value.clone());
        }
        headers.extend(more);
        self.client.send_within(limit, request).await
    }

    /// What must never be seen in anything that this server says: the operator's keys and the server's address.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let authority = self.client.endpoint().authority();
        self.keys.secrets().chain([authority.as_str(), authority.host()])
    }
}
