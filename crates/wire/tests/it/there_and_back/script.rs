//! Made-up requests, and how each format writes them.

use super::piece::Piece;
use proptest::prelude::*;
use serde_json::{Value, json};
use wire::neutral::Format;

/// What is said in a request, before it is written in a format.
#[derive(Debug, Clone)]
pub(super) struct Script {
    system: Option<String>,
    turns: Vec<Said>,
    tools: Vec<(String, Option<String>, bool)>,
    choice: u8,
    parallel: Option<bool>,
    cap: u32,
    temperature: Option<u8>,
    stop: Vec<String>,
    schema: Option<bool>,
    effort: Option<&'static str>,
    user: bool,
    streamed: bool,
    /// Members that only one format knows, by number.
    extras: Vec<u8>,
}

#[derive(Debug, Clone)]
enum Said {
    User(Vec<Piece>),
    System(String),
    /// The model calls tools with these arguments; the results follow.
    Called(Option<String>, Vec<(String, String)>),
    Model(Vec<String>),
}

const EXTRAS: [(&str, &str); 9] = [
    ("seed", "7"),
    ("metadata", "{\"a\":\"b\"}"),
    ("top_k", "40"),
    ("truncation", "\"auto\""),
    ("frequency_penalty", "0.5"),
    ("prompt_cache_key", "\"k\""),
    ("verbosity", "\"low\""),
    ("brand_new", "{\"deep\":[1,{\"x\":null}]}"),
    ("store", "true"),
];

fn text() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9 \"\\\\\n\u{e4}\u{1f600}{}\\[\\]:,]{1,24}".prop_map(|text| text)
}

fn name() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9_-]{0,8}"
}

fn arguments() -> impl Strategy<Value = String> {
    proptest::collection::btree_map("[a-z\"\n]{0,4}", any::<Option<i32>>(), 0..3).prop_map(|map| json!(map).to_string())
}

fn said() -> impl Strategy<Value = Said> {
    let piece = prop_oneof![
        (text(), any::<bool>()).prop_map(|(text, mark)| Piece::Text(text, mark)),
        any::<bool>().prop_map(Piece::Image),
        (any::<bool>(), proptest::option::of(name())).prop_map(|(plain, name)| Piece::Document(plain, name)),
    ];
    prop_oneof![
        4 => proptest::collection::vec(piece, 1..4).prop_map(Said::User),
        1 => text().prop_map(Said::System),
        2 => (proptest::option::of(text()), proptest::collection::vec((name(), arguments()), 1..3))
            .prop_map(|(text, calls)| Said::Called(text, calls)),
        2 => proptest::collection::vec(text(), 1..3).prop_map(Said::Model),
    ]
}

/// Any request that all formats can say, and a few things that only some can.
pub(super) fn script() -> impl Strategy<Value = Script> {
    let efforts = proptest::sample::select(&["none", "low", "medium", "high", "xhigh", "max"][..]);
    let conversation = (
        proptest::option::of(text()),
        proptest::collection::vec(said(), 0..5),
        proptest::collection::vec((name(), proptest::option::of(text()), any::<bool>()), 0..3),
        0_u8..5,
        proptest::option::of(any::<bool>()),
    );
    let rest = (
        1_u32..5000,
        proptest::option::of(0_u8..20),
        proptest::collection::vec(text(), 0..2),
        proptest::option::of(any::<bool>()),
        proptest::option::of(efforts),
        any::<bool>(),
        any::<bool>(),
        proptest::collection::vec(0..u8::try_from(EXTRAS.len()).expect("few"), 0..3),
    );
    (conversation, rest).prop_map(
        |(
            (system, turns, tools, choice, parallel),
            (cap, temperature, stop, schema, effort, user, streamed, extras),
        )| Script {
            system,
            turns,
            tools,
            choice,
            parallel,
            cap,
            temperature,
            stop,
            schema,
            effort,
            user,
            streamed,
            extras,
        },
    )
}

impl Script {
    /// The request in the words of `format`.
    pub(super) fn write(&self, format: Format) -> Value {
        let mut request = json!({"model": "m"});
        self.conversation(format, &mut request);
        self.tools(format, &mut request);
        self.settings(format, &mut request);
        for extra in &self.extras {
            let (key, value) = EXTRAS[*extra as usize];
            let is_nested = key == "verbosity" && format == Format::Responses;
            let is_other = key == "metadata" && format == Format::Messages;
            if !is_nested && !is_other {
                request[key] = serde_json::from_str(value).expect("JSON");
            }
        }
        request
    }

    fn conversation(&self, format: Format, request: &mut Value) {
        let mut list = Vec::new();
        match (&self.system, format) {
            (None, _) => {}
            (Some(system), Format::Chat) => list.push(json!({"role": "system", "content": system})),
            (Some(system), Format::Responses) => request["instructions"] = json!(system),
            (Some(system), Format::Messages) => request["system"] = json!(system),
        }
        // A system prompt in mid-conversation needs something before it, and the user has the last word.
        list.push(json!({"role": "user", "content": "first"}));
        for (at, said) in self.turns.iter().enumerate() {
            said.write(format, at, &mut list);
        }
        list.push(json!({"role": "user", "content": "last"}));
        request[if format == Format::Responses {
            "input"
        } else {
            "messages"
        }] = Value::Array(list);
    }

    fn tools(&self, format: Format, request: &mut Value) {
        if self.tools.is_empty() {
            return;
        }
        let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
        let tools = self.tools.iter().map(|(name, description, strict)| {
            let mut tool = json!({"name": name});
            if let Some(description) = description {
                tool["description"] = json!(description);
            }
            if *strict || format == Format::Responses {
                tool["strict"] = json!(strict);
            }
            match format {
                Format::Chat => {
                    tool["parameters"] = schema.clone();
                    json!({"type": "function", "function": tool})
                }
                Format::Responses => {
                    tool["parameters"] = schema.clone();
                    tool["type"] = json!("function");
                    tool
                }
                Format::Messages => {
                    tool["input_schema"] = schema.clone();
                    tool
                }
            }
        });
        request["tools"] = tools.collect();
        let first = &self.tools[0].0;
        let (word, named) = match format {
            Format::Chat => ("required", json!({"type": "function", "function": {"name": first}})),
            Format::Responses => ("required", json!({"type": "function", "name": first})),
            Format::Messages => ("any", json!({"type": "tool", "name": first})),
        };
        let choice = match self.choice {
            0 => None,
            4 => Some(named),
            n => {
                let word = ["auto", "none", word][n as usize - 1];
                Some(if format == Format::Messages {
                    json!({"type": word})
                } else {
                    json!(word)
                })
            }
        };
        if format == Format::Messages {
            let mut choice = choice.unwrap_or_else(|| json!({"type": "auto"}));
            if self.parallel == Some(false) && choice["type"] != "none" {
                choice["disable_parallel_tool_use"] = json!(true);
            }
            request["tool_choice"] = choice;
            return;
        }
        if let Some(choice) = choice {
            request["tool_choice"] = choice;
        }
        if let Some(parallel) = self.parallel.filter(|parallel| *parallel || self.choice != 2) {
            request["parallel_tool_calls"] = json!(parallel);
        }
    }

    fn settings(&self, format: Format, request: &mut Value) {
        request[["max_completion_tokens", "max_output_tokens", "max_tokens"][format as usize]] = json!(self.cap);
        if let Some(tenths) = self.temperature {
            request["temperature"] = serde_json::from_str(&format!("{}.{}", tenths / 10, tenths % 10)).expect("JSON");
            if format == Format::Messages && tenths > 10 {
                request["temperature"] = json!(1);
            }
        }
        if !self.stop.is_empty() && format != Format::Responses {
            request[if format == Format::Chat {
                "stop"
            } else {
                "stop_sequences"
            }] = json!(self.stop);
        }
        let schema = json!({"type": "object"});
        match (self.schema, format) {
            (None, _) => {}
            (Some(named), Format::Chat) => {
                request["response_format"] =
                    json!({"type": "json_schema", "json_schema": {"schema": schema, "strict": true}});
                if named {
                    request["response_format"]["json_schema"]["name"] = json!("city");
                }
            }
            (Some(named), Format::Responses) => {
                request["text"] = json!({"format": {"type": "json_schema", "schema": schema, "strict": true}});
                if named {
                    request["text"]["format"]["description"] = json!("d");
                }
            }
            (Some(_), Format::Messages) => {
                request["output_config"] = json!({"format": {"type": "json_schema", "schema": schema}});
            }
        }
        match (self.effort, format) {
            (None, _) => {}
            (Some(effort), Format::Chat) => request["reasoning_effort"] = json!(effort),
            (Some(effort), Format::Responses) => request["reasoning"] = json!({"effort": effort}),
            (Some("none"), Format::Messages) => request["thinking"] = json!({"type": "disabled"}),
            (Some(effort), Format::Messages) => request["output_config"]["effort"] = json!(effort),
        }
        if self.user {
            match format {
                Format::Chat | Format::Responses => request["safety_identifier"] = json!("pseudonym"),
                Format::Messages => request["metadata"] = json!({"user_id": "pseudonym"}),
            }
        }
        if self.streamed {
            request["stream"] = json!(true);
        }
    }
}

impl Said {
    fn write(&self, format: Format, at: usize, list: &mut Vec<Value>) {
        match self {
            Self::User(pieces) => {
                let content: Vec<Value> = pieces.iter().map(|piece| piece.write(format)).collect();
                list.push(json!({"role": "user", "content": content}));
            }
            Self::System(text) => list.push(json!({"role": "system", "content": text})),
            Self::Model(texts) if format == Format::Responses => {
                let content: Vec<Value> = texts
                    .iter()
                    .map(|text| json!({"type": "output_text", "text": text}))
                    .collect();
                list.push(json!({"role": "assistant", "content": content}));
            }
            Self::Model(texts) => {
                let content: Vec<Value> = texts.iter().map(|text| json!({"type": "text", "text": text})).collect();
                list.push(json!({"role": "assistant", "content": content}));
            }
            Self::Called(text, calls) => called(format, at, text.as_deref(), calls, list),
        }
    }
}

fn called(format: Format, at: usize, text: Option<&str>, calls: &[(String, String)], list: &mut Vec<Value>) {
    let id = |n: usize| format!("call_{at}_{n}");
    let calls = calls.iter().enumerate();
    match format {
        Format::Chat => {
            let made: Vec<Value> = calls
                .clone()
                .map(|(n, (name, arguments))| json!({"id": id(n), "type": "function", "function": {"name": name, "arguments": arguments}}))
                .collect();
            list.push(json!({"role": "assistant", "content": text, "tool_calls": made}));
            list.extend(calls.map(|(n, _)| json!({"role": "tool", "tool_call_id": id(n), "content": "result"})));
        }
        Format::Responses => {
            list.extend(text.map(|text| json!({"role": "assistant", "content": text})));
            list.extend(calls.clone().map(|(n, (name, arguments))| {
                json!({"type": "function_call", "call_id": id(n), "name": name, "arguments": arguments})
            }));
            list.extend(
                calls.map(|(n, _)| json!({"type": "function_call_output", "call_id": id(n), "output": "result"})),
            );
        }
        Format::Messages => {
            let mut content: Vec<Value> = text
                .into_iter()
                .map(|text| json!({"type": "text", "text": text}))
                .collect();
            content.extend(calls.clone().map(|(n, (name, arguments))| {
                let input: Value = serde_json::from_str(arguments).expect("JSON");
                json!({"type": "tool_use", "id": id(n), "name": name, "input": input})
            }));
            list.push(json!({"role": "assistant", "content": content}));
            let results: Vec<Value> = calls
                .map(|(n, _)| json!({"type": "tool_result", "tool_use_id": id(n), "content": "result"}))
                .collect();
            list.push(json!({"role": "user", "content": results}));
        }
    }
}
