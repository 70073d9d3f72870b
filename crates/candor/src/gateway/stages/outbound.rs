//! Outbound: the request as the provider of one route shall read it, and how its answer will be understood.

use super::choose::Chosen;
use crate::gateway::Gateway;
use crate::gateway::api::Api;
use crate::gateway::providers::{Kind, Way, anthropic};
use crate::gateway::refusal::Refusal;
use crate::gateway::routing::Route;
use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use wire::dialect::Dialect;
use wire::neutral::Format;
use wire::openai::embeddings::{self, Encoding};
use wire::problem::Problem;
use wire::translate::{self, Asked, Changes};

/// What ids of generations begin with; ids of answers have prefixes of their own.
const ID_PREFIX: &str = "gen_";

/// A request on its way to a provider.
pub struct Outbound {
    /// Below the provider's address.
    pub path: &'static str,
    /// Headers that the provider's API has.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub body: Vec<Bytes>,
    /// How the answer is understood.
    pub speech: Speech,
    /// What the provider's API has no words for, for `x-candor-dropped`.
    pub dropped: Option<String>,
}

/// How an answer is understood.
pub enum Speech {
    /// It is in the client's own API and passes.
    Native(Api),
    /// It is a list of vectors, in this encoding for a client that calls the model by this name.
    Vectors(Box<(Encoding, String)>),
    /// It is translated.
    Translated(Box<Translation>),
}

/// From the provider's words to the client's.
pub struct Translation {
    /// The provider's format.
    pub from: Format,
    /// The client's.
    pub to: Format,
    /// What of the request the answer has to know.
    pub asked: Asked,
}

impl Speech {
    /// The format of the provider's errors.
    pub fn errors(&self) -> Format {
        match self {
            Self::Native(api) => api.format().unwrap_or(Format::Chat),
            Self::Vectors(_) => Format::Chat,
            Self::Translated(translation) => translation.from,
        }
    }
}

/// Prepares the request for `route`.
///
/// # Errors
/// If it says what the provider's API can't say and what must not be left out.
pub fn outbound(gateway: &Gateway, chosen: &Chosen, route: &Route) -> Result<Outbound, Refusal> {
    let call = &chosen.screened.call;
    let way = route.provider.way(call.api, &route.model);
    let way = way.ok_or_else(|| Refusal::unsupported_model(&chosen.model.name, call.api))?;
    let mut outbound = match way {
        Way::Passing(path) => passing(gateway, chosen, route, path)?,
        Way::Translated { to, dialect, path } => translated(gateway, chosen, route, (to, dialect, path))?,
    };
    if let Kind::Anthropic(_) = route.provider.kind {
        outbound.headers = anthropic::headers(call.anthropic.as_deref());
        outbound.path = anthropic::path(outbound.path, call.anthropic.as_deref());
    }
    Ok(outbound)
}

fn passing(gateway: &Gateway, chosen: &Chosen, route: &Route, path: &'static str) -> Result<Outbound, Refusal> {
    let screened = &chosen.screened;
    let body = screened.body.open(&screened.journal.subject().grant);
    let api = screened.call.api;
    let speech = match api {
        Api::Embeddings => {
            let encoding = embeddings::asked(body).ok_or_else(unknown_encoding)?;
            Speech::Vectors(Box::new((encoding, chosen.model.name.clone())))
        }
        api => Speech::Native(api),
    };
    let body = if route.provider.is_sandbox() {
        Vec::new()
    } else {
        let pseudonym = pseudonym(gateway, chosen, route);
        screened
            .request
            .changed(body, &changes(chosen, route, pseudonym.as_deref()))
    };
    Ok(Outbound {
        path,
        headers: Vec::new(),
        body,
        speech,
        dropped: None,
    })
}

fn translated(
    gateway: &Gateway,
    chosen: &Chosen,
    route: &Route,
    (to, dialect, path): (Format, &Dialect, &'static str),
) -> Result<Outbound, Refusal> {
    let screened = &chosen.screened;
    let body = screened.body.open(&screened.journal.subject().grant);
    let from = screened.call.api.format();
    let from = from.ok_or_else(|| Refusal::unsupported_model(&chosen.model.name, screened.call.api))?;
    let pseudonym = pseudonym(gateway, chosen, route);
    let changes = changes(chosen, route, pseudonym.as_deref());
    let asked = asked(chosen);
    let said =
        translate::request(from, to, body, &changes, dialect, asked).map_err(|problem| Refusal::bad(&problem))?;
    let betas = screened
        .call
        .anthropic
        .as_ref()
        .is_some_and(|head| head.betas.is_some());
    let dropped = said
        .dropped
        .header()
        .into_iter()
        .chain(betas.then(|| "anthropic-beta".to_owned()));
    let dropped: Vec<String> = dropped.collect();
    Ok(Outbound {
        path,
        headers: Vec::new(),
        body: vec![said.body],
        speech: Speech::Translated(Box::new(Translation {
            from: to,
            to: from,
            asked: said.asked,
        })),
        dropped: (!dropped.is_empty()).then(|| dropped.join(", ")),
    })
}

/// What an answer that is written here says of itself.
pub fn asked(chosen: &Chosen) -> Asked {
    let arrived = chosen.screened.journal.subject().arrived;
    let id = arrived.id.to_string();
    let created = u64::try_from(arrived.at.as_seconds()).unwrap_or(0);
    Asked::new(id.trim_start_matches(ID_PREFIX), created, &chosen.model.name)
}

pub(super) fn changes<'c>(chosen: &Chosen, route: &'c Route, user: Option<&'c str>) -> Changes<'c> {
    Changes {
        model: &route.model,
        output_cap: chosen.output_cap,
        user,
    }
}

/// What the provider reads in place of the end user's id.
pub(super) fn pseudonym(gateway: &Gateway, chosen: &Chosen, route: &Route) -> Option<String> {
    let user = chosen.screened.request.user();
    user.map(|user| gateway.end_user(&chosen.screened.journal, &route.provider.name, user))
}

fn unknown_encoding() -> Refusal {
    Refusal::bad(&Problem::Value {
        at: "encoding_format".to_owned(),
        expected: "'float' or 'base64'",
    })
}
