//! Limit: is the model's limit reached, or the end user's, or one on tokens? What key, account and organisation may ask for was
//! looked at before the body was read.
//!
//! Promises: nothing waits. Tokens are counted by estimate: the prompt's as far as they can be told here, and the output cap.

use super::choose::Chosen;
use crate::gateway::Gateway;
use crate::gateway::limits::headers::Told;
use crate::gateway::limits::{Exceeded, Permit};
use crate::gateway::meter::Meter;
use crate::gateway::refusal::Refusal;
use std::sync::Arc;

/// A request that is within all limits.
pub struct Limited {
    /// The stage before; its journal owns the permit.
    pub chosen: Chosen,
}

/// What of a request is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// That it was made.
    Itself,
    /// And the tokens that it uses.
    Tokens,
}

/// Counts the request.
pub fn limit(gateway: &Gateway, mut chosen: Chosen, counts: Counts, tell: &mut Told) -> Result<Limited, Refusal> {
    let counted = count(gateway, &mut chosen, counts);
    if let Some(permit) = chosen.screened.journal.permit() {
        tell.of(permit.whom());
    }
    counted.map_err(Refusal::limited)?;
    Ok(Limited { chosen })
}

fn count(gateway: &Gateway, chosen: &mut Chosen, counts: Counts) -> Result<(), Exceeded> {
    let limiter = &gateway.limiter;
    let screened = &mut chosen.screened;
    let caller = &screened.journal.subject().caller;
    let end_user = limiter.end_user(caller.org, screened.request.user());
    if screened.journal.permit().is_none() {
        if chosen.model.limits.is_none() && end_user.is_none() {
            return Ok(());
        }
        let caller = Arc::clone(&screened.journal.subject().caller);
        *screened.journal.permit() = Some(Permit::new(Arc::clone(limiter), caller));
    }
    let Some(permit) = screened.journal.permit() else {
        return Ok(());
    };
    permit.read((&chosen.model.name, chosen.model.limits), end_user)?;
    match counts {
        Counts::Itself => Ok(()),
        Counts::Tokens => {
            let prompt = Meter::new(chosen.bounds, screened.text_bytes).estimated_prompt();
            permit.reserve(prompt.saturating_add(chosen.bounds.output))
        }
    }
}
