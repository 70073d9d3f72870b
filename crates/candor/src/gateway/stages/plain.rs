//! A plain answer: collected, understood, metered, recorded, then delivered whole. An answer that breaks off, is too large or
//! is none of its API is none, and the next route is tried: the client has seen nothing of it.

use super::choose::Chosen;
use super::dispatch::Begun;
use super::outbound::{Speech, Translation};
use crate::gateway::answer::Answer;
use crate::gateway::api::Api;
use crate::gateway::counting::{Counting, Prompt};
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
use wire::neutral::{self, Format};
use wire::openai::chat::answer;
use wire::openai::embeddings::{self, Encoding};
use wire::openai::{completions, usage as openai_usage};
use wire::pieces::{self, Piece};
use wire::translate;

/// The header that tells what of a request or an answer was left out.
pub const DROPPED: HeaderName = HeaderName::from_static("x-candor-dropped");

/// What every plain answer is that was read, whatever its provider calls it: a browser must never see a page in it.
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A whole answer, and what it used.
pub struct Whole {
    body: Bytes,
    meter: Meter,
    dropped: Option<String>,
}

/// What an answer is understood with.
pub struct Understanding<'a> {
    /// Counts it.
    pub meter: Meter,
    /// What is counted with it where the provider told nothing possible.
    pub prompt: Prompt,
    /// Where that is done.
    pub counting: &'a Counting,
}

/// Collects an answer of at most `limit` bytes.
pub async fn collect(begun: Begun, limit: usize, with: Understanding<'_>) -> Result<Whole, Outcome> {
    let Begun {
        content_type: _,
        body,
        deadlines,
        speech,
        dropped,
    } = begun;
    let body = read(body, limit, deadlines).await?;
    let Understanding {
        meter,
        prompt,
        counting,
    } = with;
    let (said, meter) = {
        let mut first = meter.clone();
        let said = understood(&speech, &body, &mut first, None)?;
        if first.needs_counting() {
            // Once more, beside what serves requests: now every word is looked at.
            let again = move || {
                let mut meter = meter;
                understood(&speech, &body, &mut meter, Some(&prompt)).map(|said| (said, meter))
            };
            counting.run(again).await.unwrap_or(Err(Outcome::Cut))?
        } else {
            (said, first)
        }
    };
    Ok(Whole {
        body: said.body,
        meter,
        dropped: with_places(dropped, said.unsaid),
    })
}

/// What the client gets of an answer.
struct Said {
    body: Bytes,
    /// What of it the client's format has no place for.
    unsaid: Vec<String>,
}

/// Understands an answer; with a prompt, what was used is counted.
fn understood(speech: &Speech, body: &Bytes, meter: &mut Meter, prompt: Option<&Prompt>) -> Result<Said, Outcome> {
    let body = match speech {
        Speech::Native(Api::Chat) => chat(body, meter, prompt)?,
        Speech::Native(Api::Completions) => completion(body, meter, prompt)?,
        Speech::Native(api) => native(api.format().ok_or(Outcome::Cut)?, body, meter, prompt)?,
        Speech::Vectors(wanted) => vectors(wanted, body, meter, prompt)?,
        Speech::Translated(translation) => return translated(translation, body, meter, prompt),
    };
    Ok(Said {
        body,
        unsaid: Vec::new(),
    })
}

fn chat(body: &Bytes, meter: &mut Meter, prompt: Option<&Prompt>) -> Result<Bytes, Outcome> {
    let answer = answer::read(body).ok_or(Outcome::Cut)?;
    let read = prompt.and_then(|_| translate::read_answer(Format::Chat, body).ok());
    let content_bytes = read
        .as_ref()
        .map_or(answer.message_bytes, neutral::Answer::content_bytes);
    if content_bytes > 0 {
        meter.content(content_bytes);
    }
    // Without a choice nothing was answered, whatever it used.
    if let Some(usage) = answer.usage.filter(|_| answer.choices > 0) {
        meter.tell(usage);
    }
    if let Some(prompt) = prompt {
        if let Some(read) = read {
            hear(&read, meter);
        }
        meter.count(prompt);
    }
    Ok(with_usage(&answer, body, meter))
}

/// The usage that the client reads is the one that is charged.
fn with_usage(answer: &answer::Answer, body: &Bytes, meter: &Meter) -> Bytes {
    match meter.usage() {
        (_, Counted::Told) => body.clone(),
        (usage, Counted::Estimated) => answer.with_usage(body, usage),
    }
}

fn completion(body: &Bytes, meter: &mut Meter, prompt: Option<&Prompt>) -> Result<Bytes, Outcome> {
    let read = completions::hear(body, &mut |text| {
        if prompt.is_some() {
            meter.wrote(text);
        }
    });
    let read = read.ok_or(Outcome::Cut)?;
    if read.text_bytes > 0 {
        meter.content(read.text_bytes);
    }
    if let Some(used) = read.usage.filter(|_| read.choices > 0) {
        meter.tell(usage::wholes(used));
    }
    if let Some(prompt) = prompt {
        meter.count(prompt);
    }
    // Its usage has the shape of a chat completion's.
    Ok(answer::read(body).map_or_else(|| body.clone(), |answer| with_usage(&answer, body, meter)))
}

/// A conversation whose format is the client's: it passes as it is.
fn native(format: Format, body: &Bytes, meter: &mut Meter, prompt: Option<&Prompt>) -> Result<Bytes, Outcome> {
    let answer = translate::read_answer(format, body).map_err(|_| Outcome::Cut)?;
    let content_bytes = answer.content_bytes();
    if content_bytes > 0 {
        meter.content(content_bytes);
    }
    if let Some(used) = answer.usage {
        meter.tell(usage::wholes(used));
    }
    if let Some(prompt) = prompt {
        count(&answer, meter, prompt);
    }
    Ok(body.clone())
}

fn count(answer: &neutral::Answer<'_>, meter: &mut Meter, prompt: &Prompt) {
    hear(answer, meter);
    meter.count(prompt);
}

fn hear(answer: &neutral::Answer<'_>, meter: &mut Meter) {
    pieces::of_answer(answer, &mut |piece| {
        if let Piece::Text(text) = piece {
            meter.wrote(text);
        }
    });
}

fn vectors(
    (encoding, model): &(Encoding, String),
    body: &Bytes,
    meter: &mut Meter,
    prompt: Option<&Prompt>,
) -> Result<Bytes, Outcome> {
    let body = embeddings::in_encoding(body, model, *encoding).ok_or(Outcome::Cut)?;
    meter.content(body.len());
    if let Some(input) = embeddings::prompt_tokens(&body) {
        meter.tell(openai_usage::Usage {
            input,
            ..openai_usage::Usage::default()
        });
    }
    if let Some(prompt) = prompt {
        meter.count(prompt);
    }
    Ok(body)
}

fn translated(
    translation: &Translation,
    body: &Bytes,
    meter: &mut Meter,
    prompt: Option<&Prompt>,
) -> Result<Said, Outcome> {
    let before = meter.clone();
    let fallback = |answer: &neutral::Answer<'_>| {
        let mut meter = before.clone();
        meter.content(answer.content_bytes());
        if let Some(prompt) = prompt {
            count(answer, &mut meter, prompt);
        }
        usage::parts(meter.usage().0)
    };
    let Translation { from, to, asked } = translation;
    let answer = translate::answer(*from, *to, body, asked, Some(&fallback)).map_err(|_| Outcome::Cut)?;
    if answer.content_bytes > 0 {
        meter.content(answer.content_bytes);
    }
    if let Some(used) = answer.usage {
        meter.tell(usage::wholes(used));
    }
    if let Some(prompt) = prompt {
        let read = translate::read_answer(*from, body).map_err(|_| Outcome::Cut)?;
        count(&read, meter, prompt);
    }
    Ok(Said {
        body: answer.body,
        unsaid: answer.unsaid,
    })
}

/// Places in the answer, told apart from those in the request.
fn with_places(mut dropped: Option<String>, unsaid: Vec<String>) -> Option<String> {
    for place in unsaid {
        let list = dropped.get_or_insert_default();
        if !list.is_empty() {
            list.push_str(", ");
        }
        list.push_str("answer.");
        list.push_str(&place);
    }
    dropped
}

/// Records the answer, then hands it out.
pub async fn deliver(chosen: Chosen, whole: Whole) -> Result<Response<Answer>, Refusal> {
    let mut journal = chosen.screened.journal;
    journal.begin(&chosen.screened.body, "application/json");
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
    response.headers_mut().insert(CONTENT_TYPE, JSON);
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
