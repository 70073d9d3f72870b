//! One event of a streamed chat completion: enough to meter it and to know its end, without decoding its text.

use crate::event_stream;
use crate::json;
use crate::openai::usage::{Usage, UsageObject};
use memchr::memmem::Finder;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::sync::LazyLock;

/// What an event means for metering and for the end of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A piece of the answer: bytes of text, reasoning or tool arguments in it (JSON-escaped).
    Content {
        /// Length of the text as it stands in the event.
        text_bytes: usize,
    },
    /// The usage chunk: no choices, only counts.
    UsageOnly(Usage),
    /// A chunk that carries usage besides choices; some servers do that.
    UsageAside(Usage),
    /// `[DONE]`.
    Done,
    /// An error in mid-stream.
    Error,
    /// Anything else: comments, roles, finish reasons, what is not known yet.
    Other,
}

struct Needles {
    usage: Finder<'static>,
    /// The members of a delta that carry what the model wrote.
    texts: [Finder<'static>; 5],
}

static NEEDLES: LazyLock<Needles> = LazyLock::new(|| Needles {
    usage: Finder::new("\"usage\":"),
    texts: [
        Finder::new("\"content\":"),
        Finder::new("\"reasoning_content\":"),
        Finder::new("\"reasoning\":"),
        Finder::new("\"arguments\":"),
        Finder::new("\"refusal\":"),
    ],
});

#[derive(Deserialize)]
struct Chunk {
    usage: Option<UsageObject>,
    #[serde(default)]
    choices: Vec<IgnoredAny>,
    error: Option<IgnoredAny>,
}

/// Reads one event.
pub fn read(event: &[u8]) -> Event {
    hear(event, &mut |_| ())
}

/// Reads one event, and tells the texts in it that the model wrote. A quote inside a JSON string is always escaped, so the
/// needles can't be found in a text.
pub fn hear(event: &[u8], written: &mut dyn FnMut(&str)) -> Event {
    let Some(data) = event_stream::data(event) else {
        return Event::Other;
    };
    if data == b"[DONE]" {
        return Event::Done;
    }
    if data.starts_with(b"{\"error\"") || carries_usage(data) {
        return read_chunk(data, written);
    }
    content(data, written)
}

fn carries_usage(data: &[u8]) -> bool {
    NEEDLES.usage.find(data).is_some_and(|at| {
        let value = &data[at + NEEDLES.usage.needle().len()..];
        value.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
    })
}

fn read_chunk(data: &[u8], written: &mut dyn FnMut(&str)) -> Event {
    match serde_json::from_slice::<Chunk>(data) {
        Ok(Chunk { error: Some(_), .. }) => Event::Error,
        Ok(Chunk {
            usage: Some(usage),
            choices,
            ..
        }) => match usage.counts() {
            Some(usage) if choices.is_empty() => Event::UsageOnly(usage),
            Some(usage) => Event::UsageAside(usage),
            None => content(data, written),
        },
        Ok(Chunk { usage: None, .. }) => content(data, written),
        Err(_) => Event::Other,
    }
}

fn content(data: &[u8], written: &mut dyn FnMut(&str)) -> Event {
    let texts = NEEDLES.texts.iter().map(|needle| texts(data, needle, written));
    match texts.sum() {
        0 => Event::Other,
        text_bytes => Event::Content { text_bytes },
    }
}

/// Tells the string values behind `needle`, and their length as they stand there.
fn texts(data: &[u8], needle: &Finder<'_>, written: &mut dyn FnMut(&str)) -> usize {
    let (mut rest, mut length) = (data, 0);
    while let Some(at) = needle.find(rest) {
        rest = &rest[at + needle.needle().len()..];
        rest = rest.trim_ascii_start();
        let Some(text) = rest.strip_prefix(b"\"") else { continue };
        let end = text_length(text);
        length += end;
        // One that is cut off has no closing quote and is no text.
        let literal = rest
            .get(..end + 2)
            .and_then(|literal| std::str::from_utf8(literal).ok());
        if end > 0
            && let Some(text) = literal.and_then(json::text)
        {
            written(&text);
        }
        rest = &text[end..];
    }
    length
}

/// Length of a string value that begins here.
fn text_length(text: &[u8]) -> usize {
    let mut end = 0;
    while let Some(found) = memchr::memchr2(b'"', b'\\', &text[end..]) {
        end += found;
        if text[end] == b'"' {
            return end;
        }
        end = (end + 2).min(text.len());
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(data: &str) -> Event {
        read(format!("data: {data}\n\n").as_bytes())
    }

    #[test]
    fn each_kind_of_event_is_told_apart() {
        assert_eq!(event("[DONE]"), Event::Done);
        assert_eq!(
            event(r#"{"choices":[{"delta":{"content":" gate"}}],"usage":null}"#),
            Event::Content { text_bytes: 5 }
        );
        assert_eq!(
            event(r#"{"choices":[{"delta":{"role":"assistant","content":""}}]}"#),
            Event::Other
        );
        assert_eq!(
            event(r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#),
            Event::Other
        );
        assert_eq!(event(r#"{"error":{"message":"x"}}"#), Event::Error);
        assert_eq!(read(b": keep-alive\n\n"), Event::Other);
        let usage = Usage {
            input: 1,
            output: 2,
            ..Usage::default()
        };
        assert_eq!(
            event(r#"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#),
            Event::UsageOnly(usage)
        );
        assert_eq!(
            event(r#"{"choices":[{"delta":{}}],"usage": {"prompt_tokens":1,"completion_tokens":2}}"#),
            Event::UsageAside(usage)
        );
    }

    #[test]
    fn a_text_that_looks_like_usage_is_a_text() {
        let text = event(r#"{"choices":[{"delta":{"content":"\"usage\":{\"prompt_tokens\":1}"}}]}"#);
        assert!(
            matches!(text, Event::Content { text_bytes } if text_bytes > 20),
            "{text:?}"
        );
    }

    #[test]
    fn tool_arguments_and_reasoning_count_as_written() {
        assert_eq!(
            event(r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":"}}]}}]}"#),
            Event::Content { text_bytes: 7 }
        );
        assert_eq!(
            event(r#"{"choices":[{"delta":{"reasoning_content":"hm"}}]}"#),
            Event::Content { text_bytes: 2 }
        );
    }
    #[test]
    fn texts_are_told_as_they_were_written_however_the_server_spaces_its_json() {
        let written = |data: &str| {
            let mut told = Vec::new();
            hear(format!("data: {data}\n\n").as_bytes(), &mut |text| {
                told.push(text.to_owned());
            });
            told
        };
        assert_eq!(
            written(r#"{"choices": [{"delta": {"content": "a\n\u00e4\"b"}}]}"#),
            ["a\nä\"b"]
        );
        assert_eq!(
            written(
                r#"{"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"b","reasoning":"c"}}]}"#
            ),
            ["a", "b", "c"]
        );
        assert!(
            written(r#"{"choices":[{"delta":{"content":null},"logprobs":{"content":[{"token":"x"}]}}]}"#).is_empty()
        );
        assert!(written(r#"{"choices":[{"delta":{"content":"cut o"#).is_empty());
    }
}
