//! Thinking that a provider sealed goes out to a client of another format and comes back to the provider as it was.

use serde_json::{Value, json};
use wire::dialect::Dialect;
use wire::neutral::Format;
use wire::translate::{self, Asked, Changes};

fn answer_of(provider: Format) -> Value {
    if provider == Format::Messages {
        json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "tool_use", "content": [
            {"type": "thinking", "thinking": "First\nthis.", "signature": "Sig+/="},
            {"type": "redacted_thinking", "data": "Red=="},
            {"type": "text", "text": "I look."},
            {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"at": 1}},
        ], "usage": {"input_tokens": 1, "output_tokens": 1}})
    } else {
        json!({"id": "resp_1", "object": "response", "status": "completed", "model": "m", "output": [
            {"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "First this."}], "encrypted_content": "Enc+/="},
            {"id": "msg_1", "type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "I look.", "annotations": []}]},
            {"id": "fc_1", "type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{\"at\":1}"},
        ]})
    }
}

/// The next request of a client: what it was answered, and the result of the call.
fn next_request(client: Format, answer: &Value) -> Value {
    match client {
        Format::Chat => {
            let message = answer["choices"][0]["message"].clone();
            let id = message["tool_calls"][0]["id"].clone();
            json!({"model": "m", "messages": [{"role": "user", "content": "x"}, message, {"role": "tool", "tool_call_id": id, "content": "r"}]})
        }
        Format::Responses => {
            let mut input = vec![json!({"role": "user", "content": "x"})];
            let output = answer["output"].as_array().expect("an array");
            let call = output.last().expect("a call")["call_id"].clone();
            input.extend(output.iter().cloned());
            input.push(json!({"type": "function_call_output", "call_id": call, "output": "r"}));
            json!({"model": "m", "input": input})
        }
        Format::Messages => {
            let content = answer["content"].as_array().expect("an array");
            let call = content.last().expect("a call")["id"].clone();
            json!({"model": "m", "max_tokens": 9, "messages": [
                {"role": "user", "content": "x"},
                {"role": "assistant", "content": content},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call, "content": "r"}]},
            ]})
        }
    }
}

#[test]
fn sealed_thinking_survives_a_trip_through_a_client_of_another_format() {
    let changes = Changes {
        model: "m",
        output_cap: 9,
        user: None,
    };
    for provider in [Format::Messages, Format::Responses] {
        let answer = answer_of(provider);
        for client in Format::ALL.into_iter().filter(|client| *client != provider) {
            let asked = Asked::new("id", 0, "m");
            let there =
                translate::answer(provider, client, answer.to_string().as_bytes(), &asked, None).expect("an answer");
            let body: Value = serde_json::from_slice(&there.body).expect("JSON");
            let request = next_request(client, &body).to_string();
            let back = translate::request(client, provider, request.as_bytes(), &changes, &Dialect::PLAIN, asked)
                .unwrap_or_else(|problem| panic!("{client:?}: {problem}"));
            assert!(back.dropped.is_empty(), "{client:?}: {:?}", back.dropped);
            let back: Value = serde_json::from_slice(&back.body).expect("JSON");
            if provider == Format::Messages {
                assert_eq!(back["messages"][1]["content"], answer["content"], "{client:?}");
            } else {
                let item = &back["input"][1];
                let sealed = &answer["output"][0];
                for member in ["id", "type", "summary", "encrypted_content"] {
                    assert_eq!(item[member], sealed[member], "{client:?}");
                }
            }
        }
    }
}

#[test]
fn thinking_that_another_provider_sealed_is_left_out_and_told() {
    let history = json!({"model": "m", "max_tokens": 9, "messages": [
        {"role": "user", "content": "x"},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "t", "signature": "candor-openai:rs_1:E"}, {"type": "text", "text": "y"}]},
        {"role": "user", "content": "z"},
    ]});
    let changes = Changes {
        model: "m",
        output_cap: 9,
        user: None,
    };
    let asked = Asked::new("id", 0, "m");
    let body = history.to_string();
    // Also to Anthropic itself: the client may have changed the model in the middle of a conversation.
    let outbound = translate::request(
        Format::Messages,
        Format::Messages,
        body.as_bytes(),
        &changes,
        &Dialect::PLAIN,
        asked,
    )
    .expect("a request");
    assert_eq!(outbound.dropped.places(), ["messages[1].content[0]"]);
}
