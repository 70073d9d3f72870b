//! What is behind the addresses of the model APIs; everything else falls through to the router of pages and platform API.

mod candor;
mod openai;
pub mod platform;
pub mod routes;

use super::Gateway;
use super::answer::Answer;
use super::pipeline;
use super::refusal::Refusal;
use super::stages::accept::{Arrived, accept};
use super::upload::Upload;
use crate::people::People;
use crate::records::Records;
use crate::web::headers::{self, Transport};
use crate::web::site::Site;
use futures_util::future::BoxFuture;
use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use routes::Endpoint;
use std::sync::Arc;

/// All that answers on the public listener.
pub struct Apis {
    /// The model APIs.
    pub gateway: Arc<Gateway>,
    /// Names of keys.
    pub people: Arc<People>,
    /// Receipts and usage.
    pub records: Arc<Records>,
    /// Pages and platform API.
    pub site: Site,
    /// How clients reach the listener.
    pub transport: Transport,
}

impl Apis {
    /// Answers one request. Boxed, so that a connection holds the size of a pointer and not of the longest stage.
    pub fn answer(self: Arc<Self>, request: Request<Incoming>) -> BoxFuture<'static, Response<Answer>> {
        Box::pin(async move { self.identified(request).await })
    }

    /// Every response carries its id twice, for SDKs and as the receipt's id, and the headers that all have.
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
        let headers = response.headers_mut();
        headers.insert("x-request-id", id.clone());
        headers.insert("x-candor-receipt", id);
        headers::everywhere(self.transport, headers);
        response
    }

    async fn route(&self, arrived: Arrived, request: Request<Incoming>) -> Result<Response<Answer>, Refusal> {
        if !request.uri().path().starts_with("/v1/") {
            return Ok(self.site.answer(request).await.map(Answer::Routed));
        }
        let (head, body) = request.into_parts();
        let upload = Upload::new(&head, body, self.gateway.limits.body.bytes());
        let (path, headers) = (head.uri.path(), &head.headers);
        let Some((endpoint, rest)) = Endpoint::find(&head.method, path) else {
            return Err(Refusal::unknown_url(head.method.as_str(), path));
        };
        match endpoint {
            Endpoint::ChatCompletions => pipeline::generate(&self.gateway, arrived, headers, upload).await,
            Endpoint::Models => openai::models::list(&self.gateway, headers),
            Endpoint::Model => openai::models::show(&self.gateway, headers, rest),
            Endpoint::Key => candor::key::show(self, headers).await,
            Endpoint::Receipt => candor::receipts::show(self, headers, rest).await,
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
