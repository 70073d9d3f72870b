//! Requests, answers, streams and errors, each translated to every other format and compared with a snapshot.
//!
//! `WIRE_BLESS=1` writes the snapshots; a person then reads the difference. A file that nothing refers to fails.

#![expect(
    clippy::disallowed_methods,
    reason = "a test reads its own folder, and one switch of its own"
)]

use bytes::Bytes;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use wire::dialect::Dialect;
use wire::neutral::Format;
use wire::translate::{self, Asked, Changes, Limits, Stream};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// Every file of `corpus/<kind>/<format>/` is translated; the snapshots must be these and no others.
fn compare(kind: &str, translate: impl Fn(&Path, Format, Format, &[u8]) -> String) {
    let bless = std::env::var_os("WIRE_BLESS").is_some();
    let mut expected = BTreeSet::new();
    let mut wrong = Vec::new();
    let mut looked_at = 0;
    for from in Format::ALL {
        for file in files(&folder().join("corpus").join(kind).join(from.short())) {
            let body = std::fs::read(&file).expect("a file that was just listed");
            for to in Format::ALL.into_iter().filter(|to| *to != from) {
                looked_at += 1;
                let name = file.file_stem().expect("a name").to_string_lossy();
                let snapshot = folder()
                    .join("snapshots")
                    .join(kind)
                    .join(from.short())
                    .join(format!("{name}.{}.txt", to.short()));
                let actual = translate(&file, from, to, &body);
                if bless {
                    std::fs::create_dir_all(snapshot.parent().expect("a folder")).expect("a writable folder");
                    std::fs::write(&snapshot, &actual).expect("a writable folder");
                } else if std::fs::read_to_string(&snapshot).ok().as_deref() != Some(&actual) {
                    wrong.push(format!("{}:\n{actual}", snapshot.display()));
                }
                expected.insert(snapshot);
            }
        }
    }
    assert!(looked_at > 0, "the corpus of {kind} is empty");
    let found: BTreeSet<PathBuf> = Format::ALL
        .into_iter()
        .flat_map(|format| files(&folder().join("snapshots").join(kind).join(format.short())))
        .collect();
    let unreferenced: Vec<_> = found.difference(&expected).collect();
    assert!(unreferenced.is_empty(), "snapshots of nothing: {unreferenced:?}");
    assert!(
        wrong.is_empty(),
        "{} of {looked_at} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.expect("a readable folder").path()).collect()
}

fn asked() -> Asked {
    Asked::new("0a1b", 1_700_000_000, "the-model")
}

fn dialect(format: Format) -> Dialect {
    match format {
        Format::Messages => Dialect::ANTHROPIC_2023,
        Format::Chat | Format::Responses => Dialect::PLAIN,
    }
}

#[test]
fn requests_become_what_the_snapshots_show() {
    compare("requests", |_, from, to, body| {
        let changes = Changes {
            model: "upstream",
            output_cap: 4096,
            user: Some("pseudonym"),
        };
        match translate::request(from, to, body, &changes, &dialect(to), asked()) {
            Ok(outbound) => {
                let dropped = outbound.dropped.header().unwrap_or_else(|| "nothing".to_owned());
                format!("dropped: {dropped}\n\n{}\n", pretty(&outbound.body))
            }
            Err(problem) => format!(
                "refused: {problem}\nparam: {:?}, code: {:?}\n",
                problem.param(),
                problem.code()
            ),
        }
    });
}

#[test]
fn answers_become_what_the_snapshots_show() {
    compare("answers", |_, from, to, body| {
        match translate::answer(from, to, body, &asked(), None) {
            Ok(answer) => format!(
                "usage: {:?}\nunsaid: {}\n\n{}\n",
                answer.usage,
                answer.unsaid.join(", "),
                pretty(&answer.body)
            ),
            Err(error) => format!("{error}\n"),
        }
    });
}

#[test]
fn errors_become_what_the_snapshots_show() {
    compare("errors", |file, from, to, body| {
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        let status = name[..3].parse().expect("the name begins with the status");
        let failure = translate::read_error(from, status, body);
        let error = translate::write_error(to, &failure, Some("req_0a1b"));
        format!("{} {:?}\n\n{}\n", error.status, error.fault, pretty(&error.body))
    });
}

#[test]
fn streams_become_what_the_snapshots_show() {
    compare("streams", |file, from, to, body| {
        let tools = r#"{"model":"the-model","input":"x","tools":[{"type":"custom","name":"patch"}],"temperature":0.5}"#;
        let chat = r#"{"model":"the-model","messages":[{"role":"user","content":"x"}],"stream":true,"stream_options":{"include_usage":true}}"#;
        let request = if to == Format::Responses {
            (Format::Responses, tools)
        } else {
            (Format::Chat, chat)
        };
        let read = translate::read_request(request.0, request.1.as_bytes()).expect("a request");
        let asked = asked().by(&read, request.1.as_bytes());
        let whole = run(from, to, asked.clone(), [Bytes::copy_from_slice(body)]);
        let bytewise = run(
            from,
            to,
            asked,
            body.iter().map(|byte| Bytes::copy_from_slice(&[*byte])),
        );
        assert_eq!(whole, bytewise, "{}: cutting changes the stream", file.display());
        whole
    });
}

fn run(from: Format, to: Format, asked: Asked, chunks: impl IntoIterator<Item = Bytes>) -> String {
    let mut stream = Stream::new(from, to, asked, Limits::default());
    let mut out = Vec::new();
    for chunk in chunks {
        out.extend_from_slice(&stream.feed(chunk));
    }
    out.extend_from_slice(&stream.finish());
    let mut text = String::from_utf8(out).expect("JSON is UTF-8");
    let (pieces, bytes) = stream.content();
    writeln!(
        text,
        "({:?}; {pieces} pieces, {bytes} bytes; {:?})",
        stream.state(),
        stream.usage()
    )
    .expect("a text takes every text");
    text
}

/// JSON with a line a member, in the order in which it was written.
fn pretty(json: &[u8]) -> String {
    serde_json::from_slice::<serde::de::IgnoredAny>(json).expect("what was written is JSON");
    let mut out = String::new();
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for c in std::str::from_utf8(json).expect("JSON is UTF-8").chars() {
        if in_text {
            out.push(c);
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => in_text = false,
                _ => {}
            }
            continue;
        }
        let line = |out: &mut String, depth: usize| {
            out.push('\n');
            out.push_str(&" ".repeat(depth));
        };
        match c {
            '"' => {
                in_text = true;
                out.push(c);
            }
            '{' | '[' => {
                depth += 1;
                out.push(c);
                line(&mut out, depth);
            }
            '}' | ']' => {
                depth -= 1;
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c if c.is_whitespace() => {}
            c => out.push(c),
        }
    }
    out
}
