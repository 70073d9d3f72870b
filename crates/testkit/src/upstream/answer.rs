//! Good answers as bytes, to be sent whole or broken.

use serde_json::{Value, json};

use super::reply::Chat;

/// An answer's head and its pieces, each with its own frame.
pub(super) struct Written {
    pub(super) head: Vec<u8>,
    pub(super) pieces: Vec<Vec<u8>>,
}

/// The answer that the request asks for.
pub(super) fn write(request: &Value, chat: &Chat) -> Written {
    if request["stream"] == true {
        streamed(request, chat)
    } else {
        plain(request, chat)
    }
}

/// A head for a body that ends when the connection does.
pub(super) fn head(status: u16, headers: &[(&str, String)], length: Option<usize>) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} Status\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    match length {
        Some(length) => head.push_str(&format!("content-length: {length}\r\n\r\n")),
        None => head.push_str("connection: close\r\n\r\n"),
    }
    head.into_bytes()
}

fn plain(request: &Value, chat: &Chat) -> Written {
    let mut body = json!({
        "id": "chatcmpl-fake",
        "object": "chat.completion",
        "created": 1,
        "model": request["model"],
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": chat.text(), "refusal": null }, "logprobs": null, "finish_reason": chat.finish_reason }],
    });
    if let Some(usage) = usage(chat) {
        body["usage"] = usage;
    }
    let body = body.to_string().into_bytes();
    Written {
        head: head(
            200,
            &[("content-type", "application/json".to_owned())],
            Some(body.len()),
        ),
        pieces: vec![body],
    }
}

fn streamed(request: &Value, chat: &Chat) -> Written {
    let event = |choices: Value, usage: Option<Value>| {
        let mut event = json!({ "id": "chatcmpl-fake", "object": "chat.completion.chunk", "created": 1, "model": request["model"], "choices": choices });
        if let Some(usage) = usage {
            event["usage"] = usage;
        }
        event.to_string()
    };
    let delta = |delta: Value, finish: Value| json!([{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish }]);
    let wants_usage = request["stream_options"]["include_usage"] == true;
    let mut events = vec![event(
        delta(json!({ "role": "assistant", "content": "" }), Value::Null),
        None,
    )];
    for piece in &chat.pieces {
        events.push(event(delta(json!({ "content": piece }), Value::Null), None));
    }
    events.push(event(delta(json!({}), json!(chat.finish_reason)), None));
    if let (true, Some(usage)) = (wants_usage, usage(chat)) {
        events.push(event(json!([]), Some(usage)));
    }
    events.push("[DONE]".to_owned());
    let headers = [
        ("content-type", "text/event-stream; charset=utf-8".to_owned()),
        ("transfer-encoding", "chunked".to_owned()),
    ];
    let mut pieces: Vec<Vec<u8>> = events
        .iter()
        .map(|data| chunk(format!("data: {data}\n\n").as_bytes()))
        .collect();
    pieces.push(chunk(b""));
    let mut head = head(200, &headers, None);
    // A stream with its own framing keeps the connection.
    let close = b"connection: close\r\n";
    if let Some(at) = head.windows(close.len()).position(|window| window == close) {
        head.drain(at..at + close.len());
    }
    Written { head, pieces }
}

fn usage(chat: &Chat) -> Option<Value> {
    chat.usage.map(|(input, output)| json!({ "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output }))
}

/// A piece in chunked framing; an empty one is the end.
pub(super) fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}
