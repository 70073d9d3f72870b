//! A streamed answer on its way: events pass as they come, are metered and kept, and the end mark leaves only when the
//! record stands. Its only exits, the end and being dropped, both settle.
//!
//! Promises: an event that passes is never changed; events that are ready together leave together; a stream that was cut ends
//! in its API's error event and a clean close, never in its end mark; a slow client holds back the provider, with at most
//! `limits.stream_buffer` in between; a silent provider is not a silent stream.

mod ending;
mod interrupted;
mod voice;

use self::ending::{Break, DONE};
use self::voice::{Turn, UsageChunk, Voice};
use super::choose::Chosen;
use super::dispatch::Begun;
use super::plain::tell_dropped;
use crate::gateway::Gateway;
use crate::gateway::answer::Answer;
use crate::gateway::counting::{Counting, Prompt};
use crate::gateway::deadlines::{Deadlines, Expired};
use crate::gateway::joined::Joined;
use crate::gateway::journal::Journal;
use crate::gateway::meter::Meter;
use crate::gateway::providers::UpstreamBody;
use crate::records::closing::Status;
use bytes::Bytes;
use futures_util::future::BoxFuture;
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
    voice: Voice,
    meter: Meter,
    /// What is counted if the provider tells no usage.
    prompt: Prompt,
    counting: Arc<Counting>,
    journal: Option<Journal>,
    buffer_limit: usize,
    phase: Phase,
}

enum Phase {
    /// Events pass.
    Events,
    /// The provider told nothing possible: the end mark waits until it is counted what was used.
    Counting(BoxFuture<'static, Option<Meter>>, Last),
    /// With `spool.durability = "disk"`: the end mark waits for the sync.
    Syncing(Syncing, Bytes),
    /// Everything was said; the provider's connection is read to its end so that it can be used again.
    Draining,
    Over,
}

/// What is still to be said when all was counted.
enum Last {
    /// This.
    Said(Bytes),
    /// What tells the usage.
    Usage,
}

type Syncing = Pin<Box<dyn Future<Output = Result<(), SpoolError>> + Send>>;

/// Why no chunk of the provider comes.
enum Silence {
    /// It is time to show that the stream is alive.
    Quiet,
    /// There will be none.
    Broken(Break),
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
        speech,
        dropped,
    } = begun;
    let line = gateway.upstream.line.as_usize();
    let chunk = if chosen.screened.request.wants_usage() {
        UsageChunk::Wanted
    } else {
        UsageChunk::Swallowed
    };
    let prompt = Prompt::of(&chosen.screened);
    let mut journal = chosen.screened.journal;
    journal.begin(
        &chosen.screened.body,
        content_type.to_str().unwrap_or("text/event-stream"),
    );
    let relaying = Relaying {
        upstream: Some(body),
        splitter: Splitter::new(line),
        deadlines: deadlines.kept_alive(gateway.limits.keep_alive),
        voice: Voice::new(speech, chunk, line),
        meter,
        prompt,
        counting: Arc::clone(&gateway.counting),
        journal: Some(journal),
        buffer_limit: gateway.limits.stream_buffer.as_usize(),
        phase: Phase::Events,
    };
    let mut response = Response::new(Answer::Relayed(Box::new(relaying)));
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    tell_dropped(&mut response, dropped);
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
            Phase::Counting(..) => self.poll_counted(cx).map(|bytes| Some(Frame::data(bytes))),
            Phase::Syncing(synced, last) => {
                let last = match ready!(synced.as_mut().poll(cx)) {
                    Ok(()) => std::mem::take(last),
                    Err(_) => self.voice.broken(Break::NotRecorded),
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
        let mut came = false;
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
                    Poll::Ready(Ok(chunk)) => {
                        self.splitter.push(chunk);
                        came = true;
                    }
                    Poll::Ready(Err(Silence::Broken(why))) => {
                        self.break_off(why, &mut out);
                        break;
                    }
                    Poll::Ready(Err(Silence::Quiet)) if out.is_empty() => {
                        // No piece came: the provider's time goes on running.
                        self.deadlines.showed_life();
                        return Poll::Ready(self.voice.keep_alive());
                    }
                    Poll::Pending if out.is_empty() => {
                        if came {
                            // It spoke, and there is nothing to say of it.
                            self.deadlines.heard();
                        }
                        return Poll::Pending;
                    }
                    Poll::Ready(Err(Silence::Quiet)) | Poll::Pending => break,
                },
                Err(_) => {
                    self.break_off(Break::Cut, &mut out);
                    break;
                }
            }
        }
        self.checkpoint();
        // Nothing may be left to hand out but the end mark.
        if out.is_empty() && matches!(self.phase, Phase::Counting(..) | Phase::Syncing(..)) {
            return match self.poll_frame(cx) {
                Poll::Ready(frame) => Poll::Ready(frame.and_then(|f| f.into_data().ok()).unwrap_or_default()),
                Poll::Pending => Poll::Pending,
            };
        }
        Poll::Ready(out.into_bytes())
    }

    /// The next chunk of the provider, or why there will be none. A body that ends without an end mark was cut.
    fn poll_upstream(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, Silence>> {
        let Some(upstream) = &mut self.upstream else {
            return Poll::Ready(Err(Silence::Broken(Break::Cut)));
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
                Poll::Ready(Some(Err(_)) | None) => return Poll::Ready(Err(Silence::Broken(Break::Cut))),
                Poll::Pending => {
                    return self.deadlines.poll_expired(cx).map(|expired| {
                        Err(match expired {
                            Expired::Idle => Silence::Broken(Break::Idle),
                            Expired::Total => Silence::Broken(Break::Total),
                            Expired::Quiet => Silence::Quiet,
                        })
                    });
                }
            }
        }
    }

    fn take(&mut self, event: Bytes, out: &mut Joined) -> Next {
        let event = match self.voice.hear(&event, &mut self.meter) {
            Turn::Passes => event,
            Turn::Instead(said) if said.is_empty() => return Next::Goes,
            Turn::Instead(said) => said,
            end => return self.turn_to_end(end, out),
        };
        if self.meter.is_over_cap() {
            // The provider was told the cap and went on: what was reserved is used up, the answer ends here.
            self.upstream = None;
            let end = self.voice.cut_at_length();
            return self.turn_to_end(end, out);
        }
        if let Some(journal) = &mut self.journal {
            journal.keep(&event);
        }
        out.push(event, MORE_EVENTS_BYTES);
        Next::Goes
    }

    fn turn_to_end(&mut self, turn: Turn, out: &mut Joined) -> Next {
        match turn {
            Turn::Breaks(why) => self.break_off(why, out),
            Turn::Ends(last) => self.count_to_end(Last::Said(last), out),
            Turn::Unmeasured(said) => {
                if !said.is_empty() {
                    if let Some(journal) = &mut self.journal {
                        journal.keep(&said);
                    }
                    out.push(said, MORE_EVENTS_BYTES);
                }
                self.count_to_end(Last::Usage, out);
            }
            Turn::Passes | Turn::Instead(_) => return Next::Goes,
        }
        Next::Ends
    }

    /// Counts if need be, then ends.
    fn count_to_end(&mut self, last: Last, out: &mut Joined) {
        if self.meter.needs_counting() {
            let (mut meter, prompt, counting) = (self.meter.clone(), self.prompt.clone(), Arc::clone(&self.counting));
            let count = move || {
                meter.count(&prompt);
                meter
            };
            self.phase = Phase::Counting(Box::pin(async move { counting.run(count).await }), last);
        } else {
            self.end(last, out);
        }
    }

    fn poll_counted(&mut self, cx: &mut Context<'_>) -> Poll<Bytes> {
        let Phase::Counting(counted, last) = &mut self.phase else {
            return Poll::Ready(Bytes::new());
        };
        if let Some(meter) = ready!(counted.as_mut().poll(cx)) {
            self.meter = meter;
        }
        let last = std::mem::replace(last, Last::Usage);
        self.phase = Phase::Events;
        let mut out = Joined::default();
        self.end(last, &mut out);
        match &self.phase {
            Phase::Syncing(..) => self
                .poll_frame(cx)
                .map(|frame| frame.and_then(|frame| frame.into_data().ok()).unwrap_or_default()),
            _ => Poll::Ready(out.into_bytes()),
        }
    }

    fn checkpoint(&mut self) {
        let now = self.deadlines.touch();
        if let Some(journal) = &mut self.journal {
            journal.checkpoint(&self.meter, now);
        }
    }

    /// The stream came to its end: record first, end mark after.
    fn end(&mut self, last: Last, out: &mut Joined) {
        let Some(mut journal) = self.journal.take() else { return };
        let last = match last {
            Last::Said(last) => last,
            Last::Usage => self.voice.measured(self.meter.usage().0),
        };
        if last != DONE {
            journal.keep(&last);
        }
        match journal.settle(Status::Completed, Some(&self.meter)) {
            Ok(closed) => match closed.synced {
                None => {
                    out.push(last, MORE_EVENTS_BYTES);
                    self.drain();
                }
                Some(synced) => self.phase = Phase::Syncing(Box::pin(synced.wait()), last),
            },
            Err(error) => {
                tracing::error!(error = %error, "a stream could not be recorded and does not look complete");
                out.push(self.voice.broken(Break::NotRecorded), MORE_EVENTS_BYTES);
                self.drain();
            }
        }
    }

    /// The stream broke: what was sent is settled, and the client is told.
    fn break_off(&mut self, why: Break, out: &mut Joined) {
        self.upstream = None;
        self.settle_interrupted();
        out.push(self.voice.broken(why), MORE_EVENTS_BYTES);
        self.drain();
    }

    fn settle_interrupted(&mut self) {
        if let Some(journal) = self.journal.take() {
            interrupted::settle(journal, &self.meter, &self.prompt, &self.counting);
        }
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
        self.settle_interrupted();
    }
}
