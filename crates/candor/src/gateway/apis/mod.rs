//! What is behind the addresses of the model APIs; everything else falls through to the router of pages and platform API.

mod anthropic;
mod candor;
mod openai;
pub mod platform;
pub mod routes;

use super::Gateway;
use super::answer::Answer;
use super::api::Family;
use super::call::Call;
use super::codes::Code;
use super::limits::headers::Told;
use super::pipeline;
use super::refusal::Refusal;
use super::stages::accept::{Arrived, accept};
use super::upload::Upload;
use crate::people::People;
use crate::records::Records;
use crate::web::headers::{self, Transport};
use crate::web::site::Site;
use futures_util::future::BoxFuture;
use http::{HeaderValue, Request, Response, StatusCode, Version};
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

    async fn identified(&self, request: Request<Incoming>) -> Response<Answer> {
        let arrived = accept(&self.gateway);
        let family = Family::of(request.uri().path(), request.headers());
        let mut tell = Told::default();
        let answered = match self.fits(&request) {
            Ok(()) => self.route(arrived, family, request, &mut tell).await,
            Err(refusal) => Err(refusal),
        };
        let mut response = self.labelled(arrived, family, answered);
        tell.write(family, &*self.gateway.clock, response.headers_mut());
        response
    }

    /// The answer to what can't be read as a request, and so tells no API.
    pub fn refuse_unread(&self, refusal: Refusal) -> Response<Answer> {
        self.labelled(accept(&self.gateway), Family::OpenAi, Err(refusal))
    }

    /// Counts a refusal that nobody can be told.
    pub fn count_refusal(&self, refusal: &Refusal) {
        let reason = refusal.code().map_or("upstream", Code::name);
        self.gateway.meters.turned_away(reason);
    }

    /// Most bytes of a request's head.
    pub fn header_bytes(&self) -> u64 {
        self.gateway.limits.header_bytes.bytes()
    }

    /// Every response carries its id in the headers that SDKs read and as the receipt's id, and the headers that all have.
    fn labelled(
        &self,
        arrived: Arrived,
        family: Family,
        answered: Result<Response<Answer>, Refusal>,
    ) -> Response<Answer> {
        let id = HeaderValue::try_from(arrived.id.to_string()).expect("an id is letters, digits and an underscore");
        let mut response = answered.unwrap_or_else(|refusal| {
            self.count_refusal(&refusal);
            refusal.into_response(family, id.to_str().unwrap_or_default())
        });
        let headers = response.headers_mut();
        if family == Family::Anthropic {
            headers.insert("request-id", id.clone());
        }
        headers.insert("x-request-id", id.clone());
        headers.insert("x-candor-receipt", id);
        headers::everywhere(self.transport, headers);
        response
    }

    /// Is the head within the limits? HTTP/1's was measured when it was read; HTTP/2's is here for a first time.
    fn fits(&self, request: &Request<Incoming>) -> Result<(), Refusal> {
        if request.version() < Version::HTTP_2 {
            return Ok(());
        }
        let (limits, headers) = (&self.gateway.limits, request.headers());
        let bytes: usize = headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len())
            .sum();
        let most = self.header_bytes();
        if headers.len() as u64 > u64::from(limits.headers.get()) || bytes as u64 > most {
            return Err(Refusal::unreadable(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, most));
        }
        Ok(())
    }

    async fn route(
        &self,
        arrived: Arrived,
        family: Family,
        request: Request<Incoming>,
        tell: &mut Told,
    ) -> Result<Response<Answer>, Refusal> {
        if !request.uri().path().starts_with("/v1/") {
            if routes::lacks_version(request.uri().path()) {
                return Err(routes::missed(request.method(), request.uri().path()));
            }
            return Ok(self.site.answer(request).await.map(Answer::Routed));
        }
        let (head, body) = request.into_parts();
        let upload = Upload::new(&head, body, self.gateway.limits.body.bytes());
        let (path, query, headers) = (head.uri.path(), head.uri.query(), &head.headers);
        let Some((endpoint, rest)) = Endpoint::find(&head.method, path) else {
            return Err(routes::missed(&head.method, path));
        };
        let gateway = &self.gateway;
        match (endpoint, family) {
            (Endpoint::Generate(api), _) => {
                let call = Call::read(api, headers, query)?;
                pipeline::generate(gateway, arrived, call, headers, upload, tell).await
            }
            (Endpoint::Count(api), _) => {
                let call = Call::read(api, headers, query)?;
                Box::pin(pipeline::count_tokens(gateway, arrived, call, headers, upload, tell)).await
            }
            (Endpoint::Moderations, _) => Box::pin(pipeline::moderate(gateway, arrived, headers, upload, tell)).await,
            (Endpoint::Models, Family::OpenAi) => openai::models::list(gateway, headers),
            (Endpoint::Models, Family::Anthropic) => anthropic::models::list(gateway, headers, query),
            (Endpoint::Model, Family::OpenAi) => openai::models::show(gateway, headers, rest),
            (Endpoint::Model, Family::Anthropic) => anthropic::models::show(gateway, headers, rest),
            (Endpoint::Key, _) => candor::key::show(self, headers).await,
            (Endpoint::Receipt, _) => candor::receipts::show(self, headers, rest).await,
        }
    }
}
