//! A streamed answer says the same as the plain one, in each format and through each translation.

use bytes::Bytes;
use proptest::prelude::*;
use std::borrow::Cow;
use wire::event_stream::Splitter;
use wire::neutral::{
    Answer, Choice, Delta, Event, Format, Opening, Part, PartKind, Place, Reasoning, Seal, Stop, ToolCall, ToolKind,
    Usage,
};
use wire::translate::{self, Asked, Limits, Reader, State, Stream, Writer};

/// What an answer says, however it is divided.
#[derive(Debug, Default, PartialEq, Eq)]
struct Digest {
    text: String,
    thought: String,
    seals: Vec<String>,
    calls: Vec<(String, String, String)>,
    stop: String,
    usage: Option<Usage>,
}

impl Digest {
    fn of(answer: &Answer<'_>) -> Self {
        let mut digest = Self {
            usage: answer.usage,
            stop: format!("{:?}", answer.choices[0].stop),
            ..Self::default()
        };
        for part in &answer.choices[0].parts {
            match &part.kind {
                PartKind::Text { text, .. } => digest.text.push_str(text),
                PartKind::Reasoning(reasoning) => {
                    digest.thought.push_str(&reasoning.texts.concat());
                    digest
                        .seals
                        .extend(reasoning.seal.iter().map(|seal| format!("{seal:?}")));
                }
                PartKind::ToolCall(call) => {
                    let arguments = if call.arguments.is_empty() {
                        "{}".into()
                    } else {
                        call.arguments.to_string()
                    };
                    digest
                        .calls
                        .push((call.id.to_string(), call.name.to_string(), arguments));
                }
                other => panic!("{other:?}"),
            }
        }
        digest.thought.retain(|c| c != '\n');
        digest
    }

    fn of_stream(format: Format, stream: &[u8]) -> Self {
        let mut splitter = Splitter::new(1 << 20);
        let mut reader = Reader::new(format);
        let mut digest = Self::default();
        let mut calls: Vec<(usize, (String, String, String))> = Vec::new();
        let mut thoughts = Vec::new();
        splitter.push(Bytes::copy_from_slice(stream));
        let mut ended = false;
        while let Some(event) = splitter.next_event().expect("within the limit") {
            for event in reader.read(&event) {
                match event {
                    Event::Open {
                        part,
                        opening: Opening::ToolCall { id, name, .. },
                        ..
                    } => {
                        calls.push((part, (id.to_string(), name.to_string(), String::new())));
                    }
                    Event::Open {
                        part,
                        opening: Opening::Reasoning { .. },
                        ..
                    } => thoughts.push(part),
                    Event::Delta {
                        part,
                        delta: Delta::Text(text),
                        ..
                    } => match calls.iter_mut().find(|(call, _)| *call == part) {
                        Some((_, call)) => call.2.push_str(&text),
                        None if thoughts.contains(&part) => digest.thought.push_str(&text),
                        None => digest.text.push_str(&text),
                    },
                    Event::Delta {
                        delta: Delta::Seal(seal),
                        ..
                    } => digest.seals.push(format!("{seal:?}")),
                    Event::Stop { stop, .. } => digest.stop = format!("{stop:?}"),
                    Event::Usage(usage) => digest.usage = Some(usage),
                    Event::End => ended = true,
                    Event::Failed(failure) => panic!("{failure:?}"),
                    _ => {}
                }
            }
        }
        assert!(ended, "the stream has no end");
        digest.thought.retain(|c| c != '\n');
        digest.calls = calls.into_iter().map(|(_, call)| call).collect();
        for call in &mut digest.calls {
            if call.2.is_empty() {
                call.2.push_str("{}");
            }
        }
        digest
    }
}

fn words() -> impl Strategy<Value = String> {
    "[a-zA-Z \"\\\\\u{e4}\u{1f600}{}\\[\\]:,]{1,20}"
}

fn usage([input, cache_read, cache_write, output, reasoning]: [u64; 5]) -> Usage {
    Usage {
        input,
        cache_read,
        cache_write,
        cache_write_hour: 0,
        output,
        reasoning,
    }
}

/// Thoughts come first and calls last, as every model has it; each provider seals its own way.
fn answer(provider: Format) -> impl Strategy<Value = Answer<'static>> {
    let thought = (proptest::collection::vec(words(), 1..3), any::<bool>());
    let call = (
        "[a-z]{1,5}",
        proptest::collection::btree_map("[a-z\"]{0,3}", any::<i32>(), 0..3),
    );
    let usage = proptest::array::uniform5(0_u64..1000).prop_map(usage);
    (
        proptest::option::of(thought),
        proptest::collection::vec(words(), 0..3),
        proptest::collection::vec(call, 0..3),
        0_u8..3,
        proptest::option::of(usage),
    )
        .prop_map(move |(thought, texts, calls, stop, usage)| {
            let part = |kind| Part::new(kind, Place::default());
            let mut parts = Vec::new();
            if let Some((texts, sealed)) = thought {
                // Anthropic's thoughts are one text each.
                let texts = if provider == Format::Responses {
                    texts
                } else {
                    vec![texts.concat()]
                };
                let seal = match provider {
                    Format::Chat => None,
                    Format::Responses => Some(Seal::Encrypted("E+/=".into())),
                    Format::Messages => Some(Seal::Signature("S+/=".into())),
                };
                parts.push(part(PartKind::Reasoning(Reasoning {
                    id: (provider == Format::Responses).then(|| "rs_1".into()),
                    texts: texts.into_iter().map(Cow::Owned).collect(),
                    verbatim: provider != Format::Responses,
                    seal: seal.filter(|_| sealed),
                })));
            }
            parts.extend(texts.into_iter().map(|text| {
                part(PartKind::Text {
                    text: text.into(),
                    citations: Vec::new(),
                })
            }));
            let has_calls = !calls.is_empty();
            parts.extend(calls.into_iter().enumerate().map(|(at, (name, arguments))| {
                part(PartKind::ToolCall(ToolCall {
                    id: format!("call_{at}").into(),
                    name: name.into(),
                    arguments: serde_json::json!(arguments).to_string().into(),
                    kind: ToolKind::Function,
                }))
            }));
            let stop = match stop {
                _ if has_calls => Stop::Tools,
                0 => Stop::Length,
                _ => Stop::End,
            };
            Answer {
                id: "1".into(),
                model: "m".into(),
                created: None,
                choices: vec![Choice { parts, stop }],
                usage,
                unsaid: Vec::new(),
            }
        })
}

/// The same answer as a stream, its texts in pieces of a few characters.
fn stream(format: Format, answer: &Answer<'_>) -> Vec<u8> {
    let mut writer = Writer::new(format, asked());
    writer.write(&Event::Start { usage: None });
    let choice = 0;
    for (part, kind) in answer.choices[0].parts.iter().map(|part| &part.kind).enumerate() {
        let (opening, texts, seal) = match kind {
            PartKind::Text { text, .. } => (Opening::Text, vec![text], None),
            PartKind::Reasoning(Reasoning {
                id,
                texts,
                verbatim,
                seal,
            }) => {
                let opening = Opening::Reasoning {
                    verbatim: *verbatim,
                    id: id.clone(),
                };
                (opening, texts.iter().collect(), seal.clone())
            }
            PartKind::ToolCall(call) => {
                let opening = Opening::ToolCall {
                    id: call.id.clone(),
                    name: call.name.clone(),
                    kind: call.kind,
                };
                (opening, vec![&call.arguments], None)
            }
            other => panic!("{other:?}"),
        };
        writer.write(&Event::Open { choice, part, opening });
        for (at, text) in texts.into_iter().enumerate() {
            if at > 0 {
                writer.write(&Event::Delta {
                    choice,
                    part,
                    delta: Delta::NextText,
                });
            }
            let letters: Vec<char> = text.chars().collect();
            for piece in letters.chunks(3) {
                let delta = Delta::Text(piece.iter().collect::<String>().into());
                writer.write(&Event::Delta { choice, part, delta });
            }
        }
        if let Some(seal) = seal {
            writer.write(&Event::Delta {
                choice,
                part,
                delta: Delta::Seal(seal),
            });
        }
        writer.write(&Event::Close { choice, part });
    }
    writer.write(&Event::Stop {
        choice,
        stop: answer.choices[0].stop.clone(),
    });
    if let Some(usage) = answer.usage {
        writer.write(&Event::Usage(usage));
    }
    writer.write(&Event::End);
    writer.take().to_vec()
}

/// Chat completions tell usage in a stream only to who asks, and messages always tell one.
fn asked() -> Asked {
    let body = br#"{"model":"m","messages":[{"role":"user","content":"x"}],"stream":true,"stream_options":{"include_usage":true}}"#;
    let request = translate::read_request(Format::Chat, body).expect("a request");
    Asked::new("1", 0, "m").by(&request, body)
}

proptest! {
    #![proptest_config(crate::cases(200))]

    #[test]
    fn a_streamed_answer_says_what_the_plain_one_says(
        from_chat in answer(Format::Chat), from_responses in answer(Format::Responses), from_messages in answer(Format::Messages), cut in 1_usize..200,
    ) {
        for (from, answer) in [(Format::Chat, from_chat), (Format::Responses, from_responses), (Format::Messages, from_messages)] {
            let plain = translate::write_answer(from, &answer, &Asked::new("1", 0, "m"));
            let streamed = stream(from, &answer);
            for to in Format::ALL.into_iter().filter(|to| *to != from) {
                let document = translate::answer(from, to, &plain, &asked(), Some(&|_| Usage::default())).expect("an answer");
                prop_assert!(document.unsaid.is_empty(), "{:?}", document.unsaid);
                let document = Digest::of(&translate::read_answer(to, &document.body).expect("an answer"));
                let mut through = Stream::new(from, to, asked(), Limits::default());
                let mut out = Vec::new();
                for chunk in streamed.chunks(cut) {
                    out.extend_from_slice(&through.feed(Bytes::copy_from_slice(chunk)));
                }
                prop_assert_eq!(through.state(), &State::Ended);
                prop_assert!(through.finish().is_empty());
                let mut live = Digest::of_stream(to, &out);
                // Who gave no usage in the stream of chat completions gave none; the other formats tell zeros.
                live.usage = live.usage.or(Some(Usage::default()));
                prop_assert_eq!(live, document, "{:?} to {:?}:\n{}", from, to, String::from_utf8_lossy(&out));
            }
        }
    }
}
