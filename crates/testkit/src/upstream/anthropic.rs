//! Good answers of Anthropic's messages.

use serde_json::{Value, json};

use super::reply::Chat;

/// A plain answer.
pub(super) fn message(request: &Value, chat: &Chat) -> Value {
    let (input, output) = chat.usage.unwrap_or_default();
    let mut message = head(request);
    message["content"] = json!([{ "type": "text", "text": chat.text(), "citations": null }]);
    message["stop_reason"] = json!(stop_reason(chat));
    message["usage"] = json!({ "input_tokens": input, "output_tokens": output });
    message
}

/// The events of a streamed one.
pub(super) fn events(request: &Value, chat: &Chat) -> Vec<String> {
    let (input, output) = chat.usage.unwrap_or_default();
    let mut begun = head(request);
    begun["usage"] = json!({ "input_tokens": input, "output_tokens": 1 });
    let mut events = vec![
        json!({ "type": "message_start", "message": begun }),
        json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } }),
        json!({ "type": "ping" }),
    ];
    let delta =
        |piece| json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": piece } });
    events.extend(chat.pieces.iter().map(delta));
    events.push(json!({ "type": "content_block_stop", "index": 0 }));
    events.push(json!({
        "type": "message_delta", "usage": { "output_tokens": output },
        "delta": { "stop_reason": stop_reason(chat), "stop_sequence": null },
    }));
    events.push(json!({ "type": "message_stop" }));
    let written = |event: &Value| {
        format!(
            "event: {}\ndata: {event}\n\n",
            event["type"].as_str().unwrap_or_default()
        )
    };
    events.iter().map(written).collect()
}

fn head(request: &Value) -> Value {
    json!({
        "id": "msg_fake", "type": "message", "role": "assistant", "model": request["model"],
        "content": [], "stop_reason": null, "stop_sequence": null,
    })
}

fn stop_reason(chat: &Chat) -> &'static str {
    match chat.finish_reason {
        "length" => "max_tokens",
        "tool_calls" => "tool_use",
        _ => "end_turn",
    }
}
