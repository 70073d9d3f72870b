//! Answers that are made here.

use crate::json::Out;
use crate::neutral::Usage;
use crate::openai::usage;
use bytes::Bytes;

/// What all chunks of an answer, or the one document that it is, say alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Completion<'a> {
    /// Without the prefix.
    pub id: &'a str,
    /// Seconds since 1970.
    pub created: u64,
    /// The model as the client names it.
    pub model: &'a str,
}

/// Why a text ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// The model is done, or wrote a text that ends it.
    Stop,
    /// The cap on its length.
    Length,
    /// A filter cut it.
    Filter,
}

impl Completion<'_> {
    /// The body of a plain answer: texts by index, prompts times `n`.
    pub fn to_body(&self, texts: &[(&str, Finish)], usage: &Usage) -> Bytes {
        let mut out = Out::default();
        self.head(&mut out);
        for (index, (text, finish)) in texts.iter().enumerate() {
            choice(index, text, Some(*finish), &mut out);
        }
        out.close_array().key("usage");
        usage::write(usage, &usage::Names::Chat, &mut out);
        out.close();
        out.into_bytes()
    }

    /// A chunk of a streamed one.
    pub fn chunk(&self, index: usize, text: &str, finish: Option<Finish>) -> Bytes {
        let mut out = Out::default();
        let start = out.begin_event(None);
        self.head(&mut out);
        choice(index, text, finish, &mut out);
        out.close_array().close();
        out.end_event(start);
        out.into_bytes()
    }

    /// The chunk that tells usage to who asked for it, and the end mark.
    pub fn end(&self, asked: Option<&Usage>) -> Bytes {
        let mut out = Out::default();
        if let Some(used) = asked {
            let start = out.begin_event(None);
            self.head(&mut out);
            out.close_array().key("usage");
            usage::write(used, &usage::Names::Chat, &mut out);
            out.close();
            out.end_event(start);
        }
        out.verbatim(b"data: [DONE]\n\n");
        out.into_bytes()
    }

    fn head(&self, out: &mut Out) {
        out.open().member("id", &format!("cmpl-{}", self.id));
        out.member("object", "text_completion")
            .member_number("created", self.created)
            .member("model", self.model)
            .key("choices")
            .open_array();
    }
}

fn choice(index: usize, text: &str, finish: Option<Finish>, out: &mut Out) {
    out.open().member("text", text).member_number("index", index as u64);
    let reason = finish.map(|finish| match finish {
        Finish::Stop => "stop",
        Finish::Length => "length",
        Finish::Filter => "content_filter",
    });
    out.member_raw("logprobs", "null")
        .member_or_null("finish_reason", reason)
        .close();
}

#[cfg(test)]
mod tests {
    use super::super::{event, read};
    use super::*;
    use crate::openai::chat::event::Event;

    const COMPLETION: Completion<'_> = Completion {
        id: "1",
        created: 0,
        model: "m",
    };

    #[test]
    fn what_is_written_is_read() {
        let usage = Usage {
            input: 3,
            output: 2,
            ..Usage::default()
        };
        let body = COMPLETION.to_body(&[("a\"b", Finish::Stop), ("c", Finish::Length)], &usage);
        let answer = read(&body).expect("an answer");
        assert_eq!((answer.choices, answer.text_bytes, answer.usage), (2, 4, Some(usage)));
        assert_eq!(
            event(&COMPLETION.chunk(0, "hey", None)),
            Event::Content { text_bytes: 3 }
        );
        assert_eq!(event(&COMPLETION.chunk(0, "", Some(Finish::Filter))), Event::Other);
        let end = COMPLETION.end(Some(&usage));
        let usage_event = &end[..end.len() - b"data: [DONE]\n\n".len()];
        assert!(matches!(event(usage_event), Event::UsageOnly(told) if told.input == 3 && told.output == 2));
        assert_eq!(event(b"data: [DONE]\n\n"), Event::Done);
        assert_eq!(event(b"data: {\"error\":{}}\n\n"), Event::Error);
    }
}
