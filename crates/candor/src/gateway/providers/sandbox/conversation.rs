//! `sandbox-chat` in conversations: chat completions, responses and messages out of nothing but the request. What it says is
//! decided once, in no API's words; wire writes it.

use super::schema;
use super::words::{CREATED, Prompt, Spoken, capped, pieces};
use crate::gateway::request::Request;
use bytes::Bytes;
use serde_json::{Value, json};
use wire::json::Fragment;
use wire::neutral::{
    Answer, Choice, Delivery, Delta, Event, Format, Opening, OutputFormat, Part, PartKind, Place, Reasoning,
    Request as Asks, Seal, Stop, Tool, ToolCall, ToolChoice, ToolKind, Usage,
};
use wire::problem::Problem;
use wire::translate::{self, Asked, Writer};

/// Pieces of a thought.
const THOUGHT: &[&str] = &["The", " sandbox", " thinks", " nothing", "."];
/// What stands in for a provider's seal of a thought.
const SEAL: &str = "c2FuZGJveA==";
/// What a tool for free text is called with.
const FREE_TEXT: &str = "test";

/// What the model says.
struct Said {
    thought: Vec<&'static str>,
    seal: Option<Seal<'static>>,
    spoken: Words,
}

enum Words {
    Text(Spoken),
    /// A call of a tool with arguments that fit.
    Call {
        name: String,
        kind: ToolKind,
        arguments: String,
    },
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
    Said {
        seal: seal.filter(|_| !thought.is_empty()),
        spoken: spoken(asks, prompt, thought.len() as u64),
        thought: thought.to_vec(),
    }
}

/// Was thinking asked for, in whichever words?
fn thinks(asks: &Asks<'_>) -> bool {
    let thinking = &asks.thinking;
    let effort = thinking.effort.as_deref().is_some_and(|effort| effort != "none");
    effort || thinking.mode.as_deref().is_some_and(|mode| mode != "disabled")
}

fn spoken(asks: &Asks<'_>, prompt: &Prompt, thought: u64) -> Words {
    if let Some((name, kind, parameters)) = called_tool(asks, prompt) {
        let arguments = match kind {
            ToolKind::Custom => FREE_TEXT.to_owned(),
            ToolKind::Function => {
                let parameters = parameters.and_then(|schema| serde_json::from_str(schema).ok());
                let parameters: Value = parameters.unwrap_or_else(|| json!({"type": "object"}));
                schema::example(&parameters).to_string()
            }
        };
        let name = name.to_owned();
        return Words::Call { name, kind, arguments };
    }
    let tokens = formatted(asks).map_or_else(|| prompt.words(), |document| pieces(&document));
    Words::Text(capped(tokens, prompt.cap.saturating_sub(thought)))
}

/// The tool that the choice forces, or the first one when the prompt asks for a call.
fn called_tool<'a>(asks: &'a Asks<'_>, prompt: &Prompt) -> Option<(&'a str, ToolKind, Option<&'a str>)> {
    let mut tools = asks.tools.iter().filter_map(|tool| match tool {
        Tool::Called { kind, name, schema, .. } => Some((&**name, *kind, schema.as_ref().map(Fragment::get))),
        Tool::Hosted { .. } => None,
    });
    match &asks.tool_choice {
        Some(ToolChoice::Named(_, wanted)) => tools.find(|(name, ..)| name == wanted),
        Some(ToolChoice::Allowed { required: true, names }) => {
            tools.find(|(name, ..)| names.iter().any(|(_, allowed)| name == allowed))
        }
        Some(ToolChoice::Required) => tools.next(),
        Some(ToolChoice::None) => None,
        _ if prompt.calls_a_tool => tools.next(),
        _ => None,
    }
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
    let output = match &said.spoken {
        Words::Text(spoken) => spoken.tokens.len() as u64,
        Words::Call { arguments, .. } => 1 + pieces(arguments).len() as u64,
    };
    Usage {
        input: prompt.input,
        output: output * choices,
        reasoning: said.thought.len() as u64 * choices,
        ..Usage::default()
    }
}

impl Words {
    fn stop(&self) -> Stop<'static> {
        match self {
            Self::Text(spoken) if spoken.complete => Stop::End,
            Self::Text(_) => Stop::Length,
            Self::Call { .. } => Stop::Tools,
        }
    }

    fn pieces(&self) -> Vec<String> {
        match self {
            Self::Text(spoken) => spoken.tokens.clone(),
            Self::Call { arguments, .. } => pieces(arguments),
        }
    }
}

fn call_id(prompt: &Prompt) -> String {
    format!("call_{}", prompt.id())
}

fn document(format: Format, said: &Said, (choices, usage): (usize, Usage), asked: &Asked, prompt: &Prompt) -> Bytes {
    let choice = Choice {
        parts: parts(said, prompt),
        stop: said.spoken.stop(),
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
    parts.push(match &said.spoken {
        Words::Text(spoken) => PartKind::Text {
            text: spoken.tokens.concat().into(),
            citations: Vec::new(),
        },
        Words::Call { name, kind, arguments } => PartKind::ToolCall(ToolCall {
            id: call_id(prompt).into(),
            name: name.clone().into(),
            arguments: arguments.clone().into(),
            kind: *kind,
        }),
    });
    parts
        .into_iter()
        .map(|kind| Part::new(kind, Place::default()))
        .collect()
}

fn events(format: Format, said: &Said, (choices, usage): (usize, Usage), asked: Asked, prompt: &Prompt) -> Vec<Bytes> {
    let mut stream = Staging {
        writer: Writer::new(format, asked),
        choices,
        frames: Vec::new(),
    };
    let told = Usage {
        output: 0,
        reasoning: 0,
        ..usage
    };
    stream.write(&Event::Start { usage: Some(told) });
    let mut part = 0;
    if !said.thought.is_empty() {
        let opening = Opening::Reasoning {
            verbatim: false,
            id: None,
        };
        stream.part(part, &opening, said.thought.iter().copied(), said.seal.as_ref());
        part += 1;
    }
    let opening = match &said.spoken {
        Words::Text(_) => Opening::Text,
        Words::Call { name, kind, .. } => Opening::ToolCall {
            id: call_id(prompt).into(),
            name: name.as_str().into(),
            kind: *kind,
        },
    };
    let pieces = said.spoken.pieces();
    stream.part(part, &opening, pieces.iter().map(String::as_str), None);
    stream.each(|choice| Event::Stop {
        choice,
        stop: said.spoken.stop(),
    });
    stream.write(&Event::Usage(usage));
    stream.write(&Event::End);
    stream.frames
}

/// Events being written, each into a frame of its own.
struct Staging {
    writer: Writer,
    choices: usize,
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

    fn part<'p>(
        &mut self,
        part: usize,
        opening: &Opening<'_>,
        pieces: impl Iterator<Item = &'p str>,
        seal: Option<&Seal<'_>>,
    ) {
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
