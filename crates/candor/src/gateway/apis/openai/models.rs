//! `GET /v1/models` and `/v1/models/{id}`: what the key may use.

use crate::gateway::Gateway;
use crate::gateway::answer::{Answer, json};
use crate::gateway::refusal::Refusal;
use crate::gateway::routing::Model as Offered;
use crate::gateway::stages::authenticate::authenticate;
use crate::gateway::stages::choose::{may_use, unknown};
use http::{HeaderMap, Response};
use std::sync::Arc;
use wire::openai::model::{self, Model};

/// The instance does not know when a provider made a model; a constant keeps answers equal between processes.
const CREATED: i64 = 0;

/// The list.
pub(in crate::gateway::apis) fn list(gateway: &Gateway, headers: &HeaderMap) -> Result<Response<Answer>, Refusal> {
    let caller = authenticate(gateway, headers)?;
    let usable = gateway.catalogue.iter().filter(|model| may_use(&caller, model));
    let models: Vec<Model<'_>> = usable
        .map(|model| Model::new(&model.name, CREATED, model.owner()))
        .collect();
    Ok(json(model::list(&models)))
}

/// One of them.
pub(in crate::gateway::apis) fn show(
    gateway: &Gateway,
    headers: &HeaderMap,
    encoded: &str,
) -> Result<Response<Answer>, Refusal> {
    let model = usable(gateway, headers, encoded)?;
    Ok(json(Model::new(&model.name, CREATED, model.owner()).to_body()))
}

/// The model of that name, if the key may use it. Names may hold `/` and `:` and come percent-encoded.
pub(in crate::gateway::apis) fn usable(
    gateway: &Gateway,
    headers: &HeaderMap,
    encoded: &str,
) -> Result<Arc<Offered>, Refusal> {
    let caller = authenticate(gateway, headers)?;
    let name = percent_decoded(encoded);
    let found = name.as_deref().and_then(|name| gateway.catalogue.find(name));
    let model = found.filter(|model| may_use(&caller, model));
    let model = model.ok_or_else(|| unknown(gateway, &caller, name.as_deref().unwrap_or(encoded)))?;
    Ok(Arc::clone(model))
}

/// Is this the model's name, percent-encoded?
pub(in crate::gateway::apis) fn is_called(model: &Offered, encoded: &str) -> bool {
    percent_decoded(encoded).is_some_and(|name| name == model.name)
}

/// Decodes once; `None` if that gives no text.
fn percent_decoded(encoded: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        if byte != b'%' {
            bytes.push(byte);
            rest = tail;
            continue;
        }
        let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &tail[2..];
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_decoded_once() {
        assert_eq!(percent_decoded("a%2Fb%3Ac").as_deref(), Some("a/b:c"));
        assert_eq!(percent_decoded("a%252F").as_deref(), Some("a%2F"));
        assert_eq!(percent_decoded("%ff"), None);
        assert_eq!(percent_decoded("%2"), None);
    }
}
