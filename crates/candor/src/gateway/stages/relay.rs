//! A streamed answer on its way: events pass as they come, are metered and kept, and the end mark leaves only when the
//! record stands. Its only exits, the end and being dropped, both settle.
//!
//! Promises: an event is never changed; events that are ready together leave together; a stream that was cut ends in an
//! error event and a clean close, never in `[DONE]`; a slow client holds back the provider, with at most
//! `limits.stream_buffer` in between.

use super::choose::Chosen;
use super::dispatch::Begun;
use crate::gateway::Gateway;
use crate::gateway::answer::Answer;
use crate::gateway::deadlines::{Deadlines, Expired};
use crate::gateway::joined::Joined;
use crate::gateway::journal::Journal;
use crate::gateway::meter::Meter;
use crate::gateway::providers::UpstreamBody;
use crate::records::closing::Status;
use bytes::Bytes;
use http::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http_body::Frame;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use store::spool::SpoolError;
use tokio::time::Instant;
use wire::event_stream::Splitter;
use wire::openai::chat::event::{self, Event};
use wire::openai::error::ErrorObject;

/// How long the provider may take to end its body after its end mark, before its connection is given up.
const END_OF_BODY: Duration = Duration::from_secs(1);

/// Room for the events that are likely to follow when a second one is ready.
const MORE_EVENTS_BYTES: usize = 2 * 1024;
/// Chunks that follow each other faster than this are gathered.
const BURST: Duration = Duration::from_millis(1);

/// A stream being relayed.
pub struct Relaying {
    upstream: Option<UpstreamBody>,
    splitter: Splitter,
    deadlines: Deadlines,
    meter: Meter,
    journal: Option<Journal>,
    wants_usage: bool,
    buffer_limit: usize,
    phase: Phase,
}

enum Phase {
    /// Events pass.
    Events,
    /// With `spool.durability = "disk"`: the end mark waits for the sync.
    Syncing(Pin<Box<dyn Future<Output = Result<(), SpoolError>> + Send>>),
    /// Everything was said; the provider's connection is read to its end so that it can be used again.
    Draining,
    Over,
}

/// Why a stream ends early, as its last event says.
#[derive(Debug, Clone, Copy)]
enum Break {
    Cut,
    Idle,
    Total,
    NotRecorded,
}

/// What an event does to the stream.
enum Next {
    Goes,
    Ends,
}

/// Begins the answer.
pub fn begin(gateway: &Arc<Gateway>, chosen: Chosen, begun: Begun, meter: Meter) -> Response<Answer> {
    let Begun {
        content_type,
        body,
        deadlines,
    } = begun;
    let mut journal = chosen.screened.journal;
    journal.begin(
        &chosen.screened.body,
        content_type.to_str().unwrap_or("text/event-stream"),
    );
    let relaying = Relaying {
        upstream: Some(body),
        splitter: Splitter::new(gateway.upstream.line.as_usize()),
        deadlines,
        meter,
        journal: Some(journal),
        wants_usage: chosen.screened.request.include_usage,
        buffer_limit: gateway.limits.stream_buffer.as_usize(),
        phase: Phase::Events,
    };
    let mut response = Response::new(Answer::Relayed(Box::new(relaying)));
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

impl Relaying {
    /// Was everything handed out?
    pub fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over)
    }

    /// The next events for the client.
    pub fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Frame<Bytes>>> {
        match &mut self.phase {
            Phase::Events => self.poll_events(cx).map(|bytes| Some(Frame::data(bytes))),
            Phase::Syncing(synced) => {
                let last = match ready!(synced.as_mut().poll(cx)) {
                    Ok(()) => Bytes::from_static(DONE),
                    Err(_) => broken(Break::NotRecorded),
                };
                self.drain();
                Poll::Ready(Some(Frame::data(last)))
            }
            Phase::Draining => {
                ready!(self.poll_drained(cx));
                self.phase = Phase::Over;
                Poll::Ready(None)
            }
            Phase::Over => Poll::Ready(None),
        }
    }

    fn poll_events(&mut self, cx: &mut Context<'_>) -> Poll<Bytes> {
        let mut out = Joined::default();
        let in_burst = self.deadlines.quiet_for() < BURST;
        loop {
            match self.splitter.next_event() {
                Ok(Some(event)) => {
                    if let Next::Ends = self.take(event, &mut out) {
                        break;
                    }
                    if out.len() >= self.buffer_limit {
                        break;
                    }
                }
                // A provider that pauses between events has no second one ready: asking in vain costs as much as an event.
                Ok(None) if !out.is_empty() && !in_burst => break,
                Ok(None) => match self.poll_upstream(cx) {
                    Poll::Ready(Ok(chunk)) => self.splitter.push(chunk),
                    Poll::Ready(Err(why)) => {
                        self.break_off(why, &mut out);
                        break;
                    }
                    Poll::Pending if out.is_empty() => return Poll::Pending,
                    Poll::Pending => break,
                },
                Err(_) => {
                    self.break_off(Break::Cut, &mut out);
                    break;
                }
            }
        }
        self.checkpoint();
        // With durable spooling nothing may be left to hand out but the end mark.
        if out.is_empty() && matches!(self.phase, Phase::Syncing(_)) {
            return match self.poll_frame(cx) {
                Poll::Ready(frame) => Poll::Ready(frame.and_then(|f| f.into_data().ok()).unwrap_or_default()),
                Poll::Pending => Poll::Pending,
            };
        }
        Poll::Ready(out.into_bytes())
    }

    /// The next chunk of the provider, or why there will be none. A body that ends without an end mark was cut.
    fn poll_upstream(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, Break>> {
        let Some(upstream) = &mut self.upstream else {
            return Poll::Ready(Err(Break::Cut));
        };
        loop {
            match upstream.poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    if let Ok(chunk) = frame.into_data()
                        && !chunk.is_empty()
                    {
                        return Poll::Ready(Ok(chunk));
                    }
                }
                Poll::Ready(Some(Err(_)) | None) => return Poll::Ready(Err(Break::Cut)),
                Poll::Pending => {
                    return self.deadlines.poll_expired(cx).map(|expired| {
                        Err(match expired {
                            Expired::Idle => Break::Idle,
                            Expired::Total => Break::Total,
                        })
                    });
                }
            }
        }
    }

    fn take(&mut self, event: Bytes, out: &mut Joined) -> Next {
        match event::read(&event) {
            Event::Content { text_bytes } => self.meter.content(text_bytes),
            Event::UsageAside(usage) => self.meter.tell(usage),
            Event::UsageOnly(usage) => {
                self.meter.tell(usage);
                if !self.wants_usage {
                    return Next::Goes;
                }
            }
            Event::Done => {
                self.end(out);
                return Next::Ends;
            }
            Event::Error => {
                self.break_off(Break::Cut, out);
                return Next::Ends;
            }
            Event::Other => {}
        }
        if self.meter.is_over_cap() {
            // The provider was told the cap and went on: what was reserved is used up, the answer ends here.
            self.upstream = None;
            out.push(Bytes::from_static(LENGTH), MORE_EVENTS_BYTES);
            self.end(out);
            return Next::Ends;
        }
        if let Some(journal) = &mut self.journal {
            journal.keep(&event);
        }
        out.push(event, MORE_EVENTS_BYTES);
        Next::Goes
    }

    fn checkpoint(&mut self) {
        let now = self.deadlines.touch();
        if let Some(journal) = &mut self.journal {
            journal.checkpoint(&self.meter, now);
        }
    }

    /// The stream came to its end: record first, end mark after.
    fn end(&mut self, out: &mut Joined) {
        let Some(journal) = self.journal.take() else { return };
        match journal.settle(Status::Completed, Some(&self.meter)) {
            Ok(closed) => match closed.synced {
                None => {
                    out.push(Bytes::from_static(DONE), MORE_EVENTS_BYTES);
                    self.drain();
                }
                Some(synced) => self.phase = Phase::Syncing(Box::pin(synced.wait())),
            },
            Err(error) => {
                tracing::error!(error = %error, "a stream could not be recorded and does not look complete");
                out.push(broken(Break::NotRecorded), MORE_EVENTS_BYTES);
                self.drain();
            }
        }
    }

    /// The stream broke: what was sent is settled, and the client is told.
    fn break_off(&mut self, why: Break, out: &mut Joined) {
        self.upstream = None;
        if let Some(journal) = self.journal.take()
            && let Err(error) = journal.settle(Status::Interrupted, Some(&self.meter))
        {
            tracing::error!(error = %error, "an interrupted stream could not be recorded");
        }
        out.push(broken(why), MORE_EVENTS_BYTES);
        self.drain();
    }

    fn drain(&mut self) {
        self.phase = if self.upstream.is_some() {
            Phase::Draining
        } else {
            Phase::Over
        };
        self.deadlines = Deadlines::new(END_OF_BODY, Instant::now() + END_OF_BODY);
    }

    fn poll_drained(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Poll::Ready(result) = self.poll_upstream(cx) {
            if result.is_err() {
                self.upstream = None;
                return Poll::Ready(());
            }
        }
        Poll::Pending
    }
}

impl Drop for Relaying {
    /// The client left, or the process is going down: what was sent until now is settled.
    fn drop(&mut self) {
        if let Some(journal) = self.journal.take()
            && let Err(error) = journal.settle(Status::Interrupted, Some(&self.meter))
        {
            tracing::error!(error = %error, "an interrupted stream could not be recorded");
        }
    }
}

const DONE: &[u8] = b"data: [DONE]\n\n";
const LENGTH: &[u8] =
    b"data: {\"id\":\"\",\"object\":\"chat.completion.chunk\",\"created\":0,\"model\":\"\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"length\"}]}\n\n";

fn broken(why: Break) -> Bytes {
    let (code, message) = match why {
        Break::Cut => (
            "upstream_cut",
            "The model's provider broke off the answer. What came until here is incomplete.",
        ),
        Break::Idle => (
            "idle_timeout",
            "The model's provider stopped sending. What came until here is incomplete.",
        ),
        Break::Total => (
            "total_timeout",
            "The answer took too long. What came until here is incomplete.",
        ),
        Break::NotRecorded => (
            "not_recorded",
            "The answer could not be recorded and doesn't count as complete.",
        ),
    };
    let error = ErrorObject {
        message: message.into(),
        kind: "upstream_error".into(),
        param: None,
        code: Some(code.into()),
    };
    error.to_event()
}
