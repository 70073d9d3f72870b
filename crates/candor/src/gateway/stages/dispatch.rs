//! Dispatch: the request goes to the model's routes in order, and to each with one of its provider's keys, until one answers. Before the first byte of an answer the
//! next route is tried; after it, never. Only a request that was screened and covered comes here.

use super::choose::Chosen;
use super::failed::Failed;
use super::outbound::{Outbound, Speech, outbound};
use super::reserve::Reserved;
use super::{plain, relay};
use crate::gateway::Gateway;
use crate::gateway::answer::Answer;
use crate::gateway::api::Api;
use crate::gateway::counting::Prompt;
use crate::gateway::deadlines::Deadlines;
use crate::gateway::meter::Meter;
use crate::gateway::providers::sandbox::{self, SandboxReply};
use crate::gateway::providers::{Delivery, Sending, UpstreamBody};
use crate::gateway::refusal::Refusal;
use crate::gateway::routing::{Candidate, Candidates, Fault, Route};
use crate::records::closing::{Outcome, Status};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// A provider's answer whose status says that it is one.
pub struct Begun {
    /// Its media type.
    pub content_type: HeaderValue,
    /// Its body.
    pub body: UpstreamBody,
    /// Its time limits.
    pub deadlines: Deadlines,
    /// How it is understood.
    pub speech: Speech,
    /// What of the request was left out, for `x-candor-dropped`.
    pub dropped: Option<String>,
}

/// Sends the request and begins the answer.
pub async fn dispatch(gateway: &Arc<Gateway>, reserved: Reserved) -> Result<Response<Answer>, Refusal> {
    let mut chosen = reserved.chosen;
    let total = Instant::now() + gateway.upstream.total;
    let meter = meter(&chosen);
    let model = Arc::clone(&chosen.model);
    let mut candidates = Candidates::new(gateway, &model);
    let (mut last, mut status) = (None, Status::Refused);
    while let Some(candidate) = candidates.take_next() {
        let route = candidate.route;
        let work = || outbound(gateway, &chosen, route);
        let outbound = match gateway.heavy.work(chosen.screened.body_bytes, work).await {
            Ok(outbound) => outbound,
            // Nothing was sent: another provider may have the words.
            Err(refusal) => {
                last = last.or(Some(refusal));
                continue;
            }
        };
        status = Status::Failed;
        candidates.begin();
        chosen.screened.journal.begin_try(&route.provider.name, &route.model);
        let meter = meter.of_model(&route.model);
        match attempt(gateway, &mut chosen, candidate, outbound, &meter, total).await {
            Ok(answered) => {
                candidates.answered(candidate);
                return match answered {
                    Answered::Plain(whole) => plain::deliver(chosen, whole).await,
                    Answered::Streaming(begun) => Ok(relay::begin(gateway, chosen, begun, meter)),
                };
            }
            Err(failed) => {
                gateway.meters.tried(&route.provider.name, failed.outcome);
                tracing::warn!(
                    provider = route.provider.name,
                    model = model.name,
                    "a provider gave no answer"
                );
                chosen.screened.journal.end_try(failed.outcome);
                candidates.failed(candidate, failed.fault);
                let is_final = failed.is_final() || Instant::now() >= total;
                last = Some(failed.refusal);
                if is_final {
                    break;
                }
            }
        }
    }
    let refusal = last.unwrap_or_else(Refusal::internal);
    match chosen.screened.journal.settle(status, None) {
        Ok(_) => Err(refusal),
        Err(error) => {
            tracing::error!(error = %error, "a failed generation could not be recorded");
            Err(Refusal::spool_full(1))
        }
    }
}

fn meter(chosen: &Chosen) -> Meter {
    let meter = Meter::new(chosen.bounds, chosen.screened.text_bytes);
    match chosen.screened.call.api {
        Api::Embeddings => meter.of_prompts(),
        _ => meter,
    }
}

enum Answered {
    Plain(plain::Whole),
    Streaming(Begun),
}

/// Until when a try may go on.
#[derive(Clone, Copy)]
pub struct Limits {
    /// With its head, and whole where it is plain.
    this_try: Instant,
    /// With a stream.
    total: Instant,
}

impl Limits {
    /// Of a try that begins, of a request that must have ended at `total`.
    pub fn of_a_try(gateway: &Gateway, total: Instant) -> Self {
        let this_try = gateway.upstream.one_try.map(|limit| Instant::now() + limit);
        Self {
            this_try: this_try.map_or(total, |limit| limit.min(total)),
            total,
        }
    }

    /// What is left for the head.
    pub fn head(&self) -> Duration {
        self.this_try.saturating_duration_since(Instant::now())
    }

    /// Those of a body.
    pub fn body(&self, gateway: &Gateway, delivery: Delivery) -> Deadlines {
        let until = match delivery {
            Delivery::Plain => self.this_try,
            Delivery::Streamed => self.total,
        };
        Deadlines::new(gateway.upstream.idle, until)
    }
}

async fn attempt(
    gateway: &Gateway,
    chosen: &mut Chosen,
    candidate: Candidate<'_>,
    outbound: Outbound,
    meter: &Meter,
    total: Instant,
) -> Result<Answered, Failed> {
    let limits = Limits::of_a_try(gateway, total);
    let begun = begin(gateway, chosen, candidate, outbound, limits).await?;
    if chosen.screened.request.is_streamed() {
        if !is(&begun.content_type, "text/event-stream") {
            return Err(Failed::without_answer(Outcome::Cut));
        }
        answered_by(gateway, chosen, candidate.route);
        return Ok(Answered::Streaming(begun));
    }
    let limit = gateway.upstream.body.as_usize();
    let understanding = plain::Understanding {
        meter: meter.clone(),
        prompt: Prompt::of(&chosen.screened),
        counting: &gateway.counting,
    };
    let whole = plain::collect(begun, limit, understanding).await;
    let whole = whole.map_err(Failed::without_answer)?;
    answered_by(gateway, chosen, candidate.route);
    Ok(Answered::Plain(whole))
}

fn answered_by(gateway: &Gateway, chosen: &mut Chosen, route: &Route) {
    gateway.meters.tried(&route.provider.name, Outcome::Answered);
    chosen.screened.journal.end_try(Outcome::Answered);
}

async fn begin(
    gateway: &Gateway,
    chosen: &Chosen,
    candidate: Candidate<'_>,
    outbound: Outbound,
    limits: Limits,
) -> Result<Begun, Failed> {
    let delivery = if chosen.screened.request.is_streamed() {
        Delivery::Streamed
    } else {
        Delivery::Plain
    };
    let Some(http) = candidate.route.provider.http() else {
        return begin_sandbox(gateway, chosen, outbound, limits.body(gateway, delivery)).await;
    };
    let Outbound {
        path,
        headers,
        body,
        speech,
        dropped,
    } = outbound;
    let sending = Sending {
        path,
        headers,
        body,
        delivery,
        key: candidate.key,
        limit: limits.head(),
    };
    let response = http.send(sending).await.map_err(|error| Failed::unreachable(&error))?;
    let (head, reply) = response.into_parts();
    let body = UpstreamBody::Network(reply);
    if head.status != StatusCode::OK {
        let why = (body, limits.body(gateway, Delivery::Plain));
        let told = (head.status, &head.headers);
        return Err(Failed::refused(http, speech.errors(), told, gateway.clock.now(), why).await);
    }
    // Nobody asked for it, nobody here unpacks it, and an answer that can't be read could be neither counted nor screened.
    if head
        .headers
        .get(CONTENT_ENCODING)
        .is_some_and(|coding| coding != "identity")
    {
        return Err(Failed::without_answer(Outcome::Cut));
    }
    Ok(Begun {
        content_type: content_type(&head.headers),
        body,
        deadlines: limits.body(gateway, delivery),
        speech,
        dropped,
    })
}

async fn begin_sandbox(
    gateway: &Gateway,
    chosen: &Chosen,
    outbound: Outbound,
    deadlines: Deadlines,
) -> Result<Begun, Failed> {
    let screened = &chosen.screened;
    let body = screened.body.open(&screened.journal.subject().grant);
    let staged =
        sandbox::answer(screened.call.api, &screened.request, body, chosen.output_cap).map_err(|problem| Failed {
            outcome: Outcome::Status(StatusCode::BAD_REQUEST.as_u16()),
            refusal: Refusal::bad(&problem),
            fault: Fault::Request,
        })?;
    if timeout(gateway.upstream.first_byte, tokio::time::sleep(staged.delay))
        .await
        .is_err()
    {
        return Err(Failed::without_answer(Outcome::TimedOut));
    }
    let status = StatusCode::from_u16(staged.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if status != StatusCode::OK {
        let error = sandbox::asked_for_error(status.as_u16());
        let refusal = Refusal::said_by_upstream(status, error, None, None);
        return Err(Failed {
            outcome: Outcome::Status(status.as_u16()),
            refusal,
            fault: Fault::Place,
        });
    }
    let content_type = HeaderValue::from_static(staged.content_type);
    let body = UpstreamBody::Sandbox(SandboxReply::from(staged));
    Ok(Begun {
        content_type,
        body,
        deadlines,
        speech: outbound.speech,
        dropped: None,
    })
}

fn content_type(headers: &HeaderMap) -> HeaderValue {
    let default = || HeaderValue::from_static("application/octet-stream");
    headers.get(CONTENT_TYPE).cloned().unwrap_or_else(default)
}

fn is(content_type: &HeaderValue, expected: &str) -> bool {
    let essence = content_type.to_str().ok().and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(expected))
}
