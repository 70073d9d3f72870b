//! The reader and the writer of any format's stream.

use super::Asked;
use crate::anthropic::messages;
use crate::event_stream;
use crate::json::Out;
use crate::neutral::{Event, Format};
use crate::openai::{chat, responses};
use bytes::Bytes;

/// Reads the events of a stream.
#[derive(Debug)]
pub struct Reader(AnyReader);

#[derive(Debug)]
enum AnyReader {
    Chat(chat::reader::Stream),
    Responses(responses::reader::Stream),
    Messages(messages::reader::Stream),
}

impl Reader {
    /// A reader at the beginning of a stream.
    pub fn new(format: Format) -> Self {
        Self(match format {
            Format::Chat => AnyReader::Chat(chat::reader::Stream::default()),
            Format::Responses => AnyReader::Responses(responses::reader::Stream::default()),
            Format::Messages => AnyReader::Messages(messages::reader::Stream::default()),
        })
    }

    /// What one server-sent event, blank line included, says. One of several `data` lines is unfolded before:
    /// [`event_stream::unfolded`].
    pub fn read<'e>(&mut self, event: &'e [u8]) -> Vec<Event<'e>> {
        let data = event_stream::data(event).filter(|data| !data.trim_ascii().is_empty());
        let Some(data) = data else { return vec![Event::Ping] };
        let mut events = Vec::with_capacity(4);
        match &mut self.0 {
            AnyReader::Chat(reader) => reader.read(data, &mut events),
            AnyReader::Responses(reader) => reader.read(data, &mut events),
            AnyReader::Messages(reader) => reader.read(data, &mut events),
        }
        events
    }
}

/// Writes the events of a stream.
#[derive(Debug)]
pub struct Writer {
    writer: AnyWriter,
    out: Out,
}

#[derive(Debug)]
enum AnyWriter {
    Chat(Box<chat::writer::Stream>),
    Responses(Box<responses::writer::Stream>),
    Messages(Box<messages::writer::Stream>),
}

impl Writer {
    /// A writer at the beginning of a stream.
    pub fn new(format: Format, asked: Asked) -> Self {
        let writer = match format {
            Format::Chat => AnyWriter::Chat(Box::new(chat::writer::Stream::new(asked))),
            Format::Responses => AnyWriter::Responses(Box::new(responses::writer::Stream::new(asked))),
            Format::Messages => AnyWriter::Messages(Box::new(messages::writer::Stream::new(asked))),
        };
        Self {
            writer,
            out: Out::default(),
        }
    }

    /// Writes what `event` becomes; [`Writer::take`] hands it out. Responses and messages know one open part at a time.
    pub fn write(&mut self, event: &Event<'_>) {
        match &mut self.writer {
            AnyWriter::Chat(writer) => writer.write(event, &mut self.out),
            AnyWriter::Responses(writer) => writer.write(event, &mut self.out),
            AnyWriter::Messages(writer) => writer.write(event, &mut self.out),
        }
    }

    /// What was written since the last time; may be empty.
    pub fn take(&mut self) -> Bytes {
        self.out.take()
    }

    /// Bytes that the writer has to hold because the last event repeats them.
    pub(super) fn held_bytes(&self) -> usize {
        match &self.writer {
            AnyWriter::Responses(writer) => writer.held_bytes(),
            AnyWriter::Chat(_) | AnyWriter::Messages(_) => 0,
        }
    }
}
