//! A plain answer: collected, understood, metered, recorded, then delivered whole. An answer that breaks off, is too large or
//! is none of its API is none, and the next route is tried: the client has seen nothing of it.

use super::choose::Chosen;
use super::dispatch::Begun;
use super::outbound::{Speech, Translation};
use crate::gateway::answer::Answer;
use crate::gateway::api::Api;
use crate::gateway::deadlines::Deadlines;
use crate::gateway::joined::Joined;
use crate::gateway::meter::Meter;
use crate::gateway::providers::UpstreamBody;
use crate::gateway::refusal::Refusal;
use crate::gateway::usage;
use crate::records::closing::{Counted, Outcome, Status};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Response};
use std::future::poll_fn;
use std::task::Poll;
use wire::neutral::Format;
use wire::openai::chat::answer;
use wire::openai::embeddings::{self, Encoding};
use wire::openai::{completions, usage as openai_usage};
use wire::translate;

/// The header that tells what of a request or an answer was left out.
pub const DROPPED: HeaderName = HeaderName::from_static("x-candor-dropped");

/// A whole answer, and what it used.
pub struct Whole {
    content_type: HeaderValue,
    body: Bytes,
    meter: Meter,
    dropped: Option<String>,
}

/// Collects an answer of at most `limit` bytes.
pub async fn collect(begun: Begun, limit: usize, mut meter: Meter) -> Result<Whole, Outcome> {
    let Begun {
        content_type,
        body,
        deadlines,
        speech,
        mut dropped,
    } = begun;
    let body = read(body, limit, deadlines).await?;
    let body = match speech {
        Speech::Native(Api::Chat) => chat(body, &mut meter)?,
        Speech::Native(Api::Completions) => completion(body, &mut meter)?,
        Speech::Native(api) => native(api.format().ok_or(Outcome::Cut)?, body, &mut meter)?,
        Speech::Vectors(wanted) => vectors(&wanted, &body, &mut meter)?,
        Speech::Translated(translation) => translated(&translation, &body, &mut meter, &mut dropped)?,
    };
    Ok(Whole {
        content_type,
        body,
        meter,
        dropped,
    })
}

fn chat(body: Bytes, meter: &mut Meter) -> Result<Bytes, Outcome> {
    let answer = answer::read(&body).ok_or(Outcome::Cut)?;
    if answer.message_bytes > 0 {
        meter.content(answer.message_bytes);
    }
    if let Some(usage) = answer.usage {
        meter.tell(usage);
    }
    let (usage, counted) = meter.usage();
    Ok(match counted {
        Counted::Told => body,
        Counted::Estimated => answer.with_usage(&body, usage),
    })
}

fn completion(body: Bytes, meter: &mut Meter) -> Result<Bytes, Outcome> {
    let answer = completions::read(&body).ok_or(Outcome::Cut)?;
    if answer.text_bytes > 0 {
        meter.content(answer.text_bytes);
    }
    if let Some(used) = answer.usage {
        meter.tell(usage::wholes(used));
    }
    Ok(body)
}

/// A conversation whose format is the client's: it passes as it is.
fn native(format: Format, body: Bytes, meter: &mut Meter) -> Result<Bytes, Outcome> {
    let answer = translate::read_answer(format, &body).map_err(|_| Outcome::Cut)?;
    let content_bytes = answer.content_bytes();
    if content_bytes > 0 {
        meter.content(content_bytes);
    }
    if let Some(used) = answer.usage {
        meter.tell(usage::wholes(used));
    }
    Ok(body)
}

fn vectors((encoding, model): &(Encoding, String), body: &Bytes, meter: &mut Meter) -> Result<Bytes, Outcome> {
    let body = embeddings::in_encoding(body, model, *encoding).ok_or(Outcome::Cut)?;
    meter.content(body.len());
    if let Some(input) = embeddings::prompt_tokens(&body) {
        meter.tell(openai_usage::Usage {
            input,
            ..openai_usage::Usage::default()
        });
    }
    Ok(body)
}

fn translated(
    translation: &Translation,
    body: &Bytes,
    meter: &mut Meter,
    dropped: &mut Option<String>,
) -> Result<Bytes, Outcome> {
    let counting = meter.clone();
    let counted = |content_bytes: usize| {
        let mut meter = counting.clone();
        meter.content(content_bytes);
        usage::parts(meter.usage().0)
    };
    let Translation { from, to, asked } = translation;
    let answer = translate::answer(*from, *to, body, asked, Some(&counted)).map_err(|_| Outcome::Cut)?;
    if answer.content_bytes > 0 {
        meter.content(answer.content_bytes);
    }
    if let Some(used) = answer.usage {
        meter.tell(usage::wholes(used));
    }
    // Places in the answer, told apart from those in the request.
    for place in answer.unsaid {
        let list = dropped.get_or_insert_default();
        if !list.is_empty() {
            list.push_str(", ");
        }
        list.push_str("answer.");
        list.push_str(&place);
    }
    Ok(answer.body)
}

/// Records the answer, then hands it out.
pub async fn deliver(chosen: Chosen, whole: Whole) -> Result<Response<Answer>, Refusal> {
    let mut journal = chosen.screened.journal;
    let media_type = whole.content_type.to_str().unwrap_or("application/octet-stream");
    journal.begin(&chosen.screened.body, media_type);
    journal.keep(&whole.body);
    let failed = |error| {
        tracing::error!(error = %error, "an answer could not be recorded and was not delivered");
        Refusal::spool_full(1)
    };
    let closed = journal.settle(Status::Completed, Some(&whole.meter)).map_err(failed)?;
    if let Some(synced) = closed.synced {
        synced.wait().await.map_err(failed)?;
    }
    let mut response = Response::new(Answer::from(whole.body));
    response.headers_mut().insert(CONTENT_TYPE, whole.content_type);
    tell_dropped(&mut response, whole.dropped);
    Ok(response)
}

/// Says in the head what was left out.
pub fn tell_dropped(response: &mut Response<Answer>, dropped: Option<String>) {
    if let Some(value) = dropped.and_then(|dropped| HeaderValue::try_from(dropped).ok()) {
        response.headers_mut().insert(DROPPED, value);
    }
}

/// Reads a body to its end; one frame is not copied.
pub async fn read(mut body: UpstreamBody, limit: usize, mut deadlines: Deadlines) -> Result<Bytes, Outcome> {
    let mut whole = Joined::default();
    loop {
        let frame = poll_fn(|cx| match body.poll_frame(cx) {
            Poll::Ready(frame) => Poll::Ready(Ok(frame)),
            Poll::Pending => deadlines.poll_expired(cx).map(|_| Err(Outcome::TimedOut)),
        });
        let Some(frame) = frame.await? else { break };
        let Ok(piece) = frame.map_err(|_| Outcome::Cut)?.into_data() else {
            continue;
        };
        deadlines.touch();
        if whole.len() + piece.len() > limit {
            return Err(Outcome::Cut);
        }
        whole.push(piece, 0);
    }
    Ok(whole.into_bytes())
}
