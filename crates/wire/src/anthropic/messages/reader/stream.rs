//! A streamed message.

use super::answer::{Counts, stop};
use super::parts;
use crate::anthropic::error;
use crate::json::Object;
use crate::neutral::{Delta, Event, Failure, Opening, Seal, ToolKind, seal};

/// Most blocks that are open at once; the API keeps to one.
const OPEN_BLOCKS: usize = 64;

/// Which blocks are open, and what was used.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    parts: usize,
    open: Vec<Block>,
    counts: Counts,
    has_stopped: bool,
}

#[derive(Debug)]
struct Block {
    index: u64,
    /// `None` for a block that has no words in the neutral form.
    part: Option<usize>,
}

impl Stream {
    /// Reads the data of one event.
    pub(crate) fn read<'e>(&mut self, data: &'e [u8], out: &mut Vec<Event<'e>>) {
        if self.event(data, out).is_none() {
            out.push(Event::Failed(Failure::unreadable()));
        }
    }

    /// `None` if it is no event of a message.
    fn event<'e>(&mut self, data: &'e [u8], out: &mut Vec<Event<'e>>) -> Option<()> {
        let mut object = Object::read(data).ok()??;
        let name = object.take_text("type")?;
        match &*name {
            "message_start" => {
                let mut message = Object::open(object.take_raw("message")?).ok()??;
                if let Some(counts) = message.take_raw("usage").and_then(|usage| self.counts.with(usage)) {
                    self.counts = counts;
                }
                out.push(Event::Start {
                    usage: self.counts.usage(),
                });
            }
            "content_block_start" => self.start(object, out)?,
            "content_block_delta" => self.delta(object, out)?,
            "content_block_stop" => {
                let index = object.take_number("index")?;
                match self.open.iter().position(|block| block.index == index) {
                    Some(at) => out.extend(self.open.remove(at).part.map(close)),
                    // It was closed with the message.
                    None if self.has_stopped => {}
                    None => return None,
                }
            }
            "message_delta" => self.message_delta(object, out)?,
            "message_stop" => out.push(Event::End),
            "ping" => out.push(Event::Ping),
            "error" => out.push(Event::Failed(error::failure(data, None)?.into_owned())),
            _ => {}
        }
        Some(())
    }

    fn start<'e>(&mut self, mut object: Object<'e>, out: &mut Vec<Event<'e>>) -> Option<()> {
        let index = object.take_number("index")?;
        if self.open.len() >= OPEN_BLOCKS || self.open.iter().any(|block| block.index == index) {
            return None;
        }
        let mut block = Object::open(object.take_raw("content_block")?).ok()??;
        let name = block.take_text("type")?;
        let opening = match &*name {
            "text" => Opening::Text,
            "thinking" | "redacted_thinking" => Opening::Reasoning {
                verbatim: true,
                id: None,
            },
            "tool_use" => Opening::ToolCall {
                id: block.take_text("id")?,
                name: block.take_text("name")?,
                kind: ToolKind::Function,
            },
            _ => {
                self.open.push(Block { index, part: None });
                return Some(());
            }
        };
        let part = self.parts;
        self.parts += 1;
        self.open.push(Block {
            index,
            part: Some(part),
        });
        out.push(Event::Open {
            choice: 0,
            part,
            opening,
        });
        let first = match &*name {
            "text" => block.take_text("text").map(Delta::Text),
            "thinking" => block.take_text("thinking").map(Delta::Text),
            "redacted_thinking" => Some(Delta::Seal(Seal::Redacted(block.take_text("data")?))),
            _ => block
                .take_raw("input")
                .filter(|input| input.trim_start_matches('{').trim_start() != "}")
                .map(|input| Delta::Text(input.into())),
        };
        if let Some(delta) = first.filter(|delta| !matches!(delta, Delta::Text(text) if text.is_empty())) {
            out.push(Event::Delta { choice: 0, part, delta });
        }
        Some(())
    }

    fn delta<'e>(&mut self, mut object: Object<'e>, out: &mut Vec<Event<'e>>) -> Option<()> {
        let index = object.take_number("index")?;
        let block = self.open.iter().find(|block| block.index == index)?;
        let mut delta = Object::open(object.take_raw("delta")?).ok()??;
        let Some(part) = block.part else { return Some(()) };
        let name = delta.take_text("type")?;
        let delta = match &*name {
            "text_delta" => Delta::Text(delta.take_text("text")?),
            "input_json_delta" => Delta::Text(delta.take_text("partial_json")?),
            "thinking_delta" => Delta::Text(delta.take_text("thinking")?),
            "signature_delta" => {
                let signature = delta.take_text("signature")?;
                match seal::from_messages("".into(), signature).seal {
                    Some(seal) => Delta::Seal(seal),
                    None => return Some(()),
                }
            }
            "citations_delta" => Delta::Citation(parts::citation(delta.take_raw("citation")?)),
            _ => return Some(()),
        };
        if !matches!(&delta, Delta::Text(text) if text.is_empty()) {
            out.push(Event::Delta { choice: 0, part, delta });
        }
        Some(())
    }

    fn message_delta<'e>(&mut self, mut object: Object<'e>, out: &mut Vec<Event<'e>>) -> Option<()> {
        let mut delta = Object::open(object.take_raw("delta")?).ok()??;
        if let Some(counts) = object.take_raw("usage").and_then(|usage| self.counts.with(usage)) {
            self.counts = counts;
        }
        if let Some(usage) = self.counts.usage() {
            out.push(Event::Usage(usage));
        }
        if let Some(reason) = delta.take_text("stop_reason") {
            let sequence = delta.take_text("stop_sequence");
            // A server that closes its blocks later: clients of other APIs take nothing of a message behind its reason.
            out.extend(self.open.drain(..).filter_map(|block| block.part).map(close));
            self.has_stopped = true;
            out.push(Event::Stop {
                choice: 0,
                stop: stop(Some(reason), sequence, delta.take("stop_details")),
            });
        }
        Some(())
    }
}

fn close<'e>(part: usize) -> Event<'e> {
    Event::Close { choice: 0, part }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_that_is_open_when_the_reason_comes_is_closed_before_it() {
        let mut stream = Stream::default();
        let mut seen = Vec::new();
        for data in [
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"a"}}"#,
            r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#,
            r#"{"type":"content_block_stop","index":0}"#,
        ] {
            let mut events = Vec::new();
            stream.read(data.as_bytes(), &mut events);
            seen.extend(events.iter().map(|event| match event {
                Event::Open { .. } => "open",
                Event::Delta { .. } => "delta",
                Event::Close { .. } => "close",
                Event::Stop { .. } => "stop",
                _ => "else",
            }));
        }
        assert_eq!(seen, ["open", "delta", "close", "stop"]);
    }
}
