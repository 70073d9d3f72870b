//! Admit: may this person's data be processed, what may be kept, is a limit reached, and is there room to record it?
//!
//! Promises: in the steady state nothing waits; only the first request of a person on a day may have to wait for the key
//! store, within a time limit.

use super::accept::Arrived;
use crate::gateway::Gateway;
use crate::gateway::controls::{self, Keep};
use crate::gateway::journal::{Journal, Subject};
use crate::gateway::limits::headers::Told;
use crate::gateway::refusal::Refusal;
use crate::people::keys::Caller;
use base::ids::SubjectId;
use base::time::Day;
use http::HeaderMap;
use policy::Purpose;
use std::sync::Arc;
use std::time::Duration;
use store::keys::DayKeys;
use tokio::time::timeout;

/// Longest wait for the key store.
const KEY_STORE_WAIT: Duration = Duration::from_secs(5);

/// A request that may go on. Its journal owns the slot that its record will fill.
pub struct Admitted {
    /// Its way into the record.
    pub journal: Journal,
}

/// Checks state and controls, and reserves a slot.
pub async fn admit(
    gateway: &Arc<Gateway>,
    arrived: Arrived,
    caller: Arc<Caller>,
    headers: &HeaderMap,
    tell: &mut Told,
) -> Result<Admitted, Refusal> {
    if gateway.is_draining() {
        return Err(Refusal::shutting_down());
    }
    let grant = gateway
        .gate
        .grant(caller.subject, Purpose::ProvideService)
        .map_err(|_| Refusal::denied())?;
    let default = if gateway.keeps_a_generation_log() {
        Keep::Content
    } else {
        Keep::Nothing
    };
    let keep = controls::read(headers, default)?;
    let permit = gateway.limiter.admit(&caller, tell).map_err(Refusal::limited)?;
    let slot = gateway
        .spool
        .reserve()
        .map_err(|full| Refusal::spool_full(full.retry_after.as_secs().max(1)))?;
    let keys = day_keys(gateway, caller.subject, arrived.at.day()).await?;
    let subject = Subject {
        arrived,
        caller,
        grant,
        keys,
        keep,
    };
    Ok(Admitted {
        journal: Journal::new(Arc::clone(gateway), subject, slot, permit),
    })
}

async fn day_keys(gateway: &Gateway, subject: SubjectId, day: Day) -> Result<Arc<DayKeys>, Refusal> {
    if let Some(keys) = gateway.keys.cached_day_keys(subject, day) {
        return Ok(keys);
    }
    match timeout(KEY_STORE_WAIT, Box::pin(gateway.keys.day_keys(subject, day))).await {
        Ok(Ok(keys)) => Ok(keys),
        Ok(Err(error)) => {
            tracing::error!(error = %error, "the keys of a person could not be read");
            Err(Refusal::store_unavailable())
        }
        Err(_) => Err(Refusal::store_unavailable()),
    }
}
