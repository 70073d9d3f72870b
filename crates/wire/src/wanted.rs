//! What a request wants a model to be able to do: tools, a schema, thinking, pictures and sound.
//!
//! Read only for models that were declared not to do something, beside the reader of the request, which has found it well
//! formed. Promises: what is not understood wants nothing. Leaves out: who can do what.

use crate::json::{Object, array, text};
use crate::neutral::Format;
use std::borrow::Cow;

/// Deeper than this no part of a message lies: lists of messages hold lists of parts, and a tool's result holds parts of
/// its own, each in an object.
const DEPTH: u8 = 6;

/// What may be wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// Calls of tools.
    Tools,
    /// An answer by a schema.
    StructuredOutputs,
    /// Thoughts before the answer.
    Reasoning,
    /// A look at a picture.
    Image,
    /// Listening.
    Audio,
    /// Watching.
    Video,
    /// Reading a document.
    File,
    /// A spoken answer.
    SpokenAnswer,
}

impl Thing {
    /// The end of "the model takes no …".
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::StructuredOutputs => "structured outputs",
            Self::Reasoning => "reasoning",
            Self::Image => "images",
            Self::Audio => "sound",
            Self::Video => "films",
            Self::File => "documents",
            Self::SpokenAnswer => "spoken answers",
        }
    }
}

/// A thing, and the member that asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// What.
    pub thing: Thing,
    /// The member at the top.
    pub member: &'static str,
}

/// All that a request of this format wants.
#[must_use]
pub fn wanted(format: Format, body: &[u8]) -> Vec<Wanted> {
    let Ok(Some(object)) = Object::read(body) else {
        return Vec::new();
    };
    let mut found = Found::default();
    for member in ["tools", "functions"] {
        if object
            .peek(member)
            .and_then(array)
            .is_some_and(|tools| !tools.is_empty())
        {
            found.add(Thing::Tools, member);
        }
    }
    match format {
        Format::Chat => chat(&object, &mut found),
        Format::Responses => responses(&object, &mut found),
        Format::Messages => messages(&object, &mut found),
    }
    for member in ["messages", "input"] {
        if let Some(value) = object.peek(member) {
            parts(value, member, DEPTH, &mut found);
        }
    }
    found.0
}

#[derive(Default)]
struct Found(Vec<Wanted>);

impl Found {
    fn add(&mut self, thing: Thing, member: &'static str) {
        self.0.push(Wanted { thing, member });
    }
}

fn chat(object: &Object<'_>, found: &mut Found) {
    if kind(object.peek("response_format")).is_some_and(|kind| kind == "json_schema") {
        found.add(Thing::StructuredOutputs, "response_format");
    }
    if object
        .peek("reasoning_effort")
        .and_then(text)
        .is_some_and(|effort| effort != "none")
    {
        found.add(Thing::Reasoning, "reasoning_effort");
    }
    let modalities = object.peek("modalities").and_then(array).unwrap_or_default();
    if modalities
        .into_iter()
        .filter_map(text)
        .any(|modality| modality == "audio")
    {
        found.add(Thing::SpokenAnswer, "modalities");
    }
}

fn responses(object: &Object<'_>, found: &mut Found) {
    let format = object.peek("text").and_then(|text| member(text, "format"));
    if kind(format).is_some_and(|kind| kind == "json_schema") {
        found.add(Thing::StructuredOutputs, "text");
    }
    let effort = object
        .peek("reasoning")
        .and_then(|reasoning| member(reasoning, "effort"));
    if effort.and_then(text).is_some_and(|effort| effort != "none") {
        found.add(Thing::Reasoning, "reasoning");
    }
}

fn messages(object: &Object<'_>, found: &mut Found) {
    let format = object.peek("output_config").and_then(|config| member(config, "format"));
    if kind(format).is_some_and(|kind| kind == "json_schema") {
        found.add(Thing::StructuredOutputs, "output_config");
    }
    if kind(object.peek("thinking")).is_some_and(|kind| kind != "disabled") {
        found.add(Thing::Reasoning, "thinking");
    }
}

/// Looks through what lies in `value`: messages, their parts, what tools gave.
fn parts(value: &str, top: &'static str, depth: u8, found: &mut Found) {
    let Some(depth) = depth.checked_sub(1) else { return };
    if let Some(items) = array(value) {
        for item in items {
            parts(item, top, depth, found);
        }
        return;
    }
    let Ok(Some(part)) = Object::open(value) else { return };
    let thing = match part.text("type").as_deref() {
        Some("image_url" | "input_image" | "image") => Some(Thing::Image),
        Some("input_audio") => Some(Thing::Audio),
        Some("video_url") => Some(Thing::Video),
        Some("file" | "input_file" | "document") => Some(Thing::File),
        _ => None,
    };
    if let Some(thing) = thing {
        found.add(thing, top);
        return;
    }
    for below in ["content", "output"] {
        if let Some(value) = part.peek(below) {
            parts(value, top, depth, found);
        }
    }
}

fn member<'a>(value: &'a str, key: &str) -> Option<&'a str> {
    Object::open(value).ok()??.peek(key)
}

/// The `type` of an object.
fn kind(value: Option<&str>) -> Option<String> {
    member(value?, "type").and_then(text).map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn things(format: Format, body: &str) -> Vec<(Thing, &'static str)> {
        let wanted = wanted(format, body.as_bytes());
        wanted.into_iter().map(|one| (one.thing, one.member)).collect()
    }

    #[test]
    fn each_api_says_in_its_own_words_what_it_wants() {
        let chat = r#"{"tools":[{}],"response_format":{"type":"json_schema"},"reasoning_effort":"low","modalities":["text","audio"],
            "messages":[{"content":[{"type":"text","text":"a"},{"type":"image_url"},{"type":"input_audio"},{"type":"file"}]}]}"#;
        let expected = [
            (Thing::Tools, "tools"),
            (Thing::StructuredOutputs, "response_format"),
            (Thing::Reasoning, "reasoning_effort"),
            (Thing::SpokenAnswer, "modalities"),
            (Thing::Image, "messages"),
            (Thing::Audio, "messages"),
            (Thing::File, "messages"),
        ];
        assert_eq!(things(Format::Chat, chat), expected);
        let responses = r#"{"text":{"format":{"type":"json_schema"}},"reasoning":{"effort":"high"},
            "input":[{"type":"function_call_output","output":[{"type":"input_image"}]}]}"#;
        let expected = [
            (Thing::StructuredOutputs, "text"),
            (Thing::Reasoning, "reasoning"),
            (Thing::Image, "input"),
        ];
        assert_eq!(things(Format::Responses, responses), expected);
        let messages = r#"{"output_config":{"format":{"type":"json_schema"}},"thinking":{"type":"adaptive"},
            "messages":[{"content":[{"type":"tool_result","content":[{"type":"image"}]},{"type":"document"}]}]}"#;
        let expected = [
            (Thing::StructuredOutputs, "output_config"),
            (Thing::Reasoning, "thinking"),
            (Thing::Image, "messages"),
            (Thing::File, "messages"),
        ];
        assert_eq!(things(Format::Messages, messages), expected);
    }

    #[test]
    fn what_asks_for_nothing_wants_nothing() {
        let plain = r#"{"tools":[],"response_format":{"type":"text"},"reasoning_effort":"none","messages":[{"content":"image_url"}]}"#;
        assert_eq!(things(Format::Chat, plain), []);
        assert_eq!(
            things(Format::Messages, r#"{"thinking":{"type":"disabled"},"messages":7}"#),
            []
        );
        assert_eq!(things(Format::Responses, "[]"), []);
    }
}
