//! A plain chat completion: what it used, and the usage that is written into it when it came without.

use super::{closing_brace, span};
use crate::openai::usage::{Usage, UsageObject};
use crate::splice::{self, Splice};
use bytes::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use std::ops::Range;

/// What Candor needs to know of a plain answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Usage as the upstream reports it, if it does and it is consistent.
    pub usage: Option<Usage>,
    /// Number of choices.
    pub choices: usize,
    /// Bytes of the choices' messages: what an estimate of the output goes by.
    pub message_bytes: usize,
    usage_span: Option<Range<usize>>,
    end: usize,
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    #[serde(borrow)]
    choices: Vec<Choice<'a>>,
    error: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow)]
    message: Option<&'a RawValue>,
}

/// Reads a plain answer; `None` if it is no chat completion (broken JSON, an error in a 200).
pub fn read(body: &[u8]) -> Option<Answer> {
    let document: Document<'_> = serde_json::from_slice(body).ok()?;
    if document.error.is_some() {
        return None;
    }
    Some(Answer {
        usage: document
            .usage
            .and_then(|raw| serde_json::from_str::<UsageObject>(raw.get()).ok())
            .and_then(|usage| usage.counts()),
        choices: document.choices.len(),
        message_bytes: document
            .choices
            .iter()
            .filter_map(|choice| choice.message)
            .map(|m| m.get().len())
            .sum(),
        usage_span: usage_member(body, document.usage),
        end: closing_brace(body),
    })
}

/// `Option<&RawValue>` reads `null` as absent, so the place of a null usage is looked up by hand.
fn usage_member(body: &[u8], usage: Option<&RawValue>) -> Option<Range<usize>> {
    if let Some(raw) = usage {
        return Some(span(body, raw.get()));
    }
    #[derive(Deserialize)]
    struct Only<'a> {
        #[serde(borrow, default)]
        usage: Option<Present<'a>>,
    }
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Present<'a>(#[serde(borrow)] &'a RawValue);
    let only: Only<'_> = serde_json::from_slice(body).ok()?;
    only.usage.map(|present| span(body, present.0.get()))
}

impl Answer {
    /// The body with `usage` in place of what the upstream said or left out.
    pub fn with_usage(&self, body: &Bytes, usage: Usage) -> Bytes {
        let object = format!(
            "{{\"prompt_tokens\":{},\"completion_tokens\":{},\"total_tokens\":{}}}",
            usage.input,
            usage.output,
            usage.input + usage.output
        );
        let splice = match &self.usage_span {
            Some(range) => Splice {
                range: range.clone(),
                with: object.into(),
            },
            None => Splice {
                range: self.end..self.end,
                with: format!(",\"usage\":{object}").into(),
            },
        };
        splice::apply(body, vec![splice]).concat().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = r#"{"id":"x","choices":[{"index":0,"message":{"content":"hello"}}]"#;

    #[test]
    fn usage_is_read_with_its_parts() {
        let body = format!(
            r#"{ANSWER},"usage":{{"prompt_tokens":9,"completion_tokens":4,"prompt_tokens_details":{{"cached_tokens":3}}}}}}"#
        );
        let answer = read(body.as_bytes()).expect("an answer");
        assert_eq!(
            answer.usage,
            Some(Usage {
                input: 9,
                cached: 3,
                written: 0,
                output: 4,
                reasoning: 0
            })
        );
        assert_eq!(answer.choices, 1);
    }

    #[test]
    fn an_answer_without_usage_gets_the_counted_one() {
        for without in ["}", r#","usage":{"prompt_tokens":"many"}}"#] {
            let body = Bytes::from(format!("{ANSWER}{without}"));
            let answer = read(&body).expect("an answer");
            assert_eq!(answer.usage, None);
            let patched = answer.with_usage(
                &body,
                Usage {
                    input: 1,
                    output: 2,
                    ..Usage::default()
                },
            );
            let value: serde_json::Value = serde_json::from_slice(&patched).expect("still JSON");
            assert_eq!(value["usage"]["total_tokens"], 3);
            assert_eq!(value["choices"][0]["message"]["content"], "hello");
        }
    }

    #[test]
    fn what_is_no_completion_is_none() {
        for body in [
            "",
            "{",
            "<html>",
            r#"{"error":{"message":"x"}}"#,
            r#"{"choices":[],"error":{}}"#,
        ] {
            assert_eq!(read(body.as_bytes()), None, "{body}");
        }
    }
}
