//! What a model reads and writes, piece by piece, for whoever counts its tokens.
//!
//! Promises: each text once and as the model sees it, unescaped; media by their size alone. Leaves out: the counting, and
//! what a provider writes around a turn or a tool, which differs by model.

use crate::anthropic::messages;
use crate::json::{Object, array, text};
use crate::neutral::{Answer, Format, Part, PartKind, Source, Tool};
use crate::openai::{chat, responses};
use crate::problem::Problem;

/// One piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'p> {
    /// A turn begins.
    Turn,
    /// The speaker of a turn has a name.
    Name(&'p str),
    /// Words, in whatever part they stand.
    Text(&'p str),
    /// A tool is described; its texts follow.
    Tool,
    /// A picture.
    Picture(Look),
    /// A document of so many bytes; 0 where only its address is there.
    Document(usize),
    /// Speech of so many bytes.
    Speech(usize),
    /// So many tokens as such.
    Tokens(u64),
}

/// How closely a model looks at a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// At a small copy.
    Low,
    /// As it usually does.
    Usual,
}

/// What a model reads of a conversation.
///
/// # Errors
/// If the body is no request of the format.
pub fn of_conversation(format: Format, body: &[u8], see: &mut dyn FnMut(Piece<'_>)) -> Result<(), Problem> {
    let request = match format {
        Format::Chat => chat::reader::request(body)?,
        Format::Responses => responses::reader::request(body)?,
        // Requests for an answer and for a count differ in a member that no model reads.
        Format::Messages => messages::reader::request(body, messages::reader::Purpose::Count)?,
    };
    for turn in &request.turns {
        see(Piece::Turn);
        if let Some(name) = &turn.name {
            see(Piece::Name(name));
        }
        of_parts(&turn.parts, see);
    }
    for tool in &request.tools {
        see(Piece::Tool);
        match tool {
            Tool::Called {
                name,
                description,
                schema,
                grammar,
                ..
            } => {
                see(Piece::Text(name));
                if let Some(description) = description {
                    see(Piece::Text(description));
                }
                for described in schema.iter().chain(grammar) {
                    see(Piece::Text(described.get()));
                }
            }
            Tool::Hosted { whole, .. } => see(Piece::Text(whole.get())),
        }
    }
    Ok(())
}

/// What a model reads of the inputs of embeddings or of the prompts of completions: texts, or tokens as numbers.
pub fn of_inputs(key: &str, body: &[u8], see: &mut dyn FnMut(Piece<'_>)) {
    let Ok(Some(mut object)) = Object::read(body) else {
        return;
    };
    let Some(inputs) = object.take_raw(key) else { return };
    of_input(inputs, see);
}

fn of_input(input: &str, see: &mut dyn FnMut(Piece<'_>)) {
    if let Some(words) = text(input) {
        return see(Piece::Text(&words));
    }
    for element in array(input).unwrap_or_default() {
        match text(element) {
            Some(words) => see(Piece::Text(&words)),
            None => see(Piece::Tokens(array(element).map_or(1, |tokens| tokens.len() as u64))),
        }
    }
}

/// What a model wrote.
pub fn of_answer(answer: &Answer<'_>, see: &mut dyn FnMut(Piece<'_>)) {
    for choice in &answer.choices {
        of_parts(&choice.parts, see);
    }
}

fn of_parts(parts: &[Part<'_>], see: &mut dyn FnMut(Piece<'_>)) {
    for part in parts {
        match &part.kind {
            PartKind::Text { text, .. } | PartKind::Refusal(text) => see(Piece::Text(text)),
            PartKind::Image { detail, .. } => see(Piece::Picture(match detail.as_deref() {
                Some("low") => Look::Low,
                _ => Look::Usual,
            })),
            PartKind::Document { source, .. } => match source {
                Source::Plain(text) => see(Piece::Text(text)),
                Source::Base64 { data, .. } => see(Piece::Document(decoded(data))),
                Source::Url(_) | Source::File(_) => see(Piece::Document(0)),
            },
            PartKind::Audio { data, .. } => see(Piece::Speech(decoded(data))),
            PartKind::Reasoning(reasoning) => reasoning.texts.iter().for_each(|text| see(Piece::Text(text))),
            PartKind::ToolCall(call) => {
                see(Piece::Text(&call.name));
                see(Piece::Text(&call.arguments));
            }
            // Results hold texts and media, and no results.
            PartKind::ToolResult(result) => of_parts(&result.parts, see),
            PartKind::Other { whole, .. } => see(Piece::Text(whole.get())),
        }
    }
}

/// Bytes that base64 stands for.
fn decoded(base64: &str) -> usize {
    base64.len() / 4 * 3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(see: impl FnOnce(&mut dyn FnMut(Piece<'_>))) -> Vec<String> {
        let mut told = Vec::new();
        see(&mut |piece| told.push(format!("{piece:?}")));
        told
    }

    #[test]
    fn a_conversation_is_its_turns_their_texts_and_media_and_the_tools() {
        let body =
            br#"{"model":"m","messages":[{"role":"system","content":"a\nb"},{"role":"user","name":"ada","content":[
            {"type":"text","text":"c"},{"type":"image_url","image_url":{"url":"https://x/y","detail":"low"}},
            {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}],
            "tools":[{"type":"function","function":{"name":"f","description":"g","parameters":{"type":"object"}}}]}"#;
        let told = told(|see| of_conversation(Format::Chat, body, see).expect("a request"));
        let expected = [
            "Turn",
            "Text(\"a\\nb\")",
            "Turn",
            "Name(\"ada\")",
            "Text(\"c\")",
            "Picture(Low)",
            "Picture(Usual)",
            "Tool",
            "Text(\"f\")",
            "Text(\"g\")",
            "Text(\"{\\\"type\\\":\\\"object\\\"}\")",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn inputs_are_texts_or_tokens() {
        for (input, expected) in [
            (r#""a""#, vec!["Text(\"a\")"]),
            (r#"["a","b"]"#, vec!["Text(\"a\")", "Text(\"b\")"]),
            ("[1,2]", vec!["Tokens(1)", "Tokens(1)"]),
            ("[[1,2,3],[4]]", vec!["Tokens(3)", "Tokens(1)"]),
        ] {
            let body = format!("{{\"input\":{input}}}");
            assert_eq!(
                told(|see| of_inputs("input", body.as_bytes(), see)),
                expected,
                "{input}"
            );
        }
    }
}
