//! A streamed chat completion: chunks, at the end `[DONE]`.

use super::answer::{annotation, details, finish_reason, usage};
use super::tools;
use crate::json::Out;
use crate::neutral::{Citation, Delta, Event, Format, Opening, Reasoning, Seal, Stop, ToolCall, ToolKind, Usage};
use crate::openai::error;
use crate::translate::Asked;

/// Longest thought that is kept until its seal comes, in bytes.
const THOUGHT: usize = 4 << 20;

/// What has to be remembered between events.
#[derive(Debug)]
pub(crate) struct Stream {
    /// Everything of a chunk that stands before its choices.
    head: String,
    asked: Asked,
    choices: Vec<Choice>,
    usage: Option<Usage>,
}

#[derive(Debug, Default)]
struct Choice {
    role_sent: bool,
    /// Parts that are open, by number.
    parts: Vec<(usize, Part)>,
    calls: u64,
    /// Characters of the content so far, for annotations.
    characters: usize,
    stopped: bool,
}

#[derive(Debug)]
enum Part {
    Text {
        start: usize,
    },
    Refusal,
    /// `text` is `None` once it is too long to be kept.
    Reasoning {
        id: Option<String>,
        text: Option<String>,
    },
    Call {
        index: u64,
        kind: ToolKind,
    },
}

impl Stream {
    pub(crate) fn new(asked: Asked) -> Self {
        let mut head = Out::default();
        head.open().member("id", &format!("chatcmpl-{}", asked.id));
        head.member("object", "chat.completion.chunk")
            .member_number("created", asked.created)
            .member("model", &asked.model)
            .key("choices")
            .open_array();
        Self {
            head: head.into_text(),
            asked,
            choices: Vec::new(),
            usage: None,
        }
    }

    /// Writes what `event` becomes.
    pub(crate) fn write(&mut self, event: &Event<'_>, out: &mut Out) {
        match event {
            Event::Start { usage } => {
                self.usage = *usage;
                self.role(0, out);
            }
            Event::Open { choice, part, opening } => self.open(*choice, *part, opening, out),
            Event::Delta { choice, part, delta } => self.delta(*choice, *part, delta, out),
            Event::Close { choice, part } => {
                if let Some(state) = self.choices.get_mut(*choice) {
                    state.parts.retain(|(number, _)| number != part);
                }
            }
            Event::Stop { choice, stop } => {
                self.role(*choice, out);
                self.choices[*choice].stopped = true;
                let reason = finish_reason(stop, &self.asked);
                self.chunk(*choice, Some(reason), out, |_| {});
            }
            Event::Usage(usage) => self.usage = Some(*usage),
            Event::Ping => out.verbatim(b": ping\n\n"),
            Event::Failed(failure) => {
                let start = out.begin_event(None);
                error::write(failure, Format::Chat, out);
                out.end_event(start);
            }
            Event::End => self.end(out),
        }
    }

    fn end(&mut self, out: &mut Out) {
        for at in 0..self.choices.len() {
            if !self.choices[at].stopped {
                self.write(
                    &Event::Stop {
                        choice: at,
                        stop: Stop::End,
                    },
                    out,
                );
            }
        }
        if self.asked.usage_chunk {
            let start = out.begin_event(None);
            out.verbatim(self.head.as_bytes());
            out.close_array().key("usage");
            usage(&self.usage.unwrap_or_default(), out);
            out.close();
            out.end_event(start);
        }
        out.verbatim(b"data: [DONE]\n\n");
    }

    /// The first chunk of each answer tells the role.
    fn role(&mut self, at: usize, out: &mut Out) {
        if self.choices.len() <= at {
            self.choices.resize_with(at + 1, Choice::default);
        }
        if !std::mem::replace(&mut self.choices[at].role_sent, true) {
            self.chunk(at, None, out, |out| {
                out.member("role", "assistant").member("content", "");
            });
        }
    }

    fn open(&mut self, at: usize, part: usize, opening: &Opening<'_>, out: &mut Out) {
        self.role(at, out);
        let state = &mut self.choices[at];
        let mut begin = |kind| state.parts.push((part, kind));
        match opening {
            Opening::Text => begin(Part::Text {
                start: state.characters,
            }),
            Opening::Refusal => begin(Part::Refusal),
            Opening::Reasoning { id, .. } => begin(Part::Reasoning {
                id: id.as_ref().map(ToString::to_string),
                text: Some(String::new()),
            }),
            Opening::ToolCall { id, name, kind } => {
                let index = state.calls;
                state.calls += 1;
                begin(Part::Call { index, kind: *kind });
                let call = ToolCall {
                    id: id.clone(),
                    name: name.clone(),
                    arguments: "".into(),
                    kind: *kind,
                };
                if self.asked.legacy_functions {
                    if index == 0 {
                        self.chunk(at, None, out, |out| {
                            out.key("function_call").open().member("name", name);
                            out.member("arguments", "").close();
                        });
                    }
                    return;
                }
                self.chunk(at, None, out, |out| {
                    out.key("tool_calls").open_array().open().member_number("index", index);
                    tools::members(&call, id, out);
                    out.close().close_array();
                });
            }
        }
    }

    fn delta(&mut self, at: usize, part: usize, delta: &Delta<'_>, out: &mut Out) {
        let Some(state) = self.choices.get_mut(at) else { return };
        let open = state.parts.iter_mut().find(|(number, _)| *number == part);
        let Some((_, kind)) = open else { return };
        match (kind, delta) {
            (Part::Text { .. }, Delta::Text(text)) => {
                state.characters += text.chars().count();
                self.chunk(at, None, out, |out| {
                    out.member("content", text);
                });
            }
            (Part::Text { start }, Delta::Citation(Citation::Page { url, title })) => {
                let (start, end) = (*start, state.characters);
                self.chunk(at, None, out, |out| {
                    out.key("annotations").open_array();
                    annotation(url, title, start, end, out);
                    out.close_array();
                });
            }
            (Part::Refusal, Delta::Text(text)) => self.chunk(at, None, out, |out| {
                out.member("refusal", text);
            }),
            (Part::Reasoning { text: kept, .. }, Delta::Text(text)) => {
                keep(kept, text);
                self.chunk(at, None, out, |out| {
                    out.member("reasoning_content", text);
                });
            }
            (Part::Reasoning { text: kept, .. }, Delta::NextText) => {
                keep(kept, "\n\n");
                self.chunk(at, None, out, |out| {
                    out.member("reasoning_content", "\n\n");
                });
            }
            (Part::Reasoning { id, text }, Delta::Seal(seal)) => {
                if let Some(text) = text.replace(String::new()) {
                    let id = id.clone();
                    self.seal(at, id, text, seal, out);
                }
            }
            (Part::Call { index, kind }, Delta::Text(text)) => {
                let (index, kind) = (*index, *kind);
                self.arguments(at, index, kind, text, out);
            }
            _ => {}
        }
    }

    fn seal(&self, at: usize, id: Option<String>, text: String, seal: &Seal<'_>, out: &mut Out) {
        let thought = Reasoning {
            id: id.map(Into::into),
            texts: if text.is_empty() { Vec::new() } else { vec![text.into()] },
            verbatim: true,
            seal: Some(seal.clone()),
        };
        self.chunk(at, None, out, |out| {
            out.key("reasoning_details").open_array();
            details(&thought, out);
            out.close_array();
        });
    }

    fn arguments(&self, at: usize, index: u64, kind: ToolKind, text: &str, out: &mut Out) {
        if self.asked.legacy_functions {
            if index == 0 {
                self.chunk(at, None, out, |out| {
                    out.key("function_call").open().member("arguments", text).close();
                });
            }
            return;
        }
        self.chunk(at, None, out, |out| {
            out.key("tool_calls").open_array().open().member_number("index", index);
            match kind {
                ToolKind::Function => out.key("function").open().member("arguments", text),
                ToolKind::Custom => out.key("custom").open().member("input", text),
            };
            out.close().close().close_array();
        });
    }

    fn chunk(&self, at: usize, reason: Option<&str>, out: &mut Out, delta: impl FnOnce(&mut Out)) {
        let start = out.begin_event(None);
        out.verbatim(self.head.as_bytes());
        out.open().member_number("index", at as u64).key("delta").open();
        delta(out);
        out.close().member_raw("logprobs", "null");
        out.member_or_null("finish_reason", reason).close().close_array();
        if self.asked.usage_chunk {
            out.member_raw("usage", "null");
        }
        out.close();
        out.end_event(start);
    }
}

/// Keeps a thought until its seal comes; one that grows too long is given up, since a seal over a part of it is void.
fn keep(kept: &mut Option<String>, text: &str) {
    match kept {
        Some(before) if before.len() + text.len() <= THOUGHT => before.push_str(text),
        _ => *kept = None,
    }
}
