//! `GET /v1/candor/receipts/{id}`: what happened to a generation, what is stored of it, where, and until when.

use super::super::Apis;
use super::key::unavailable;
use crate::gateway::answer::{Answer, json};
use crate::gateway::refusal::Refusal;
use crate::gateway::stages::authenticate::authenticate;
use crate::records::Owner;
use base::ids::GenerationId;
use http::{HeaderMap, Response};
use policy::Purpose;

/// Shows a receipt of the caller's. One that is not there yet, not there any more, or somebody else's looks the same.
pub(in crate::gateway::apis) async fn show(
    apis: &Apis,
    headers: &HeaderMap,
    id: &str,
) -> Result<Response<Answer>, Refusal> {
    let caller = authenticate(&apis.gateway, headers)?;
    let grant = apis
        .gateway
        .gate
        .grant(caller.subject, Purpose::ProvideService)
        .map_err(|_| Refusal::denied())?;
    let id: GenerationId = id.parse().map_err(|_| Refusal::unknown_receipt())?;
    let owner = Owner {
        org: caller.org,
        subject: caller.subject,
    };
    let found = apis
        .records
        .receipt(id, owner, &grant)
        .await
        .map_err(|error| unavailable(&error))?;
    let receipt = found.ok_or_else(Refusal::unknown_receipt)?;
    Ok(json(receipt.open(&grant).to_json().into()))
}
