//! LiteLLM's `model_prices_and_context_window.json`: an object of models by name, prices as numbers for a token.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base::unit::Unit;
use serde_json::value::RawValue;

use super::{Draft, List, Makes, is_priced, word};

/// What explains the file, in the form of a model.
const EXPLANATION: &str = "sample_spec";
const INPUT: &str = "input_cost_per_token";
const OUTPUT: &str = "output_cost_per_token";
const PARTS: [(Unit, &str); 3] = [
    (Unit::Cached, "cache_read_input_token_cost"),
    (Unit::CacheWrite, "cache_creation_input_token_cost"),
    (Unit::Reasoning, "output_cost_per_reasoning_token"),
];

type Members<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

pub(super) fn read(text: &str) -> serde_json::Result<List> {
    let models: Members<'_> = serde_json::from_str(text)?;
    let mut list = List::default();
    for (name, raw) in models.iter().filter(|(name, _)| *name != EXPLANATION) {
        let members: Members<'_> = serde_json::from_str(raw.get())?;
        let member = |key: &str| members.get(key).copied();
        list.add(Draft {
            name: name.to_string(),
            provider: word(member("litellm_provider")),
            tokens: 0,
            input: member(INPUT),
            output: member(OUTPUT),
            makes: match word(member("mode")).as_str() {
                "embedding" | "rerank" => Makes::NoTokens,
                _ => Makes::Tokens,
            },
            parts: PARTS.map(|(unit, key)| (unit, member(key))),
            left_out: left_out(&members),
        });
    }
    Ok(list)
}

/// Other prices of more than nothing: tiers by length or speed, pictures, seconds, searches.
fn left_out(members: &Members<'_>) -> Vec<String> {
    let taken = |key: &str| [INPUT, OUTPUT].contains(&key) || PARTS.iter().any(|(_, part)| *part == key);
    let others = members.iter().filter(|(key, _)| key.contains("cost") && !taken(key));
    others
        .filter(|(_, raw)| is_priced(raw))
        .map(|(key, _)| key.to_string())
        .collect()
}
