//! Good answers as bytes, to be sent whole or broken: of the API whose path was asked.

use serde_json::{Value, json};

use super::Captured;
use super::reply::Chat;

/// An answer's head and its pieces, each with its own frame.
pub(super) struct Written {
    pub(super) head: Vec<u8>,
    pub(super) pieces: Vec<Vec<u8>>,
}

/// The answer that the request asks for.
pub(super) fn write(request: &Captured, chat: &Chat) -> Written {
    let asked = request.json();
    let path = request.path();
    let is_streamed = asked["stream"] == true;
    match path.split('?').next().unwrap_or_default() {
        "/v1/messages" if is_streamed => events(&super::anthropic::events(&asked, chat)),
        "/v1/messages" => whole(&super::anthropic::message(&asked, chat)),
        "/v1/messages/count_tokens" => whole(&json!({ "input_tokens": chat.usage.map_or(0, |(input, _)| input) })),
        "/v1/embeddings" => whole(&vectors(&asked, chat)),
        _ if is_streamed => streamed(&asked, chat),
        _ => plain(&asked, chat),
    }
}

/// A document.
fn whole(body: &Value) -> Written {
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

/// A vector of two numbers for each input, as servers that know no base64 answer.
fn vectors(request: &Value, chat: &Chat) -> Value {
    let inputs = request["input"].as_array().map_or(1, Vec::len);
    let data: Vec<Value> = (0..inputs)
        .map(|index| json!({ "object": "embedding", "index": index, "embedding": [1.0, -0.5] }))
        .collect();
    let tokens = chat.usage.map_or(0, |(input, _)| input);
    json!({ "object": "list", "data": data, "model": request["model"], "usage": { "prompt_tokens": tokens, "total_tokens": tokens } })
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
    whole(&body)
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
    let events: Vec<String> = events.iter().map(|data| format!("data: {data}\n\n")).collect();
    self::events(&events)
}

/// A stream with its own framing, which keeps the connection.
fn events(events: &[String]) -> Written {
    let headers = [
        ("content-type", "text/event-stream; charset=utf-8".to_owned()),
        ("transfer-encoding", "chunked".to_owned()),
    ];
    let mut pieces: Vec<Vec<u8>> = events.iter().map(|event| chunk(event.as_bytes())).collect();
    pieces.push(chunk(b""));
    let mut head = head(200, &headers, None);
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
