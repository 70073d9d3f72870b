//! What of a request its answer has to know.

use crate::json::{Object, fragment};
use crate::neutral::{Delivery, Format, Request, Tool, ToolKind};
use crate::openai::responses::writer::ECHOED;

/// What the writer of an answer has to know of the request and of the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The answer's id, without the format's prefix: letters and digits.
    pub id: String,
    /// Seconds since 1970.
    pub created: u64,
    /// The model as the client names it.
    pub model: String,
    /// Does a stream of chat completions end with a usage chunk?
    pub(crate) usage_chunk: bool,
    /// Are calls answered as `function_call`?
    pub(crate) legacy_functions: bool,
    /// Tools whose calls are free text.
    pub(crate) custom_tools: Vec<String>,
    /// Members that a response echoes, as JSON.
    echo: Vec<(&'static str, String)>,
}

impl Asked {
    /// A request of which nothing is known but these.
    pub fn new(id: &str, created: u64, model: &str) -> Self {
        Self {
            id: id.to_owned(),
            created,
            model: model.to_owned(),
            usage_chunk: false,
            legacy_functions: false,
            custom_tools: Vec::new(),
            echo: Vec::new(),
        }
    }

    /// With what `request`, read from `body`, asks of its answer.
    #[must_use]
    pub fn by(mut self, request: &Request<'_>, body: &[u8]) -> Self {
        self.usage_chunk = matches!(request.delivery, Delivery::Streamed { usage: true });
        self.legacy_functions = request.legacy_functions;
        self.custom_tools = request
            .tools
            .iter()
            .filter_map(|tool| match tool {
                Tool::Called {
                    kind: ToolKind::Custom,
                    name,
                    ..
                } => Some(name.to_string()),
                _ => None,
            })
            .collect();
        if request.source == Format::Responses {
            self.echo = echo(body);
        }
        self
    }

    /// What the request said under `key`.
    pub(crate) fn echoed(&self, key: &str) -> Option<&str> {
        self.echo
            .iter()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value.as_str())
    }
}

fn echo(body: &[u8]) -> Vec<(&'static str, String)> {
    let object = fragment(body).ok().and_then(|value| Object::open(value).ok()?);
    let Some(mut object) = object else { return Vec::new() };
    ECHOED
        .iter()
        .filter_map(|(key, _)| Some((*key, object.take(key)?.get().to_owned())))
        .collect()
}
