//! `GET /v1/candor/key`: what the key that asks may do, what it used, what is left.

use super::super::Apis;
use crate::gateway::answer::{Answer, json};
use crate::gateway::limits::{Left, Standing};
use crate::gateway::refusal::Refusal;
use crate::gateway::stages::authenticate::authenticate;
use base::limits::Limits;
use base::money::{Currency, Micro};
use base::time::Timestamp;
use http::{HeaderMap, Response};
use policy::Purpose;
use serde::Serialize;

#[derive(Serialize)]
struct Shown<'a> {
    name: &'a str,
    scope: &'static str,
    /// The only models that it may use; all of its scope if it is empty.
    models: &'a [String],
    expires_at: Option<Timestamp>,
    limits: Shares,
    usage: Usage,
    balance_micro: Micro,
    reserved_micro: Micro,
    currency: Currency,
}

/// The key's own limits; what is not limited is not there.
#[derive(Serialize)]
struct Shares {
    #[serde(skip_serializing_if = "Option::is_none")]
    requests: Option<Share>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens: Option<Share>,
    #[serde(skip_serializing_if = "Option::is_none")]
    concurrent: Option<Share>,
}

#[derive(Serialize)]
struct Share {
    limit: u32,
    /// `second`, `minute`, `hour` or `day`; not there for requests at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    per: Option<&'static str>,
    /// What the next request finds.
    remaining: u32,
}

impl Shares {
    fn of(limits: &Limits, standing: Standing) -> Self {
        let rate = |left: Left| Share {
            limit: left.rate.amount.get(),
            per: Some(left.rate.span.word()),
            remaining: left.left,
        };
        Self {
            requests: standing.requests.map(rate),
            tokens: standing.tokens.map(rate),
            concurrent: limits.concurrent.map(|most| Share {
                limit: most.get(),
                per: None,
                remaining: most.get().saturating_sub(standing.at_once),
            }),
        }
    }
}

#[derive(Serialize)]
struct Usage {
    requests: u64,
    cost_micro: Micro,
}

/// Shows the key.
pub(in crate::gateway::apis) async fn show(apis: &Apis, headers: &HeaderMap) -> Result<Response<Answer>, Refusal> {
    let caller = authenticate(&apis.gateway, headers)?;
    let grant = apis
        .gateway
        .gate
        .grant(caller.subject, Purpose::ProvideService)
        .map_err(|_| Refusal::denied())?;
    let name = apis
        .people
        .key_name(&caller, &grant)
        .await
        .map_err(|error| unavailable(&error))?;
    let sums = apis
        .records
        .usage(&[caller.key])
        .await
        .map_err(|error| unavailable(&error))?;
    let used = sums.into_iter().map(|(_, sum)| sum).next().unwrap_or_default();
    let credit = &apis.gateway.credit;
    let standing = credit
        .standing(caller.org, apis.gateway.currency)
        .await
        .map_err(|error| unavailable(&error))?;
    let shown = Shown {
        name: name.open(&grant),
        scope: caller.options.scope.as_str(),
        models: &caller.options.models,
        expires_at: caller.options.expires_at,
        limits: Shares::of(&caller.options.limits, apis.gateway.limiter.standing_of_key(&caller)),
        usage: Usage {
            requests: used.requests,
            cost_micro: used.cost,
        },
        balance_micro: standing.balance,
        reserved_micro: standing.reserved,
        currency: standing.currency,
    };
    Ok(json(
        serde_json::to_vec(&shown)
            .expect("names and numbers always have a JSON form")
            .into(),
    ))
}

pub(super) fn unavailable(error: &dyn std::error::Error) -> Refusal {
    tracing::error!(error = %error, "the store did not answer a question about a key");
    Refusal::store_unavailable()
}
