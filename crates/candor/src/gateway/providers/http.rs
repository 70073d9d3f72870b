//! What all providers over HTTP share: a request with the operator's key, and what of it must never be seen.
//!
//! Promises: no header of the client is forwarded but those that a provider's own folder names.

use base::secret::Secret;
use bytes::Bytes;
use egress::{Client, Outgoing, Reply, SendError};
use http::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderName, HeaderValue, InvalidHeaderValue, USER_AGENT};
use http::{Method, Request, Response};
use std::sync::Arc;

/// A provider's server and the operator's key for it.
pub struct Http {
    client: Arc<Client>,
    host: HeaderValue,
    credential: Option<(HeaderName, HeaderValue)>,
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

impl Http {
    /// A server behind `client`; `key` goes out in the header `name`, behind `scheme`.
    ///
    /// # Errors
    /// If the key holds characters that no header can carry.
    pub(super) fn new(
        client: Arc<Client>,
        (name, scheme): (HeaderName, &str),
        key: Option<&Secret>,
    ) -> Result<Self, InvalidHeaderValue> {
        let credential = match key {
            Some(key) => {
                let mut value = HeaderValue::try_from(format!("{scheme}{}", key.expose()))?;
                value.set_sensitive(true);
                Some((name, value))
            }
            None => None,
        };
        let host = HeaderValue::try_from(client.endpoint().authority().as_str())?;
        Ok(Self {
            client,
            host,
            credential,
            secrets: key.into_iter().cloned().collect(),
        })
    }

    /// Sends a request to `path` below the base address and waits for the head of the answer. `more` are the headers that
    /// the provider's own API has.
    pub async fn send(
        &self,
        path: &str,
        more: Vec<(HeaderName, HeaderValue)>,
        body: Vec<Bytes>,
        delivery: Delivery,
    ) -> Result<Response<Reply>, SendError> {
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
        if let Some((name, value)) = &self.credential {
            headers.insert(name.clone(), value.clone());
        }
        headers.extend(more);
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
