//! Event streams as WHATWG HTML, section 9.2, has them: which events there are, however they are written and cut.

use bytes::Bytes;
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
