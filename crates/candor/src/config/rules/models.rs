//! Rules of `[[model]]`: every name leads to one model, every successor exists, and an end has an order.

use std::collections::BTreeMap;

use super::super::Config;
use super::super::model::{Model, OnRetirement};
use super::super::problem::Origin;
use super::super::provider::{SANDBOX, SANDBOX_MODELS};
use super::Broken;

/// Models of the sandbox provider begin with this.
const RESERVED: &str = "sandbox-";

/// A rule that spans models names them by their place.
struct Checked<'c> {
    config: &'c Config,
    /// Every name and alias, and the model that had it first.
    names: BTreeMap<&'c str, usize>,
}

pub(super) fn check(config: &Config, broken: &mut Broken<'_, '_>) {
    let mut checked = Checked {
        config,
        names: BTreeMap::new(),
    };
    // Names before aliases: where both clash, the alias is to blame.
    for (at, model) in config.models.iter().enumerate() {
        checked.name(at, model, broken);
    }
    for (at, model) in config.models.iter().enumerate() {
        checked.aliases(at, model, broken);
    }
    for (at, model) in config.models.iter().enumerate() {
        routes(config, at, model, broken);
        one_price(at, model, broken);
        checked.end(at, model, broken);
    }
}

fn key(at: usize, name: &str) -> String {
    format!("model[{}].{name}", at + 1)
}

impl<'c> Checked<'c> {
    fn name(&mut self, at: usize, model: &'c Model, broken: &mut Broken<'_, '_>) {
        if model.name.is_empty() {
            broken.add(
                &key(at, "name"),
                "a name can't be empty",
                "the name that requests carry",
            );
        } else if model.name.starts_with(RESERVED) {
            broken.add(
                &key(at, "name"),
                "names that begin with \"sandbox-\" belong to the built-in models",
                "another name",
            );
        } else if let Some(other) = self.names.insert(&model.name, at) {
            let place = place(broken, &key(other, "name"));
            let wrong = format!(
                "there are two models named {:?}; the other one stands {place}",
                model.name
            );
            broken.add(&key(at, "name"), wrong, "another name");
        }
    }

    fn aliases(&mut self, at: usize, model: &'c Model, broken: &mut Broken<'_, '_>) {
        for alias in &model.aliases {
            let wrong = if alias.is_empty() {
                "an alias can't be empty".to_owned()
            } else if alias.starts_with(RESERVED) {
                "names that begin with \"sandbox-\" belong to the built-in models".to_owned()
            } else if let Some(other) = self.names.insert(alias, at) {
                let name = &self.config.models[other].name;
                let key = if name == alias { "name" } else { "aliases" };
                let place = place(broken, &self::key(other, key));
                format!("{alias:?} is a name of the model {name:?} already, {place}")
            } else {
                continue;
            };
            broken.add(&key(at, "aliases"), wrong, "names that no model has");
        }
    }

    fn end(&self, at: usize, model: &Model, broken: &mut Broken<'_, '_>) {
        if let (Some(deprecated), Some(retires)) = (model.deprecated, model.retires)
            && deprecated > retires
        {
            let wrong = format!("it is deprecated on {deprecated}, after it retires on {retires}");
            broken.add(&key(at, "deprecated"), wrong, "an earlier day");
        }
        let is_to_end = model.deprecated.is_some() || model.retires.is_some();
        match &model.successor {
            Some(_) if !is_to_end => broken.add(
                &key(at, "successor"),
                "a model that doesn't end has a successor",
                "`retires`, the day on which it ends, or `deprecated`, beside it",
            ),
            Some(name) => self.successor(at, name, broken),
            None if model.on_retirement == OnRetirement::Successor => broken.add(
                &key(at, "on_retirement"),
                "there is no successor that could serve requests",
                "`successor` beside it, or \"refuse\"",
            ),
            None => {}
        }
    }

    fn successor(&self, at: usize, name: &str, broken: &mut Broken<'_, '_>) {
        let known = self.names.get(name);
        if known.is_none() && !SANDBOX_MODELS.contains(&name) {
            let wrong = format!("there is no model named {name:?}");
            broken.add(&key(at, "successor"), wrong, "a name of another [[model]]");
        } else if self.leads_back(at) {
            let wrong = format!("following successors from {name:?} leads back here");
            broken.add(&key(at, "successor"), wrong, "a model that stays");
        }
    }

    /// Whether somebody who follows successors comes back to this model.
    fn leads_back(&self, from: usize) -> bool {
        let mut at = from;
        // Nobody follows more of them than there are models.
        for _ in 0..self.config.models.len() {
            let successor = self.config.models[at].successor.as_deref();
            match successor.and_then(|name| self.names.get(name)) {
                Some(&next) if next == from => return true,
                Some(&next) => at = next,
                None => return false,
            }
        }
        false
    }
}

/// Where something stands, for a sentence about something else.
fn place(broken: &Broken<'_, '_>, key: &str) -> String {
    match broken.reader.origin(key) {
        Origin::File { file, line } => format!("in {file}:{line}"),
        Origin::Default | Origin::Environment(_) => format!("as {key}"),
    }
}

fn routes(config: &Config, at: usize, model: &Model, broken: &mut Broken<'_, '_>) {
    let providers = config.providers.iter().map(|provider| provider.name.as_str());
    let known: Vec<&str> = providers.chain([SANDBOX]).collect();
    let unknown = |provider: &str| !known.contains(&provider);
    for route in model.routes.iter().filter(|route| unknown(&route.provider)) {
        let wrong = format!("there is no provider named {:?}", route.provider);
        broken.add(&key(at, "routes"), wrong, format!("one of {}", known.join(", ")));
    }
}

fn one_price(at: usize, model: &Model, broken: &mut Broken<'_, '_>) {
    if model.price.is_some() && model.price_of.is_some() {
        broken.add(
            &key(at, "price_of"),
            "the model has a price of its own",
            "one of the two",
        );
    }
}
