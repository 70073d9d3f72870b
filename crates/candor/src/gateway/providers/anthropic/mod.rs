//! Anthropic's API.
//!
//! The bytes of a request that change on the way are those that `wire::passing::Request::changes` lists for messages. Of the
//! client's head `anthropic-version`, `anthropic-beta` and `?beta=true` go on, checked (`gateway::call`); requests that were
//! translated name the version that this folder knows.

use super::{Http, ProviderKeys, UnfitKey, Way};
use crate::gateway::api::{ANTHROPIC_VERSION, Api};
use crate::gateway::call::{AnthropicHead, Query};
use egress::Client;
use http::header::{HeaderName, HeaderValue};
use std::sync::Arc;
use wire::dialect::Dialect;
use wire::neutral::Format;

const MESSAGES_PATH: &str = "/messages";
const COUNT_PATH: &str = "/messages/count_tokens";
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const VERSION: HeaderName = HeaderName::from_static(ANTHROPIC_VERSION);
const BETA: HeaderName = HeaderName::from_static("anthropic-beta");

/// Most tokens of the system prompt that Anthropic adds where tools are given (346 to 804 by model and tool, as its manual
/// says of tool use), and that its usage counts: a short request has more tokens than bytes.
pub const UNSEEN_PROMPT: u64 = 1024;

/// The version of requests that were translated: the older one, whose sampling most clients of other formats ask for.
const TRANSLATED_VERSION: HeaderValue = HeaderValue::from_static("2023-06-01");
static TRANSLATED_DIALECT: Dialect = Dialect::ANTHROPIC_2023;

/// The server and the operator's key for it.
pub struct Upstream {
    http: Http,
}

impl Upstream {
    /// A server behind `client`; one of `keys` goes out as `x-api-key`.
    ///
    /// # Errors
    /// If a key holds characters that no header can carry.
    pub fn new(client: Arc<Client>, keys: ProviderKeys) -> Result<Self, UnfitKey> {
        let http = Http::new(client, keys.sent_as(&API_KEY, "")?)?;
        Ok(Self { http })
    }

    /// The connection.
    pub(super) fn http(&self) -> &Http {
        &self.http
    }
}

/// How a request of `api` gets there.
pub(super) fn way(api: Api) -> Option<Way> {
    let translated = |path| {
        Some(Way::Translated {
            to: Format::Messages,
            dialect: &TRANSLATED_DIALECT,
            path,
        })
    };
    match api {
        Api::Messages => Some(Way::Passing(MESSAGES_PATH)),
        Api::CountTokens => Some(Way::Passing(COUNT_PATH)),
        Api::Chat | Api::Responses => translated(MESSAGES_PATH),
        Api::InputTokens => translated(COUNT_PATH),
        Api::Completions | Api::Embeddings => None,
    }
}

/// The headers of a request; `head` is what the client said, if it speaks this API.
pub fn headers(head: Option<&AnthropicHead>) -> Vec<(HeaderName, HeaderValue)> {
    let version = head.map_or(TRANSLATED_VERSION, |head| head.version.clone());
    let betas = head.and_then(|head| head.betas.clone());
    [(VERSION, version)]
        .into_iter()
        .chain(betas.map(|betas| (BETA, betas)))
        .collect()
}

/// The path with the query that the client sent.
pub fn path(path: &'static str, head: Option<&AnthropicHead>) -> &'static str {
    match (path, head.map(|head| head.query)) {
        (MESSAGES_PATH, Some(Query::Beta)) => "/messages?beta=true",
        (COUNT_PATH, Some(Query::Beta)) => "/messages/count_tokens?beta=true",
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clients_own_version_and_betas_go_on_and_a_translated_request_names_the_known_one() {
        let head = AnthropicHead {
            version: HeaderValue::from_static("2026-10-21"),
            betas: Some(HeaderValue::from_static("a,b")),
            query: Query::Beta,
        };
        let sent = headers(Some(&head));
        assert_eq!(
            sent,
            [(VERSION, head.version.clone()), (BETA, HeaderValue::from_static("a,b"))]
        );
        assert_eq!(path(MESSAGES_PATH, Some(&head)), "/messages?beta=true");
        assert_eq!(headers(None), [(VERSION, TRANSLATED_VERSION)]);
        assert_eq!(path(MESSAGES_PATH, None), "/messages");
    }
}
