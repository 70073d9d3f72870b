//! Choose: the model and its routes, as far as the key may use them, a provider has words for such a request and the model
//! was not declared to lack what it asks for.

use super::screen::Screened;
use crate::config::nearest::nearest;
use crate::gateway::Gateway;
use crate::gateway::meter::Bounds;
use crate::gateway::refusal::Refusal;
use crate::gateway::routing::{Model, Notice, Served};
use crate::people::keys::{Caller, Scope};
use base::time::Day;
use policy::Personal;
use std::sync::Arc;
use wire::wanted::wanted;

/// What is reserved for a picture or document besides its bytes, which are few where only its address is there: more than a
/// picture has at any detail of OpenAI's and Anthropic's current models. What an exotic one has beyond is not charged.
const MEDIUM_TOKENS: u64 = 8192;

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
    /// What answers tell of the end of the model that was asked for.
    pub notice: Option<Arc<Notice>>,
}

/// Finds the model.
pub fn choose(gateway: &Gateway, mut screened: Screened) -> Result<Chosen, Refusal> {
    let request = &screened.request;
    let subject = screened.journal.subject();
    let Served { model, notice } = serving(gateway, &subject.caller, request.model(), subject.arrived.at.day())?;
    let model = Arc::clone(model);
    if !model.answers(screened.call.api) {
        return Err(Refusal::unsupported_model(&model.name, screened.call.api));
    }
    if model.capabilities.lacks_something() {
        refuse_lacked(&model, &screened)?;
    }
    let output_cap = request.output_cap().unwrap_or(model.max_output).min(model.max_output);
    let media = screened.media;
    let bounds = Bounds {
        input: body_length(&screened) + model.unseen_prompt() + media.saturating_mul(MEDIUM_TOKENS),
        output: output_cap.saturating_mul(request.answers()),
        answers: request.answers(),
        media,
    };
    screened.journal.choose(Arc::clone(&model));
    Ok(Chosen {
        screened,
        model,
        output_cap,
        bounds,
        notice,
    })
}

/// Who answers today to this name, as far as the key may use it.
///
/// # Errors
/// There is no such model for this key, or none any more.
pub fn serving<'g>(gateway: &'g Gateway, caller: &Caller, name: &str, today: Day) -> Result<Served<'g>, Refusal> {
    let asked = gateway.catalogue.find(name).filter(|model| may_use(caller, model));
    let asked = asked.ok_or_else(|| unknown(gateway, caller, name, today))?;
    let served = gateway.catalogue.serving(asked, today);
    let served = served.map_err(|ending| Refusal::retired_model(name, ending.retires, ending.successor.as_deref()))?;
    // A key's list may name the model that ended; its scope holds for the one that answers.
    if !is_in_scope(caller, served.model) {
        return Err(unknown(gateway, caller, name, today));
    }
    Ok(served)
}

/// The refusal of a name that no model has which this key may use; it tells the nearest of those that it may.
fn unknown(gateway: &Gateway, caller: &Caller, name: &str, today: Day) -> Refusal {
    let usable = gateway
        .catalogue
        .iter()
        .filter(|model| is_offered(caller, model, today));
    let names = usable.flat_map(|model| std::iter::once(&model.name).chain(&model.aliases));
    Refusal::unknown_model(name, nearest(name, names.map(String::as_str)))
}

/// What was declared to be absent is not asked of a provider, whose refusal would be less clear.
fn refuse_lacked(model: &Model, screened: &Screened) -> Result<(), Refusal> {
    let Some(format) = screened.call.api.format() else {
        return Ok(());
    };
    let body = screened.body.open(&screened.journal.subject().grant);
    match model.capabilities.lacked(&wanted(format, body)) {
        Some(lacked) => Err(Refusal::lacking_model(&model.name, lacked.thing.name(), lacked.member)),
        None => Ok(()),
    }
}

fn body_length(screened: &Screened) -> u64 {
    let grant = screened.journal.subject().grant;
    let body: Personal<&bytes::Bytes> = screened.body.as_ref();
    body.open(&grant).len() as u64
}

/// May this key use the model?
pub fn may_use(caller: &Caller, model: &Model) -> bool {
    is_in_scope(caller, model) && caller.options.lists(|name| model.is_called(name))
}

/// Is the model in the list that this key sees?
pub fn is_offered(caller: &Caller, model: &Model, today: Day) -> bool {
    may_use(caller, model) && !model.is_retired(today)
}

fn is_in_scope(caller: &Caller, model: &Model) -> bool {
    match caller.options.scope {
        Scope::All => true,
        Scope::Sandbox => model.is_sandbox(),
    }
}
