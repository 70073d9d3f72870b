//! A streamed response: numbered events, each item begun, grown and completed in order, the whole object at the end.

use super::answer::{Status, annotation, response};
use super::item::{Item, Kind, Words};
use crate::json::Out;
use crate::neutral::{Citation, Delta, Event, Failure, Opening, Seal, Stop, ToolCall, ToolKind, Usage};
use crate::translate::Asked;

/// What an annotation takes without its page.
const ANNOTATION_BYTES: usize = 128;

/// What has to be remembered between events: everything that was said, since the last event repeats it.
#[derive(Debug)]
pub(crate) struct Stream {
    asked: Asked,
    sequence: u64,
    items: Vec<String>,
    open: Option<Item>,
    /// Bytes of the items that are complete, and of what was said in the open one.
    held: usize,
    stop: Stop<'static>,
    usage: Option<Usage>,
}

impl Stream {
    pub(crate) fn new(asked: Asked) -> Self {
        Self {
            asked,
            sequence: 0,
            items: Vec::new(),
            open: None,
            held: 0,
            stop: Stop::End,
            usage: None,
        }
    }

    /// Bytes of all that was said so far: what the last event will repeat.
    pub(crate) fn held_bytes(&self) -> usize {
        self.held
    }

    /// Writes what `event` becomes. Parts come one at a time: see [`crate::translate`].
    pub(crate) fn write(&mut self, event: &Event<'_>, out: &mut Out) {
        match event {
            Event::Start { usage } => {
                self.usage = *usage;
                for name in ["response.created", "response.in_progress"] {
                    self.event(name, out, |stream, out| {
                        out.key("response");
                        response(&stream.asked, Status::InProgress, &[], None, out);
                    });
                }
            }
            Event::Open { opening, .. } => self.open(opening, out),
            Event::Delta { delta, .. } => self.delta(delta, out),
            Event::Close { .. } => self.close_part(out),
            Event::Stop { stop, .. } => {
                self.close_item(out);
                self.stop = stop.clone().into_owned();
            }
            Event::Usage(usage) => self.usage = Some(*usage),
            Event::Ping => out.verbatim(b": ping\n\n"),
            Event::Failed(failure) => self.failed(failure, out),
            Event::End => {
                self.close_item(out);
                let status = Status::of(&self.stop);
                let name = match status {
                    Status::Incomplete(_) => "response.incomplete",
                    Status::Completed | Status::InProgress => "response.completed",
                };
                self.event(name, out, |stream, out| {
                    out.key("response");
                    response(&stream.asked, status, &stream.items, stream.usage.as_ref(), out);
                });
            }
        }
    }

    fn failed(&mut self, failure: &Failure<'_>, out: &mut Out) {
        let code = failure
            .code
            .as_deref()
            .or(failure.fault.code())
            .unwrap_or("server_error");
        self.event("error", out, |_, out| {
            out.member("code", code).member("message", &failure.message);
            out.member_or_null("param", failure.param.as_deref());
        });
    }

    fn open(&mut self, opening: &Opening<'_>, out: &mut Out) {
        let at = self.items.len();
        match opening {
            Opening::Text | Opening::Refusal => {
                let is_message = matches!(&self.open, Some(item) if matches!(item.kind, Kind::Message { .. }));
                if !is_message {
                    self.close_item(out);
                    let parts = Vec::new();
                    self.begin(
                        format!("msg_{}_{}", self.asked.id, self.items.len()),
                        Kind::Message { parts, open: None },
                        out,
                    );
                }
                self.begin_words(matches!(opening, Opening::Refusal), out);
            }
            Opening::Reasoning { id, .. } => {
                self.close_item(out);
                let id = id
                    .as_ref()
                    .map_or_else(|| format!("rs_{}_{at}", self.asked.id), ToString::to_string);
                let kind = Kind::Reasoning {
                    texts: Vec::new(),
                    open: false,
                    seal: None,
                };
                self.begin(id, kind, out);
            }
            Opening::ToolCall { id, name, kind } => {
                self.close_item(out);
                let call = ToolCall {
                    id: id.to_string().into(),
                    name: name.to_string().into(),
                    arguments: "".into(),
                    kind: *kind,
                };
                self.begin(
                    format!("fc_{}_{}", self.asked.id, self.items.len()),
                    Kind::Call { call },
                    out,
                );
            }
        }
    }

    fn begin(&mut self, id: String, kind: Kind, out: &mut Out) {
        let item = Item { id, kind };
        let whole = item.whole(Status::InProgress);
        self.open = Some(item);
        self.event("response.output_item.added", out, |stream, out| {
            out.member_number("output_index", stream.items.len() as u64)
                .member_raw("item", &whole);
        });
    }

    fn begin_words(&mut self, is_refusal: bool, out: &mut Out) {
        let words = Words {
            text: String::new(),
            is_refusal,
            annotations: Vec::new(),
        };
        let whole = words.whole();
        if let Some(Item {
            kind: Kind::Message { open, .. },
            ..
        }) = &mut self.open
        {
            *open = Some(words);
        }
        self.part_event("response.content_part.added", out, |out| {
            out.member_raw("part", &whole);
        });
    }

    fn delta(&mut self, delta: &Delta<'_>, out: &mut Out) {
        let Some(item) = &mut self.open else { return };
        self.held += said_bytes(delta);
        match (&mut item.kind, delta) {
            (Kind::Message { open: Some(words), .. }, Delta::Text(text)) => {
                words.text.push_str(text);
                let is_refusal = words.is_refusal;
                let name = if is_refusal {
                    "response.refusal.delta"
                } else {
                    "response.output_text.delta"
                };
                self.part_event(name, out, |out| {
                    out.member("delta", text);
                    if !is_refusal {
                        out.member_raw("logprobs", "[]");
                    }
                });
            }
            (Kind::Message { open: Some(words), .. }, Delta::Citation(Citation::Page { url, title })) => {
                let mut found = Out::default();
                annotation(url, title, words.text.chars().count(), &mut found);
                let (found, at) = (found.into_text(), words.annotations.len());
                words.annotations.push(found.clone());
                self.part_event("response.output_text.annotation.added", out, |out| {
                    out.member_number("annotation_index", at as u64)
                        .member_raw("annotation", &found);
                });
            }
            (Kind::Call { call }, Delta::Text(text)) => {
                call.arguments.to_mut().push_str(text);
                let name = match call.kind {
                    ToolKind::Function => "response.function_call_arguments.delta",
                    ToolKind::Custom => "response.custom_tool_call_input.delta",
                };
                self.part_event(name, out, |out| {
                    out.member("delta", text);
                });
            }
            (Kind::Reasoning { .. }, Delta::Text(text)) => self.thought(text, out),
            (Kind::Reasoning { .. }, Delta::NextText) => self.close_thought(out),
            (Kind::Reasoning { seal: kept, .. }, Delta::Seal(seal)) => *kept = Some(seal.clone().into_owned()),
            _ => {}
        }
    }

    fn thought(&mut self, text: &str, out: &mut Out) {
        let Some(Item {
            kind: Kind::Reasoning { texts, open, .. },
            ..
        }) = &mut self.open
        else {
            return;
        };
        let begins = !std::mem::replace(open, true);
        if begins {
            texts.push(String::new());
        }
        if let Some(last) = texts.last_mut() {
            last.push_str(text);
        }
        if begins {
            self.part_event("response.reasoning_summary_part.added", out, |out| {
                out.key("part")
                    .open()
                    .member("type", "summary_text")
                    .member("text", "")
                    .close();
            });
        }
        self.part_event("response.reasoning_summary_text.delta", out, |out| {
            out.member("delta", text);
        });
    }

    fn close_thought(&mut self, out: &mut Out) {
        let Some(Item {
            kind: Kind::Reasoning { texts, open, .. },
            ..
        }) = &mut self.open
        else {
            return;
        };
        if !*open {
            return;
        }
        let text = texts.last().cloned().unwrap_or_default();
        self.part_event("response.reasoning_summary_text.done", out, |out| {
            out.member("text", &text);
        });
        self.part_event("response.reasoning_summary_part.done", out, |out| {
            out.key("part")
                .open()
                .member("type", "summary_text")
                .member("text", &text)
                .close();
        });
        if let Some(Item {
            kind: Kind::Reasoning { open, .. },
            ..
        }) = &mut self.open
        {
            *open = false;
        }
    }

    /// Words end; the message stays open for the next ones. Everything else is one part and ends with it.
    fn close_part(&mut self, out: &mut Out) {
        let Some(item) = &self.open else { return };
        let Kind::Message { open, .. } = &item.kind else {
            self.close_item(out);
            return;
        };
        let Some(words) = open else { return };
        let (text, is_refusal, whole) = (words.text.clone(), words.is_refusal, words.whole());
        if is_refusal {
            self.part_event("response.refusal.done", out, |out| {
                out.member("refusal", &text);
            });
        } else {
            self.part_event("response.output_text.done", out, |out| {
                out.member("text", &text).member_raw("logprobs", "[]");
            });
        }
        self.part_event("response.content_part.done", out, |out| {
            out.member_raw("part", &whole);
        });
        if let Some(Item {
            kind: Kind::Message { parts, open },
            ..
        }) = &mut self.open
        {
            *open = None;
            self.held += size_of::<String>() + whole.len();
            parts.push(whole);
        }
    }

    fn close_item(&mut self, out: &mut Out) {
        if matches!(
            &self.open,
            Some(Item {
                kind: Kind::Message { open: Some(_), .. },
                ..
            })
        ) {
            self.close_part(out);
        }
        self.close_thought(out);
        if let Some(Item {
            kind: Kind::Call { call },
            ..
        }) = &self.open
        {
            let (call, name) = match call.kind {
                ToolKind::Function => (call.clone(), "response.function_call_arguments.done"),
                ToolKind::Custom => (call.clone(), "response.custom_tool_call_input.done"),
            };
            self.part_event(name, out, |out| match call.kind {
                ToolKind::Function => {
                    out.member("name", &call.name).member("arguments", &call.arguments);
                }
                ToolKind::Custom => {
                    out.member("input", &call.arguments);
                }
            });
        }
        let Some(item) = self.open.take() else { return };
        let whole = item.whole(Status::Completed);
        self.event("response.output_item.done", out, |stream, out| {
            out.member_number("output_index", stream.items.len() as u64)
                .member_raw("item", &whole);
        });
        self.held += size_of::<String>() + whole.len();
        self.items.push(whole);
    }

    /// An event of the open item, with its places.
    fn part_event(&mut self, name: &str, out: &mut Out, members: impl FnOnce(&mut Out)) {
        let Some(item) = &self.open else { return };
        let id = item.id.clone();
        let inner = match &item.kind {
            Kind::Message { parts, .. } => Some(("content_index", parts.len())),
            Kind::Reasoning { texts, .. } => Some(("summary_index", texts.len().saturating_sub(1))),
            Kind::Call { .. } => None,
        };
        self.event(name, out, |stream, out| {
            out.member("item_id", &id)
                .member_number("output_index", stream.items.len() as u64);
            if let Some((key, at)) = inner {
                out.member_number(key, at as u64);
            }
            members(out);
        });
    }

    fn event(&mut self, name: &str, out: &mut Out, members: impl FnOnce(&Self, &mut Out)) {
        let start = out.begin_event(Some(name));
        out.open()
            .member("type", name)
            .member_number("sequence_number", self.sequence);
        members(self, out);
        out.close();
        out.end_event(start);
        self.sequence += 1;
    }
}

/// What a delta adds to what the last event repeats.
fn said_bytes(delta: &Delta<'_>) -> usize {
    match delta {
        Delta::Text(text) => text.len(),
        Delta::NextText => size_of::<String>(),
        Delta::Citation(Citation::Page { url, title }) => ANNOTATION_BYTES + url.len() + title.len(),
        Delta::Citation(Citation::Other(_)) => 0,
        Delta::Seal(Seal::Signature(seal) | Seal::Redacted(seal) | Seal::Encrypted(seal)) => seal.len(),
    }
}
