//! The sandbox's answers as a client reads them.

use super::super::{Staged, answer};
use crate::gateway::api::Api;
use crate::gateway::request::Request;
use serde_json::{Value, json};
use wire::openai::chat::event;

fn ask_in(api: Api, body: &Value) -> Staged {
    let bytes = body.to_string().into_bytes();
    let (request, _) = Request::read(api, &bytes).expect("a good request");
    answer(api, &request, &bytes, request.output_cap().unwrap_or(4096)).expect("an answer")
}

fn ask(body: &Value) -> Staged {
    ask_in(Api::Chat, body)
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
fn a_prompt_calls_several_tools_with_words_before_and_their_results_end_it() {
    let tool = |name: &str| json!({"type": "function", "function": {"name": name, "parameters": {}}});
    let mut body = prompt("[[length:3]] [[tool:read]] [[tool:grep]] [[tool:none]]");
    body["tools"] = json!([tool("grep"), tool("read")]);
    let message = plain(&body)["choices"][0]["message"].clone();
    let calls = message["tool_calls"].as_array().expect("calls").clone();
    let names: Vec<_> = calls
        .iter()
        .filter_map(|call| call["function"]["name"].as_str())
        .collect();
    assert_eq!(
        (names, &message["content"]),
        (vec!["read", "grep"], &json!("This is a"))
    );
    assert_ne!(calls[0]["id"], calls[1]["id"]);

    body["parallel_tool_calls"] = json!(false);
    assert_eq!(
        plain(&body)["choices"][0]["message"]["tool_calls"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );

    let result = |text: &str| json!({"role": "tool", "tool_call_id": calls[0]["id"], "content": text});
    let said = body["messages"][0].clone();
    body["messages"] = json!([said, message, result("[[tool:grep]]")]);
    assert_eq!(plain(&body)["choices"][0]["finish_reason"], "tool_calls");
    body["messages"][2] = result("done");
    assert_eq!(plain(&body)["choices"][0]["finish_reason"], "stop");
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

#[test]
fn each_api_gets_words_tools_json_and_thoughts_in_its_own_form() {
    let in_api = |api, body: Value| -> Value { serde_json::from_slice(&ask_in(api, &body).frames[0]).expect("JSON") };
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
    let message = in_api(
        Api::Messages,
        json!({"model": "sandbox-chat", "max_tokens": 2048, "messages": [{"role": "user", "content": "x"}],
            "thinking": {"type": "enabled", "budget_tokens": 1024}}),
    );
    assert_eq!(
        (&message["content"][0]["type"], &message["content"][1]["type"]),
        (&json!("thinking"), &json!("text"))
    );
    assert_eq!(message["usage"]["output_tokens_details"]["thinking_tokens"], 5);
    let call = in_api(
        Api::Messages,
        json!({"model": "sandbox-chat", "max_tokens": 100, "messages": [{"role": "user", "content": "x"}],
            "tools": [{"name": "f", "input_schema": schema}], "tool_choice": {"type": "tool", "name": "f"}}),
    );
    assert_eq!(
        (&call["content"][0]["input"], &call["stop_reason"]),
        (&json!({"n": 1}), &json!("tool_use"))
    );
    let response = in_api(
        Api::Responses,
        json!({"model": "sandbox-chat", "input": "x", "reasoning": {"effort": "low"},
            "text": {"format": {"type": "json_schema", "name": "s", "schema": schema}}}),
    );
    assert_eq!(
        (&response["store"], &response["status"]),
        (&json!(false), &json!("completed"))
    );
    let output = response["output"].as_array().expect("items");
    assert_eq!(
        (&output[0]["type"], &output[1]["content"][0]["text"]),
        (&json!("reasoning"), &json!("{\"n\":1}"))
    );
}

#[test]
fn prompts_times_n_get_completions_and_echo_repeats_them() {
    let body = json!({"model": "sandbox-chat", "prompt": ["one", "two"], "n": 2, "echo": true, "max_tokens": 3});
    let answer: Value = serde_json::from_slice(&ask_in(Api::Completions, &body).frames[0]).expect("JSON");
    let texts: Vec<&str> = (0..4)
        .filter_map(|index| answer["choices"][index]["text"].as_str())
        .collect();
    assert_eq!(texts, ["oneThis is a", "oneThis is a", "twoThis is a", "twoThis is a"]);
    assert_eq!(answer["usage"]["completion_tokens"], 12);
}

#[test]
fn equal_inputs_have_equal_vectors_of_the_asked_length() {
    let body = json!({"model": "sandbox-embed", "input": ["one", "two", "one"], "dimensions": 8});
    let answer: Value = serde_json::from_slice(&ask_in(Api::Embeddings, &body).frames[0]).expect("JSON");
    let vector = |index: usize| answer["data"][index]["embedding"].clone();
    assert_eq!((vector(0), vector(0).as_array().map(Vec::len)), (vector(2), Some(8)));
    assert_ne!(vector(0), vector(1));
    assert_eq!(answer["usage"]["prompt_tokens"], 6);
}
