//! `GET /api/usage/generations?limit=&after=`: the caller's generations, newest first.

use super::{Platform, problem};
use crate::gateway::refusal::Refusal;
use crate::gateway::stages::authenticate::authenticate;
use crate::records::Owner;
use crate::records::reading::{Listed, MAX_PAGE, More};
use crate::web::problem::Problem;
use axum::Json;
use axum::extract::{Query, State};
use base::ids::GenerationId;
use http::{HeaderMap, StatusCode};
use policy::Purpose;
use serde::{Deserialize, Serialize};

const DEFAULT_LIMIT: usize = 20;

#[derive(Deserialize)]
pub(super) struct Asked {
    limit: Option<String>,
    after: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Page {
    data: Vec<Listed>,
    has_more: bool,
}

/// Lists a page.
pub(super) async fn list(
    State(platform): State<Platform>,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Result<Json<Page>, Problem> {
    let caller = authenticate(&platform.gateway, &headers).map_err(problem)?;
    let (limit, after) = checked(&asked)?;
    let grant = platform.gateway.gate.grant(caller.subject, Purpose::ProvideService);
    let grant = grant.map_err(|_| problem(Refusal::denied()))?;
    let owner = Owner {
        org: caller.org,
        subject: caller.subject,
    };
    let page = platform
        .records
        .generations(owner, &grant, limit, after)
        .await
        .map_err(|error| {
            tracing::error!(error = %error, "a page of generations could not be read");
            problem(Refusal::store_unavailable())
        })?;
    let data = page.receipts.open(&grant).iter().map(Listed::from).collect();
    Ok(Json(Page {
        data,
        has_more: page.has_more == More::Yes,
    }))
}

fn checked(asked: &Asked) -> Result<(usize, Option<GenerationId>), Problem> {
    let bad = |detail: String| Problem::new(StatusCode::BAD_REQUEST, "bad_query", detail);
    let limit = match asked.limit.as_deref() {
        None => DEFAULT_LIMIT,
        Some(text) => text
            .parse()
            .ok()
            .filter(|limit| (1..=MAX_PAGE).contains(limit))
            .ok_or_else(|| bad(format!("'limit' is a whole number from 1 to {MAX_PAGE}.")))?,
    };
    let after = asked.after.as_deref().map(str::parse).transpose();
    let after = after
        .map_err(|_| bad("'after' is the receipt of the last row that was seen: gen_ and 26 characters.".to_owned()))?;
    Ok((limit, after))
}
