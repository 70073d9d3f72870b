//! JSON that is deeper than anybody needs.

use testkit::upstream::FakeUpstream;
use testkit::{Database, Request, Site};

use super::{EMAIL, Healthy, MIB, alone, grew_at_most, most_memory};

const LEVELS: usize = 100_000;

#[test]
fn deep_json_is_refused_or_passes_and_breaks_nothing() {
    let _alone = alone();
    let upstream = FakeUpstream::start();
    let site = Site::new(Database::sqlite())
        .provider("compatible", "compatible", &upstream)
        .provider("anthropic", "anthropic", &upstream);
    let key = site.customer(EMAIL, "1000.00");
    let serving = site.serve();
    let healthy = Healthy::start(&serving, &key);
    let before = most_memory(&serving);
    let arrays = format!("{}{}", "[".repeat(LEVELS), "]".repeat(LEVELS));
    let objects = format!("{}1{}", "{\"a\":".repeat(LEVELS), "}".repeat(LEVELS));
    let open = "[{\"a\":".repeat(LEVELS);
    let quoted = serde_json::to_string(&objects).unwrap();
    let mut asked = 0;
    for model in ["compatible", "anthropic", "sandbox-chat"] {
        for deep in [&arrays, &objects, &open] {
            for (path, body) in [
                (
                    "/v1/chat/completions",
                    format!(r#"{{"model":"{model}","messages":{deep}}}"#),
                ),
                (
                    "/v1/chat/completions",
                    format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":{deep}}}]}}"#),
                ),
                (
                    "/v1/chat/completions",
                    format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":"x"}}],"unknown":{deep}}}"#),
                ),
                ("/v1/responses", format!(r#"{{"model":"{model}","input":{deep}}}"#)),
                (
                    "/v1/messages",
                    format!(r#"{{"model":"{model}","max_tokens":9,"messages":{deep}}}"#),
                ),
                (
                    "/v1/messages",
                    format!(
                        r#"{{"model":"{model}","max_tokens":9,"messages":[{{"role":"user","content":"x"}}],"tools":[{{"name":"t","input_schema":{deep}}}]}}"#
                    ),
                ),
                ("/v1/messages", deep.clone()),
            ] {
                let answer = serving.send(&Request::post(path, body).key(&key));
                assert!(matches!(answer.status, 200 | 400), "{model} {path}: {}", answer.text());
                assert!(
                    deep != &open || answer.status == 400,
                    "{model} {path}: {}",
                    answer.text()
                );
                asked += 1;
            }
        }
        let call = format!(
            r#"{{"model":"{model}","messages":[{{"role":"user","content":"x"}},{{"role":"assistant","tool_calls":[{{"id":"c","type":"function","function":{{"name":"t","arguments":{quoted}}}}}]}},{{"role":"tool","tool_call_id":"c","content":"y"}}]}}"#
        );
        let answer = serving.send(&Request::post("/v1/chat/completions", call).key(&key));
        assert!(matches!(answer.status, 200 | 400), "{model}: {}", answer.text());
        asked += 1;
    }
    assert_eq!(asked, 66);
    healthy.never_waited();
    grew_at_most(&serving, before, 64 * MIB);
}
