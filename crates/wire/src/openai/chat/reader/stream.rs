//! A streamed chat completion.

use super::answer::{page, stop};
use super::{custom_or_function, parts};
use crate::json::{Object, Text, array};
use crate::neutral::{Delta, Event, Failure, Fault, Opening, ToolKind};
use crate::openai::chat::request::MAX_CHOICES;
use crate::openai::{error, usage};

/// Most answers in one stream.
const CHOICES: usize = MAX_CHOICES as usize;

/// Most calls in one answer; no model makes that many.
const CALLS: usize = 1024;

/// What is open in each answer.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    started: bool,
    choices: Vec<Choice>,
}

#[derive(Debug, Default)]
struct Choice {
    parts: usize,
    open: Option<(Kind, usize)>,
    calls: Vec<Call>,
    /// Thought came as `reasoning_content`, so that details only repeat it.
    thought_came: bool,
    stopped: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Refusal,
    Reasoning,
}

#[derive(Debug)]
struct Call {
    index: u64,
    part: usize,
}

impl Stream {
    /// Reads the data of one event.
    pub(crate) fn read<'e>(&mut self, data: &'e [u8], out: &mut Vec<Event<'e>>) {
        if data == b"[DONE]" {
            self.finish(out);
            out.push(Event::End);
            return;
        }
        if self.chunk(data, out).is_none() {
            out.push(Event::Failed(Failure::unreadable()));
        }
    }

    /// `None` if it is no chunk.
    fn chunk<'e>(&mut self, data: &'e [u8], out: &mut Vec<Event<'e>>) -> Option<()> {
        let mut object = Object::read(data).ok()??;
        if object.take("error").is_some() {
            let failure = error::failure(data, None)?;
            out.push(Event::Failed(failure.into_owned()));
            return Some(());
        }
        if !self.started {
            self.started = true;
            out.push(Event::Start { usage: None });
        }
        for choice in object.take_raw("choices").and_then(array)? {
            self.choice(choice, out)?;
        }
        if let Some(usage) = object.take_raw("usage").and_then(usage::read) {
            out.push(Event::Usage(usage));
        }
        Some(())
    }

    fn choice<'e>(&mut self, value: &'e str, out: &mut Vec<Event<'e>>) -> Option<()> {
        let mut object = Object::open(value).ok()??;
        let at = usize::try_from(object.take_number("index").unwrap_or(0)).ok()?;
        if at >= CHOICES {
            return None;
        }
        if self.choices.len() <= at {
            self.choices.resize_with(at + 1, Choice::default);
        }
        let state = &mut self.choices[at];
        if let Some(delta) = object.take_raw("delta") {
            state.delta(at, Object::open(delta).ok()??, out)?;
        }
        if let Some(reason) = object.take_text("finish_reason")
            && !state.stopped
        {
            state.close_all(at, out);
            state.stopped = true;
            out.push(Event::Stop {
                choice: at,
                stop: stop(Some(reason)),
            });
        }
        Some(())
    }

    /// Closes what a stream without finish reasons left open.
    fn finish(&mut self, out: &mut Vec<Event<'_>>) {
        for (at, state) in self.choices.iter_mut().enumerate() {
            state.close_all(at, out);
        }
    }
}

impl Choice {
    fn delta<'e>(&mut self, at: usize, mut delta: Object<'e>, out: &mut Vec<Event<'e>>) -> Option<()> {
        let details = delta.take_raw("reasoning_details");
        let thought = delta
            .take_text("reasoning_content")
            .or_else(|| delta.take_text("reasoning"));
        self.thought_came |= thought.as_ref().is_some_and(|thought| !thought.is_empty());
        self.words(at, Kind::Reasoning, thought, out);
        for detail in details.and_then(array).into_iter().flatten() {
            let reasoning = parts::sealed(&mut Object::open(detail).ok()??);
            if !self.thought_came {
                for text in reasoning.texts {
                    self.words(at, Kind::Reasoning, Some(text), out);
                }
            }
            if let Some(seal) = reasoning.seal {
                let part = self.ensure(at, Kind::Reasoning, out);
                let delta = Delta::Seal(seal);
                out.push(Event::Delta {
                    choice: at,
                    part,
                    delta,
                });
            }
        }
        self.words(at, Kind::Text, delta.take_text("content"), out);
        self.words(at, Kind::Refusal, delta.take_text("refusal"), out);
        for annotation in delta.take_raw("annotations").and_then(array).into_iter().flatten() {
            if let (Some(citation), Some((Kind::Text, part))) = (page(annotation), self.open) {
                let delta = Delta::Citation(citation);
                out.push(Event::Delta {
                    choice: at,
                    part,
                    delta,
                });
            }
        }
        for call in delta.take_raw("tool_calls").and_then(array).into_iter().flatten() {
            self.call(at, Object::open(call).ok()??, out)?;
        }
        if let Some(call) = delta.take_raw("function_call") {
            let function = Object::open(call).ok()??;
            self.fragment(at, 0, Some("call_0".into()), ToolKind::Function, function, out)?;
        }
        Some(())
    }

    fn words<'e>(&mut self, at: usize, kind: Kind, text: Option<Text<'e>>, out: &mut Vec<Event<'e>>) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            let part = self.ensure(at, kind, out);
            out.push(Event::Delta {
                choice: at,
                part,
                delta: Delta::Text(text),
            });
        }
    }

    /// The open part of this kind, opened if it isn't.
    fn ensure(&mut self, at: usize, kind: Kind, out: &mut Vec<Event<'_>>) -> usize {
        if let Some((open, part)) = self.open {
            if open == kind {
                return part;
            }
            out.push(Event::Close { choice: at, part });
        }
        let part = self.parts;
        self.parts += 1;
        self.open = Some((kind, part));
        let opening = match kind {
            Kind::Text => Opening::Text,
            Kind::Refusal => Opening::Refusal,
            Kind::Reasoning => Opening::Reasoning {
                verbatim: true,
                id: None,
            },
        };
        out.push(Event::Open {
            choice: at,
            part,
            opening,
        });
        part
    }

    fn call<'e>(&mut self, at: usize, mut call: Object<'e>, out: &mut Vec<Event<'e>>) -> Option<()> {
        let id = call.take_text("id").filter(|id| !id.is_empty());
        let index = call
            .take_number("index")
            .unwrap_or(self.calls.len().saturating_sub(usize::from(id.is_none())) as u64);
        let name = call.take_text("type");
        let kind = name.as_deref().and_then(custom_or_function);
        let (kind, inner) = match (kind, call.take_raw("function"), call.take_raw("custom")) {
            (kind, Some(function), _) => (kind.unwrap_or(ToolKind::Function), function),
            (_, None, Some(custom)) => (ToolKind::Custom, custom),
            (_, None, None) => return Some(()),
        };
        self.fragment(at, index, id, kind, Object::open(inner).ok()??, out)
    }

    fn fragment<'e>(
        &mut self,
        at: usize,
        index: u64,
        id: Option<Text<'e>>,
        kind: ToolKind,
        mut inner: Object<'e>,
        out: &mut Vec<Event<'e>>,
    ) -> Option<()> {
        let known = self.calls.iter().find(|call| call.index == index).map(|call| call.part);
        let part = match known {
            Some(part) => part,
            None => self.open_call(at, index, id, kind, inner.take_text("name")?, out)?,
        };
        let text = inner.take_text("arguments").or_else(|| inner.take_text("input"));
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            out.push(Event::Delta {
                choice: at,
                part,
                delta: Delta::Text(text),
            });
        }
        Some(())
    }

    fn open_call<'e>(
        &mut self,
        at: usize,
        index: u64,
        id: Option<Text<'e>>,
        kind: ToolKind,
        name: Text<'e>,
        out: &mut Vec<Event<'e>>,
    ) -> Option<usize> {
        if self.calls.len() >= CALLS {
            return None;
        }
        if let Some((_, open)) = self.open.take() {
            out.push(Event::Close { choice: at, part: open });
        }
        let part = self.parts;
        self.parts += 1;
        self.calls.push(Call { index, part });
        let id = id.unwrap_or_else(|| format!("call_{index}").into());
        out.push(Event::Open {
            choice: at,
            part,
            opening: Opening::ToolCall { id, name, kind },
        });
        Some(part)
    }

    fn close_all(&mut self, at: usize, out: &mut Vec<Event<'_>>) {
        let calls = std::mem::take(&mut self.calls).into_iter().map(|call| call.part);
        for part in self.open.take().map(|(_, part)| part).into_iter().chain(calls) {
            out.push(Event::Close { choice: at, part });
        }
    }
}

impl Failure<'_> {
    /// The upstream sent what is no event of its format.
    pub(crate) fn unreadable() -> Failure<'static> {
        Failure {
            fault: Fault::Upstream,
            message: "The model's provider sent something unreadable.".into(),
            param: None,
            code: Some("upstream_cut".into()),
            details: None,
        }
    }
}
