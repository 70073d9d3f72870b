//! Requests that two readers could take for different ones: one reading, or none. Behind each stands a second request, as a
//! proxy in front might have taken it for a part of the first one.

use testkit::Database;
use testkit::Site;

use super::{alone, exchange, told};

/// What a request is taken for.
enum Reading {
    /// For nothing: it is refused, and the connection ends.
    None,
    /// For one request with this body, and what stands behind is not read.
    Ends,
    /// For one request, and what stands behind is the next one.
    GoesOn,
}

const HIDDEN: &str = "GET /v1/hidden HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

type Case = (&'static str, &'static str, Reading);

/// Heads, behind the lines that all requests have.
fn heads() -> Vec<Case> {
    use Reading::{Ends, GoesOn, None};
    vec![
        (
            "a length beside chunks",
            "content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            Ends,
        ),
        (
            "chunks beside a length",
            "transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n",
            Ends,
        ),
        ("two lengths", "content-length: 0\r\ncontent-length: 4\r\n\r\n", None),
        (
            "the same length twice",
            "content-length: 0\r\ncontent-length: 0\r\n\r\n",
            GoesOn,
        ),
        ("a list of lengths", "content-length: 0, 4\r\n\r\n", None),
        ("a length with a sign", "content-length: +0\r\n\r\n", None),
        ("a hexadecimal length", "content-length: 0x0\r\n\r\n", None),
        ("a negative length", "content-length: -1\r\n\r\n", None),
        (
            "a length past all numbers",
            "content-length: 99999999999999999999\r\n\r\n",
            None,
        ),
        (
            "an unknown coding",
            "transfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
            None,
        ),
        ("identity", "transfer-encoding: identity\r\n\r\n", None),
        (
            "chunks that are not the last coding",
            "transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
            None,
        ),
        (
            "a space before the colon",
            "transfer-encoding : chunked\r\n\r\n0\r\n\r\n",
            None,
        ),
        (
            "a space before a name",
            " transfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            None,
        ),
        ("a folded line", "x: a\r\n content-length: 4\r\n\r\n", None),
        ("a lone carriage return", "x: a\rcontent-length: 4\r\n\r\n", None),
        ("a zero byte", "x: a\0b\r\n\r\n", None),
        ("a name that is none", "x[0]\u{7f}: a\r\n\r\n", None),
        ("no colon", "content-length\r\n\r\n", None),
        ("lone line feeds", "content-length: 0\nx: y\n\n", GoesOn),
    ]
}

/// Bodies in chunks.
fn chunks() -> Vec<Case> {
    use Reading::{Ends, GoesOn};
    vec![
        (
            "a chunk's size that is none",
            "transfer-encoding: chunked\r\n\r\nzz\r\n\r\n",
            Ends,
        ),
        (
            "a chunk's size with a sign",
            "transfer-encoding: chunked\r\n\r\n-1\r\n\r\n",
            Ends,
        ),
        (
            "a chunk's size past all numbers",
            "transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n\r\n",
            Ends,
        ),
        (
            "a chunk that is longer than it says",
            "transfer-encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
            Ends,
        ),
        (
            "a chunk's extension with a line feed",
            "transfer-encoding: chunked\r\n\r\n0;a\nb\r\n\r\n",
            Ends,
        ),
        (
            "a chunk's extension",
            "transfer-encoding: chunked\r\n\r\n0;a=b\r\n\r\n",
            GoesOn,
        ),
        (
            "a trailer that names a length",
            "transfer-encoding: chunked\r\n\r\n0\r\ncontent-length: 9\r\n\r\n",
            GoesOn,
        ),
    ]
}

#[test]
fn a_request_has_one_reading_or_none() {
    let _alone = alone();
    let site = Site::new(Database::sqlite());
    let key = site.customer(super::EMAIL, "10.00");
    let serving = site.serve();
    let mut looked_at = 0;
    for (what, request, reading) in heads().into_iter().chain(chunks()) {
        let head = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\n"
        );
        let answers = exchange(serving.address(), format!("{head}{request}{HIDDEN}").as_bytes());
        let (first, second) = match answers[1..].find("HTTP/1.1 ") {
            Some(at) => (&answers[..=at], &answers[at + 1..]),
            None => (&answers[..], ""),
        };
        let (status, code) = told(first);
        let shown = format!("{what}: {answers}");
        assert!(first.contains("x-request-id: gen_"), "{shown}");
        match reading {
            Reading::None => {
                assert_eq!((status, code.as_deref()), (Some(400), Some("bad_request")), "{shown}");
                assert_eq!(second, "", "{shown}");
            }
            Reading::Ends => {
                assert!(
                    matches!(code.as_deref(), Some("invalid_json" | "incomplete_body")),
                    "{shown}"
                );
                assert_eq!(second, "", "{shown}");
            }
            Reading::GoesOn => {
                assert_eq!((status, code.as_deref()), (Some(400), Some("invalid_json")), "{shown}");
                assert_eq!(told(second), (Some(404), Some("unknown_url".to_owned())), "{shown}");
            }
        }
        looked_at += 1;
    }
    for version in ["HTTP/1.0", "HTTP/0.9", "HTTP/3.0", "http/1.1"] {
        let request = format!("POST /v1/messages {version}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}");
        let answers = exchange(serving.address(), request.as_bytes());
        assert_eq!(
            told(&answers),
            (Some(400), Some("bad_request".to_owned())),
            "{version}: {answers}"
        );
        assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{version}: {answers}");
        looked_at += 1;
    }
    assert!(looked_at > 30);
}
