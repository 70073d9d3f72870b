//! `sandbox-chat`: a chat completion out of nothing but the request.

use super::directives::Directives;
use super::reply::Staged;
use super::schema;
use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::time::Duration;
use wire::openai::chat::request::{self, Request};
use wire::openai::error::ErrorObject;

/// Tokens of an answer when the prompt doesn't say.
const DEFAULT_LENGTH: u64 = 48;
/// `created` of every answer: the same request gets the same answer, to the byte.
const CREATED: i64 = 1_767_225_600;

const PREFACE: &[&str] = &[
    "This", " is", " a", " test", " model", ":", " no", " network", ",", " no", " thought", ".",
];
const WORDS: &[&str] = &[
    " amber", " birch", " cedar", " delta", " ember", " fjord", " grove", " harbour", " island", " juniper", " kelp",
    " lichen", " meadow", " nettle", " orchard", " pebble", " quartz", " river", " slate", " thistle", " umber",
    " valley", " willow", " yarrow",
];

/// What the model says.
enum Content {
    /// Tokens of text and whether all of them fitted under the cap.
    Text { tokens: Vec<String>, complete: bool },
    /// A call of a tool with arguments that fit its schema.
    ToolCall { name: String, arguments: String },
}

/// Answers a request; `body` is what the client sent.
pub fn answer(request: &Request, body: &[u8], output_cap: u64) -> Staged {
    // A test model may read its prompt again; the pipeline does not.
    let texts = request::read(body).map(|(_, texts)| texts).unwrap_or_default();
    let directives = Directives::of(texts.iter().map(|text| &**text));
    if let Some(status) = directives.error {
        return refused(status, &directives);
    }
    let document: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let seed = seed(&texts);
    let content = content(&document, &directives, seed, output_cap);
    let input = texts
        .iter()
        .map(|text| text.split_whitespace().count() as u64 + 1)
        .sum::<u64>();
    let chat = Chat {
        id: format!("chatcmpl-sandbox{seed:016x}"),
        model: &request.model,
        choices: request.choices,
        input,
        content,
    };
    let (content_type, frames) = if request.stream {
        ("text/event-stream; charset=utf-8", chat.events())
    } else {
        ("application/json", vec![chat.document()])
    };
    Staged {
        status: 200,
        content_type,
        delay: directives.delay,
        pace: directives.pace,
        frames,
        cut: directives.cut,
    }
}

/// The error that a prompt asked for.
pub fn asked_for_error(status: u16) -> ErrorObject<'static> {
    ErrorObject {
        message: format!("The prompt asked the sandbox for status {status}.").into(),
        kind: if status < 500 {
            "invalid_request_error"
        } else {
            "server_error"
        }
        .into(),
        param: None,
        code: Some("sandbox_error".into()),
    }
}

fn refused(status: u16, directives: &Directives) -> Staged {
    Staged {
        status,
        content_type: "application/json",
        delay: directives.delay,
        pace: Duration::ZERO,
        frames: vec![asked_for_error(status).to_body()],
        cut: false,
    }
}

/// A number that the texts alone decide.
fn seed(texts: &[Cow<'_, str>]) -> u64 {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    let digest = hash.finalize();
    digest
        .iter()
        .take(8)
        .fold(0, |seed, byte| (seed << 8) | u64::from(*byte))
}

fn content(document: &Value, directives: &Directives, seed: u64, output_cap: u64) -> Content {
    if let Some(tool) = called_tool(document, directives) {
        let parameters = tool
            .get("parameters")
            .cloned()
            .unwrap_or_else(|| json!({"type": "object"}));
        let name = tool.get("name").and_then(Value::as_str).unwrap_or("tool").to_owned();
        return Content::ToolCall {
            name,
            arguments: schema::example(&parameters).to_string(),
        };
    }
    let tokens = match formatted(document) {
        Some(document) => pieces(&document),
        None => words(directives.length.unwrap_or(DEFAULT_LENGTH), seed),
    };
    let cap = usize::try_from(output_cap).unwrap_or(usize::MAX);
    let complete = tokens.len() <= cap;
    Content::Text {
        tokens: tokens.into_iter().take(cap).collect(),
        complete,
    }
}

/// The tool that `tool_choice` forces, or the first one when the prompt asks for a call.
fn called_tool<'d>(document: &'d Value, directives: &Directives) -> Option<&'d Value> {
    let functions = || {
        document["tools"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|tool| tool.get("function"))
    };
    match &document["tool_choice"] {
        Value::Object(choice) => {
            let name = choice.get("function").and_then(|function| function.get("name"));
            functions().find(|function| function.get("name") == name)
        }
        Value::String(choice) if choice == "required" => functions().next(),
        _ if directives.tool => functions().next(),
        _ => None,
    }
}

/// The document that a JSON response format asks for.
fn formatted(document: &Value) -> Option<String> {
    let format = &document["response_format"];
    match format["type"].as_str() {
        Some("json_schema") => Some(schema::example(&format["json_schema"]["schema"]).to_string()),
        Some("json_object") => Some(json!({"test": true}).to_string()),
        _ => None,
    }
}

fn pieces(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(4).map(|piece| piece.iter().collect()).collect()
}

fn words(length: u64, seed: u64) -> Vec<String> {
    let mut state = seed | 1;
    let drawn = std::iter::from_fn(move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let index = usize::try_from(state >> 40).unwrap_or(0) % WORDS.len();
        Some(WORDS[index])
    });
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    PREFACE
        .iter()
        .copied()
        .chain(drawn)
        .take(length)
        .map(str::to_owned)
        .collect()
}

struct Chat<'r> {
    id: String,
    model: &'r str,
    choices: u64,
    input: u64,
    content: Content,
}

impl Chat<'_> {
    fn document(&self) -> Bytes {
        let message = match &self.content {
            Content::Text { tokens, .. } => json!({"role": "assistant", "content": tokens.concat(), "refusal": null}),
            Content::ToolCall { name, arguments } => {
                json!({"role": "assistant", "content": null, "tool_calls": [self.call(name, arguments)]})
            }
        };
        let choices: Vec<Value> = (0..self.choices)
            .map(|index| {
                json!({"index": index, "message": message, "logprobs": null, "finish_reason": self.finish_reason()})
            })
            .collect();
        let body = json!({
            "id": self.id, "object": "chat.completion", "created": CREATED, "model": self.model,
            "choices": choices, "usage": self.usage(),
        });
        body.to_string().into()
    }

    fn events(&self) -> Vec<Bytes> {
        let mut events = Vec::new();
        for index in 0..self.choices {
            events.push(self.delta(index, &json!({"role": "assistant", "content": ""}), &Value::Null));
        }
        for delta in self.deltas() {
            for index in 0..self.choices {
                events.push(self.delta(index, &delta, &Value::Null));
            }
        }
        for index in 0..self.choices {
            events.push(self.delta(index, &json!({}), &json!(self.finish_reason())));
        }
        events.push(self.chunk(&json!([]), &self.usage()));
        events.push(Bytes::from_static(b"data: [DONE]\n\n"));
        events
    }

    fn deltas(&self) -> Vec<Value> {
        match &self.content {
            Content::Text { tokens, .. } => tokens.iter().map(|token| json!({"content": token})).collect(),
            Content::ToolCall { name, arguments } => {
                let mut first = self.call(name, "");
                first["index"] = json!(0);
                let begin = json!({"tool_calls": [first]});
                let rest = pieces(arguments)
                    .into_iter()
                    .map(|piece| json!({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}));
                std::iter::once(begin).chain(rest).collect()
            }
        }
    }

    fn delta(&self, index: u64, delta: &Value, finish_reason: &Value) -> Bytes {
        let choice = json!({"index": index, "delta": delta, "logprobs": null, "finish_reason": finish_reason});
        self.chunk(&json!([choice]), &Value::Null)
    }

    fn chunk(&self, choices: &Value, usage: &Value) -> Bytes {
        let chunk = json!({
            "id": self.id, "object": "chat.completion.chunk", "created": CREATED, "model": self.model,
            "choices": choices, "usage": usage,
        });
        format!("data: {chunk}\n\n").into()
    }

    fn call(&self, name: &str, arguments: &str) -> Value {
        let id = self.id.replace("chatcmpl-", "call_");
        json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
    }

    fn finish_reason(&self) -> &'static str {
        match &self.content {
            Content::Text { complete: true, .. } => "stop",
            Content::Text { complete: false, .. } => "length",
            Content::ToolCall { .. } => "tool_calls",
        }
    }

    fn usage(&self) -> Value {
        let a_choice = match &self.content {
            Content::Text { tokens, .. } => tokens.len() as u64,
            Content::ToolCall { arguments, .. } => 1 + pieces(arguments).len() as u64,
        };
        let output = a_choice * self.choices;
        json!({"prompt_tokens": self.input, "completion_tokens": output, "total_tokens": self.input + output})
    }
}

#[cfg(test)]
#[path = "chat_tests.rs"]
mod tests;
