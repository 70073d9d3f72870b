//! Four times the input takes about four times as long: shapes that a careless reader needs the square of the time for.

use crate::Verdict;
use bytes::Bytes;
use std::time::{Duration, Instant};
use wire::dialect::Dialect;
use wire::event_stream::Splitter;
use wire::neutral::Format;
use wire::passing::{self, Endpoint};
use wire::translate::{self, Asked, Changes, Limits, Stream};

/// An input of about so many bytes, and what is done with it.
type Shape = (&'static str, fn(usize) -> String, fn(&str));

/// Bytes of the smaller input.
const SMALL: usize = 32 << 10;

/// How much larger the larger one is, and how much longer it may take. A square would take 64 times as long.
const LARGER: usize = 8;
const LONGER: u32 = 28;

/// Below this nothing can be told.
const LEAST: Duration = Duration::from_millis(20);

const SHAPES: &[Shape] = &[
    ("events in one chunk", |n| "data: a\n\n".repeat(n / 9), splits),
    (
        "events in one chunk, CR LF",
        |n| "data: a\r\n\r\n".repeat(n / 11),
        splits,
    ),
    (
        "events in one chunk, a CR at the end",
        |n| "data: a\n\n".repeat(n / 9) + "\r",
        splits,
    ),
    ("an event of many lines", |n| "data: a\n".repeat(n / 8) + "\n", splits),
    (
        "an event that comes bytewise",
        |n| format!("data: {}\n\n", "a".repeat(n / 4)),
        trickles,
    ),
    (
        "members",
        |n| chat(&(0..n / 10).map(|at| format!(",\"k{at}\":0")).collect::<String>(), ""),
        requests,
    ),
    ("escapes", |n| chat("", &"\\\\".repeat(n / 2)), requests),
    ("quotes", |n| chat("", &"\\\"".repeat(n / 2)), requests),
    (
        "depth",
        |n| chat(&format!(",\"d\":{}{}", "[".repeat(n / 2), "]".repeat(n / 2)), ""),
        requests,
    ),
    (
        "many messages",
        |n| conversation("", &r#"{"role":"user","content":"x"},"#.repeat(n / 30)),
        requests,
    ),
    (
        "thoughts behind words",
        |n| {
            let words = r#"{"type":"text","text":"a"},"#.repeat(n / 2 / 27);
            let thoughts = r#"{"type":"thinking","thinking":"t","signature":"s"},"#.repeat(n / 2 / 51);
            conversation(
                "",
                &format!(
                    "{{\"role\":\"assistant\",\"content\":[{words}{thoughts}{{\"type\":\"text\",\"text\":\"z\"}}]}},"
                ),
            )
        },
        requests,
    ),
    (
        "tools and a choice of them",
        |n| {
            let tools: Vec<_> = (0..n / 90)
                .map(|at| format!("{{\"type\":\"function\",\"function\":{{\"name\":\"f{at}\"}}}}"))
                .collect();
            let tools = tools.join(",");
            chat(
                &format!(
                    ",\"tools\":[{tools}],\"tool_choice\":{{\"type\":\"allowed_tools\",\"allowed_tools\":{{\"mode\":\"auto\",\"tools\":[{tools}]}}}}"
                ),
                "",
            )
        },
        requests,
    ),
    (
        "results with media",
        |n| {
            let result = r#"{"type":"tool_result","tool_use_id":"c","content":[{"type":"image","source":{"type":"url","url":"u"}}]},"#;
            conversation(
                "",
                &format!(
                    "{{\"role\":\"user\",\"content\":[{}{{\"type\":\"text\",\"text\":\"z\"}}]}},",
                    result.repeat(n / 105)
                ),
            )
        },
        requests,
    ),
    (
        "words and thoughts in turn",
        |n| {
            "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"reasoning\":\"b\"}}]}\n\n".repeat(n / 90)
        },
        streams,
    ),
    (
        "words behind a call that is not whole",
        |n| {
            let call = "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}]}}]}\n\n";
            let words = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"reasoning\":\"b\"}}]}\n\n";
            call.to_owned() + &words.repeat(n / 90)
        },
        streams,
    ),
];

/// Tries every shape.
pub(crate) fn judge() -> Verdict {
    let mut wrong = Vec::new();
    for (name, input, what) in SHAPES {
        let (small, large) = (input(SMALL), input(SMALL * LARGER));
        let (short, long) = (quickest(&small, *what), quickest(&large, *what));
        if long > LEAST && long > short * LONGER {
            wrong.push(format!(
                "{name}: {short:?} for {} KiB, {long:?} for {} KiB",
                small.len() >> 10,
                large.len() >> 10
            ));
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}

fn quickest(input: &str, what: fn(&str)) -> Duration {
    let once = || {
        let begun = Instant::now();
        what(input);
        begun.elapsed()
    };
    once().min(once())
}

fn chat(members: &str, text: &str) -> String {
    format!(
        "{{\"model\":\"m\",\"max_tokens\":1,\"input\":\"x\",\"messages\":[{{\"role\":\"user\",\"content\":\"x{text}\"}}]{members}}}"
    )
}

fn conversation(members: &str, messages: &str) -> String {
    format!(
        "{{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{messages}{{\"role\":\"user\",\"content\":\"x\"}}]{members}}}"
    )
}

fn requests(body: &str) {
    let changes = Changes {
        model: "u",
        output_cap: 1,
        user: None,
    };
    for (from, to) in [
        (Format::Chat, Format::Messages),
        (Format::Messages, Format::Chat),
        (Format::Messages, Format::Responses),
    ] {
        let _ = translate::request(
            from,
            to,
            body.as_bytes(),
            &changes,
            &Dialect::PLAIN,
            Asked::new("1", 0, "m"),
        );
    }
    let _ = passing::read(Endpoint::Messages, body.as_bytes());
    let _ = wire::openai::chat::request::read(body.as_bytes());
}

fn splits(stream: &str) {
    let mut splitter = Splitter::new(usize::MAX);
    splitter.push(Bytes::copy_from_slice(stream.as_bytes()));
    while let Ok(Some(event)) = splitter.next_event() {
        let _ = wire::event_stream::data(&wire::event_stream::unfolded(&event));
    }
}

fn trickles(stream: &str) {
    let mut splitter = Splitter::new(usize::MAX);
    for byte in stream.bytes() {
        splitter.push(Bytes::copy_from_slice(&[byte]));
        while let Ok(Some(_)) = splitter.next_event() {}
    }
}

fn streams(stream: &str) {
    for to in Format::ALL {
        let mut through = Stream::new(Format::Chat, to, Asked::new("1", 0, "m"), Limits::default());
        for chunk in stream.as_bytes().chunks(16 << 10) {
            through.feed(Bytes::copy_from_slice(chunk));
        }
    }
}
