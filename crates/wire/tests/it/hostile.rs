//! Bodies and streams that no sane peer sends: no panic, no endless memory, and nothing that looks complete.

#![expect(clippy::disallowed_methods, reason = "a test reads its own folder")]

use bytes::Bytes;
use proptest::prelude::*;
use std::path::Path;
use std::sync::LazyLock;
use wire::dialect::Dialect;
use wire::neutral::{Fault, Format, Usage};
use wire::problem::Problem;
use wire::translate::{self, Asked, Changes, Limits, State, Stream};

/// Every file of the corpus, which the mutations begin with.
static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")];
    let mut seeds = Vec::new();
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<_> = std::fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                folders.push(path);
            } else {
                seeds.push(std::fs::read(path).expect("a file"));
            }
        }
    }
    seeds
});

/// What a mutation inserts: tokens that change what a reader takes a place for.
const TOKENS: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b",",
    b":",
    b"null",
    b"-1",
    b"1e400",
    b"18446744073709551616",
    b"\"\\ud800\"",
    b"\\",
    b"\n\n",
    b"data: ",
    b"\r",
    b"\xff",
    b"\"type\":\"x\",",
    b"\"role\":\"assistant\",",
    b"{\"a\":1,\"a\":2}",
    b"[[[[[[[[[[[[",
    b"\"index\":4294967295,",
];

fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let change = (
        any::<prop::sample::Index>(),
        0_u8..4,
        any::<prop::sample::Index>(),
        1_usize..40,
    );
    (any::<prop::sample::Index>(), proptest::collection::vec(change, 0..6)).prop_map(|(seed, changes)| {
        let mut body = SEEDS[seed.index(SEEDS.len())].clone();
        for (place, kind, other, length) in changes {
            if body.is_empty() {
                break;
            }
            let at = place.index(body.len());
            let end = (at + length).min(body.len());
            match kind {
                0 => drop(body.drain(at..end)),
                1 => drop(body.splice(at..at, TOKENS[other.index(TOKENS.len())].iter().copied())),
                2 => {
                    let piece = body[at..end].to_vec();
                    let to = other.index(body.len());
                    body.splice(to..to, piece);
                }
                _ => body.truncate(at),
            }
        }
        body
    })
}

fn asked() -> Asked {
    Asked::new("1", 0, "m")
}

proptest! {
    #![proptest_config(crate::cases(1500))]

    #[test]
    fn no_body_and_no_stream_makes_a_reader_panic(body in mutated(), cut in 1_usize..60) {
        let changes = Changes { model: "m", output_cap: 10, user: Some("p") };
        for from in Format::ALL {
            for to in Format::ALL {
                if let Ok(outbound) = translate::request(from, to, &body, &changes, &Dialect::MISTRAL, asked()) {
                    prop_assert!(serde_json::from_slice::<serde::de::IgnoredAny>(&outbound.body).is_ok(), "{}", String::from_utf8_lossy(&outbound.body));
                    prop_assert!(outbound.body.len() < 20 * body.len() + 1000);
                }
                if let Ok(answer) = translate::answer(from, to, &body, &asked(), Some(&|_| Usage::default())) {
                    prop_assert!(serde_json::from_slice::<serde::de::IgnoredAny>(&answer.body).is_ok(), "{}", String::from_utf8_lossy(&answer.body));
                }
                let error = translate::write_error(to, &translate::read_error(from, 500, &body), Some("r"));
                prop_assert!(serde_json::from_slice::<serde::de::IgnoredAny>(&error.body).is_ok());
                let mut stream = Stream::new(from, to, asked(), Limits { event: 4096, held: 4096 });
                for chunk in body.chunks(cut) {
                    stream.feed(Bytes::copy_from_slice(chunk));
                }
                stream.finish();
                prop_assert!(stream.state() != &State::Running);
            }
        }
    }
}

fn run(from: Format, to: Format, limits: Limits, chunk: &str, times: usize) -> (Stream, usize) {
    let mut stream = Stream::new(from, to, asked(), limits);
    let chunk = Bytes::copy_from_slice(chunk.as_bytes());
    let mut written = 0;
    for _ in 0..times {
        written += stream.feed(chunk.clone()).len();
    }
    (stream, written)
}

#[test]
fn an_endless_event_ends_the_stream_with_an_error() {
    let limits = Limits {
        event: 1000,
        held: 1000,
    };
    for to in Format::ALL {
        let (stream, written) = run(
            Format::Chat,
            to,
            limits,
            "data: {\"choices\":[{\"delta\":{\"content\":\"",
            100,
        );
        assert_eq!(stream.state(), &State::Failed(Fault::Upstream), "{to:?}");
        assert!(written < 1000);
    }
}

#[test]
fn an_answer_that_has_to_be_kept_whole_is_kept_to_the_limit() {
    let limits = Limits {
        event: 1000,
        held: 10_000,
    };
    let chunk = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"0123456789\"}}]}\n\n";
    let (kept, _) = run(Format::Chat, Format::Responses, limits, chunk, 2000);
    assert_eq!(kept.state(), &State::Failed(Fault::Upstream));
    // The other formats repeat nothing, so they hold nothing.
    for to in [Format::Messages, Format::Chat] {
        let (passed, written) = run(Format::Chat, to, limits, chunk, 2000);
        assert_eq!(passed.state(), &State::Running, "{to:?}");
        assert!(written > 100_000);
    }
}

#[test]
fn more_parts_than_any_answer_has_are_refused() {
    let mut stream = Stream::new(Format::Chat, Format::Chat, asked(), Limits::default());
    for index in 0..5000 {
        let call =
            format!("{{\"index\":{index},\"id\":\"c{index}\",\"function\":{{\"name\":\"f\",\"arguments\":\"\"}}}}");
        let event = format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"tool_calls\":[{call}]}}}}]}}\n\n");
        stream.feed(Bytes::from(event));
    }
    assert_eq!(stream.state(), &State::Failed(Fault::Upstream));
}

#[test]
fn deep_json_costs_no_stack() {
    let deep = format!("{}{}", "[".repeat(500_000), "]".repeat(500_000));
    let changes = Changes {
        model: "m",
        output_cap: 10,
        user: None,
    };
    for (from, body) in [
        (
            Format::Chat,
            format!("{{\"model\":\"m\",\"messages\":[{{\"role\":\"user\",\"content\":\"x\"}}],\"new\":{deep}}}"),
        ),
        (
            Format::Responses,
            format!(
                "{{\"model\":\"m\",\"input\":\"x\",\"tools\":[{{\"type\":\"function\",\"name\":\"f\",\"parameters\":{deep}}}]}}"
            ),
        ),
        (
            Format::Messages,
            format!("{{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{{\"role\":\"user\",\"content\":{deep}}}]}}"),
        ),
    ] {
        for to in Format::ALL {
            let outcome = translate::request(from, to, body.as_bytes(), &changes, &Dialect::PLAIN, asked());
            let is_expected = match from {
                Format::Messages => matches!(outcome, Err(Problem::Value { .. })),
                Format::Chat | Format::Responses => outcome.is_ok(),
            };
            assert!(is_expected, "{from:?} to {to:?}");
        }
    }
}

#[test]
fn what_the_provider_says_in_an_error_does_not_carry_the_operators_key() {
    let mut stream = Stream::new(Format::Chat, Format::Messages, asked(), Limits::default());
    stream.hide(["sk-secret".to_owned()]);
    let out = stream.feed(Bytes::from_static(
        b"data: {\"error\":{\"message\":\"key sk-secret is bad\",\"code\":\"sk-secret\"}}\n\n",
    ));
    assert!(!String::from_utf8_lossy(&out).contains("secret"));
    assert!(String::from_utf8_lossy(&out).contains("is bad"));
}
