//! Calls of tools for free text, which a provider without such tools makes as calls of a function with one text.

use crate::json::Object;
use crate::neutral::{Answer, Delta, Event, Failure, Opening, PartKind, ToolKind};

/// Turns such calls back in a plain answer.
pub(super) fn restore(answer: &mut Answer<'_>, custom_tools: &[String]) {
    let parts = answer.choices.iter_mut().flat_map(|choice| &mut choice.parts);
    for part in parts {
        if let PartKind::ToolCall(call) = &mut part.kind
            && call.kind == ToolKind::Function
            && custom_tools.iter().any(|name| *name == call.name)
        {
            call.kind = ToolKind::Custom;
            call.arguments = free_text(&call.arguments).into();
        }
    }
}

/// The text inside of `{"input":"…"}`; anything else is taken as it is.
fn free_text(arguments: &str) -> String {
    let inner = Object::read(arguments.as_bytes()).ok().flatten();
    inner
        .and_then(|mut object| object.take_text("input"))
        .map_or_else(|| arguments.to_owned(), std::borrow::Cow::into_owned)
}

/// Turns such calls back in a stream. Their text comes in one piece, since it can only be told from the whole.
#[derive(Debug)]
pub(super) struct Restorer {
    custom_tools: Vec<String>,
    open: Vec<Open>,
    /// Most bytes of all open calls.
    limit: usize,
}

#[derive(Debug)]
struct Open {
    choice: usize,
    part: usize,
    arguments: String,
}

impl Restorer {
    pub(super) fn new(custom_tools: Vec<String>, limit: usize) -> Self {
        Self {
            custom_tools,
            open: Vec::new(),
            limit,
        }
    }

    /// Passes `event` on to `next`, changed or put off.
    pub(super) fn pass(&mut self, event: Event<'_>, next: &mut dyn FnMut(Event<'_>)) {
        if self.custom_tools.is_empty() {
            next(event);
            return;
        }
        match event {
            Event::Open {
                choice,
                part,
                opening:
                    Opening::ToolCall {
                        id,
                        name,
                        kind: ToolKind::Function,
                    },
            } if self.custom_tools.iter().any(|tool| *tool == name) => {
                self.open.push(Open {
                    choice,
                    part,
                    arguments: String::new(),
                });
                let kind = ToolKind::Custom;
                next(Event::Open {
                    choice,
                    part,
                    opening: Opening::ToolCall { id, name, kind },
                });
            }
            Event::Delta {
                choice,
                part,
                delta: Delta::Text(text),
            } if self.find(choice, part).is_some() => {
                let held: usize = self.open.iter().map(|open| open.arguments.len()).sum();
                if held + text.len() > self.limit {
                    next(Event::Failed(Failure::unreadable()));
                } else if let Some(at) = self.find(choice, part) {
                    self.open[at].arguments.push_str(&text);
                }
            }
            Event::Close { choice, part } => {
                if let Some(at) = self.find(choice, part) {
                    let text = free_text(&self.open.remove(at).arguments);
                    let delta = Delta::Text(text.into());
                    next(Event::Delta { choice, part, delta });
                }
                next(Event::Close { choice, part });
            }
            other => next(other),
        }
    }

    fn find(&self, choice: usize, part: usize) -> Option<usize> {
        self.open
            .iter()
            .position(|open| open.choice == choice && open.part == part)
    }
}
