//! The edges that clients stumble over: what is refused, with which member and which code, and what is taken.

use wire::neutral::{Delivery, Format};
use wire::problem::Problem;
use wire::translate::read_request;

const MESSAGES: &str = r#""messages":[{"role":"user","content":"x"}]"#;

/// A format, members of a request beside the model, the member at fault and OpenAI's code.
#[rustfmt::skip]
const REFUSED: &[(Format, &str, &str, &str)] = &[
    (Format::Chat, r#""messages":[]"#, "messages", "invalid_type"),
    (Format::Chat, r#""messages":[{"role":"user","content":"x"}],"max_tokens":1,"max_completion_tokens":1"#, "max_tokens", "unsupported_parameter"),
    (Format::Chat, r#""messages":[{"role":"user","content":"x"}],"stream_options":{}"#, "stream_options", "unsupported_parameter"),
    (Format::Chat, r#""messages":[{"role":"user","content":"x"}],"stream":"yes""#, "stream", "invalid_type"),
    (Format::Chat, r#""messages":[{"role":"user","content":"x"}],"stop":[1]"#, "stop", "invalid_type"),
    (Format::Chat, r#""messages":[{"role":"user"}]"#, "messages[0].content", "missing_required_parameter"),
    (Format::Chat, r#""messages":[{"role":"wizard","content":"x"}]"#, "messages[0].role", "invalid_type"),
    (Format::Chat, r#""messages":[{"role":"tool","content":"x"}]"#, "messages[0].tool_call_id", "missing_required_parameter"),
    (Format::Chat, r#""messages":[{"role":"user","content":"x","role":"system"}]"#, "messages[0].role", "duplicate_parameter"),
    (Format::Chat, r#""messages":[{"role":"user","content":[{"type":"text","text":"a","te\u0078t":"b"}]}]"#, "messages[0].content[0].text", "duplicate_parameter"),
    (Format::Chat, r#""messages":[{"role":"user","content":"x"}],"model":"other""#, "model", "duplicate_parameter"),
    (Format::Chat, r#""messages":[{"role":"user","content":"\ud800"}]"#, "messages[0].content", "invalid_type"),
    (Format::Responses, r#""input":7"#, "input", "invalid_type"),
    (Format::Responses, "\"temperature\":1", "input", "missing_required_parameter"),
    (Format::Responses, r#""input":"x","stream_options":{"include_obfuscation":true}"#, "stream_options", "unsupported_parameter"),
    (Format::Responses, r#""input":[{"type":"function_call_output","output":"x"}]"#, "input[0].call_id", "missing_required_parameter"),
    (Format::Responses, r#""input":"x","max_output_tokens":0"#, "max_output_tokens", "invalid_type"),
    (Format::Messages, r#""messages":[{"role":"user","content":"x"}]"#, "max_tokens", "missing_required_parameter"),
    (Format::Messages, r#""max_tokens":1,"messages":[{"role":"tool","content":"x"}]"#, "messages[0].role", "invalid_type"),
    (Format::Messages, r#""max_tokens":-1,"messages":[{"role":"user","content":"x"}]"#, "max_tokens", "invalid_type"),
    (Format::Messages, r#""max_tokens":1,"messages":[{"role":"user","content":[{"type":"tool_result"}]}]"#, "messages[0].content[0].tool_use_id", "missing_required_parameter"),
];

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (format, members, param, code) in REFUSED {
        let body = format!("{{\"model\":\"m\",{members}}}");
        let problem = read_request(*format, body.as_bytes()).expect_err(&body);
        assert_eq!((problem.param(), problem.code()), (Some(*param), Some(*code)), "{body}");
    }
}

#[test]
fn what_is_no_json_is_told_with_its_position() {
    for format in Format::ALL {
        let problem = read_request(format, b"{\"model\":\"m\",}").expect_err("no JSON");
        assert!(
            matches!(&problem, Problem::Syntax(text) if text.contains("line 1 column 14")),
            "{problem}"
        );
        assert_eq!(
            read_request(format, b"[]").expect_err("no object"),
            Problem::NotAnObject
        );
        assert!(matches!(read_request(format, b"\xff"), Err(Problem::Syntax(_))));
        assert!(matches!(read_request(format, b"{} {}"), Err(Problem::Syntax(_))));
    }
}

#[test]
fn what_clients_send_is_taken() {
    for (format, members) in [
        (Format::Chat, format!(r#"{MESSAGES},"stop":null,"tools":[],"stream":null,"max_tokens":null"#)),
        (Format::Chat, r#""messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":""}}]}]"#.to_owned()),
        (Format::Chat, r#""messages":[{"role":"user","content":[{"type":"image_url","image_url":"https://example.org/a.png"}]}]"#.to_owned()),
        (Format::Responses, r#""input":[{"role":"user","content":"x"}],"store":null,"reasoning":null,"text":null"#.to_owned()),
        (Format::Messages, format!(r#""max_tokens":0,"system":"",{MESSAGES}"#)),
        (Format::Messages, r#""max_tokens":1,"messages":[{"role":"user","content":[]},{"role":"user","content":"x"}]"#.to_owned()),
    ] {
        let body = format!("{{\"model\":\"m\",{members}}}");
        if let Err(problem) = read_request(format, body.as_bytes()) {
            panic!("{body}: {problem}");
        }
    }
}

#[test]
fn only_chat_completions_ask_for_usage_in_a_stream() {
    let body = format!("{{\"model\":\"m\",{MESSAGES},\"stream\":true}}");
    let request = read_request(Format::Chat, body.as_bytes()).expect("a request");
    assert_eq!(request.delivery, Delivery::Streamed { usage: false });
}
