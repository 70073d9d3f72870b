//! A plain answer: collected, metered, recorded, then delivered whole. An answer that breaks off, is too large or is no
//! completion is none, and the next route is tried: the client has seen nothing of it.

use super::choose::Chosen;
use super::dispatch::Begun;
use crate::gateway::answer::Answer;
use crate::gateway::deadlines::Deadlines;
use crate::gateway::joined::Joined;
use crate::gateway::meter::Meter;
use crate::gateway::providers::UpstreamBody;
use crate::gateway::refusal::Refusal;
use crate::records::closing::{Counted, Outcome, Status};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};
use std::future::poll_fn;
use std::task::Poll;
use wire::openai::chat::answer;

/// A whole answer, and what it used.
pub struct Whole {
    content_type: HeaderValue,
    body: Bytes,
    meter: Meter,
}

/// Collects an answer of at most `limit` bytes.
pub async fn collect(begun: Begun, limit: usize, mut meter: Meter) -> Result<Whole, Outcome> {
    let body = read(begun.body, limit, begun.deadlines).await?;
    let answer = answer::read(&body).ok_or(Outcome::Cut)?;
    if answer.message_bytes > 0 {
        meter.content(answer.message_bytes);
    }
    if let Some(usage) = answer.usage {
        meter.tell(usage);
    }
    let (usage, counted) = meter.usage();
    let body = match counted {
        Counted::Told => body,
        Counted::Estimated => answer.with_usage(&body, usage),
    };
    Ok(Whole {
        content_type: begun.content_type,
        body,
        meter,
    })
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
    Ok(response)
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
