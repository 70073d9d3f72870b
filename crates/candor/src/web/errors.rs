//! What is not there, as the asker reads it: a problem below `/api`, a page elsewhere.
//!
//! Promises: an address is repeated shortened and escaped; nothing of the program's inside is told.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode};
use pages::{Tab, html};

use super::around::Around;
use super::content::{Content, Lasts, media};
use super::problem::Problem;

/// Characters of an address that an answer repeats.
const SHOWN_PATH: usize = 100;
/// Addresses that programs ask.
const OF_PROGRAMS: &str = "/api";

/// What a handler answers where an address has no content after all: the site says it in the asker's form.
#[derive(Debug, Clone, Copy)]
pub(super) struct Missing;

impl IntoResponse for Missing {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_FOUND;
        response.extensions_mut().insert(Self);
        response
    }
}

/// Says that there is nothing at this address.
pub(super) fn not_found(around: &Around, method: &Method, path: &str) -> Response {
    let path = shown(path);
    if is_of_programs(&path) {
        let detail = format!("There is nothing at {method} {path}.");
        return Problem::new(StatusCode::NOT_FOUND, "not_found", detail).into_response();
    }
    let detail = format!("There is no page at {path}. It may have moved, or the address may be mistyped.");
    page(around, StatusCode::NOT_FOUND, "Nothing is here", &detail)
}

/// Says that this address doesn't answer this method.
pub(super) fn not_so(around: &Around, method: &Method, path: &str) -> Response {
    let (path, detail) = (shown(path), |path: &str| format!("{path} does not answer {method}."));
    if is_of_programs(&path) {
        return Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail(&path)).into_response();
    }
    page(
        around,
        StatusCode::METHOD_NOT_ALLOWED,
        "This page is only read",
        &detail(&path),
    )
}

fn page(around: &Around, status: StatusCode, title: &str, detail: &str) -> Response {
    let text = html(&pages::Problem {
        frame: around.frame(Tab::Other),
        status: status.as_u16(),
        title,
        detail,
    });
    Content::new(media::HTML, Lasts::Never, text).with_status(status)
}

fn is_of_programs(path: &str) -> bool {
    path.strip_prefix(OF_PROGRAMS)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn shown(path: &str) -> String {
    path.chars().take(SHOWN_PATH).collect()
}
