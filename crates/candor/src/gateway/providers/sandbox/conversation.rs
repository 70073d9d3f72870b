//! `sandbox-chat` in conversations: chat completions, responses and messages out of nothing but the request. What it says is
//! decided once, in no API's words; wire writes it.

use super::calls::{Called, called};
use super::schema;
use super::words::{CREATED, Prompt, Spoken, capped, pieces};
use crate::gateway::request::Request;
use bytes::Bytes;
use serde_json::json;
use wire::neutral::{
    Answer, Choice, Delivery, Delta, Event, Format, Opening, OutputFormat, Part, PartKind, Place, Reasoning,
    Request as Asks, Seal, Stop, ToolCall, Usage,
};
use wire::problem::Problem;
use wire::translate::{self, Asked, Writer};

/// Pieces of a thought.
const THOUGHT: &[&str] = &["The", " sandbox", " thinks", " nothing", "."];
/// What stands in for a provider's seal of a thought.
const SEAL: &str = "c2FuZGJveA==";

/// What the model says.
struct Said {
    thought: Vec<&'static str>,
    seal: Option<Seal<'static>>,
    spoken: Spoken,
    calls: Vec<Called>,
}

/// The body of an answer, or its events.
pub(super) fn answer(format: Format, request: &Request, body: &[u8], prompt: &Prompt) -> Result<Vec<Bytes>, Problem> {
    let mut asks = translate::read_request(format, body)?;
    let said = said(&asks, prompt);
    if request.is_streamed() {
        // The gateway swallows a usage that nobody asked for.
        asks.delivery = Delivery::Streamed { usage: true };
    }
    let asked = Asked::new(&prompt.id(), CREATED, request.model()).by(&asks, body);
    let choices = usize::try_from(request.answers()).unwrap_or(1);
    let usage = usage(&said, prompt, request.answers());
    Ok(if request.is_streamed() {
        events(format, &said, (choices, usage), asked, prompt)
    } else {
        vec![document(format, &said, (choices, usage), &asked, prompt)]
    })
}

fn said(asks: &Asks<'_>, prompt: &Prompt) -> Said {
    let thought = if thinks(asks) {
        let most = usize::try_from(prompt.cap / 2).unwrap_or(usize::MAX);
        &THOUGHT[..THOUGHT.len().min(most)]
    } else {
        &[]
    };
    let seal = match asks.source {
        Format::Messages => Some(Seal::Signature(SEAL.into())),
        Format::Responses if asks.thinking.sealed => Some(Seal::Encrypted(SEAL.into())),
        Format::Responses | Format::Chat => None,
    };
    let calls = called(asks);
    Said {
        seal: seal.filter(|_| !thought.is_empty()),
        spoken: spoken(asks, prompt, calls.lead, thought.len() as u64),
        calls: calls.tools,
        thought: thought.to_vec(),
    }
}

/// Was thinking asked for, in whichever words?
fn thinks(asks: &Asks<'_>) -> bool {
    let thinking = &asks.thinking;
    let effort = thinking.effort.as_deref().is_some_and(|effort| effort != "none");
    effort || thinking.mode.as_deref().is_some_and(|mode| mode != "disabled")
}

/// What is said in words: before calls only what `lead` asks for.
fn spoken(asks: &Asks<'_>, prompt: &Prompt, lead: Option<u64>, thought: u64) -> Spoken {
    let tokens = match lead {
        Some(length) => prompt.some_words(length),
        None => formatted(asks).map_or_else(|| prompt.words(), |document| pieces(&document)),
    };
    capped(tokens, prompt.cap.saturating_sub(thought))
}

/// The document that a JSON format asks for.
fn formatted(asks: &Asks<'_>) -> Option<String> {
    match &asks.output {
        OutputFormat::JsonSchema(format) => {
            let schema = format
                .schema
                .as_ref()
                .and_then(|schema| serde_json::from_str(schema.get()).ok());
            Some(schema::example(&schema.unwrap_or_default()).to_string())
        }
        OutputFormat::JsonObject => Some(json!({"test": true}).to_string()),
        OutputFormat::Text | OutputFormat::Other(_) => None,
    }
}

fn usage(said: &Said, prompt: &Prompt, choices: u64) -> Usage {
    let called: usize = said.calls.iter().map(|call| 1 + pieces(&call.arguments).len()).sum();
    Usage {
        input: prompt.input,
        output: (said.spoken.tokens.len() + called) as u64 * choices,
        reasoning: said.thought.len() as u64 * choices,
        ..Usage::default()
    }
}

impl Said {
    fn stop(&self) -> Stop<'static> {
        match self {
            _ if !self.calls.is_empty() => Stop::Tools,
            _ if self.spoken.complete => Stop::End,
            _ => Stop::Length,
        }
    }

    /// Are there words? An answer without calls has a text, be it empty.
    fn has_words(&self) -> bool {
        self.calls.is_empty() || !self.spoken.tokens.is_empty()
    }
}

/// The id of one of the calls of an answer.
fn call_id(prompt: &Prompt, number: usize) -> String {
    match number {
        0 => format!("call_{}", prompt.id()),
        _ => format!("call_{}_{number}", prompt.id()),
    }
}

fn document(format: Format, said: &Said, (choices, usage): (usize, Usage), asked: &Asked, prompt: &Prompt) -> Bytes {
    let choice = Choice {
        parts: parts(said, prompt),
        stop: said.stop(),
    };
    let answer = Answer {
        id: prompt.id().into(),
        model: asked.model.as_str().into(),
        created: Some(CREATED),
        choices: vec![choice; choices],
        usage: Some(usage),
        unsaid: Vec::new(),
    };
    translate::write_answer(format, &answer, asked)
}

fn parts(said: &Said, prompt: &Prompt) -> Vec<Part<'static>> {
    let mut parts = Vec::new();
    if !said.thought.is_empty() {
        parts.push(PartKind::Reasoning(Reasoning {
            id: None,
            texts: vec![said.thought.concat().into()],
            verbatim: false,
            seal: said.seal.clone(),
        }));
    }
    if said.has_words() {
        parts.push(PartKind::Text {
            text: said.spoken.tokens.concat().into(),
            citations: Vec::new(),
        });
    }
    parts.extend(said.calls.iter().enumerate().map(|(number, call)| {
        PartKind::ToolCall(ToolCall {
            id: call_id(prompt, number).into(),
            name: call.name.clone().into(),
            arguments: call.arguments.clone().into(),
            kind: call.kind,
        })
    }));
    parts
        .into_iter()
        .map(|kind| Part::new(kind, Place::default()))
        .collect()
}

fn events(format: Format, said: &Said, (choices, usage): (usize, Usage), asked: Asked, prompt: &Prompt) -> Vec<Bytes> {
    let mut stream = Staging {
        writer: Writer::new(format, asked),
        choices,
        part: 0,
        frames: Vec::new(),
    };
    let told = Usage {
        output: 0,
        reasoning: 0,
        ..usage
    };
    stream.write(&Event::Start { usage: Some(told) });
    if !said.thought.is_empty() {
        let opening = Opening::Reasoning {
            verbatim: false,
            id: None,
        };
        stream.part(&opening, said.thought.iter().copied(), said.seal.as_ref());
    }
    if said.has_words() {
        let words = said.spoken.tokens.iter().map(String::as_str);
        stream.part(&Opening::Text, words, None);
    }
    for (number, call) in said.calls.iter().enumerate() {
        let opening = Opening::ToolCall {
            id: call_id(prompt, number).into(),
            name: call.name.as_str().into(),
            kind: call.kind,
        };
        let arguments = pieces(&call.arguments);
        stream.part(&opening, arguments.iter().map(String::as_str), None);
    }
    stream.each(|choice| Event::Stop {
        choice,
        stop: said.stop(),
    });
    stream.write(&Event::Usage(usage));
    stream.write(&Event::End);
    stream.frames
}

/// Events being written, each into a frame of its own.
struct Staging {
    writer: Writer,
    choices: usize,
    /// Number of the next part.
    part: usize,
    frames: Vec<Bytes>,
}

impl Staging {
    fn write(&mut self, event: &Event<'_>) {
        self.writer.write(event);
        let mut written = self.writer.take();
        while let Some(end) = written.windows(2).position(|two| two == b"\n\n") {
            self.frames.push(written.split_to(end + 2));
        }
    }

    fn each<'e>(&mut self, event: impl Fn(usize) -> Event<'e>) {
        for choice in 0..self.choices {
            self.write(&event(choice));
        }
    }

    fn part<'p>(&mut self, opening: &Opening<'_>, pieces: impl Iterator<Item = &'p str>, seal: Option<&Seal<'_>>) {
        let part = self.part;
        self.part += 1;
        self.each(|choice| Event::Open {
            choice,
            part,
            opening: opening.clone(),
        });
        for piece in pieces {
            self.each(|choice| Event::Delta {
                choice,
                part,
                delta: Delta::Text(piece.into()),
            });
        }
        if let Some(seal) = seal {
            self.each(|choice| Event::Delta {
                choice,
                part,
                delta: Delta::Seal(seal.clone()),
            });
        }
        self.each(|choice| Event::Close { choice, part });
    }
}

#[cfg(test)]
#[path = "conversation_tests.rs"]
mod tests;
