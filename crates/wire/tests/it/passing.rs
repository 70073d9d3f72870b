//! Requests that pass through: what is read of them, and that nothing changes but what may.

use bytes::Bytes;
use serde_json::{Value, json};
use wire::passing::{Endpoint, read};
use wire::problem::Problem;
use wire::splice;
use wire::translate::Changes;

const CHANGES: Changes<'_> = Changes {
    model: "upstream",
    output_cap: 1000,
    user: Some("pseudonym"),
};

fn changed(endpoint: Endpoint, body: &str) -> Value {
    let (request, _) = read(endpoint, body.as_bytes()).unwrap_or_else(|problem| panic!("{body}: {problem}"));
    let pieces = splice::apply(&Bytes::copy_from_slice(body.as_bytes()), request.changes(&CHANGES));
    serde_json::from_slice(&pieces.concat()).expect("JSON")
}

#[test]
fn only_what_may_change_does() {
    let responses = r#"{"input":"x", "model":"m","max_output_tokens":5000,"user":"ann","safety_identifier":"bob","store":null,"new":[1.50]}"#;
    assert_eq!(
        changed(Endpoint::Responses, responses),
        json!({"input": "x", "model": "upstream", "max_output_tokens": 1000, "user": "pseudonym", "safety_identifier": "pseudonym", "store": false, "new": [1.50]})
    );
    let messages = r#"{"model":"m","max_tokens":10,"messages":[],"metadata":{"user_id":"ann","x":1}}"#;
    assert_eq!(
        changed(Endpoint::Messages, messages),
        json!({"model": "upstream", "max_tokens": 10, "messages": [], "metadata": {"user_id": "pseudonym", "x": 1}})
    );
    let completions = r#"{"model":"m","prompt":["a","b"],"n":3,"stream":true,"max_tokens":null}"#;
    assert_eq!(
        changed(Endpoint::Completions, completions),
        json!({"model": "upstream", "prompt": ["a", "b"], "n": 3, "stream": true, "max_tokens": 16, "stream_options": {"include_usage": true}})
    );
    let embeddings = r#"{"model":"upstream","input":"x","encoding_format":"base64"}"#;
    assert_eq!(
        changed(Endpoint::Embeddings, embeddings),
        serde_json::from_str::<Value>(embeddings).expect("JSON")
    );
}

#[test]
fn a_response_is_never_kept_by_the_provider() {
    for body in [
        r#"{"model":"m","input":"x"}"#,
        r#"{"model":"m","input":"x","store":true}"#,
    ] {
        assert_eq!(changed(Endpoint::Responses, body)["store"], false, "{body}");
    }
    for (member, name) in [
        ("\"store\":true", "store"),
        ("\"previous_response_id\":\"r\"", "previous_response_id"),
        ("\"conversation\":{}", "conversation"),
        ("\"background\":true", "background"),
    ] {
        let body = format!("{{\"model\":\"m\",\"input\":\"x\",{member}}}");
        let (request, _) = read(Endpoint::Responses, body.as_bytes()).expect("a request");
        assert_eq!(request.needs_keeping, Some(name));
    }
}

#[test]
fn answers_are_counted_as_prompts_times_n() {
    for (prompt, rest, answers) in [
        ("\"a\"", "", 1),
        ("[\"a\",\"b\"]", "", 2),
        ("[1,2,3]", "", 1),
        ("[[1,2],[3]]", ",\"n\":2", 4),
        ("\"a\"", ",\"n\":2,\"best_of\":5", 5),
    ] {
        let body = format!("{{\"model\":\"m\",\"prompt\":{prompt}{rest}}}");
        let (request, _) = read(Endpoint::Completions, body.as_bytes()).expect("a request");
        assert_eq!((request.answers, request.output_cap), (answers, Some(16)), "{body}");
    }
}

#[test]
fn what_is_wrong_is_told() {
    for (endpoint, body, param) in [
        (Endpoint::Responses, r#"{"model":"m"}"#, "input"),
        (Endpoint::Messages, r#"{"model":"m","messages":[]}"#, "max_tokens"),
        (Endpoint::Messages, r#"{"messages":[],"max_tokens":1}"#, "model"),
        (Endpoint::Embeddings, r#"{"model":"m","input":""}"#, "input"),
        (Endpoint::Embeddings, r#"{"model":"m","input":["a",""]}"#, "input"),
        (Endpoint::Embeddings, r#"{"model":"m","input":[]}"#, "input"),
        (Endpoint::Completions, r#"{"model":"m","prompt":"a","n":0}"#, "n"),
        (
            Endpoint::Completions,
            r#"{"model":"m","prompt":"a","stream_options":{}}"#,
            "stream_options",
        ),
        (
            Endpoint::Responses,
            r#"{"model":"m","input":"x","mo\u0064el":"y"}"#,
            "model",
        ),
    ] {
        let problem = read(endpoint, body.as_bytes()).expect_err(body);
        assert_eq!(problem.param(), Some(param), "{body}");
    }
    let many = vec!["\"a\""; 2049].join(",");
    let body = format!("{{\"model\":\"m\",\"input\":[{many}]}}");
    assert!(matches!(
        read(Endpoint::Embeddings, body.as_bytes()),
        Err(Problem::Value { .. })
    ));
    let deep = format!(
        "{{\"model\":\"m\",\"input\":{}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert!(matches!(
        read(Endpoint::Responses, deep.as_bytes()),
        Err(Problem::Value { .. })
    ));
}

#[test]
fn the_filter_sees_every_text_that_the_model_reads() {
    let body = r#"{"model":"m","max_tokens":1,"system":"one","messages":[{"role":"user","content":[{"type":"text","text":"tw\u006f"},{"type":"tool_result","content":"three"}]}],"tools":[{"name":"n","description":"four"}],"metadata":{"user_id":"not this"}}"#;
    let (_, texts) = read(Endpoint::CountTokens, body.as_bytes()).expect("a request");
    for text in ["one", "two", "three", "four"] {
        assert!(texts.iter().any(|seen| seen == text), "{text}");
    }
    assert!(!texts.iter().any(|seen| seen == "not this"));
}
