//! `[[model]]`: what people may ask for, where it is answered, what it can do, what it costs, and when it ends.

use std::num::NonZeroU32;

use base::limits::Limits;
use base::time::Day;

use super::key::section;
use super::modality::Modality;
use super::price::ListPrice;
use super::sources::Sources;
use super::value::{Raw, Value, weight};

/// The most routes of a model.
pub const MOST_ROUTES: usize = 32;

section! {
    /// A model that people may ask for.
    Model in "model" {
        /// The name that requests carry.
        name: String = required,
        /// Where it is answered, in order: the next one is tried only before the first byte of an answer. Neighbours that are tables
        /// with a `weight` share what comes to their place in the order: `[{ route = "a/x", weight = 3 }, { route = "b/x", weight = 1 }, "c/y"]`
        /// begins with `a` for three of four requests, and with `c` for none.
        routes: Vec<Route> = required,
        /// What it costs, as decimal texts for a million tokens. Not set: as the price list `money.prices` says.
        price: Option<ListPrice> = none,
        /// Its entry in the price list. Not set: the one of its name, else of its first route with and without the provider.
        price_of: Option<String> = none,
        /// The most tokens of an answer when the request names no cap; credit is reserved for them.
        max_output: NonZeroU32 = 4096,
        /// What may be used of it by everybody together.
        limits: Option<Limits> = none,
        /// Other names that requests may carry for it. Receipts, books and lists tell its own name.
        aliases: Vec<String> = [],
        /// The most tokens that it reads and writes together. This and what follows is told by `/v1/models`.
        context_length: Option<NonZeroU32> = none,
        /// What it reads: `text`, `image`, `audio`, `video`, `file`. A request with what is not listed is refused; not set:
        /// nothing is known, nothing is refused.
        input_modalities: Option<Vec<Modality>> = none,
        /// What it makes: `text`, `image`, `audio`, `video`, `embeddings`.
        output_modalities: Option<Vec<Modality>> = none,
        /// Whether it calls tools. `false`: requests with tools are refused.
        tools: Option<bool> = none,
        /// Whether it answers by a JSON schema. `false`: requests for that are refused.
        structured_outputs: Option<bool> = none,
        /// Whether it thinks before it answers. `false`: requests that ask for it are refused.
        reasoning: Option<bool> = none,
        /// From when on one should not begin with it: answers carry the header `deprecation` (RFC 9745).
        deprecated: Option<Day> = none,
        /// When it ends, at 00:00 UTC: until then answers carry the header `sunset` (RFC 8594), from then on `on_retirement`
        /// holds.
        retires: Option<Day> = none,
        /// The model to use in its place; headers, errors and `/v1/models` name it.
        successor: Option<String> = none,
        /// What becomes of requests from `retires` on: `refuse`, or `successor`, which serves them by that one, at its price.
        on_retirement: OnRetirement = "refuse",
    }
}

/// What becomes of requests for a model that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnRetirement {
    /// They are refused; the error names the successor.
    Refuse,
    /// The successor serves them.
    Successor,
}

impl Value for OnRetirement {
    const EXPECTS: &'static str = "\"refuse\" or \"successor\"";

    fn read(raw: &Raw<'_>, _: &Sources) -> Result<Self, String> {
        match raw.text()? {
            "refuse" => Ok(Self::Refuse),
            "successor" => Ok(Self::Successor),
            other => Err(format!("nothing is called {other:?}")),
        }
    }

    fn write(&self) -> String {
        match self {
            Self::Refuse => "\"refuse\"".to_owned(),
            Self::Successor => "\"successor\"".to_owned(),
        }
    }
}

impl Value for Day {
    const EXPECTS: &'static str = "a day in quotes, such as \"2027-01-31\"";

    fn read(raw: &Raw<'_>, _: &Sources) -> Result<Self, String> {
        let text = raw.text()?;
        text.parse().map_err(|_| format!("{text:?} is no day"))
    }

    fn write(&self) -> String {
        format!("\"{self}\"")
    }
}

/// A provider and the model's name there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The provider's name.
    pub provider: String,
    /// The model's name at the provider.
    pub model: String,
    /// Its share of what comes to its place; `None`: it has a place of its own.
    pub weight: Option<NonZeroU32>,
}

impl Value for Vec<Route> {
    const EXPECTS: &'static str = "a list such as [\"openai/gpt-4o-mini\"]: provider, slash, the model's name there";

    fn read(raw: &Raw<'_>, _: &Sources) -> Result<Self, String> {
        let Raw::List(items) = raw else {
            return Err(raw.described());
        };
        if items.is_empty() {
            return Err("a model without a route answers nobody".to_owned());
        }
        if items.len() > MOST_ROUTES {
            return Err(format!("a model has at most {MOST_ROUTES} routes"));
        }
        items.iter().map(read_route).collect()
    }

    fn write(&self) -> String {
        let routes: Vec<String> = self
            .iter()
            .map(|route| {
                let written = format!("{:?}", format!("{}/{}", route.provider, route.model));
                match route.weight {
                    Some(weight) => format!("{{ route = {written}, weight = {weight} }}"),
                    None => written,
                }
            })
            .collect();
        format!("[{}]", routes.join(", "))
    }
}

fn read_route(raw: &Raw<'_>) -> Result<Route, String> {
    let Raw::Table(entries) = raw else {
        return route(raw.text()?, None);
    };
    if let Some((name, _)) = entries.iter().find(|(name, _)| !["route", "weight"].contains(name)) {
        return Err(format!("a route has no {name:?}"));
    }
    let text = entries.iter().find(|(name, _)| *name == "route");
    let (_, text) = text.ok_or_else(|| "\"route\" is missing".to_owned())?;
    let weight = weight(entries)?.ok_or_else(|| "\"weight\" is missing".to_owned())?;
    route(text.text()?, Some(weight))
}

fn route(text: &str, weight: Option<NonZeroU32>) -> Result<Route, String> {
    match text.split_once('/') {
        Some((provider, model)) if !provider.is_empty() && !model.is_empty() => Ok(Route {
            provider: provider.to_owned(),
            model: model.to_owned(),
            weight,
        }),
        _ => Err(format!("{text:?} is no route")),
    }
}
