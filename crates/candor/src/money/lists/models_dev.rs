//! models.dev's `api.json`: an object of providers, each with `models` by name, prices as numbers for a million tokens under
//! `cost`. A model is named `provider/model` here.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base::unit::Unit;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Draft, List, MILLION, Makes, is_priced};

const INPUT: &str = "input";
const OUTPUT: &str = "output";
const PARTS: [(Unit, &str); 3] = [
    (Unit::Cached, "cache_read"),
    (Unit::CacheWrite, "cache_write"),
    (Unit::Reasoning, "reasoning"),
];
/// A dearer tier for long prompts: an object of its own.
const TIER: &str = "context_over_200k";

#[derive(Deserialize)]
struct Provider<'a> {
    #[serde(borrow, default)]
    models: BTreeMap<Cow<'a, str>, Model<'a>>,
}

#[derive(Deserialize)]
struct Model<'a> {
    #[serde(borrow, default)]
    cost: BTreeMap<Cow<'a, str>, &'a RawValue>,
}

pub(super) fn read(text: &str) -> serde_json::Result<List> {
    let providers: BTreeMap<Cow<'_, str>, Provider<'_>> = serde_json::from_str(text)?;
    let mut list = List::default();
    for (provider, Provider { models }) in &providers {
        for (name, Model { cost }) in models {
            let member = |key: &str| cost.get(key).copied();
            let taken = |key: &str| [INPUT, OUTPUT].contains(&key) || PARTS.iter().any(|(_, part)| *part == key);
            let others = cost
                .iter()
                .filter(|(key, raw)| !taken(key) && (*key == TIER || is_priced(raw)));
            list.add(Draft {
                name: format!("{provider}/{name}"),
                provider: provider.to_string(),
                tokens: MILLION,
                input: member(INPUT),
                output: member(OUTPUT),
                makes: Makes::Tokens,
                parts: PARTS.map(|(unit, key)| (unit, member(key))),
                left_out: others.map(|(key, _)| key.to_string()).collect(),
            });
        }
    }
    Ok(list)
}
