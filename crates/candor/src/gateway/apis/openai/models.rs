//! `GET /v1/models` and `/v1/models/{id}`: what the key may use.

use crate::config::Modality;
use crate::gateway::Gateway;
use crate::gateway::answer::{Answer, json};
use crate::gateway::refusal::Refusal;
use crate::gateway::routing::{Model as Offered, Served};
use crate::gateway::stages::authenticate::authenticate;
use crate::gateway::stages::choose::{is_offered, serving};
use http::{HeaderMap, Response};
use std::sync::Arc;
use wire::openai::model::{self, Architecture, Described, Model};

/// The instance does not know when a provider made a model; a constant keeps answers equal between processes.
const CREATED: i64 = 0;

/// The list.
pub(in crate::gateway::apis) fn list(gateway: &Gateway, headers: &HeaderMap) -> Result<Response<Answer>, Refusal> {
    let caller = authenticate(gateway, headers)?;
    let today = gateway.clock.now().day();
    let models = gateway
        .catalogue
        .iter()
        .filter(|model| is_offered(&caller, model, today));
    let models: Vec<Model<'_>> = models.map(|model| told(model)).collect();
    Ok(json(model::list(&models)))
}

/// One of them.
pub(in crate::gateway::apis) fn show(
    gateway: &Gateway,
    headers: &HeaderMap,
    encoded: &str,
) -> Result<Response<Answer>, Refusal> {
    let model = usable(gateway, headers, encoded)?;
    Ok(json(told(&model).to_body()))
}

fn told(offered: &Offered) -> Model<'_> {
    let can = &offered.capabilities;
    let supported = [
        ("tools", can.tools),
        ("tool_choice", can.tools),
        ("structured_outputs", can.structured_outputs),
        ("reasoning", can.reasoning),
    ];
    let names = |modalities: &Option<Vec<Modality>>| {
        let modalities = modalities.as_ref()?;
        Some(modalities.iter().map(|modality| modality.as_str()).collect())
    };
    let architecture = Architecture {
        input_modalities: names(&can.input_modalities),
        output_modalities: names(&can.output_modalities),
    };
    let ending = offered.ending.as_deref();
    Model {
        described: Described {
            aliases: &offered.aliases,
            context_length: can.context_length,
            architecture: (!architecture.is_empty()).then_some(architecture),
            supported_parameters: supported
                .into_iter()
                .filter_map(|(name, can)| can.unwrap_or(false).then_some(name))
                .collect(),
            deprecation_date: ending.and_then(|ending| Some(ending.deprecated?.to_string())),
            expiration_date: ending.and_then(|ending| Some(ending.retires?.to_string())),
            successor: ending.and_then(|ending| ending.successor.as_deref()),
        },
        ..Model::new(&offered.name, CREATED, offered.owner())
    }
}

/// The model of that name, if the key may use it. Names may hold `/` and `:` and come percent-encoded.
pub(in crate::gateway::apis) fn usable(
    gateway: &Gateway,
    headers: &HeaderMap,
    encoded: &str,
) -> Result<Arc<Offered>, Refusal> {
    let caller = authenticate(gateway, headers)?;
    let name = percent_decoded(encoded);
    let name = name.as_deref().unwrap_or(encoded);
    let Served { model, .. } = serving(gateway, &caller, name, gateway.clock.now().day())?;
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
