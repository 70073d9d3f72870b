//! One part after the other: chat completions let calls grow side by side, the other formats have one open block.
//!
//! A call whose arguments are whole JSON is complete, so the next one may begin although the provider has not said so;
//! as long as they are not, what the others get waits here. Providers make calls one after the other, so this holds
//! back nothing but an exception.

use crate::neutral::{Delta, Event, Failure, Opening, ToolKind};
use std::collections::VecDeque;

/// Puts the parts of the first answer in order; other answers have no place in these formats.
#[derive(Debug)]
pub(super) struct Serializer {
    current: Option<Current>,
    waiting: VecDeque<Waiting>,
    /// Bytes that wait.
    held: usize,
    /// Most bytes that may.
    limit: usize,
}

#[derive(Debug)]
struct Current {
    part: usize,
    arguments: Option<Balance>,
}

#[derive(Debug)]
struct Waiting {
    part: usize,
    opening: Opening<'static>,
    text: String,
    closed: bool,
}

/// What a part that waits takes without its words.
const WAITING_BYTES: usize = size_of::<Waiting>();

impl Serializer {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            current: None,
            waiting: VecDeque::new(),
            held: 0,
            limit,
        }
    }

    /// Passes `event` on to `next`, earlier or later than it came.
    pub(super) fn pass(&mut self, event: Event<'_>, next: &mut dyn FnMut(Event<'_>)) {
        match event {
            Event::Open {
                choice: 0,
                part,
                opening,
            } => self.open(part, opening, next),
            Event::Delta { choice: 0, part, delta } => self.delta(part, delta, next),
            Event::Close { choice: 0, part } => self.close(part, next),
            Event::Stop { choice: 0, stop } => {
                self.close_all(next);
                next(Event::Stop { choice: 0, stop });
            }
            Event::End => {
                self.close_all(next);
                next(Event::End);
            }
            Event::Open { .. } | Event::Delta { .. } | Event::Close { .. } | Event::Stop { .. } => {}
            other => next(other),
        }
    }

    fn open(&mut self, part: usize, opening: Opening<'_>, next: &mut dyn FnMut(Event<'_>)) {
        if self.current.as_ref().is_some_and(Current::is_complete) && self.waiting.is_empty() {
            self.close_current(next);
        }
        if self.current.is_some() {
            let waiting = Waiting {
                part,
                opening: owned(opening),
                text: String::new(),
                closed: false,
            };
            self.held += waiting.bytes();
            if self.held > self.limit {
                next(Event::Failed(Failure::unreadable()));
                return;
            }
            self.waiting.push_back(waiting);
            return;
        }
        self.begin(part, opening, next);
    }

    fn begin(&mut self, part: usize, opening: Opening<'_>, next: &mut dyn FnMut(Event<'_>)) {
        let is_function = matches!(
            opening,
            Opening::ToolCall {
                kind: ToolKind::Function,
                ..
            }
        );
        self.current = Some(Current {
            part,
            arguments: is_function.then(Balance::default),
        });
        next(Event::Open {
            choice: 0,
            part,
            opening,
        });
    }

    fn delta(&mut self, part: usize, delta: Delta<'_>, next: &mut dyn FnMut(Event<'_>)) {
        if let Some(current) = self.current.as_mut().filter(|current| current.part == part) {
            if let (Some(balance), Delta::Text(text)) = (&mut current.arguments, &delta) {
                balance.read(text);
            }
            next(Event::Delta { choice: 0, part, delta });
            if !self.waiting.is_empty() && self.current.as_ref().is_some_and(Current::is_complete) {
                self.close_current(next);
                self.flush(next);
            }
            return;
        }
        let Delta::Text(text) = delta else { return };
        // What grows came last, mostly.
        match self.waiting.iter_mut().rfind(|waiting| waiting.part == part) {
            Some(waiting) if self.held + text.len() <= self.limit => {
                waiting.text.push_str(&text);
                self.held += text.len();
            }
            None if text.trim().is_empty() => {}
            // It grew although it was whole, or more waits than may.
            Some(_) | None => next(Event::Failed(Failure::unreadable())),
        }
    }

    fn close(&mut self, part: usize, next: &mut dyn FnMut(Event<'_>)) {
        if self.current.as_ref().is_some_and(|current| current.part == part) {
            self.close_current(next);
            self.flush(next);
        } else if let Some(waiting) = self.waiting.iter_mut().rfind(|waiting| waiting.part == part) {
            waiting.closed = true;
        }
    }

    fn close_current(&mut self, next: &mut dyn FnMut(Event<'_>)) {
        if let Some(current) = self.current.take() {
            next(Event::Close {
                choice: 0,
                part: current.part,
            });
        }
    }

    /// Begins what waits, up to the first that is not complete.
    fn flush(&mut self, next: &mut dyn FnMut(Event<'_>)) {
        while self.current.is_none()
            && let Some(waiting) = self.waiting.pop_front()
        {
            let part = waiting.part;
            self.held -= waiting.bytes();
            self.begin(part, waiting.opening, next);
            if !waiting.text.is_empty() {
                if let Some(balance) = self.current.as_mut().and_then(|current| current.arguments.as_mut()) {
                    balance.read(&waiting.text);
                }
                let delta = Delta::Text(waiting.text.into());
                next(Event::Delta { choice: 0, part, delta });
            }
            let is_complete = self.current.as_ref().is_some_and(Current::is_complete);
            if waiting.closed || (is_complete && !self.waiting.is_empty()) {
                self.close_current(next);
            }
        }
    }

    fn close_all(&mut self, next: &mut dyn FnMut(Event<'_>)) {
        for waiting in &mut self.waiting {
            waiting.closed = true;
        }
        self.close_current(next);
        self.flush(next);
    }
}

impl Waiting {
    fn bytes(&self) -> usize {
        let said = match &self.opening {
            Opening::ToolCall { id, name, .. } => id.len() + name.len(),
            Opening::Reasoning { id, .. } => id.as_ref().map_or(0, |id| id.len()),
            Opening::Text | Opening::Refusal => 0,
        };
        WAITING_BYTES + said + self.text.len()
    }
}

impl Current {
    fn is_complete(&self) -> bool {
        self.arguments.as_ref().is_some_and(Balance::is_whole)
    }
}

fn owned(opening: Opening<'_>) -> Opening<'static> {
    match opening {
        Opening::Text => Opening::Text,
        Opening::Refusal => Opening::Refusal,
        Opening::Reasoning { verbatim, id } => Opening::Reasoning {
            verbatim,
            id: id.map(|id| id.into_owned().into()),
        },
        Opening::ToolCall { id, name, kind } => Opening::ToolCall {
            id: id.into_owned().into(),
            name: name.into_owned().into(),
            kind,
        },
    }
}

/// Whether a JSON object that comes in pieces is whole.
#[derive(Debug, Default)]
struct Balance {
    depth: u64,
    in_text: bool,
    escaped: bool,
    begun: bool,
}

impl Balance {
    fn read(&mut self, piece: &str) {
        for byte in piece.bytes() {
            if self.in_text {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_text = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_text = true,
                b'{' | b'[' => {
                    self.depth += 1;
                    self.begun = true;
                }
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    fn is_whole(&self) -> bool {
        self.begun && self.depth == 0 && !self.in_text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(part: usize) -> Event<'static> {
        Event::Open {
            choice: 0,
            part,
            opening: Opening::ToolCall {
                id: format!("call_{part}").into(),
                name: "f".into(),
                kind: ToolKind::Function,
            },
        }
    }

    fn piece(part: usize, text: &'static str) -> Event<'static> {
        Event::Delta {
            choice: 0,
            part,
            delta: Delta::Text(text.into()),
        }
    }

    fn close(part: usize) -> Event<'static> {
        Event::Close { choice: 0, part }
    }

    fn run(events: Vec<Event<'static>>, limit: usize) -> Vec<String> {
        let mut serializer = Serializer::new(limit);
        let mut out = Vec::new();
        for event in events {
            serializer.pass(event, &mut |event| {
                out.push(match event {
                    Event::Open { part, .. } => format!("open {part}"),
                    Event::Delta {
                        part,
                        delta: Delta::Text(text),
                        ..
                    } => format!("{part}: {text}"),
                    Event::Close { part, .. } => format!("close {part}"),
                    Event::Failed(_) => "failed".to_owned(),
                    other => format!("{other:?}"),
                });
            });
        }
        out
    }

    #[test]
    fn calls_one_after_the_other_are_not_held_back() {
        let events = vec![
            call(0),
            piece(0, "{\"a\":"),
            piece(0, "\"}\"}"),
            call(1),
            piece(1, "{}"),
            close(0),
            close(1),
        ];
        let expected = [
            "open 0",
            "0: {\"a\":",
            "0: \"}\"}",
            "close 0",
            "open 1",
            "1: {}",
            "close 1",
        ];
        assert_eq!(run(events, 10_000), expected);
    }

    #[test]
    fn calls_side_by_side_are_put_one_after_the_other() {
        let events = vec![
            call(0),
            call(1),
            piece(1, "{\"b\""),
            piece(0, "{\"a\""),
            piece(1, ":1}"),
            piece(0, ":1}"),
            call(2),
            close(0),
            close(1),
            close(2),
        ];
        let expected = [
            "open 0",
            "0: {\"a\"",
            "0: :1}",
            "close 0",
            "open 1",
            "1: {\"b\":1}",
            "close 1",
            "open 2",
            "close 2",
        ];
        assert_eq!(run(events, 10_000), expected);
    }

    #[test]
    fn what_waits_is_bounded() {
        let events = vec![call(0), call(1), piece(1, "12345"), piece(1, "678901")];
        assert_eq!(run(events, WAITING_BYTES + "call_1f".len() + 10), ["open 0", "failed"]);
        // Parts without a word wait, too.
        let many = std::iter::once(call(0)).chain((1..100).map(call)).collect();
        assert!(run(many, 50 * WAITING_BYTES).contains(&"failed".to_owned()));
    }
}
