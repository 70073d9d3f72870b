//! Event streams as WHATWG HTML, section 9.2, has them: which events there are, however they are written and cut.

use bytes::Bytes;
use proptest::prelude::*;
use wire::event_stream::{Splitter, data, unfolded};

/// A stream and the data of the events in it that hold some, after joining.
const CASES: &[(&str, &[u8], &[&str])] = &[
    ("line feeds", b"data: a\n\ndata: b\n\n", &["a", "b"]),
    ("carriage returns", b"data: a\r\rdata: b\r\r", &["a", "b"]),
    ("both", b"data: a\r\n\r\ndata: b\r\n\r\n", &["a", "b"]),
    ("mixed", b"data: a\r\n\ndata: b\n\r\ndata: c\r\r\n", &["a", "b", "c"]),
    ("a byte order mark", b"\xef\xbb\xbfdata: a\n\n", &["a"]),
    ("no space", b"data:a\n\n", &["a"]),
    ("only one space goes", b"data:  a\n\n", &[" a"]),
    ("a space before the end", b"data: a \n\n", &["a "]),
    ("a tabulator is no space", b"data:\ta\n\n", &["\ta"]),
    ("a colon in the value", b"data: a: b\n\n", &["a: b"]),
    ("a comment", b": data: a\n\ndata: b\n\n", &["b"]),
    ("a comment inside", b"data: a\n: ping\n\n", &["a"]),
    ("other fields", b"id: 1\nevent: x\nretry: 5\ndata: a\n\n", &["a"]),
    ("an unknown field", b"date: x\ndata: a\n\n", &["a"]),
    ("the field's name is whole", b"data-x: x\ndatax: x\ndata: a\n\n", &["a"]),
    (
        "a field with a space before the colon",
        b"data : x\ndata: a\n\n",
        &["a"],
    ),
    ("several lines", b"data: {\ndata: \"a\":1\ndata:}\n\n", &["{ \"a\":1 }"]),
    ("empty data", b"data:\n\n", &[""]),
    ("a field without a colon", b"data\n\ndata: b\n\n", &["", "b"]),
    ("two fields without a colon", b"data\ndata\n\n", &[" "]),
    ("other fields without a colon", b"id\nevent\nretry\ndata: a\n\n", &["a"]),
    ("a null in an id", b"id: a\x00b\ndata: a\n\n", &["a"]),
    ("a retry that is no number", b"retry: soon\ndata: a\n\n", &["a"]),
    ("an event without data", b"event: x\nid: 1\n\ndata: a\n\n", &["a"]),
    ("a capital is another field", b"Data: x\ndata: a\n\n", &["a"]),
    (
        "a space before the field is another field",
        b" data: x\ndata: a\n\n",
        &["a"],
    ),
    ("a colon alone", b":\n\n:\ndata: a\n\n", &["a"]),
    (
        "a byte order mark in mid-line",
        b"data: a\xef\xbb\xbf\n\n",
        &["a\u{feff}"],
    ),
    ("a half byte order mark", b"data: a\n\nd", &["a"]),
    (
        "a line feed behind a carriage return",
        b"data: a\r\ndata: b\r\n\r\n",
        &["a b"],
    ),
    ("many blank lines", b"\n\n\ndata: a\n\n\n\ndata: b\n\n", &["a", "b"]),
    ("an event without an end", b"data: a\n\ndata: b\n", &["a"]),
    ("an event without any end", b"data: a\n\ndata: b", &["a"]),
    (
        "text beyond ASCII",
        "data: \u{e4}\u{2028}\u{1f600}\n\n".as_bytes(),
        &["\u{e4}\u{2028}\u{1f600}"],
    ),
    (
        "other control characters are no line ends",
        b"data: a\x0bb\x0cc\x00d\xc2\x85e\n\n",
        &["a\u{b}b\u{c}c\0d\u{85}e"],
    ),
];

fn events(stream: &[u8], size: usize) -> Vec<String> {
    let mut splitter = Splitter::new(1000);
    let mut found = Vec::new();
    for chunk in stream.chunks(size) {
        splitter.push(Bytes::copy_from_slice(chunk));
        while let Some(event) = splitter.next_event().expect("within the limit") {
            if let Some(data) = data(&unfolded(&event)) {
                found.push(String::from_utf8(data.to_vec()).expect("UTF-8"));
            }
        }
    }
    found
}

#[test]
fn the_events_are_those_of_the_standard_wherever_the_stream_is_cut() {
    for (name, stream, expected) in CASES {
        for size in 1..=stream.len() {
            let found = events(stream, size);
            // A last CR could still be followed by its LF, so the event behind it waits: it is never lost before the
            // stream ends, and no model API ends a stream so.
            let open = stream.ends_with(b"\r") && found.len() + 1 == expected.len();
            assert!(
                found == *expected || (open && found[..] == expected[..found.len()]),
                "{name}, cut by {size}: {found:?}"
            );
        }
    }
}

/// The standard's parser (section 9.2.6), letter by letter: what a stream's events hold. Lines of data are joined by
/// spaces, as [`unfolded`] joins them, and a carriage return at the very end could still be followed by a line feed.
fn by_the_standard(stream: &str) -> Vec<String> {
    let stream = stream.strip_prefix('\u{feff}').unwrap_or(stream);
    let open = stream.strip_suffix('\r').unwrap_or(stream);
    let stream = open.replace("\r\n", "\n").replace('\r', "\n");
    let mut events = Vec::new();
    let mut data: Option<String> = None;
    let mut lines: Vec<&str> = stream.split('\n').collect();
    // What no line end follows is no line.
    lines.pop();
    for line in lines {
        if line.is_empty() {
            events.extend(data.take());
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        if field == "data" {
            let value = value.strip_prefix(' ').unwrap_or(value);
            match &mut data {
                Some(before) => {
                    before.push(' ');
                    before.push_str(value);
                }
                None => data = Some(value.to_owned()),
            }
        }
    }
    events
}

proptest! {
    #![proptest_config(crate::cases(1000))]

    #[test]
    fn any_stream_has_the_events_that_the_standards_parser_finds(
        pieces in proptest::collection::vec("(data|data:|data: |id:|event: x|:|a| |\\r|\\n|\\r\\n|\\n\\n|\\r\\r|\\x00|\u{e4})", 0..40),
        mark in any::<bool>(),
        size in 1_usize..20,
    ) {
        let stream = format!("{}{}", if mark { "\u{feff}" } else { "" }, pieces.concat());
        let found = events(stream.as_bytes(), size);
        let expected = by_the_standard(&stream);
        // A blank line that ends in the last carriage return is not told from the first half of one.
        let open = stream.ends_with('\r') && found.len() < expected.len();
        prop_assert!(found == expected || (open && found[..] == expected[..found.len()]), "{:?}: {:?}, not {:?}", stream, found, expected);
    }
}

#[test]
fn an_endless_line_is_refused_at_the_limit_however_it_comes() {
    for size in [1, 7, 64, 1000] {
        let mut splitter = Splitter::new(100);
        let line = [b"data: ".to_vec(), vec![b'x'; 2000]].concat();
        let mut refused = None;
        for chunk in line.chunks(size) {
            splitter.push(Bytes::copy_from_slice(chunk));
            if let Err(too_long) = splitter.next_event() {
                refused = Some(too_long.limit);
                break;
            }
        }
        assert_eq!(refused, Some(100), "in pieces of {size}");
    }
}
