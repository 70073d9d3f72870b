//! What the events of a provider's stream mean for metering and for the stream's end, and what the client hears of them.
//!
//! Promises: where provider and client speak one API an event is never changed, and of a chat completion's not even parsed;
//! a usage chunk that nobody asked for is swallowed; an error of the provider reaches the client in our words alone.

use super::super::outbound::{Speech, Translation};
use super::ending::{self, Break, CHAT_LENGTH, COMPLETIONS_LENGTH, DONE};
use crate::gateway::api::Api;
use crate::gateway::meter::Meter;
use crate::gateway::usage;
use bytes::Bytes;
use wire::neutral::{Delta, Event, Format, Stop};
use wire::openai::chat::event::{self, Event as Chunk};
use wire::openai::completions;
use wire::openai::usage::Usage;
use wire::translate::{Limits, Reader, State, Stream};

/// How a stream is understood.
pub(super) enum Voice {
    /// Chat completions that pass.
    Chat(UsageChunk),
    /// Completions that pass.
    Completions(UsageChunk),
    /// Responses or messages that pass.
    Native(Box<Native>),
    /// A conversation in another format.
    Translated(Box<Translated>),
}

/// Did the client ask for the chunk that tells the usage?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UsageChunk {
    Wanted,
    Swallowed,
}

/// What becomes of an event.
pub(super) enum Turn {
    /// It goes to the client as it is.
    Passes,
    /// This goes in its place; may be empty.
    Instead(Bytes),
    /// All is said: this is the last that the client gets.
    Ends(Bytes),
    /// All is said but what was used, which somebody has to count: see [`Voice::measured`].
    Unmeasured(Bytes),
    /// The provider broke off.
    Breaks(Break),
}

pub(super) struct Native {
    api: Api,
    reader: Reader,
    /// The event before, for the number of one that has to follow it.
    last: Bytes,
}

pub(super) struct Translated {
    api: Api,
    stream: Stream,
    last: Bytes,
}

impl Voice {
    /// The voice of an answer; `line` bounds an event.
    pub(super) fn new(speech: Speech, chunk: UsageChunk, line: usize) -> Self {
        match speech {
            Speech::Native(Api::Completions) => Self::Completions(chunk),
            Speech::Native(api @ (Api::Responses | Api::Messages)) => Self::Native(Box::new(Native {
                api,
                reader: Reader::new(api.format().unwrap_or(Format::Chat)),
                last: Bytes::new(),
            })),
            Speech::Translated(translation) => Self::Translated(Box::new(Translated::new(*translation, line))),
            // Vectors and counts don't stream: their readers know no such member.
            Speech::Native(Api::Chat | Api::Embeddings | Api::InputTokens | Api::CountTokens) | Speech::Vectors(_) => {
                Self::Chat(chunk)
            }
        }
    }

    /// Hears one event.
    pub(super) fn hear(&mut self, event: &Bytes, meter: &mut Meter) -> Turn {
        // No client could tell what was meant, and some would go on as if nothing had happened.
        if std::str::from_utf8(event).is_err() {
            return Turn::Breaks(Break::Cut);
        }
        match self {
            Self::Chat(chunk) => {
                let heard = event::hear(event, &mut |text| meter.written(text));
                take(heard, *chunk, meter)
            }
            Self::Completions(chunk) => {
                let heard = completions::hear_event(event, &mut |text| meter.written(text));
                take(heard, *chunk, meter)
            }
            Self::Native(native) => native.hear(event, meter),
            Self::Translated(translated) => translated.hear(event, meter),
        }
    }

    /// The end of a stream that outgrew its cap, or its breaking off where it can't be ended as if it were whole.
    pub(super) fn cut_at_length(&mut self) -> Turn {
        match self {
            Self::Chat(_) => Turn::Ends(Bytes::from_static(CHAT_LENGTH)),
            Self::Completions(_) => Turn::Ends(Bytes::from_static(COMPLETIONS_LENGTH)),
            Self::Native(_) => Turn::Breaks(Break::Cut),
            Self::Translated(translated) => {
                let said = translated.stream.cut(Stop::Length);
                translated.turn(said)
            }
        }
    }

    /// The end of a stream that was [`Turn::Unmeasured`].
    pub(super) fn measured(&mut self, used: Usage) -> Bytes {
        match self {
            Self::Translated(translated) => translated.stream.measured(usage::parts(used)),
            Self::Chat(_) | Self::Completions(_) | Self::Native(_) => Bytes::new(),
        }
    }

    /// The last event of a stream that broke.
    pub(super) fn broken(&self, why: Break) -> Bytes {
        let (api, last) = match self {
            Self::Chat(_) => (Api::Chat, &[][..]),
            Self::Completions(_) => (Api::Completions, &[][..]),
            Self::Native(native) => (native.api, &native.last[..]),
            Self::Translated(translated) => (translated.api, &translated.last[..]),
        };
        ending::broken(api, why, last)
    }

    /// Shows that the stream is alive.
    pub(super) fn keep_alive(&self) -> Bytes {
        ending::keep_alive(match self {
            Self::Chat(_) | Self::Completions(_) => Api::Chat,
            Self::Native(native) => native.api,
            Self::Translated(translated) => translated.api,
        })
    }
}

fn take(chunk: Chunk, wanted: UsageChunk, meter: &mut Meter) -> Turn {
    match chunk {
        Chunk::Content { text_bytes } => meter.content(text_bytes),
        Chunk::UsageAside(usage) => meter.tell(usage),
        Chunk::UsageOnly(usage) => {
            meter.tell(usage);
            if wanted == UsageChunk::Swallowed {
                return Turn::Instead(Bytes::new());
            }
        }
        Chunk::Done => return Turn::Ends(Bytes::from_static(DONE)),
        Chunk::Error => return Turn::Breaks(Break::Cut),
        Chunk::Other => {}
    }
    Turn::Passes
}

impl Native {
    fn hear(&mut self, event: &Bytes, meter: &mut Meter) -> Turn {
        let mut turn = Turn::Passes;
        for heard in self.reader.read(event) {
            match heard {
                Event::Delta {
                    delta: Delta::Text(text),
                    ..
                } => {
                    meter.contents(u64::from(!text.is_empty()), text.len() as u64);
                    meter.written(&text);
                }
                Event::Start { usage: Some(used) } => meter.tell_prompt(usage::wholes(used)),
                Event::Usage(used) => meter.tell(usage::wholes(used)),
                Event::End => turn = Turn::Ends(event.clone()),
                Event::Failed(failure) => turn = Turn::Breaks(Break::Failed(failure.fault)),
                _ => {}
            }
        }
        if matches!(turn, Turn::Passes) && !is_comment(event) {
            self.last = event.clone();
        }
        turn
    }
}

impl Translated {
    fn new(Translation { from, to, asked }: Translation, line: usize) -> Self {
        let limits = Limits {
            event: line,
            ..Limits::default()
        };
        let api = match to {
            Format::Chat => Api::Chat,
            Format::Responses => Api::Responses,
            Format::Messages => Api::Messages,
        };
        Self {
            api,
            stream: Stream::new(from, to, asked, limits).that_is_measured(),
            last: Bytes::new(),
        }
    }

    fn hear(&mut self, event: &Bytes, meter: &mut Meter) -> Turn {
        let (pieces, bytes) = self.stream.content();
        let said = self.stream.hear(event.clone(), &mut |text| meter.written(text));
        let (more_pieces, more_bytes) = self.stream.content();
        meter.contents(more_pieces - pieces, more_bytes - bytes);
        if let Some(used) = self.stream.usage() {
            meter.tell(usage::wholes(used));
        }
        self.turn(said)
    }

    fn turn(&mut self, said: Bytes) -> Turn {
        match self.stream.state() {
            State::Running => {
                if !said.is_empty() && !is_comment(&said) {
                    self.last = said.clone();
                }
                Turn::Instead(said)
            }
            State::Unmeasured => Turn::Unmeasured(said),
            State::Ended => Turn::Ends(said),
            State::Failed(fault) => Turn::Breaks(Break::Failed(*fault)),
        }
    }
}

/// A sign of life, which has no number.
fn is_comment(event: &[u8]) -> bool {
    event.starts_with(b":")
}
