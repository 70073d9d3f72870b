//! Choose: the model and its routes, as far as the key may use them and a provider has words for such a request.

use super::screen::Screened;
use crate::config::nearest::nearest;
use crate::gateway::Gateway;
use crate::gateway::meter::Bounds;
use crate::gateway::refusal::Refusal;
use crate::gateway::routing::Model;
use crate::people::keys::{Caller, Scope};
use policy::Personal;
use std::sync::Arc;

/// A screened request with its model.
pub struct Chosen {
    /// The stage before.
    pub screened: Screened,
    /// The model.
    pub model: Arc<Model>,
    /// Most tokens of one choice: the smaller of the request's cap and the model's.
    pub output_cap: u64,
    /// What it can use at most.
    pub bounds: Bounds,
}

/// Finds the model.
pub fn choose(gateway: &Gateway, mut screened: Screened) -> Result<Chosen, Refusal> {
    let request = &screened.request;
    let caller = &screened.journal.subject().caller;
    let model = gateway
        .catalogue
        .find(request.model())
        .filter(|model| may_use(caller, model))
        .ok_or_else(|| unknown(gateway, caller, request.model()))?;
    let model = Arc::clone(model);
    if !model.answers(screened.call.api) {
        return Err(Refusal::unsupported_model(&model.name, screened.call.api));
    }
    let output_cap = request.output_cap().unwrap_or(model.max_output).min(model.max_output);
    let bounds = Bounds {
        input: body_length(&screened) + model.unseen_prompt(),
        output: output_cap.saturating_mul(request.answers()),
    };
    screened.journal.choose(Arc::clone(&model));
    Ok(Chosen {
        screened,
        model,
        output_cap,
        bounds,
    })
}

/// The refusal of a name that no model has which this key may use; it tells the nearest of those that it may.
pub fn unknown(gateway: &Gateway, caller: &Caller, name: &str) -> Refusal {
    let usable = gateway.catalogue.iter().filter(|model| may_use(caller, model));
    let near = nearest(name, usable.map(|model| model.name.as_str()));
    Refusal::unknown_model(name, near)
}

fn body_length(screened: &Screened) -> u64 {
    let grant = screened.journal.subject().grant;
    let body: Personal<&bytes::Bytes> = screened.body.as_ref();
    body.open(&grant).len() as u64
}

/// May this key use the model?
pub fn may_use(caller: &Caller, model: &Model) -> bool {
    let in_scope = match caller.options.scope {
        Scope::All => true,
        Scope::Sandbox => model.is_sandbox(),
    };
    in_scope && caller.options.lists(|name| model.is_called(name))
}
