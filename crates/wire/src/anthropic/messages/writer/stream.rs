//! A streamed message: `message_start`, blocks one after the other, `message_delta`, `message_stop`.

use super::answer::{head, stop, usage};
use crate::anthropic::error;
use crate::json::Out;
use crate::neutral::{Delta, Event, Opening, Seal, Stop, ToolKind, Usage, seal};
use crate::translate::Asked;

/// What has to be remembered between events.
#[derive(Debug)]
pub(crate) struct Stream {
    asked: Asked,
    blocks: u64,
    open: Option<Block>,
    stop: Option<Stop<'static>>,
    refused: bool,
    usage: Usage,
}

#[derive(Debug)]
enum Block {
    /// A thought of which nothing was written, since its first piece decides on its type.
    Thought { id: Option<String> },
    /// A block that was begun.
    Begun(Kind),
}

#[derive(Debug)]
enum Kind {
    Text,
    Thinking { id: Option<String> },
    Redacted,
    Call(ToolKind),
}

impl Stream {
    pub(crate) fn new(asked: Asked) -> Self {
        Self {
            asked,
            blocks: 0,
            open: None,
            stop: None,
            refused: false,
            usage: Usage::default(),
        }
    }

    /// Writes what `event` becomes. Parts come one at a time: see [`crate::translate`].
    pub(crate) fn write(&mut self, event: &Event<'_>, out: &mut Out) {
        match event {
            Event::Start { usage } => self.start(usage.unwrap_or_default(), out),
            Event::Open { opening, .. } => self.open(opening, out),
            Event::Delta { delta, .. } => self.delta(delta, out),
            Event::Close { .. } => self.close(out),
            Event::Stop { stop, .. } => self.stop = Some(stop.clone().into_owned()),
            Event::Usage(usage) => self.usage = *usage,
            Event::Ping => out.verbatim(b"event: ping\ndata: {\"type\": \"ping\"}\n\n"),
            Event::Failed(failure) => {
                let start = out.begin_event(Some("error"));
                error::write(failure, None, out);
                out.end_event(start);
            }
            Event::End => self.end(out),
        }
    }

    fn start(&mut self, used: Usage, out: &mut Out) {
        self.usage = used;
        event("message_start", out, |out| {
            out.key("message");
            head(&self.asked, out);
            out.key("content").open_array().close_array();
            for null in ["stop_reason", "stop_sequence", "stop_details"] {
                out.member_raw(null, "null");
            }
            out.key("usage");
            usage(&used, out);
            out.close();
        });
    }

    fn open(&mut self, opening: &Opening<'_>, out: &mut Out) {
        let kind = match opening {
            Opening::Reasoning { id, .. } => {
                self.open = Some(Block::Thought {
                    id: id.as_ref().map(ToString::to_string),
                });
                return;
            }
            Opening::Text => Kind::Text,
            Opening::Refusal => {
                self.refused = true;
                Kind::Text
            }
            Opening::ToolCall { kind, .. } => Kind::Call(*kind),
        };
        self.begin(out, |out| match opening {
            Opening::ToolCall { id, name, .. } => {
                out.member("type", "tool_use").member("id", id);
                out.member("name", name).key("input").open().close();
            }
            _ => {
                out.member("type", "text").member("text", "");
                out.member_raw("citations", "null");
            }
        });
        if matches!(kind, Kind::Call(ToolKind::Custom)) {
            self.block_delta(out, "input_json_delta", "partial_json", "{\"input\":\"");
        }
        self.open = Some(Block::Begun(kind));
    }

    fn begin(&self, out: &mut Out, content: impl FnOnce(&mut Out)) {
        event("content_block_start", out, |out| {
            out.member_number("index", self.blocks).key("content_block").open();
            content(out);
            out.close();
        });
    }

    fn delta(&mut self, delta: &Delta<'_>, out: &mut Out) {
        if let Some(Block::Thought { id }) = &self.open {
            let id = id.clone();
            self.begin_thought(id, delta, out);
            if let Delta::Seal(Seal::Redacted(_)) = delta {
                return;
            }
        }
        let Some(Block::Begun(kind)) = &self.open else { return };
        match (kind, delta) {
            (Kind::Text, Delta::Text(text)) => self.block_delta(out, "text_delta", "text", text),
            (Kind::Call(ToolKind::Function), Delta::Text(text)) => {
                self.block_delta(out, "input_json_delta", "partial_json", text);
            }
            (Kind::Call(ToolKind::Custom), Delta::Text(text)) => {
                let escaped = crate::json::Fragment::from_text(text);
                let inner = &escaped.get()[1..escaped.get().len() - 1];
                self.block_delta(out, "input_json_delta", "partial_json", inner);
            }
            (Kind::Thinking { .. }, Delta::Text(text)) => self.block_delta(out, "thinking_delta", "thinking", text),
            (Kind::Thinking { .. }, Delta::NextText) => self.block_delta(out, "thinking_delta", "thinking", "\n\n"),
            (Kind::Thinking { id }, Delta::Seal(seal)) => {
                let signature = seal::for_messages(id.as_deref(), seal).into_owned();
                self.block_delta(out, "signature_delta", "signature", &signature);
            }
            _ => {}
        }
    }

    fn begin_thought(&mut self, id: Option<String>, first: &Delta<'_>, out: &mut Out) {
        if let Delta::Seal(Seal::Redacted(content)) = first {
            self.begin(out, |out| {
                out.member("type", "redacted_thinking").member("data", content);
            });
            self.open = Some(Block::Begun(Kind::Redacted));
            return;
        }
        self.begin(out, |out| {
            out.member("type", "thinking").member("thinking", "");
            out.member("signature", "");
        });
        self.open = Some(Block::Begun(Kind::Thinking { id }));
    }

    fn block_delta(&self, out: &mut Out, name: &str, key: &str, text: &str) {
        event("content_block_delta", out, |out| {
            out.member_number("index", self.blocks).key("delta").open();
            out.member("type", name).member(key, text).close();
        });
    }

    fn close(&mut self, out: &mut Out) {
        match self.open.take() {
            None | Some(Block::Thought { .. }) => {}
            Some(Block::Begun(kind)) => {
                if matches!(kind, Kind::Call(ToolKind::Custom)) {
                    self.block_delta(out, "input_json_delta", "partial_json", "\"}");
                }
                event("content_block_stop", out, |out| {
                    out.member_number("index", self.blocks);
                });
                self.blocks += 1;
            }
        }
    }

    fn end(&mut self, out: &mut Out) {
        self.close(out);
        let reason = self.stop.take().unwrap_or(Stop::End);
        event("message_delta", out, |out| {
            out.key("delta").open();
            stop(&reason, self.refused, out);
            out.member_raw("container", "null").close();
            out.key("usage");
            usage(&self.usage, out);
        });
        event("message_stop", out, |_| {});
    }
}

/// An event whose `event` line is its `type`.
fn event(name: &str, out: &mut Out, members: impl FnOnce(&mut Out)) {
    let start = out.begin_event(Some(name));
    out.open().member("type", name);
    members(out);
    out.close();
    out.end_event(start);
}
