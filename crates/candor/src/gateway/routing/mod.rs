//! What this instance offers: models by name, and for each the routes in the order in which they are tried.

use super::api::Api;
use super::providers::Provider;
use crate::money::prices::ModelPrice;
use std::collections::BTreeMap;
use std::sync::Arc;

/// All models, immutable once built.
#[derive(Default)]
pub struct Catalogue {
    models: BTreeMap<String, Arc<Model>>,
}

/// A model as clients name it.
pub struct Model {
    /// What requests call it.
    pub name: String,
    /// Its price; the dearest of its routes, since all cost the same to the customer.
    pub price: ModelPrice,
    /// Most tokens of one answer; sent upstream when the client names no cap or a larger one.
    pub max_output: u64,
    /// Where it is served, in the order in which routes are tried.
    pub routes: Vec<Route>,
}

/// One place that serves a model.
pub struct Route {
    /// Who serves it.
    pub provider: Arc<Provider>,
    /// What the provider calls it.
    pub model: String,
}

impl Model {
    /// Do clients reach it by this name?
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name
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

impl Catalogue {
    /// A catalogue of these models; a later one of the same name replaces an earlier one.
    pub fn new(models: impl IntoIterator<Item = Model>) -> Self {
        Self {
            models: models
                .into_iter()
                .map(|model| (model.name.clone(), Arc::new(model)))
                .collect(),
        }
    }

    /// The model of that name.
    pub fn find(&self, name: &str) -> Option<&Arc<Model>> {
        self.models.get(name)
    }

    /// All models in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Model>> {
        self.models.values()
    }
}
