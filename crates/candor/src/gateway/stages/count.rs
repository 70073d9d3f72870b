//! Count: how many tokens a prompt has, as the model's own provider counts, and as the tokenizer does where it can't.
//!
//! Promises: costs nothing; a provider that sees the prompt stands in the receipt; where none does, no record is left.

use super::choose::Chosen;
use super::dispatch::Limits;
use super::failed::Failed;
use super::limit::Limited;
use super::outbound::{changes, pseudonym};
use super::plain;
use crate::gateway::Gateway;
use crate::gateway::answer::{Answer, json};
use crate::gateway::counting::Prompt;
use crate::gateway::providers::{Delivery, Http, Kind, Sending, UpstreamBody, Way, anthropic};
use crate::gateway::refusal::Refusal;
use crate::gateway::routing::{Candidate, Candidates, Route};
use crate::records::closing::{Outcome, Status};
use bytes::Bytes;
use http::{Response, StatusCode};
use std::sync::Arc;
use tokio::time::Instant;
use wire::neutral::Format;
use wire::translate;

/// Longest answer that holds a number.
const ANSWER_BYTES: usize = 64 * 1024;

/// Counts.
pub async fn count(gateway: &Arc<Gateway>, Limited { mut chosen }: Limited) -> Result<Response<Answer>, Refusal> {
    let total = Instant::now() + gateway.upstream.total;
    let model = Arc::clone(&chosen.model);
    let format = chosen.screened.call.api.format().unwrap_or(Format::Responses);
    let mut candidates = Candidates::new(gateway, &model);
    let mut last = None;
    while let Some(candidate) = candidates.take_next() {
        let route = candidate.route;
        let Some((http, way)) = route
            .provider
            .http()
            .zip(route.provider.way(chosen.screened.call.api, &route.model))
        else {
            continue;
        };
        let body = body(gateway, &chosen, route, way)?;
        candidates.begin();
        chosen.screened.journal.begin_try(&route.provider.name, &route.model);
        match ask(gateway, &chosen, candidate, (http, way), body, total).await {
            Ok(told) => {
                candidates.answered(candidate);
                gateway.meters.tried(&route.provider.name, Outcome::Answered);
                chosen.screened.journal.end_try(Outcome::Answered);
                return recorded(chosen, Status::Completed).map(|()| json(told));
            }
            Err(failed) => {
                candidates.failed(candidate, failed.fault);
                gateway.meters.tried(&route.provider.name, failed.outcome);
                chosen.screened.journal.end_try(failed.outcome);
                // It is there, and has no such endpoint: as good as one that is known to have none.
                if matches!(failed.outcome, Outcome::Status(404 | 405 | 501)) {
                    continue;
                }
                let is_final = failed.is_final() || Instant::now() >= total;
                last = Some(failed.refusal);
                if is_final {
                    break;
                }
            }
        }
    }
    match last {
        Some(refusal) => recorded(chosen, Status::Failed).and(Err(refusal)),
        None => {
            let told = counted_here(gateway, &chosen, format).await?;
            let asked = chosen.screened.journal.has_tried();
            if asked {
                recorded(chosen, Status::Completed)?;
            }
            Ok(json(told))
        }
    }
}

/// No provider of the model counts. What can't be read is refused all the same, as the providers do.
async fn counted_here(gateway: &Gateway, chosen: &Chosen, format: Format) -> Result<Bytes, Refusal> {
    let model = chosen.model.routes.first().map_or("", |route| route.model.as_str());
    let (encoding, _) = tokens::of_model(model);
    let prompt = Prompt::of(&chosen.screened);
    let tokens = gateway.counting.run(move || prompt.tokens(encoding)).await;
    let tokens = tokens.ok_or_else(Refusal::internal)?;
    let told = format!("{{\"input_tokens\":{tokens}}}");
    Ok(translate::count_answer(format, told.as_bytes()).unwrap_or_else(|| told.into()))
}

fn body(gateway: &Gateway, chosen: &Chosen, route: &Route, way: Way) -> Result<Vec<Bytes>, Refusal> {
    let screened = &chosen.screened;
    let sent = screened.body.open(&screened.journal.subject().grant);
    let Way::Translated { to, dialect, .. } = way else {
        let pseudonym = pseudonym(gateway, chosen, route);
        return Ok(screened
            .request
            .changed(sent, &changes(chosen, route, pseudonym.as_deref())));
    };
    let from = screened.call.api.format().unwrap_or(to);
    let said = translate::count_request(from, to, sent, &route.model, dialect);
    let said = said.map_err(|problem| Refusal::bad(&problem))?;
    said.map(|body| vec![body])
        .ok_or_else(|| Refusal::unsupported_model(&chosen.model.name, screened.call.api))
}

async fn ask(
    gateway: &Gateway,
    chosen: &Chosen,
    candidate: Candidate<'_>,
    (http, way): (&Http, Way),
    body: Vec<Bytes>,
    total: Instant,
) -> Result<Bytes, Failed> {
    let call = &chosen.screened.call;
    let (Way::Passing(path) | Way::Translated { path, .. }) = way;
    let (headers, path) = match candidate.route.provider.kind {
        Kind::Anthropic(_) => {
            let head = call.anthropic.as_deref();
            (anthropic::headers(head), anthropic::path(path, head))
        }
        Kind::OpenAi(_) | Kind::Sandbox => (Vec::new(), path),
    };
    let limits = Limits::of_a_try(gateway, total);
    let sending = Sending {
        path,
        headers,
        body,
        delivery: Delivery::Plain,
        key: candidate.key,
        limit: limits.head(),
    };
    let response = http.send(sending).await;
    let (head, reply) = response.map_err(|error| Failed::unreachable(&error))?.into_parts();
    let deadlines = limits.body(gateway, Delivery::Plain);
    let body = UpstreamBody::Network(reply);
    let client = call.api.format().unwrap_or(Format::Responses);
    let provider = match way {
        Way::Passing(_) => client,
        Way::Translated { to, .. } => to,
    };
    if head.status != StatusCode::OK {
        let told = (head.status, &head.headers);
        return Err(Failed::refused(http, provider, told, gateway.clock.now(), (body, deadlines)).await);
    }
    let body = plain::read(body, ANSWER_BYTES, deadlines).await;
    let body = body.map_err(Failed::without_answer)?;
    // Read even where it passes: an answer without a number is none.
    let told = translate::count_answer(client, &body).ok_or_else(|| Failed::without_answer(Outcome::Cut))?;
    Ok(if provider == client { body } else { told })
}

fn recorded(chosen: Chosen, status: Status) -> Result<(), Refusal> {
    match chosen.screened.journal.settle(status, None) {
        Ok(_) => Ok(()),
        Err(error) => {
            tracing::error!(error = %error, "a counted prompt could not be recorded");
            Err(Refusal::spool_full(1))
        }
    }
}
