//! What this instance offers: models by name and alias, and for each the routes in the order in which they are tried.

mod candidates;
mod capabilities;
mod ending;
mod order;
mod route;

pub use candidates::{Candidate, Candidates};
pub use capabilities::Capabilities;
pub use ending::{Ending, Notice};
pub use order::Order;
pub use route::{Fault, Route};

use super::api::Api;
use crate::money::prices::ModelPrice;
use base::limits::Limits;
use base::time::Day;
use std::collections::BTreeMap;
use std::sync::Arc;

/// All models, immutable once built.
#[derive(Default)]
pub struct Catalogue {
    models: Vec<Arc<Model>>,
    /// By every name, aliases among them.
    names: BTreeMap<String, Arc<Model>>,
}

/// A model as clients name it.
pub struct Model {
    /// What requests call it, and what receipts and books do.
    pub name: String,
    /// Other names that requests may carry for it.
    pub aliases: Vec<String>,
    /// What it can do, as far as that was declared.
    pub capabilities: Capabilities,
    /// Its end, if one is planned.
    pub ending: Option<Box<Ending>>,
    /// Its price; the dearest of its routes, since all cost the same to the customer.
    pub price: ModelPrice,
    /// Most tokens of one answer; sent upstream when the client names no cap or a larger one.
    pub max_output: u64,
    /// What may be used of it by everybody together.
    pub limits: Limits,
    /// Where it is served, as the configuration lists it.
    pub routes: Vec<Route>,
    /// In which order they are tried.
    pub order: Order,
}

impl Model {
    /// Do clients reach it by this name?
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.aliases.iter().any(|alias| alias == name)
    }

    /// Has it ended?
    pub fn is_retired(&self, today: Day) -> bool {
        self.ending.as_ref().is_some_and(|ending| ending.is_over(today))
    }

    /// Is it served by the sandbox alone? Sandbox-only keys may use just those.
    pub fn is_sandbox(&self) -> bool {
        self.routes.iter().all(|route| route.provider.is_sandbox())
    }

    /// Has any of its providers words for such a request?
    pub fn answers(&self, api: Api) -> bool {
        let counts = matches!(api, Api::InputTokens | Api::CountTokens);
        let mut routes = self.routes.iter();
        // Where no provider counts, it is done here: for whatever has a conversation.
        routes.any(|route| {
            let api = if counts { Api::Chat } else { api };
            route.provider.way(api, &route.model).is_some()
        })
    }

    /// Most tokens that a provider adds to a prompt by itself.
    pub fn unseen_prompt(&self) -> u64 {
        let added = self.routes.iter().map(|route| route.provider.unseen_prompt());
        added.max().unwrap_or(0)
    }

    /// The provider that is tried first.
    pub fn owner(&self) -> &str {
        self.routes.first().map_or("", |route| route.provider.name.as_str())
    }
}

/// A model that answers a request, and what the answer has to tell about the one that was asked for.
pub struct Served<'c> {
    /// Who answers.
    pub model: &'c Arc<Model>,
    /// Of the model that was asked for, if its end is planned.
    pub notice: Option<Arc<Notice>>,
}

impl Catalogue {
    /// A catalogue of these models, whose names and aliases differ (the configuration's rules); listed in the order of names.
    pub fn new(models: impl IntoIterator<Item = Model>) -> Self {
        let mut models: Vec<Arc<Model>> = models.into_iter().map(Arc::new).collect();
        models.sort_by(|one, other| one.name.cmp(&other.name));
        let named = |model: &Arc<Model>| {
            let names: Vec<String> = std::iter::once(&model.name).chain(&model.aliases).cloned().collect();
            let model = Arc::clone(model);
            names.into_iter().map(move |name| (name, Arc::clone(&model)))
        };
        Self {
            names: models.iter().flat_map(named).collect(),
            models,
        }
    }

    /// The model of that name or alias, ended or not.
    pub fn find(&self, name: &str) -> Option<&Arc<Model>> {
        self.names.get(name)
    }

    /// Who answers today in the place of `asked`: itself, or once it has ended the successor that shall, or that one's.
    ///
    /// # Errors
    /// It has ended, and nobody answers in its place.
    pub fn serving<'c>(&'c self, asked: &'c Arc<Model>, today: Day) -> Result<Served<'c>, &'c Ending> {
        let notice = asked.ending.as_ref().map(|ending| Arc::clone(&ending.notice));
        let mut model = asked;
        while let Some(ending) = model.ending.as_deref().filter(|ending| ending.is_over(today)) {
            // The configuration's rules let no chain of successors come back to where it began.
            model = ending.heir().and_then(|name| self.find(name)).ok_or(ending)?;
        }
        Ok(Served { model, notice })
    }

    /// All models in the order of their names, those that have ended among them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Model>> {
        self.models.iter()
    }
}
