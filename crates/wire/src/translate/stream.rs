//! Streams: bytes of one format go in, bytes of the other come out.

use super::custom::Restorer;
use super::serial::Serializer;
use super::{Asked, Reader, Writer};
use crate::event_stream::{Splitter, unfolded};
use crate::neutral::{Delta, Event, Failure, Fault, Format, Stop, Usage};
use bytes::Bytes;

/// What a stream may hold in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest event of the provider, in bytes.
    pub event: usize,
    /// Most bytes that are kept because a later event needs them.
    pub held: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            event: 1 << 20,
            held: 16 << 20,
        }
    }
}

/// How far a stream is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// More is to come.
    Running,
    /// The provider has ended without telling what was used; the end mark waits for [`Stream::measured`].
    Unmeasured,
    /// The end mark of the client's format is written.
    Ended,
    /// An error event is written, and nothing follows.
    Failed(Fault),
}

/// One stream on its way from the provider's format to the client's.
#[derive(Debug)]
pub struct Stream {
    splitter: Splitter,
    reader: Reader,
    restorer: Restorer,
    /// `None` where parts may be open side by side.
    serializer: Option<Serializer>,
    writer: Writer,
    /// What no error may say.
    hidden: Vec<String>,
    limits: Limits,
    progress: Progress,
}

/// What becomes of an end before which the provider told no usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// It is written without.
    Bare,
    /// It waits until somebody has counted.
    Measured,
}

/// What was seen.
#[derive(Debug)]
struct Progress {
    state: State,
    started: bool,
    usage: Option<Usage>,
    end: End,
    pieces: u64,
    content_bytes: u64,
}

impl Stream {
    /// A stream that begins.
    pub fn new(from: Format, to: Format, asked: Asked, limits: Limits) -> Self {
        Self {
            splitter: Splitter::new(limits.event),
            reader: Reader::new(from),
            restorer: Restorer::new(asked.custom_tools.clone(), limits.held),
            serializer: (to != Format::Chat).then(|| Serializer::new(limits.held)),
            writer: Writer::new(to, asked),
            hidden: Vec::new(),
            limits,
            progress: Progress {
                state: State::Running,
                started: false,
                usage: None,
                end: End::Bare,
                pieces: 0,
                content_bytes: 0,
            },
        }
    }

    /// Words that no error of the provider may carry to the client: the operator's key, the server's address.
    pub fn hide(&mut self, words: impl IntoIterator<Item = String>) {
        self.hidden.extend(words);
    }

    /// Does not end without telling what was used: see [`State::Unmeasured`].
    #[must_use]
    pub fn that_is_measured(mut self) -> Self {
        self.progress.end = End::Measured;
        self
    }

    /// Translates the next bytes of the provider, cut anywhere. May be empty; once the stream has ended it always is.
    pub fn feed(&mut self, chunk: Bytes) -> Bytes {
        self.hear(chunk, &mut |_| ())
    }

    /// As [`Self::feed`]; tells the texts that the model wrote.
    pub fn hear(&mut self, chunk: Bytes, written: &mut dyn FnMut(&str)) -> Bytes {
        if self.progress.state != State::Running {
            return Bytes::new();
        }
        self.splitter.push(chunk);
        while self.progress.state == State::Running {
            match self.splitter.next_event() {
                Ok(Some(event)) => self.event(&event, written),
                Ok(None) => break,
                Err(too_long) => self.accept(Event::Failed(broken(&too_long.to_string()))),
            }
        }
        self.writer.take()
    }

    /// The provider says no more. If it has not ended its stream, that is an error.
    pub fn finish(&mut self) -> Bytes {
        self.fail(broken("The answer of the model's provider broke off."))
    }

    /// Ends a running stream with an error, as after a time-out.
    pub fn fail(&mut self, failure: Failure<'_>) -> Bytes {
        self.accept(Event::Failed(failure));
        self.writer.take()
    }

    /// Ends a running stream as if it were complete, with this reason: how a filter cuts.
    pub fn cut(&mut self, stop: Stop<'_>) -> Bytes {
        self.accept(Event::Stop { choice: 0, stop });
        self.accept(Event::End);
        self.writer.take()
    }

    /// What was used: ends a stream that waits for it.
    pub fn measured(&mut self, usage: Usage) -> Bytes {
        if self.progress.state == State::Unmeasured {
            self.progress.state = State::Running;
            self.progress.usage = Some(usage);
            // The events before went their way through the serializer: it holds nothing any more.
            self.progress.write(&Event::Usage(usage), &mut self.writer);
            self.progress.write(&Event::End, &mut self.writer);
        }
        self.writer.take()
    }

    /// How far it is.
    pub fn state(&self) -> &State {
        &self.progress.state
    }

    /// What the provider told last as used.
    pub fn usage(&self) -> Option<Usage> {
        self.progress.usage
    }

    /// Pieces of content so far, and their bytes: what an estimate of the output goes by.
    pub fn content(&self) -> (u64, u64) {
        (self.progress.pieces, self.progress.content_bytes)
    }

    fn event(&mut self, event: &[u8], written: &mut dyn FnMut(&str)) {
        for event in self.reader.read(&unfolded(event)) {
            self.progress.count(&event, written);
            match event {
                Event::Failed(failure) => self.accept(Event::Failed(failure.without(&self.hidden))),
                event => self.accept(event),
            }
        }
        if self.writer.held_bytes() > self.limits.held {
            self.accept(Event::Failed(broken(
                "The answer is longer than can be sent in this format.",
            )));
        }
    }

    fn accept(&mut self, event: Event<'_>) {
        let Self {
            restorer,
            serializer,
            writer,
            progress,
            ..
        } = self;
        restorer.pass(event, &mut |event| match serializer {
            Some(serializer) => serializer.pass(event, &mut |event| progress.write(&event, writer)),
            None => progress.write(&event, writer),
        });
    }
}

impl Progress {
    fn count(&mut self, event: &Event<'_>, written: &mut dyn FnMut(&str)) {
        match event {
            Event::Delta {
                delta: Delta::Text(text),
                ..
            } => {
                self.pieces += 1;
                self.content_bytes += text.len() as u64;
                written(text);
            }
            Event::Usage(usage) => self.usage = Some(*usage),
            _ => {}
        }
    }

    /// Writes what the order of events allows: a start first, nothing behind an end.
    fn write(&mut self, event: &Event<'_>, writer: &mut Writer) {
        if self.state != State::Running || (self.started && matches!(event, Event::Start { .. })) {
            return;
        }
        match event {
            Event::Ping => {}
            Event::Failed(failure) => self.state = State::Failed(failure.fault),
            Event::Start { .. } => self.started = true,
            _ if !self.started => {
                self.started = true;
                writer.write(&Event::Start { usage: None });
            }
            _ => {}
        }
        if let Event::End = event {
            if (self.usage, self.end) == (None, End::Measured) {
                self.state = State::Unmeasured;
                return;
            }
            self.state = State::Ended;
        }
        writer.write(event);
    }
}

fn broken(message: &str) -> Failure<'_> {
    Failure {
        message: message.into(),
        ..Failure::unreadable()
    }
}
