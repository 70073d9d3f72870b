//! OpenRouter's `/api/v1/models`: a list under `data`, prices as texts for a token under `pricing`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base::unit::Unit;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Draft, List, Makes, is_priced};

const INPUT: &str = "prompt";
const OUTPUT: &str = "completion";
const PARTS: [(Unit, &str); 3] = [
    (Unit::Cached, "input_cache_read"),
    (Unit::CacheWrite, "input_cache_write"),
    (Unit::Reasoning, "internal_reasoning"),
];

#[derive(Deserialize)]
struct Whole<'a> {
    #[serde(borrow)]
    data: Vec<Model<'a>>,
}

#[derive(Deserialize)]
struct Model<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow, default)]
    pricing: BTreeMap<Cow<'a, str>, &'a RawValue>,
}

pub(super) fn read(text: &str) -> serde_json::Result<List> {
    let whole: Whole<'_> = serde_json::from_str(text)?;
    let mut list = List::default();
    for Model { id, pricing } in &whole.data {
        let member = |key: &str| pricing.get(key).copied();
        let taken = |key: &str| [INPUT, OUTPUT].contains(&key) || PARTS.iter().any(|(_, part)| *part == key);
        let others = pricing.iter().filter(|(key, raw)| !taken(key) && is_priced(raw));
        list.add(Draft {
            // Whoever made the model stands before the slash.
            provider: id.split('/').next().unwrap_or_default().to_owned(),
            tokens: 0,
            input: member(INPUT),
            output: member(OUTPUT),
            makes: Makes::Tokens,
            parts: PARTS.map(|(unit, key)| (unit, member(key))),
            left_out: others.map(|(key, _)| key.to_string()).collect(),
            name: id.to_string(),
        });
    }
    Ok(list)
}
