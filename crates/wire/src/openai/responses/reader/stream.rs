//! A streamed response.

use super::{answer, items};
use crate::json::{Object, Text};
use crate::neutral::{Delta, Event, Failure, Opening, Part, PartKind, Place, ToolKind};
use crate::openai::error;
use crate::problem::BadAnswer;

/// Most parts that are open at once.
const OPEN_PARTS: usize = 1024;

/// Which parts are open.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    parts: usize,
    open: Vec<Open>,
}

#[derive(Debug)]
struct Open {
    /// The item's place in the output.
    output: u64,
    /// The part's place in a message; `None` for an item that is one part.
    content: Option<u64>,
    part: usize,
    grown: bool,
    texts: u64,
}

impl Stream {
    /// Reads the data of one event.
    pub(crate) fn read<'e>(&mut self, data: &'e [u8], out: &mut Vec<Event<'e>>) {
        // Not of the format, but some servers end every stream so.
        if data != b"[DONE]" && self.event(data, out).is_none() {
            out.push(Event::Failed(Failure::unreadable()));
        }
    }

    /// `None` if it is no event of a response.
    fn event<'e>(&mut self, data: &'e [u8], out: &mut Vec<Event<'e>>) -> Option<()> {
        let mut object = Object::read(data).ok()??;
        let name = object.take_text("type")?;
        match &*name {
            "response.created" => out.push(Event::Start { usage: None }),
            "response.output_item.added" => self.item_added(object, out)?,
            "response.output_item.done" => self.item_done(object, out)?,
            "response.content_part.added" => {
                let (output, content) = (
                    object.take_number("output_index")?,
                    object.take_number("content_index")?,
                );
                let mut part = Object::open(object.take_raw("part")?).ok()??;
                match part.take_text("type").as_deref() {
                    Some("refusal") => self.ensure(output, Some(content), Opening::Refusal, out).map(|_| ())?,
                    Some("output_text") => self.ensure(output, Some(content), Opening::Text, out).map(|_| ())?,
                    _ => {}
                }
            }
            "response.content_part.done" => {
                let (output, content) = (
                    object.take_number("output_index")?,
                    object.take_number("content_index")?,
                );
                self.close(output, Some(content), out);
            }
            "response.output_text.delta" => self.words(object, Some(Opening::Text), out)?,
            "response.refusal.delta" => self.words(object, Some(Opening::Refusal), out)?,
            "response.output_text.annotation.added" => {
                let (output, content) = (
                    object.take_number("output_index")?,
                    object.take_number("content_index")?,
                );
                let citation = items::citation(object.take_raw("annotation")?);
                let part = self.ensure(output, Some(content), Opening::Text, out)?;
                let delta = Delta::Citation(citation);
                out.push(Event::Delta { choice: 0, part, delta });
            }
            "response.function_call_arguments.delta"
            | "response.custom_tool_call_input.delta"
            | "response.reasoning_summary_text.delta"
            | "response.reasoning_text.delta" => self.words(object, None, out)?,
            "response.reasoning_summary_part.added" => self.next_text(object, out)?,
            "response.completed" | "response.incomplete" => self.end(object, out)?,
            "response.failed" | "response.cancelled" => {
                let response = object.take_raw("response")?;
                out.push(Event::Failed(match answer::response(response) {
                    Err(BadAnswer::Failed(failure)) => *failure,
                    _ => Failure::unreadable(),
                }));
            }
            "error" => {
                let nested = object.take_raw("error");
                let failure = error::failure_of_response(nested.unwrap_or(std::str::from_utf8(data).ok()?))?;
                out.push(Event::Failed(failure));
            }
            _ => {}
        }
        Some(())
    }

    fn item_added<'e>(&mut self, mut object: Object<'e>, out: &mut Vec<Event<'e>>) -> Option<()> {
        let output = object.take_number("output_index")?;
        let mut item = Object::open(object.take_raw("item")?).ok()??;
        let name = item.take_text("type")?;
        let opening = match &*name {
            "function_call" => call(&mut item, ToolKind::Function)?,
            "custom_tool_call" => call(&mut item, ToolKind::Custom)?,
            "reasoning" => Opening::Reasoning {
                verbatim: false,
                id: item.take_text("id"),
            },
            _ => return Some(()),
        };
        self.ensure(output, None, opening, out).map(|_| ())
    }

    /// The full item: the only place with sealed thinking, and the arguments where none were streamed.
    fn item_done<'e>(&mut self, mut object: Object<'e>, out: &mut Vec<Event<'e>>) -> Option<()> {
        let output = object.take_number("output_index")?;
        let mut item = Object::open(object.take_raw("item")?).ok()??;
        let name = item.take_text("type")?;
        let open = self
            .open
            .iter()
            .find(|open| open.output == output && open.content.is_none());
        if let Some((part, grown)) = open.map(|open| (open.part, open.grown)) {
            let whole = items::output(&name, &mut item, Place::default()).ok()?;
            let mut emit = |delta| out.push(Event::Delta { choice: 0, part, delta });
            match whole {
                Some(Part {
                    kind: PartKind::ToolCall(call),
                    ..
                }) if !grown && !call.arguments.is_empty() => emit(Delta::Text(call.arguments)),
                Some(Part {
                    kind: PartKind::Reasoning(reasoning),
                    ..
                }) => {
                    for (at, text) in reasoning.texts.into_iter().enumerate().filter(|_| !grown) {
                        if at > 0 {
                            emit(Delta::NextText);
                        }
                        emit(Delta::Text(text));
                    }
                    if let Some(seal) = reasoning.seal {
                        emit(Delta::Seal(seal));
                    }
                }
                _ => {}
            }
        }
        let open: Vec<Option<u64>> = self
            .open
            .iter()
            .filter(|open| open.output == output)
            .map(|open| open.content)
            .collect();
        for content in open {
            self.close(output, content, out);
        }
        Some(())
    }

    fn words<'e>(
        &mut self,
        mut object: Object<'e>,
        opening: Option<Opening<'e>>,
        out: &mut Vec<Event<'e>>,
    ) -> Option<()> {
        let output = object.take_number("output_index")?;
        let text = object.take_text("delta")?;
        let part = match opening {
            Some(opening) => {
                let content = object.take_number("content_index").unwrap_or(0);
                self.ensure(output, Some(content), opening, out)?
            }
            None => {
                let open = self.open.iter_mut().find(|open| open.output == output)?;
                open.grown = true;
                open.part
            }
        };
        if !text.is_empty() {
            out.push(Event::Delta {
                choice: 0,
                part,
                delta: Delta::Text(text),
            });
        }
        Some(())
    }

    fn next_text(&mut self, mut object: Object<'_>, out: &mut Vec<Event<'_>>) -> Option<()> {
        let output = object.take_number("output_index")?;
        let open = self.open.iter_mut().find(|open| open.output == output)?;
        open.texts += 1;
        if open.texts > 1 {
            out.push(Event::Delta {
                choice: 0,
                part: open.part,
                delta: Delta::NextText,
            });
        }
        Some(())
    }

    /// The part at a place, opened if it isn't; `None` if too many are.
    fn ensure<'e>(
        &mut self,
        output: u64,
        content: Option<u64>,
        opening: Opening<'e>,
        out: &mut Vec<Event<'e>>,
    ) -> Option<usize> {
        let known = self
            .open
            .iter()
            .find(|open| open.output == output && open.content == content);
        if let Some(open) = known {
            return Some(open.part);
        }
        if self.open.len() >= OPEN_PARTS {
            return None;
        }
        let part = self.parts;
        self.parts += 1;
        self.open.push(Open {
            output,
            content,
            part,
            grown: false,
            texts: 0,
        });
        out.push(Event::Open {
            choice: 0,
            part,
            opening,
        });
        Some(part)
    }

    fn close(&mut self, output: u64, content: Option<u64>, out: &mut Vec<Event<'_>>) {
        let at = self
            .open
            .iter()
            .position(|open| open.output == output && open.content == content);
        if let Some(at) = at {
            let part = self.open.remove(at).part;
            out.push(Event::Close { choice: 0, part });
        }
    }

    fn end<'e>(&mut self, mut object: Object<'e>, out: &mut Vec<Event<'e>>) -> Option<()> {
        let answer = answer::response(object.take_raw("response")?).ok()?;
        for open in self.open.drain(..) {
            out.push(Event::Close {
                choice: 0,
                part: open.part,
            });
        }
        if let Some(usage) = answer.usage {
            out.push(Event::Usage(usage));
        }
        for choice in answer.choices {
            out.push(Event::Stop {
                choice: 0,
                stop: choice.stop,
            });
        }
        out.push(Event::End);
        Some(())
    }
}

fn call<'e>(item: &mut Object<'e>, kind: ToolKind) -> Option<Opening<'e>> {
    let id: Text<'e> = item.take_text("call_id")?;
    Some(Opening::ToolCall {
        id,
        name: item.take_text("name")?,
        kind,
    })
}
