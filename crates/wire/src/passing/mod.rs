//! Requests that pass through to a provider of the same format: read once for what Candor acts on, changed in a few
//! places, every other byte as it was sent.
//!
//! Promises: a member at the top that stands twice is refused; the list of what may change is closed: `model`, the
//! output cap, `stream_options.include_usage`, `store`, the end user. Leaves out: chat completions, whose reader
//! ([`crate::openai::chat::request`]) makes one pass less, since they are most of the traffic.

mod endpoint;
mod splices;

pub use endpoint::Endpoint;

use crate::json::{Object, Text, array, fragment, text};
use crate::openai::chat::Texts;
use crate::problem::Problem;
use endpoint::Facts;
use serde::de::DeserializeSeed;
use std::ops::Range;

/// Most inputs of embeddings, and most prompts of completions.
const INPUTS: usize = 2048;

/// Members whose texts are no part of what the model reads.
const UNREAD: [&str; 5] = ["model", "user", "safety_identifier", "metadata", "prompt_cache_key"];

/// What Candor acts on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The model, as the client names it.
    pub model: String,
    /// Does the client want an event stream?
    pub stream: bool,
    /// Does the client want the usage chunk at the end of a stream of completions?
    pub include_usage: bool,
    /// Most tokens of each answer, as the client says it or the API does where the client says nothing.
    pub output_cap: Option<u64>,
    /// Number of answers: prompts times `n`; 0 where none is made, as for embeddings.
    pub answers: u64,
    /// The end user's id as the client sent it; it never leaves Candor unchanged.
    pub user: Option<String>,
    /// The member that needs an answer or a conversation that was kept, or that asks to keep this one.
    pub needs_keeping: Option<&'static str>,
    facts: &'static Facts,
    spans: Spans,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Spans {
    model: Range<usize>,
    cap: Option<SaidCap>,
    store: Option<Range<usize>>,
    users: Vec<Range<usize>>,
    stream_options: Option<Range<usize>>,
    include_usage: Option<Range<usize>>,
    /// Where further members can be inserted: the closing brace.
    end: usize,
}

/// What the cap's member says, `None` for null, and where.
type SaidCap = (Option<u64>, Range<usize>);

/// Reads a request; the second value is every text that goes to the model, for the filter.
///
/// # Errors
/// If the body is no request of the endpoint.
pub fn read(endpoint: Endpoint, body: &[u8]) -> Result<(Request, Vec<Text<'_>>), Problem> {
    let facts = endpoint.facts();
    let value = fragment(body).map_err(|error| Problem::Syntax(error.to_string()))?;
    let object = open(value, "")?.ok_or(Problem::NotAnObject)?;
    let texts = texts(&object)?;
    let mut members = Members { body, object, facts };
    let (model, model_span) = members.model()?;
    let answers = members.answers()?;
    let (stream, include_usage, mut spans) = members.stream()?;
    let (output_cap, cap) = members.cap()?;
    let (user, users) = members.users()?;
    let (needs_keeping, store) = members.keeping()?;
    spans = Spans {
        model: model_span,
        cap,
        store,
        users,
        end: body.iter().rposition(|byte| *byte == b'}').unwrap_or(body.len()),
        ..spans
    };
    let request = Request {
        model,
        stream,
        include_usage,
        output_cap,
        answers,
        user,
        needs_keeping,
        facts,
        spans,
    };
    Ok((request, texts))
}

fn open<'a>(value: &'a str, at: &str) -> Result<Option<Object<'a>>, Problem> {
    Object::open(value).map_err(|doubled| Problem::doubled(at, &doubled))
}

fn texts<'a>(object: &Object<'a>) -> Result<Vec<Text<'a>>, Problem> {
    let mut texts = Vec::new();
    for (key, value) in object.members() {
        if UNREAD.contains(&&**key) {
            continue;
        }
        let mut deserializer = serde_json::Deserializer::from_str(value);
        Texts(&mut texts)
            .deserialize(&mut deserializer)
            .map_err(|_| Problem::value(key, "JSON that is less deep and whose texts are Unicode"))?;
    }
    Ok(texts)
}

struct Members<'a> {
    body: &'a [u8],
    object: Object<'a>,
    facts: &'static Facts,
}

impl<'a> Members<'a> {
    fn model(&mut self) -> Result<(String, Range<usize>), Problem> {
        let value = self
            .object
            .take_raw("model")
            .ok_or_else(|| Problem::Missing("model".to_owned()))?;
        let model = text(value).filter(|model| !model.is_empty());
        let model = model.ok_or_else(|| Problem::value("model", "the name of a model"))?;
        Ok((model.into_owned(), self.span(value)))
    }

    /// How many answers there will be; also looks whether the input is there at all.
    fn answers(&mut self) -> Result<u64, Problem> {
        let key = self.facts.input;
        let input = self
            .object
            .take_raw(key)
            .ok_or_else(|| Problem::Missing(key.to_owned()))?;
        const EXPECTED: &str = "a text or an array of 1 to 2048 texts or token arrays, none empty";
        let inputs = if self.facts.has_several_inputs {
            inputs(input).ok_or_else(|| Problem::value(key, EXPECTED))?
        } else {
            1
        };
        if !self.facts.answers {
            return Ok(0);
        }
        let mut times = 1;
        for key in ["n", "best_of"] {
            if self.facts.has_several_inputs
                && let Some(value) = self.object.take(key)
            {
                let number = value.whole_number().filter(|number| (1..=128).contains(number));
                times = times.max(number.ok_or_else(|| Problem::value(key, "a whole number from 1 to 128"))?);
            }
        }
        Ok(inputs * times)
    }

    fn stream(&mut self) -> Result<(bool, bool, Spans), Problem> {
        let mut spans = Spans::default();
        if !self.facts.streams {
            return Ok((false, false, spans));
        }
        let stream = self.flag("stream")?.unwrap_or(false);
        let mut include_usage = false;
        if let Some(value) = self.object.take_raw("stream_options") {
            if !stream {
                return Err(Problem::Without("stream_options", "stream"));
            }
            spans.stream_options = Some(self.span(value));
            let expected = || Problem::value("stream_options", "an object");
            let mut options = open(value, "stream_options")?.ok_or_else(expected)?;
            if let Some(usage) = options.take_raw("include_usage") {
                include_usage = match usage {
                    "true" => true,
                    "false" => false,
                    _ => return Err(Problem::value("stream_options.include_usage", "true or false")),
                };
                spans.include_usage = Some(self.span(usage));
            }
        }
        Ok((stream, include_usage, spans))
    }

    fn cap(&mut self) -> Result<(Option<u64>, Option<SaidCap>), Problem> {
        let Some(cap) = &self.facts.cap else {
            return Ok((None, None));
        };
        // A member that is null has a place all the same: what is inserted must not stand twice.
        let Some(value) = self.object.peek(cap.key) else {
            return if cap.is_required {
                Err(Problem::Missing(cap.key.to_owned()))
            } else {
                Ok((cap.usual, None))
            };
        };
        let span = self.span(value);
        if value == "null" {
            return Ok((cap.usual, Some((None, span))));
        }
        let number = value.parse().ok().filter(|number| *number >= cap.least);
        let number = number.ok_or_else(|| Problem::value(cap.key, "a whole number that is not too small"))?;
        Ok((Some(number), Some((Some(number), span))))
    }

    fn users(&mut self) -> Result<(Option<String>, Vec<Range<usize>>), Problem> {
        let mut user = None;
        let mut spans = Vec::new();
        let mut found = Vec::new();
        for key in self.facts.users {
            found.extend(self.object.take_raw(key).map(|value| (*key, value)));
        }
        if self.facts.has_user_in_metadata
            && let Some(metadata) = self.object.take_raw("metadata")
        {
            let expected = || Problem::value("metadata", "an object");
            let mut metadata = open(metadata, "metadata")?.ok_or_else(expected)?;
            found.extend(metadata.take_raw("user_id").map(|value| ("metadata.user_id", value)));
        }
        for (key, value) in found {
            let id = text(value).ok_or_else(|| Problem::value(key, "a text"))?;
            user.get_or_insert_with(|| id.into_owned());
            spans.push(self.span(value));
        }
        Ok((user, spans))
    }

    fn keeping(&mut self) -> Result<(Option<&'static str>, Option<Range<usize>>), Problem> {
        if !self.facts.keeps {
            return Ok((None, None));
        }
        let mut needs = None;
        for key in ["previous_response_id", "conversation", "prompt"] {
            if self.object.take_raw(key).is_some() {
                needs = needs.or(Some(key));
            }
        }
        if self.flag("background")? == Some(true) {
            needs = needs.or(Some("background"));
        }
        let place = self.object.peek("store").map(|value| self.span(value));
        if self.flag("store")? == Some(true) {
            needs = needs.or(Some("store"));
        }
        Ok((needs, place))
    }

    fn flag(&mut self, key: &'static str) -> Result<Option<bool>, Problem> {
        match self.object.take(key) {
            None => Ok(None),
            Some(value) => value
                .truth()
                .map(Some)
                .ok_or_else(|| Problem::value(key, "true or false")),
        }
    }

    /// Where a value stands that is a slice of the body.
    fn span(&self, value: &str) -> Range<usize> {
        let start = value.as_ptr() as usize - self.body.as_ptr() as usize;
        start..start + value.len()
    }
}

/// How many inputs a value is: a text, an array of texts, an array of tokens, an array of token arrays. An empty text
/// or array is none.
fn inputs(value: &str) -> Option<u64> {
    if let Some(text) = text(value) {
        return (!text.is_empty()).then_some(1);
    }
    let elements = array(value)?;
    let is_empty = |element: &&str| matches!(*element, "\"\"" | "[]");
    if elements.is_empty() || elements.iter().any(is_empty) {
        return None;
    }
    if elements
        .iter()
        .all(|element| element.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return Some(1);
    }
    (elements.len() <= INPUTS).then_some(elements.len() as u64)
}
