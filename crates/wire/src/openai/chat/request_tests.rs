//! What a request reader must see, refuse, change and leave alone.

use super::*;
use crate::splice;
use proptest::prelude::*;

fn sent(body: &str, changes: Changes<'_>) -> String {
    let bytes = Bytes::copy_from_slice(body.as_bytes());
    let (request, _) = read(&bytes).expect("a good request");
    String::from_utf8(splice::apply(&bytes, request.changes(changes)).concat()).expect("text")
}

const AS_IS: Changes<'_> = Changes {
    model: "m",
    output_cap: 4096,
    user: None,
};

#[test]
fn members_are_read_wherever_they_stand() {
    let body =
        br#" {"messages":[{"role":"user","content":"hi \u00e4"}],"n":2,"model":"m","max_tokens":5,"stream":true} "#;
    let (request, texts) = read(body).expect("a good request");
    assert_eq!(
        (
            request.model.as_str(),
            request.stream,
            request.output_cap,
            request.choices
        ),
        ("m", true, Some(5), 2)
    );
    assert_eq!(texts, ["user", "hi ä"]);
}

#[test]
fn the_filter_sees_decoded_texts_of_every_place_that_reaches_the_model() {
    let body = br#"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"b\u006fmb"},
        {"type":"image_url","image_url":{"url":"https://x"}}]}],"tools":[{"function":{"description":"tool text"}}]}"#;
    let (_, texts) = read(body).expect("a good request");
    for expected in ["bomb", "https://x", "tool text"] {
        assert!(texts.iter().any(|text| text == expected), "{expected} in {texts:?}");
    }
}

#[test]
fn a_member_that_stands_twice_is_refused_also_when_written_with_escapes() {
    let twice = br#"{"model":"a","messages":[{}],"m\u006fdel":"b"}"#;
    assert_eq!(read(twice), Err(RequestError::Doubled("model")));
    assert_eq!(
        read(br#"{"model":"a","messages":[{}],"messages":[{}]}"#),
        Err(RequestError::Doubled("messages"))
    );
}

#[test]
fn bad_bodies_are_refused_by_what_is_wrong_with_them() {
    let error = |body: &str| read(body.as_bytes()).expect_err("a bad request");
    assert!(matches!(error("{\"model\":"), RequestError::Syntax(text) if text.contains("line 1 column")));
    assert_eq!(error("[]"), RequestError::NotAnObject);
    assert_eq!(error("{}"), RequestError::Missing("model"));
    assert_eq!(error(r#"{"model":"m"}"#), RequestError::Missing("messages"));
    assert_eq!(error(r#"{"model":"m","messages":[]}"#).param(), Some("messages"));
    assert_eq!(error(r#"{"model":1,"messages":[{}]}"#).param(), Some("model"));
    assert_eq!(
        error(r#"{"model":"m","messages":[{}],"max_tokens":0}"#).param(),
        Some("max_tokens")
    );
    assert_eq!(error(r#"{"model":"m","messages":[{}],"n":200}"#).param(), Some("n"));
    assert_eq!(
        error(r#"{"model":"m","messages":[{}],"max_tokens":1,"max_completion_tokens":1}"#),
        RequestError::Both("max_tokens", "max_completion_tokens")
    );
    assert_eq!(
        error(r#"{"model":"m","messages":[{}],"stream_options":{"include_usage":true}}"#),
        RequestError::Without("stream_options", "stream")
    );
    assert!(matches!(
        error(&format!("{{\"model\":\"m\",\"messages\":{}", "[".repeat(300))),
        RequestError::Syntax(_)
    ));
}

#[test]
fn a_request_that_needs_no_change_is_forwarded_as_one_slice() {
    let body = Bytes::from_static(br#"{"model":"m","messages":[{}],"max_tokens":9}"#);
    let (request, _) = read(&body).expect("a good request");
    let pieces = splice::apply(&body, request.changes(AS_IS));
    assert_eq!(pieces.len(), 1);
    assert_eq!(pieces[0].as_ptr(), body.as_ptr());
}

#[test]
fn a_missing_output_cap_is_added_and_a_larger_one_lowered() {
    assert_eq!(
        sent(r#"{"model":"m","messages":[{}] }"#, AS_IS),
        r#"{"model":"m","messages":[{}] ,"max_completion_tokens":4096}"#
    );
    let changes = Changes {
        output_cap: 10,
        ..AS_IS
    };
    assert_eq!(
        sent(r#"{"max_tokens":99,"model":"m","messages":[{}]}"#, changes),
        r#"{"max_tokens":10,"model":"m","messages":[{}]}"#
    );
    assert_eq!(
        sent(r#"{"max_tokens":null,"model":"m","messages":[{}]}"#, changes),
        r#"{"max_tokens":10,"model":"m","messages":[{}]}"#
    );
}

#[test]
fn a_stream_always_asks_the_upstream_for_its_usage() {
    let with = |options: &str| {
        let sent = sent(
            &format!(r#"{{"model":"m","messages":[{{}}],"max_tokens":1,"stream":true{options}}}"#),
            AS_IS,
        );
        let value: serde_json::Value = serde_json::from_str(&sent).expect("still JSON");
        value["stream_options"].clone()
    };
    assert_eq!(with(""), serde_json::json!({"include_usage":true}));
    assert_eq!(
        with(r#","stream_options":null"#),
        serde_json::json!({"include_usage":true})
    );
    assert_eq!(
        with(r#","stream_options":{}"#),
        serde_json::json!({"include_usage":true})
    );
    assert_eq!(
        with(r#","stream_options":{"include_usage":false}"#),
        serde_json::json!({"include_usage":true})
    );
    assert_eq!(
        with(r#","stream_options":{"include_obfuscation":false}"#),
        serde_json::json!({"include_usage":true,"include_obfuscation":false})
    );
}

#[test]
fn names_and_ids_of_the_client_are_replaced_and_nothing_is_stored_upstream() {
    let changes = Changes {
        model: "up/\"m\"",
        user: Some("pseudonym"),
        ..AS_IS
    };
    assert_eq!(
        sent(
            r#"{"model":"m","store":true,"user":"alice","safety_identifier":"bob","messages":[{}],"max_tokens":1}"#,
            changes
        ),
        r#"{"model":"up/\"m\"","store":false,"user":"pseudonym","safety_identifier":"pseudonym","messages":[{}],"max_tokens":1}"#
    );
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&body);
    }

    #[test]
    fn changed_bodies_differ_from_the_sent_ones_in_the_listed_members_only(
        text in "\\PC{0,20}", extra in 0i64..1000, cap in proptest::option::of(1u64..10_000), stream: bool, user in proptest::option::of("[a-z]{1,5}"),
    ) {
        let mut body = serde_json::json!({"messages":[{"role":"user","content":text}],"model":"m","seed":extra,"stream":stream});
        if let Some(cap) = cap { body["max_tokens"] = cap.into(); }
        if let Some(user) = &user { body["user"] = user.as_str().into(); }
        let sent = sent(&body.to_string(), Changes { model: "other", output_cap: 4096, user: Some("p") });
        let mut got: serde_json::Value = serde_json::from_str(&sent).expect("still JSON");
        let object = got.as_object_mut().expect("an object");
        for member in ["model", "max_tokens", "max_completion_tokens", "stream_options", "user"] {
            object.remove(member);
            body.as_object_mut().expect("an object").remove(member);
        }
        prop_assert_eq!(got, body);
    }
}
