//! `GET /v1/models` and `/v1/models/{id}` for clients that send `anthropic-version`.

use super::super::openai::models::{is_called, usable};
use crate::config::Modality;
use crate::gateway::Gateway;
use crate::gateway::answer::{Answer, json};
use crate::gateway::call;
use crate::gateway::refusal::Refusal;
use crate::gateway::routing::Model as Offered;
use crate::gateway::stages::authenticate::authenticate;
use crate::gateway::stages::choose::is_offered;
use base::time::Day;
use http::{HeaderMap, Response};
use std::sync::Arc;
use wire::anthropic::model::{self, Capability, Lifecycle, Model, More};
use wire::problem::Problem;

/// The instance does not know when a provider made a model; a constant keeps answers equal between processes.
const CREATED: &str = "1970-01-01T00:00:00Z";
/// Models of a page if the client says nothing.
const DEFAULT_LIMIT: usize = 20;
/// Most models of a page.
const MOST: usize = 1000;

/// Which part of the list is asked for.
struct Page<'q> {
    limit: usize,
    after: Option<&'q str>,
    before: Option<&'q str>,
}

/// A page of the list.
pub(in crate::gateway::apis) fn list(
    gateway: &Gateway,
    headers: &HeaderMap,
    query: Option<&str>,
) -> Result<Response<Answer>, Refusal> {
    let caller = authenticate(gateway, headers)?;
    call::version(headers)?;
    let page = Page::read(query.unwrap_or_default())?;
    let today = gateway.clock.now().day();
    let offered = gateway
        .catalogue
        .iter()
        .filter(|model| is_offered(&caller, model, today));
    let all: Vec<&Arc<Offered>> = offered.collect();
    let (shown, more) = page.of(&all);
    let shown: Vec<Model<'_>> = shown.iter().map(|offered| told(offered, today)).collect();
    Ok(json(model::list(&shown, more)))
}

/// One of them.
pub(in crate::gateway::apis) fn show(
    gateway: &Gateway,
    headers: &HeaderMap,
    encoded: &str,
) -> Result<Response<Answer>, Refusal> {
    let found = usable(gateway, headers, encoded)?;
    call::version(headers)?;
    Ok(json(told(&found, gateway.clock.now().day()).to_body()))
}

fn told(offered: &Offered, today: Day) -> Model<'_> {
    let can = &offered.capabilities;
    let reads = |modality| can.input_modalities.as_ref().map(|list| list.contains(&modality));
    let capabilities = [
        (Capability::ImageInput, reads(Modality::Image)),
        (Capability::PdfInput, reads(Modality::File)),
        (Capability::StructuredOutputs, can.structured_outputs),
        (Capability::Thinking, can.reasoning),
    ];
    let moment = |day: Option<Day>| day.map(|day| day.start().to_string());
    let ending = offered.ending.as_deref();
    Model {
        id: &offered.name,
        display_name: &offered.name,
        created_at: CREATED,
        max_input_tokens: can.context_length,
        max_tokens: offered.max_output,
        capabilities: capabilities
            .into_iter()
            .filter_map(|(name, can)| Some((name, can?)))
            .collect(),
        lifecycle: if ending.is_some_and(|ending| ending.is_deprecated(today)) {
            Lifecycle::Deprecated
        } else {
            Lifecycle::Active
        },
        deprecated_at: moment(ending.and_then(|ending| ending.deprecated)),
        retires_at: moment(ending.and_then(|ending| ending.retires)),
    }
}

impl<'q> Page<'q> {
    fn read(query: &'q str) -> Result<Self, Refusal> {
        let mut page = Self {
            limit: DEFAULT_LIMIT,
            after: None,
            before: None,
        };
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            match name {
                "limit" => {
                    let limit = value.parse().ok().filter(|limit| (1..=MOST).contains(limit));
                    page.limit = limit.ok_or_else(|| {
                        Refusal::bad(&Problem::Value {
                            at: "limit".to_owned(),
                            expected: "a whole number from 1 to 1000",
                        })
                    })?;
                }
                "after_id" => page.after = Some(value),
                "before_id" => page.before = Some(value),
                _ => {}
            }
        }
        Ok(page)
    }

    /// The models of the page, and whether there are more in its direction.
    fn of<'m>(&self, all: &'m [&'m Arc<Offered>]) -> (&'m [&'m Arc<Offered>], More) {
        let place = |id: &str| all.iter().position(|model| is_called(model, id));
        let (from, to) = match (self.after, self.before) {
            (Some(after), _) => {
                let from = place(after).map_or(all.len(), |at| at + 1);
                (from, (from + self.limit).min(all.len()))
            }
            (None, Some(before)) => {
                let to = place(before).unwrap_or(0);
                (to.saturating_sub(self.limit), to)
            }
            (None, None) => (0, self.limit.min(all.len())),
        };
        let is_more = if self.after.is_none() && self.before.is_some() {
            from > 0
        } else {
            to < all.len()
        };
        (&all[from..to], if is_more { More::Yes } else { More::No })
    }
}
