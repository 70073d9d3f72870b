//! The sandbox's answers as a client reads them.

use super::*;
use wire::openai::chat::event;

fn ask(body: &Value) -> Staged {
    let bytes = body.to_string().into_bytes();
    let (request, _) = request::read(&bytes).expect("a good request");
    answer(&request, &bytes, request.output_cap.unwrap_or(4096))
}

fn prompt(text: &str) -> Value {
    json!({"model": "sandbox-chat", "messages": [{"role": "user", "content": text}]})
}

fn plain(body: &Value) -> Value {
    serde_json::from_slice(&ask(body).frames[0]).expect("JSON")
}

#[test]
fn the_same_request_gets_the_same_answer_streamed_or_not() {
    let mut body = prompt("hello");
    assert_eq!(ask(&body), ask(&body));
    let whole = plain(&body)["choices"][0]["message"]["content"]
        .as_str()
        .expect("text")
        .to_owned();
    body["stream"] = json!(true);
    let events = ask(&body).frames;
    let streamed: String = events
        .iter()
        .filter_map(|event| serde_json::from_slice::<Value>(event.strip_prefix(b"data: ")?).ok())
        .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(streamed, whole);
    assert!(whole.contains("test model") && !whole.contains("hello"));
    assert_eq!(event::read(&events[events.len() - 1]), event::Event::Done);
    assert!(matches!(event::read(&events[events.len() - 2]), event::Event::UsageOnly(usage) if usage.output == 48));
    assert_ne!(plain(&prompt("other"))["choices"], plain(&prompt("hello"))["choices"]);
}

#[test]
fn length_and_cap_decide_how_many_tokens_come() {
    let mut body = prompt("[[length:5]]");
    assert_eq!(plain(&body)["usage"]["completion_tokens"], 5);
    body["max_tokens"] = json!(3);
    let cut = plain(&body);
    assert_eq!(
        (&cut["usage"]["completion_tokens"], &cut["choices"][0]["finish_reason"]),
        (&json!(3), &json!("length"))
    );
}

#[test]
fn a_forced_tool_is_called_with_arguments_that_fit() {
    let mut body = prompt("weather?");
    body["tools"] = json!([{"type": "function", "function": {"name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}]);
    assert!(plain(&body)["choices"][0]["message"]["tool_calls"].is_null());
    body["tool_choice"] = json!({"type": "function", "function": {"name": "weather"}});
    let call = plain(&body)["choices"][0]["message"]["tool_calls"][0].clone();
    assert_eq!(
        (&call["function"]["name"], &call["function"]["arguments"]),
        (&json!("weather"), &json!("{\"city\":\"test\"}"))
    );
    body["tool_choice"] = json!("auto");
    body["messages"][0]["content"] = json!("[[tool]]");
    assert_eq!(plain(&body)["choices"][0]["finish_reason"], "tool_calls");
}

#[test]
fn a_json_format_gets_a_document_that_fits() {
    let mut body = prompt("x");
    body["response_format"] =
        json!({"type": "json_schema", "json_schema": {"schema": {"properties": {"n": {"type": "integer"}}}}});
    assert_eq!(plain(&body)["choices"][0]["message"]["content"], "{\"n\":1}");
}

#[test]
fn an_asked_for_error_has_its_status_and_the_apis_shape() {
    let staged = ask(&prompt("[[error:429]]"));
    assert_eq!(staged.status, 429);
    assert!(wire::openai::error::read(&staged.frames[0]).is_some());
}
