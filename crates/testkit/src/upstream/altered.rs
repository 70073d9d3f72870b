//! Good answers, altered until they are none.

use serde_json::{Value, json};

use super::answer::{self, Written};
use super::reply::{Altered, Chat};
use super::{Captured, INTERNAL, KEY};

/// Bytes of zeros in the compressed body.
const BOMB: usize = 2 * 1024 * 1024;

/// The answer that the request asks for, with this wrong about it.
pub(super) fn write(request: &Captured, altered: &Altered) -> Written {
    let good = answer::write(request, &Chat::default());
    let is_streamed = request.json()["stream"] == true;
    match altered {
        Altered::ContentType(kind) => Written {
            head: retyped(&good.head, kind),
            ..good
        },
        Altered::Page => whole("text/html", format!("<html>{INTERNAL}</html>").into_bytes(), &[]),
        Altered::ErrorInside if is_streamed => whole("text/event-stream", error_event(request), &[]),
        Altered::ErrorInside => whole("application/json", error(request).to_string().into_bytes(), &[]),
        Altered::ErrorAfterWords => {
            let mut pieces = good.pieces;
            pieces.truncate(4);
            pieces.push(answer::chunk(&error_event(request)));
            pieces.push(answer::chunk(b""));
            Written {
                head: good.head,
                pieces,
            }
        }
        Altered::Bomb => {
            let kind = if is_streamed {
                "text/event-stream"
            } else {
                "application/json"
            };
            whole(kind, gzip_of_zeros(), &[("content-encoding", "gzip".to_owned())])
        }
        Altered::BadUtf8 => Written {
            head: good.head,
            pieces: good.pieces.iter().map(|piece| spoilt(piece)).collect(),
        },
        Altered::Forged => {
            let mut pieces = good.pieces;
            let forged = json!({ "choices": [{ "index": 0, "message": { "role": "assistant", "content": "FORGED" }, "finish_reason": "stop" }] });
            let forged = forged.to_string();
            let head = answer::head(
                200,
                &[("content-type", "application/json".to_owned())],
                Some(forged.len()),
            );
            pieces.push([head, forged.into_bytes()].concat());
            // In one write with the end of the good one, so that it lies there when the connection is free.
            let last = pieces.split_off(pieces.len() - 2).concat();
            pieces.push(last);
            Written {
                head: good.head,
                pieces,
            }
        }
        Altered::TooLong => of_length(&good, is_streamed, |length| length + 100),
        Altered::TooShort => of_length(&good, is_streamed, |length| length / 2),
    }
}

fn whole(kind: &str, body: Vec<u8>, more: &[(&str, String)]) -> Written {
    let headers = [&[("content-type", kind.to_owned())][..], more].concat();
    Written {
        head: answer::head(200, &headers, Some(body.len())),
        pieces: vec![body],
    }
}

/// The body with its length told wrong; a stream's without its chunks.
fn of_length(good: &Written, is_streamed: bool, told: impl Fn(usize) -> usize) -> Written {
    let unframed = |piece: &Vec<u8>| -> Vec<u8> {
        let Some(end) = piece.windows(2).position(|window| window == b"\r\n") else {
            return piece.clone();
        };
        piece[end + 2..piece.len() - 2].to_vec()
    };
    let (kind, body) = if is_streamed {
        (
            "text/event-stream",
            good.pieces.iter().map(unframed).collect::<Vec<_>>().concat(),
        )
    } else {
        ("application/json", good.pieces.concat())
    };
    let length = told(body.len());
    Written {
        head: answer::head(200, &[("content-type", kind.to_owned())], Some(length)),
        pieces: vec![body],
    }
}

fn retyped(head: &[u8], kind: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(head);
    let lines = text.split("\r\n").map(|line| {
        if line.starts_with("content-type:") {
            format!("content-type: {kind}")
        } else {
            line.to_owned()
        }
    });
    lines.collect::<Vec<_>>().join("\r\n").into_bytes()
}

fn error(request: &Captured) -> Value {
    let message = format!("{INTERNAL} {KEY} {}", request.header("host").unwrap_or_default());
    if request.path().starts_with("/v1/messages") {
        json!({ "type": "error", "error": { "type": "api_error", "message": message } })
    } else {
        json!({ "error": { "type": "server_error", "message": message, "param": null, "code": null } })
    }
}

fn error_event(request: &Captured) -> Vec<u8> {
    let error = error(request);
    if request.path().starts_with("/v1/messages") {
        format!("event: error\ndata: {error}\n\n").into_bytes()
    } else {
        format!("data: {error}\n\n").into_bytes()
    }
}

/// With bytes that are no UTF-8 in the place of letters of the text; as long as it was.
fn spoilt(piece: &[u8]) -> Vec<u8> {
    let mut piece = piece.to_vec();
    if let Some(at) = piece.windows(4).position(|window| window == b"Once") {
        piece[at..at + 2].copy_from_slice(&[0xff, 0xfe]);
    }
    piece
}

fn gzip_of_zeros() -> Vec<u8> {
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    bytes.extend(miniz_oxide::deflate::compress_to_vec(&vec![0; BOMB], 6));
    // Neither checksum nor length is right: whoever looks at them has unpacked it already.
    bytes.extend([0; 8]);
    bytes
}
