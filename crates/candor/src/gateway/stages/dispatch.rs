//! Dispatch: the request goes to the model's routes in order until one answers. Before the first byte of an answer the
//! next route is tried; after it, never. Only a request that was screened and covered comes here.

use super::choose::Chosen;
use super::outbound::{Outbound, Speech, outbound};
use super::reserve::Reserved;
use super::{plain, relay};
use crate::gateway::Gateway;
use crate::gateway::answer::Answer;
use crate::gateway::api::Api;
use crate::gateway::codes::Code;
use crate::gateway::counting::Prompt;
use crate::gateway::deadlines::Deadlines;
use crate::gateway::meter::Meter;
use crate::gateway::providers::sandbox::{self, SandboxReply};
use crate::gateway::providers::{self, Delivery, Http, UpstreamBody};
use crate::gateway::refusal::Refusal;
use crate::gateway::routing::Route;
use crate::records::closing::{Outcome, Status};
use egress::SendError;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use std::sync::Arc;
use tokio::time::{Instant, timeout};
use wire::neutral::Format;

/// Longest error answer of a provider that is read.
const ERROR_BYTES: usize = 64 * 1024;

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

/// Why a route gave no answer.
pub(super) struct Failed {
    pub(super) outcome: Outcome,
    pub(super) refusal: Refusal,
    /// May another route do better?
    pub(super) another: bool,
}

/// Sends the request and begins the answer.
pub async fn dispatch(gateway: &Arc<Gateway>, reserved: Reserved) -> Result<Response<Answer>, Refusal> {
    let mut chosen = reserved.chosen;
    let total = Instant::now() + gateway.upstream.total;
    let meter = meter(&chosen);
    let model = Arc::clone(&chosen.model);
    let (mut last, mut status) = (None, Status::Refused);
    for route in &model.routes {
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
        chosen.screened.journal.begin_try(&route.provider.name, &route.model);
        let meter = meter.of_model(&route.model);
        match attempt(gateway, &mut chosen, route, outbound, &meter, total).await {
            Ok(Answered::Plain(whole)) => return plain::deliver(chosen, whole).await,
            Ok(Answered::Streaming(begun)) => return Ok(relay::begin(gateway, chosen, begun, meter)),
            Err(failed) => {
                gateway.meters.tried(&route.provider.name, failed.outcome);
                tracing::warn!(
                    provider = route.provider.name,
                    model = model.name,
                    "a provider gave no answer"
                );
                chosen.screened.journal.end_try(failed.outcome);
                last = Some(failed.refusal);
                if !failed.another {
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

async fn attempt(
    gateway: &Gateway,
    chosen: &mut Chosen,
    route: &Route,
    outbound: Outbound,
    meter: &Meter,
    total: Instant,
) -> Result<Answered, Failed> {
    let begun = begin(gateway, chosen, route, outbound, total).await?;
    if chosen.screened.request.is_streamed() {
        if !is(&begun.content_type, "text/event-stream") {
            return Err(no_answer(Outcome::Cut));
        }
        answered_by(gateway, chosen, route);
        return Ok(Answered::Streaming(begun));
    }
    let limit = gateway.upstream.body.as_usize();
    let understanding = plain::Understanding {
        meter: meter.clone(),
        prompt: Prompt::of(&chosen.screened),
        counting: &gateway.counting,
    };
    let whole = plain::collect(begun, limit, understanding).await.map_err(no_answer)?;
    answered_by(gateway, chosen, route);
    Ok(Answered::Plain(whole))
}

fn answered_by(gateway: &Gateway, chosen: &mut Chosen, route: &Route) {
    gateway.meters.tried(&route.provider.name, Outcome::Answered);
    chosen.screened.journal.end_try(Outcome::Answered);
}

async fn begin(
    gateway: &Gateway,
    chosen: &Chosen,
    route: &Route,
    outbound: Outbound,
    total: Instant,
) -> Result<Begun, Failed> {
    let deadlines = || Deadlines::new(gateway.upstream.idle, total);
    let Some(http) = route.provider.http() else {
        return begin_sandbox(gateway, chosen, outbound, deadlines()).await;
    };
    let delivery = if chosen.screened.request.is_streamed() {
        Delivery::Streamed
    } else {
        Delivery::Plain
    };
    let Outbound {
        path,
        headers,
        body,
        speech,
        dropped,
    } = outbound;
    let response = http
        .send(path, headers, body, delivery)
        .await
        .map_err(|error| unreachable(&error))?;
    let (head, reply) = response.into_parts();
    let body = UpstreamBody::Network(reply);
    if head.status != StatusCode::OK {
        return Err(refused(http, speech.errors(), (head.status, &head.headers), body, deadlines()).await);
    }
    Ok(Begun {
        content_type: content_type(&head.headers),
        body,
        deadlines: deadlines(),
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
            another: false,
        })?;
    if timeout(gateway.upstream.first_byte, tokio::time::sleep(staged.delay))
        .await
        .is_err()
    {
        return Err(timed_out());
    }
    let status = StatusCode::from_u16(staged.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if status != StatusCode::OK {
        let error = sandbox::asked_for_error(status.as_u16());
        let refusal = Refusal::said_by_upstream(status, error, None, None);
        return Err(Failed {
            outcome: Outcome::Status(status.as_u16()),
            refusal,
            another: true,
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

pub(super) async fn refused(
    http: &Http,
    format: Format,
    (status, headers): (StatusCode, &HeaderMap),
    body: UpstreamBody,
    deadlines: Deadlines,
) -> Failed {
    let retry_after = headers
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse().ok());
    let body = plain::read(body, ERROR_BYTES, deadlines).await.unwrap_or_default();
    let refusal = providers::refusal(format, status, &body, retry_after, || http.secrets());
    // What the request itself got wrong, it gets wrong everywhere.
    let another = !matches!(status.as_u16(), 400 | 409 | 413 | 415 | 422);
    Failed {
        outcome: Outcome::Status(status.as_u16()),
        refusal,
        another,
    }
}

pub(super) fn unreachable(error: &SendError) -> Failed {
    tracing::warn!(error = %error, "a provider could not be asked");
    match error {
        SendError::FirstByteTimeout => timed_out(),
        SendError::Connect(_) | SendError::ConnectTimeout | SendError::PlainBeyondLoopback => Failed {
            outcome: Outcome::Unreachable,
            ..no_answer(Outcome::Unreachable)
        },
        SendError::Exchange(_) => no_answer(Outcome::Cut),
    }
}

fn timed_out() -> Failed {
    let message = "The model's provider did not answer in time. Try again later.";
    let refusal = Refusal::upstream(Code::UpstreamTimeout, message);
    Failed {
        outcome: Outcome::TimedOut,
        refusal,
        another: true,
    }
}

pub(super) fn no_answer(outcome: Outcome) -> Failed {
    if outcome == Outcome::TimedOut {
        return timed_out();
    }
    let message = "The model's provider gave no usable answer. Try again later.";
    let refusal = Refusal::upstream(Code::UpstreamFailed, message);
    Failed {
        outcome,
        refusal,
        another: true,
    }
}
