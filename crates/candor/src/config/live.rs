//! Which keys can change while the program serves, and what a configuration that is loaded again changes.
//!
//! Promises: a key that can't change live keeps the value that it has; a key that a later version adds can't, until it is
//! listed here.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::key::Section;
use super::{Config, Credential, Model, Provider, filter, limits, log, money};

/// What became of a configuration that was loaded again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reloaded {
    /// Keys, providers and models that changed and hold from now on.
    pub changed: Vec<String>,
    /// Keys that changed and hold from the next start on.
    pub restart: Vec<String>,
}

/// Changes live, in a table that doesn't.
const PRICES: &str = "money.prices";

/// Keys of tables that change live which don't: what they bound was made when the program started.
const FIXED: &[&str] = &["limits.connections", "limits.bodies"];

impl Config {
    /// This running configuration with what can change live as it is `written` now, and what that changes.
    pub fn reloaded(&self, written: Self) -> (Self, Reloaded) {
        let reloaded = self.compare(&written);
        let config = Self {
            limits: limits::Limits {
                connections: self.limits.connections,
                bodies: self.limits.bodies,
                ..written.limits
            },
            upstream: written.upstream,
            filter: written.filter,
            log: written.log,
            providers: written.providers,
            models: written.models,
            price_list: written.price_list,
            money: money::Money {
                prices: written.money.prices,
                ..self.money.clone()
            },
            shown: written.shown,
            ..self.clone()
        };
        (config, reloaded)
    }

    fn compare(&self, written: &Self) -> Reloaded {
        let (before, now) = (self.singles(), written.singles());
        let keys: BTreeSet<&str> = before.keys().chain(now.keys()).copied().collect();
        let differs = |key: &&str| before.get(key) != now.get(key);
        let (mut changed, restart): (Vec<&str>, Vec<&str>) =
            keys.into_iter().filter(differs).partition(|key| is_live(key));
        let mut restart: Vec<String> = restart.into_iter().map(str::to_owned).collect();
        for (key, before, now) in [
            ("database.url", &self.database.url, &written.database.url),
            ("keys.url", &self.keys.url, &written.keys.url),
        ] {
            let is_told = restart.iter().any(|told| told == key);
            if !is_told && !is_same(before.as_ref(), now.as_ref()) {
                restart.push(key.to_owned());
            }
        }
        changed.sort_unstable();
        let mut changed: Vec<String> = changed.into_iter().map(str::to_owned).collect();
        changed.extend(items(
            Provider::NAME,
            &self.items_of(Provider::NAME),
            &written.items_of(Provider::NAME),
        ));
        changed.extend(self.secrets(written));
        changed.extend(items(
            Model::NAME,
            &self.items_of(Model::NAME),
            &written.items_of(Model::NAME),
        ));
        changed.extend(self.listed_prices(written));
        Reloaded { changed, restart }
    }

    /// Models that are written alike, whose prices changed in the list.
    fn listed_prices(&self, written: &Self) -> Vec<String> {
        let listed = |config: &Self, model: &Model| config.price_of(model).map(|priced| priced.price.clone());
        let models = written.models.iter().filter(|model| model.price.is_none());
        let known = models.filter(|model| {
            self.models
                .iter()
                .any(|one| one.name == model.name && one.price.is_none())
        });
        let changed = known.filter(|model| listed(self, model) != listed(written, model));
        changed
            .map(|model| format!("{} {:?}: price in the list", Model::NAME, model.name))
            .collect()
    }

    /// Keys of tables, with their values.
    fn singles(&self) -> BTreeMap<&str, &str> {
        let shown = self.shown.iter().filter(|shown| !shown.key.contains("]."));
        shown.map(|shown| (shown.key.as_str(), shown.value.as_str())).collect()
    }

    /// The items of a list by their names as they are written, each with all its keys and values.
    fn items_of(&self, list: &str) -> BTreeMap<String, Vec<(&str, &str)>> {
        let mut items: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
        for shown in &self.shown {
            if let Some((item, key)) = shown.key.split_once("].")
                && item.strip_prefix(list).is_some_and(|rest| rest.starts_with('['))
            {
                items.entry(item).or_default().push((key, &shown.value));
            }
        }
        let named = items.into_values().map(|keys| {
            let name = keys.iter().find(|(key, _)| *key == "name");
            (name.map_or_else(String::new, |(_, name)| (*name).to_owned()), keys)
        });
        named.collect()
    }

    /// Providers whose key changed although it is written alike: inline, or in a file or variable with new contents.
    fn secrets(&self, written: &Self) -> Vec<String> {
        let pairs = written.providers.iter().filter_map(|now| {
            let before = self.providers.iter().find(|before| before.name == now.name)?;
            let same = before.key.is_some() == now.key.is_some() && have_same_keys(before, now);
            (!same).then(|| format!("the key of provider {:?}", now.name))
        });
        pairs.collect()
    }
}

fn is_live(key: &str) -> bool {
    let table = key.split('.').next().unwrap_or_default();
    let tables = [
        limits::Limits::NAME,
        limits::Upstream::NAME,
        filter::Filter::NAME,
        log::Log::NAME,
    ];
    key == PRICES || (tables.contains(&table) && !FIXED.contains(&key))
}

fn have_same_keys(before: &Provider, now: &Provider) -> bool {
    let (mut before, mut now) = (before.all_keys(), now.all_keys());
    loop {
        match (before.next(), now.next()) {
            (None, None) => return true,
            (Some((before, _)), Some((now, _))) if is_same(Some(before), Some(now)) => {}
            _ => return false,
        }
    }
}

fn is_same(before: Option<&Credential>, now: Option<&Credential>) -> bool {
    let secret = |credential: &Credential| credential.secret().map(|secret| secret.expose().to_owned()).ok();
    before.map(secret) == now.map(secret)
}

/// What was added, removed or changed of a list.
fn items(
    list: &str,
    before: &BTreeMap<String, Vec<(&str, &str)>>,
    now: &BTreeMap<String, Vec<(&str, &str)>>,
) -> Vec<String> {
    let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let told = names
        .into_iter()
        .filter_map(|name| match (before.get(name), now.get(name)) {
            (None, _) => Some(format!("{list} {name} is new")),
            (_, None) => Some(format!("{list} {name} is gone")),
            (Some(before), Some(now)) if before == now => None,
            (Some(before), Some(now)) => {
                let differing = now.iter().filter(|entry| !before.contains(entry));
                let keys: Vec<&str> = differing.map(|(key, _)| *key).collect();
                Some(format!("{list} {name}: {}", keys.join(", ")))
            }
        });
    told.collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::config::Sources;

    fn load(text: &str) -> Config {
        Config::load(&Sources::of_text(text)).unwrap()
    }

    fn provider(name: &str, key: &str) -> String {
        format!("[[provider]]\nname = \"{name}\"\nkind = \"openai\"\nbase_url = \"https://a/v1\"\nkey = \"{key}\"\n")
    }

    #[test]
    fn what_can_change_does_and_what_cannot_keeps_its_value_and_is_named() {
        let running = load(&format!("[limits]\nbody = \"1MiB\"\n{}", provider("a", "one")));
        let text = "[limits]\nbody = \"2MiB\"\nconnections = 7\n[serve]\ndrain = \"1s\"\n[database]\nurl = \"postgres://u@h/d\"\n";
        let written = load(&format!("{text}{}{}", provider("b", "x"), provider("a", "two")));
        let (config, reloaded) = running.reloaded(written);
        assert_eq!(config.limits.body.bytes(), 2 << 20);
        assert_eq!(config.limits.connections, running.limits.connections);
        assert_eq!(config.serve.drain, running.serve.drain);
        assert!(config.database.url.is_none() && config.providers.len() == 2);
        assert_eq!(
            reloaded.changed,
            ["limits.body", "provider \"b\" is new", "the key of provider \"a\""]
        );
        assert_eq!(reloaded.restart, ["database.url", "limits.connections", "serve.drain"]);
    }

    #[test]
    fn the_same_again_changes_nothing() {
        let text = provider("a", "one");
        assert_eq!(load(&text).reloaded(load(&text)).1, Reloaded::default());
    }
}
