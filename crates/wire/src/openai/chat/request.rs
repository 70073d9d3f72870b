//! A chat completion request, read once: the members that Candor acts on, the texts that the filter sees, and where
//! each member stands, so that a change touches its bytes and no others.

mod error;

pub use self::error::RequestError;

use super::texts::Texts;
use super::{closing_brace, span};
use crate::json::Object;
use crate::splice::Splice;
use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// Most answers that one request may ask for (OpenAI's own limit of `n`).
pub const MAX_CHOICES: u64 = 128;

/// The members that stand on a request and that Candor acts on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The model, as the client names it.
    pub model: String,
    /// Does the client want an event stream?
    pub stream: bool,
    /// Does the client want the usage chunk at the end of the stream?
    pub include_usage: bool,
    /// Most tokens a choice, from `max_completion_tokens` or `max_tokens`.
    pub output_cap: Option<u64>,
    /// Number of answers, `n`.
    pub choices: u64,
    /// The end user's id as the client sent it; it never leaves Candor unchanged.
    pub user: Option<String>,
    spans: Spans,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Spans {
    model: Range<usize>,
    cap: Option<Range<usize>>,
    stored: Option<Range<usize>>,
    /// Of `safety_identifier` and `user`.
    users: [Option<Range<usize>>; 2],
    usage: UsageSpan,
    /// Where further members can be inserted: the closing brace.
    end: usize,
}

/// How `stream_options.include_usage` can be made true.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum UsageSpan {
    #[default]
    NoOptions,
    /// Replace this value by `true`.
    Value(Range<usize>),
    /// Insert the member here; another one follows.
    Before(usize),
    /// Replace the options as a whole.
    Options(Range<usize>),
}

/// What an upstream shall read in place of what the client wrote.
#[derive(Debug, Clone, Copy)]
pub struct Changes<'c> {
    /// The upstream's name of the model.
    pub model: &'c str,
    /// Most tokens a choice; sent if the client named none or more.
    pub output_cap: u64,
    /// Pseudonym in place of the end user's id.
    pub user: Option<&'c str>,
}

/// Reads a request; the second value is every text that goes to the model, for the filter.
pub fn read(body: &[u8]) -> Result<(Request, Vec<Cow<'_, str>>), RequestError> {
    let mut members = Members::default();
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let read = deserializer
        .deserialize_map(&mut members)
        .and_then(|()| deserializer.end());
    if let Err(error) = read {
        return Err(match members.problem.take() {
            Some(problem) => problem,
            None if first_byte(body) != Some(b'{') && error.is_data() => RequestError::NotAnObject,
            None => RequestError::Syntax(error.to_string()),
        });
    }
    let request = members.interpret(body)?;
    Ok((request, members.texts))
}

fn first_byte(body: &[u8]) -> Option<u8> {
    body.iter().copied().find(|byte| !byte.is_ascii_whitespace())
}

/// The raw members of the top object.
#[derive(Default)]
struct Members<'a> {
    model: Option<&'a RawValue>,
    stream: Option<&'a RawValue>,
    stream_options: Option<&'a RawValue>,
    max_tokens: Option<&'a RawValue>,
    max_completion_tokens: Option<&'a RawValue>,
    n: Option<&'a RawValue>,
    store: Option<&'a RawValue>,
    safety_identifier: Option<&'a RawValue>,
    user: Option<&'a RawValue>,
    messages: Option<Count>,
    texts: Vec<Cow<'a, str>>,
    problem: Option<RequestError>,
}

/// Number of messages; `None` if `messages` was no array.
struct Count(Option<usize>);

impl<'a> Members<'a> {
    fn scalar(&mut self, key: &str) -> Option<(&'static str, &mut Option<&'a RawValue>)> {
        Some(match key {
            "model" => ("model", &mut self.model),
            "stream" => ("stream", &mut self.stream),
            "stream_options" => ("stream_options", &mut self.stream_options),
            "max_tokens" => ("max_tokens", &mut self.max_tokens),
            "max_completion_tokens" => ("max_completion_tokens", &mut self.max_completion_tokens),
            "n" => ("n", &mut self.n),
            "store" => ("store", &mut self.store),
            "safety_identifier" => ("safety_identifier", &mut self.safety_identifier),
            "user" => ("user", &mut self.user),
            _ => return None,
        })
    }

    fn interpret(&mut self, body: &[u8]) -> Result<Request, RequestError> {
        let model = self.model.ok_or(RequestError::Missing("model"))?;
        match self.messages {
            None => return Err(RequestError::Missing("messages")),
            Some(Count(None | Some(0))) => return Err(wrong("messages", "an array with at least one message")),
            Some(Count(Some(_))) => {}
        }
        let stream = value::<bool>(self.stream, "stream", "true or false")?.unwrap_or(false);
        let (include_usage, usage) = self.usage_options(body, stream)?;
        let (output_cap, cap) = self.cap(body)?;
        let choices = value::<u64>(self.n, "n", "a whole number from 1 to 128")?.unwrap_or(1);
        if !(1..=MAX_CHOICES).contains(&choices) {
            return Err(wrong("n", "a whole number from 1 to 128"));
        }
        let stored = value::<bool>(self.store, "store", "true or false")?.unwrap_or(false);
        let named = value::<String>(self.safety_identifier, "safety_identifier", "a string")?;
        let user = value::<String>(self.user, "user", "a string")?;
        let place =
            |raw: Option<&RawValue>, id: &Option<String>| raw.filter(|_| id.is_some()).map(|raw| span(body, raw.get()));
        let users = [place(self.safety_identifier, &named), place(self.user, &user)];
        Ok(Request {
            model: value::<String>(Some(model), "model", "a string")?
                .filter(|model| !model.is_empty())
                .ok_or_else(|| wrong("model", "the name of a model"))?,
            stream,
            include_usage,
            output_cap,
            choices,
            spans: Spans {
                model: span(body, model.get()),
                cap,
                stored: self.store.filter(|_| stored).map(|raw| span(body, raw.get())),
                users,
                usage,
                end: closing_brace(body),
            },
            user: named.or(user),
        })
    }

    fn cap(&self, body: &[u8]) -> Result<(Option<u64>, Option<Range<usize>>), RequestError> {
        const EXPECTED: &str = "a whole number from 1 on";
        let old = value::<u64>(self.max_tokens, "max_tokens", EXPECTED)?;
        let new = value::<u64>(self.max_completion_tokens, "max_completion_tokens", EXPECTED)?;
        let (cap, raw, param) = match (old, new) {
            (Some(_), Some(_)) => return Err(RequestError::Both("max_tokens", "max_completion_tokens")),
            (Some(cap), None) => (cap, self.max_tokens, "max_tokens"),
            (None, Some(cap)) => (cap, self.max_completion_tokens, "max_completion_tokens"),
            // A member that is null has a place all the same: what is inserted must not stand twice.
            (None, None) => {
                return Ok((
                    None,
                    self.max_completion_tokens
                        .or(self.max_tokens)
                        .map(|raw| span(body, raw.get())),
                ));
            }
        };
        if cap == 0 {
            return Err(wrong(param, EXPECTED));
        }
        Ok((Some(cap), raw.map(|raw| span(body, raw.get()))))
    }

    fn usage_options(&self, body: &[u8], stream: bool) -> Result<(bool, UsageSpan), RequestError> {
        let Some(raw) = self.stream_options else {
            return Ok((false, UsageSpan::NoOptions));
        };
        let whole = span(body, raw.get());
        if raw.get() == "null" {
            return Ok((false, UsageSpan::Options(whole)));
        }
        if !stream {
            return Err(RequestError::Without("stream_options", "stream"));
        }
        const EXPECTED: &str = "an object whose 'include_usage' is true or false";
        let expected = || wrong("stream_options", EXPECTED);
        let options = Object::open(raw.get()).map_err(|_| RequestError::Doubled("stream_options"))?;
        // A null has a place, too.
        if let Some(value) = options.ok_or_else(expected)?.peek("include_usage") {
            let asked: Option<bool> = serde_json::from_str(value).map_err(|_| expected())?;
            return Ok((asked.unwrap_or(false), UsageSpan::Value(span(body, value))));
        }
        let empty = raw.get()[1..].trim_start().starts_with('}');
        Ok((
            false,
            if empty {
                UsageSpan::Options(whole)
            } else {
                UsageSpan::Before(whole.start + 1)
            },
        ))
    }
}

fn wrong(param: &'static str, expected: &'static str) -> RequestError {
    RequestError::Value { param, expected }
}

/// A small value; `null` counts as absent.
fn value<T: serde::de::DeserializeOwned>(
    raw: Option<&RawValue>,
    param: &'static str,
    expected: &'static str,
) -> Result<Option<T>, RequestError> {
    let Some(raw) = raw else { return Ok(None) };
    serde_json::from_str(raw.get()).map_err(|_| wrong(param, expected))
}

impl<'a> Visitor<'a> for &mut Members<'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            if let Some((name, place)) = self.scalar(&key) {
                let doubled = place.replace(map.next_value()?).is_some();
                self.refuse_if(doubled, name)?;
            } else if key == "messages" {
                let count = map.next_value_seed(Messages(&mut self.texts))?;
                let doubled = self.messages.replace(Count(count)).is_some();
                self.refuse_if(doubled, "messages")?;
            } else if matches!(&*key, "tools" | "functions" | "prediction") {
                map.next_value_seed(Texts(&mut self.texts))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

impl Members<'_> {
    fn refuse_if<E: serde::de::Error>(&mut self, doubled: bool, name: &'static str) -> Result<(), E> {
        if !doubled {
            return Ok(());
        }
        self.problem = Some(RequestError::Doubled(name));
        Err(E::custom("doubled"))
    }
}

/// The array of messages: counts them and collects their texts.
struct Messages<'t, 'a>(&'t mut Vec<Cow<'a, str>>);

impl<'a> serde::de::DeserializeSeed<'a> for Messages<'_, 'a> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        // Whatever is no array is taken in whole, so that the answer can name the member instead of a position.
        struct AnArray<'t, 'a>(&'t mut Vec<Cow<'a, str>>);
        impl<'a> Visitor<'a> for AnArray<'_, 'a> {
            type Value = usize;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an array of messages")
            }
            fn visit_seq<A: serde::de::SeqAccess<'a>>(self, mut seq: A) -> Result<usize, A::Error> {
                let mut count = 0;
                while seq.next_element_seed(Texts(self.0))?.is_some() {
                    count += 1;
                }
                Ok(count)
            }
        }
        deserializer.deserialize_seq(AnArray(self.0)).map(Some)
    }
}

/// A key, borrowed unless it has escapes (`Cow` alone never borrows).
struct Key<'a>(Cow<'a, str>);

impl<'a> Deserialize<'a> for Key<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        struct AString;
        impl<'a> Visitor<'a> for AString {
            type Value = Key<'a>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a key")
            }
            fn visit_borrowed_str<E>(self, key: &'a str) -> Result<Key<'a>, E> {
                Ok(Key(Cow::Borrowed(key)))
            }
            fn visit_str<E>(self, key: &str) -> Result<Key<'a>, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
        }
        deserializer.deserialize_str(AString)
    }
}

impl Request {
    /// The splices that make the body fit for an OpenAI-compatible upstream. The list of what may change is closed:
    /// `model`, the output cap, `stream_options.include_usage`, `store`, the end user (`safety_identifier`, `user`).
    pub fn changes(&self, changes: Changes<'_>) -> Vec<Splice> {
        let mut splices = Vec::new();
        let mut appended = String::new();
        if changes.model != self.model {
            splices.push(replace(self.spans.model.clone(), &json_string(changes.model)));
        }
        if self.output_cap.is_none_or(|cap| cap > changes.output_cap) {
            match &self.spans.cap {
                Some(range) => splices.push(replace(range.clone(), &changes.output_cap.to_string())),
                None => appended.push_str(&format!(",\"max_completion_tokens\":{}", changes.output_cap)),
            }
        }
        if self.stream && !self.include_usage {
            match &self.spans.usage {
                UsageSpan::NoOptions => appended.push_str(",\"stream_options\":{\"include_usage\":true}"),
                UsageSpan::Value(range) => splices.push(replace(range.clone(), "true")),
                UsageSpan::Before(at) => splices.push(replace(*at..*at, "\"include_usage\":true,")),
                UsageSpan::Options(range) => splices.push(replace(range.clone(), "{\"include_usage\":true}")),
            }
        }
        if let Some(range) = &self.spans.stored {
            splices.push(replace(range.clone(), "false"));
        }
        if let Some(user) = changes.user {
            let places = self.spans.users.iter().flatten();
            splices.extend(places.map(|range| replace(range.clone(), &json_string(user))));
        }
        if !appended.is_empty() {
            splices.push(replace(self.spans.end..self.spans.end, &appended));
        }
        splices
    }
}

fn replace(range: Range<usize>, with: &str) -> Splice {
    Splice {
        range,
        with: Bytes::copy_from_slice(with.as_bytes()),
    }
}

fn json_string(text: &str) -> String {
    serde_json::to_string(text).expect("a string always serialises")
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
