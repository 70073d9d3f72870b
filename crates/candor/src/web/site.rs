//! What is behind every address that is no model API: pages and the platform API, in one router.
//!
//! Promises: whatever is not there is told as the asker reads it: a problem below `/api`, a page elsewhere; every answer has
//! the pages' headers.

use axum::Router;
use axum::body::Body;
use http::{Method, Request, Response, StatusCode, Uri};
use hyper::body::Incoming;
use policy::inventory::Route;
use tower::ServiceExt;

use super::headers;
use super::problem::Problem;
use super::routes::Routes;

/// Characters of an address that an answer repeats.
const SHOWN_PATH: usize = 100;

/// The router, whole.
#[derive(Debug)]
pub struct Site {
    router: Router,
    declared: Vec<&'static Route>,
}

impl Site {
    /// What answers at these routes, and where nothing is.
    #[must_use]
    pub fn new(routes: Routes) -> Self {
        let declared = routes.declared().to_vec();
        let router = routes
            .into_router()
            .fallback(not_found)
            .method_not_allowed_fallback(not_so);
        Self { router, declared }
    }

    /// The declarations of what answers.
    #[must_use]
    pub fn declared(&self) -> &[&'static Route] {
        &self.declared
    }

    /// Answers a request.
    pub async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let mut response = match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        headers::of_pages(response.headers_mut());
        response
    }
}

async fn not_found(method: Method, uri: Uri) -> Problem {
    let path = shown(&uri);
    Problem::new(
        StatusCode::NOT_FOUND,
        "not_found",
        format!("There is nothing at {method} {path}."),
    )
}

async fn not_so(method: Method, uri: Uri) -> Problem {
    let path = shown(&uri);
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        format!("{path} does not answer {method}."),
    )
}

fn shown(uri: &Uri) -> String {
    uri.path().chars().take(SHOWN_PATH).collect()
}
