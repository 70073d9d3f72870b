//! What is behind the addresses of the model APIs; everything else falls through to the router of pages and platform API.

mod candor;
mod openai;
pub mod platform;

use super::Gateway;
use super::answer::Answer;
use super::pipeline;
use super::refusal::Refusal;
use super::stages::accept::{Arrived, accept};
use super::upload::Upload;
use crate::people::People;
use crate::records::Records;
use futures_util::future::BoxFuture;
use http::{HeaderValue, Method, Request, Response};
use hyper::body::Incoming;
use std::sync::Arc;
use tower::ServiceExt;

/// All that answers on the public listener.
pub struct Apis {
    /// The model APIs.
    pub gateway: Arc<Gateway>,
    /// Names of keys.
    pub people: Arc<People>,
    /// Receipts and usage.
    pub records: Arc<Records>,
    /// Pages and platform API.
    pub router: axum::Router,
}

impl Apis {
    /// Answers one request. Boxed, so that a connection holds the size of a pointer and not of the longest stage.
    pub fn answer(self: Arc<Self>, request: Request<Incoming>) -> BoxFuture<'static, Response<Answer>> {
        Box::pin(async move { self.identified(request).await })
    }

    /// Every response carries its id twice: for SDKs and as the receipt's id.
    async fn identified(&self, request: Request<Incoming>) -> Response<Answer> {
        let arrived = accept(&self.gateway);
        let mut response = match self.route(arrived, request).await {
            Ok(response) => response,
            Err(refusal) => {
                self.gateway
                    .meters
                    .turned_away(refusal.error.code.as_deref().unwrap_or("upstream"));
                refusal.into_response()
            }
        };
        let id = HeaderValue::try_from(arrived.id.to_string()).expect("an id is letters, digits and an underscore");
        response.headers_mut().insert("x-request-id", id.clone());
        response.headers_mut().insert("x-candor-receipt", id);
        response
    }

    async fn route(&self, arrived: Arrived, request: Request<Incoming>) -> Result<Response<Answer>, Refusal> {
        if !request.uri().path().starts_with("/v1/") {
            return self.fall_through(request).await;
        }
        let (head, body) = request.into_parts();
        let upload = Upload::new(&head, body, self.gateway.limits.body.bytes());
        let (path, headers) = (head.uri.path(), &head.headers);
        // HEAD is GET whose body stays behind.
        let method = if head.method == Method::HEAD {
            &Method::GET
        } else {
            &head.method
        };
        match (method, path) {
            (&Method::POST, "/v1/chat/completions") => {
                pipeline::generate(&self.gateway, arrived, headers, upload).await
            }
            (&Method::GET, "/v1/models") => openai::models::list(&self.gateway, headers),
            (&Method::GET, "/v1/candor/key") => candor::key::show(self, headers).await,
            (&Method::GET, _) => {
                if let Some(name) = path.strip_prefix("/v1/models/") {
                    openai::models::show(&self.gateway, headers, name)
                } else if let Some(id) = path.strip_prefix("/v1/candor/receipts/") {
                    candor::receipts::show(self, headers, id).await
                } else {
                    Err(Refusal::unknown_url(head.method.as_str(), path))
                }
            }
            (method, _) => Err(Refusal::unknown_url(method.as_str(), path)),
        }
    }

    async fn fall_through(&self, request: Request<Incoming>) -> Result<Response<Answer>, Refusal> {
        match self.router.clone().oneshot(request).await {
            Ok(response) => Ok(response.map(Answer::Routed)),
            Err(never) => match never {},
        }
    }
}

/// A JSON answer.
fn json(body: bytes::Bytes) -> Response<Answer> {
    let mut response = Response::new(Answer::from(body));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(http::header::CONTENT_TYPE, json);
    response
}
