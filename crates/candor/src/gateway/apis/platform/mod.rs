//! The platform API's part that an API key can ask: the account's own generations.

mod generations;

use crate::gateway::Gateway;
use crate::gateway::refusal::Refusal;
use crate::records::Records;
use crate::web::problem::Problem;
use axum::Router;
use axum::routing::get;
use http::{Method, StatusCode, Uri};
use std::sync::Arc;

/// What its endpoints answer from.
#[derive(Clone)]
struct Platform {
    gateway: Arc<Gateway>,
    records: Arc<Records>,
}

/// All of its routes; whatever is not there is a problem.
pub fn router(gateway: Arc<Gateway>, records: Arc<Records>) -> Router {
    Router::new()
        .route("/api/usage/generations", get(generations::list))
        .fallback(unknown)
        .with_state(Platform { gateway, records })
}

async fn unknown(method: Method, uri: Uri) -> Problem {
    let path: String = uri.path().chars().take(100).collect();
    Problem::new(
        StatusCode::NOT_FOUND,
        "not_found",
        format!("There is nothing at {method} {path}."),
    )
}

/// The same refusal in the platform API's shape.
fn problem(refusal: Refusal) -> Problem {
    let problem = Problem::new(refusal.status, "refused", refusal.error.message.into_owned());
    match refusal.retry_after {
        Some(seconds) => problem.after(seconds),
        None => problem,
    }
}
