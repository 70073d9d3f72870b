//! What is behind every address that is no model API: pages and the platform API, in one router.
//!
//! Promises: every answer has the pages' headers; what is not there is told in the asker's form (`errors`).

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse;
use http::header::ALLOW;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use policy::inventory::Route;
use tower::ServiceExt;

use super::around::Around;
use super::errors::{self, Missing};
use super::headers;
use super::routes::Routes;

/// The router, whole.
pub struct Site {
    router: Router,
    declared: Vec<&'static Route>,
    around: Arc<Around>,
}

impl Site {
    /// What answers at these routes, and where nothing is.
    #[must_use]
    pub fn new(routes: Routes, around: Arc<Around>) -> Self {
        let declared = routes.declared().to_vec();
        let router = routes.into_router().fallback(async || Missing.into_response());
        Self {
            router,
            declared,
            around,
        }
    }

    /// The declarations of what answers.
    #[must_use]
    pub fn declared(&self) -> &[&'static Route] {
        &self.declared
    }

    /// Answers a request.
    pub async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let mut response = match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        if response.extensions().get::<Missing>().is_some() {
            response = errors::not_found(&self.around, &method, uri.path());
        } else if response.status() == StatusCode::METHOD_NOT_ALLOWED {
            let allowed = response.headers_mut().remove(ALLOW);
            response = errors::not_so(&self.around, &method, uri.path());
            response.headers_mut().extend(allowed.map(|allowed| (ALLOW, allowed)));
        }
        headers::of_pages(response.headers_mut());
        response
    }
}
