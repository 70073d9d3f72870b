//! Limits as clients meet them: refused in their API's words, told in its headers, ended with the answer.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::http::{Answer, Request, Streamed};
use testkit::scan::Scan;
use testkit::site::MODEL;
use testkit::upstream::{Chat, FakeUpstream, Reply};
use testkit::{Database, Serving, Site, both_databases, wait};

use super::{A_SECOND, EMAIL, FIVE_SECONDS, TWO_SECONDS};

fn limited(site: &Site, limits: &str) -> String {
    site.cli_ok(&["key", "create", "--account", EMAIL, "--limit", limits])
}

/// The value of a header that is a number.
fn number(answer: &Answer, name: &str) -> u64 {
    let value = answer
        .header(name)
        .unwrap_or_else(|| panic!("no {name}: {}", answer.text()));
    value.parse().unwrap()
}

fn no_limits_are_told(answer: &Answer) -> bool {
    [
        "x-ratelimit-limit-requests",
        "anthropic-ratelimit-requests-limit",
        "x-ratelimit-limit-tokens",
    ]
    .iter()
    .all(|name| answer.header(name).is_none())
}

fn tell(serving: &Serving<'_>, key: &str) -> Value {
    serving.send(&Request::get("/v1/candor/key").key(key)).json()["limits"].clone()
}

both_databases! {
    fn a_limit_on_requests_is_told_by_each_answer_and_refuses_in_each_apis_words(database) {
        let site = Site::new(database);
        let free = site.customer(EMAIL, "10.00");
        let key = limited(&site, "requests=3/h");
        let serving = site.serve();
        let chat = Request::chat("sandbox-chat", "x", Streamed::No);
        for remaining in [2, 1] {
            let answer = serving.send(&chat.clone().key(&key));
            assert_eq!((answer.status, number(&answer, "x-ratelimit-limit-requests")), (200, 3));
            assert_eq!(number(&answer, "x-ratelimit-remaining-requests"), remaining);
            let reset = answer.header("x-ratelimit-reset-requests").unwrap();
            assert!(reset == "1h0m0s" || reset.starts_with("59m5"), "{reset}");
            assert!(answer.header("x-ratelimit-limit-tokens").is_none());
        }
        let message = Request::messages("sandbox-chat", "x", Streamed::Yes);
        let answer = serving.send(&message.clone().key(&key));
        assert_eq!((answer.status, number(&answer, "anthropic-ratelimit-requests-remaining")), (200, 0));
        let reset = answer.header("anthropic-ratelimit-requests-reset").unwrap();
        assert!(reset.len() == "2026-01-01T00:00:00Z".len() && reset.ends_with('Z'), "{reset}");
        assert_eq!(tell(&serving, &key)["requests"], json!({ "limit": 3, "per": "hour", "remaining": 0 }));

        let refused = serving.send(&chat.clone().key(&key));
        let error = &refused.json()["error"];
        assert_eq!((refused.status, &error["code"], &error["type"]), (429, &"rate_limit_exceeded".into(), &"requests".into()));
        assert!((3590..=3600).contains(&number(&refused, "retry-after")), "{:?}", refused.header("retry-after"));
        assert_eq!(number(&refused, "x-ratelimit-remaining-requests"), 0);
        let refused = serving.send(&message.key(&key));
        assert_eq!((refused.status, &refused.json()["error"]["type"]), (429, &"rate_limit_error".into()));
        assert_eq!(number(&refused, "anthropic-ratelimit-requests-limit"), 3);

        let answer = serving.send(&chat.key(&free));
        assert!(answer.status == 200 && no_limits_are_told(&answer));
    }
}

#[test]
fn tokens_are_reserved_while_an_answer_comes_and_counted_by_use_when_it_came() {
    let upstream = FakeUpstream::start();
    let site = Site::new(Database::sqlite()).upstream(&upstream);
    site.customer(EMAIL, "10.00");
    let key = limited(&site, "tokens=100000/h");
    let serving = site.serve();
    upstream.next(Reply::Good(Chat::of_pieces(20).paced(Duration::from_millis(100))));
    let ask = |streamed| Request::chat(MODEL, "Hello", streamed).key(&key);
    let mut stream = ask(Streamed::Yes).open(serving.address()).unwrap();
    stream.piece().unwrap();
    let reserved = tell(&serving, &key)["tokens"]["remaining"].as_u64().unwrap();
    assert!(reserved < 100_000 - 1000, "the output cap is counted: {reserved}");
    let answer = stream.read_to_end().unwrap();
    assert_eq!(number(&answer, "x-ratelimit-remaining-tokens"), reserved);
    let left = wait::until(A_SECOND, "the use is counted", || {
        tell(&serving, &key)["tokens"]["remaining"]
            .as_u64()
            .filter(|left| *left > reserved)
    });
    let answer = serving.send(&ask(Streamed::No));
    let used = answer.json()["usage"]["total_tokens"].as_u64().unwrap();
    assert_eq!(
        number(&answer, "x-ratelimit-remaining-tokens"),
        left - used,
        "a plain answer tells what it used"
    );
    upstream.next(Reply::Status(500, "{}".to_owned(), Vec::new()));
    upstream.next(Reply::Status(500, "{}".to_owned(), Vec::new()));
    let failed = serving.send(&ask(Streamed::No));
    assert!(failed.status >= 500, "{}", failed.text());
    assert_eq!(
        number(&failed, "x-ratelimit-remaining-tokens"),
        left - used,
        "a failed one used nothing"
    );
}

#[test]
fn a_request_at_once_ends_with_its_answer_with_its_client_and_with_its_refusal() {
    let upstream = FakeUpstream::start();
    let site = Site::new(Database::sqlite()).upstream(&upstream);
    site.customer(EMAIL, "10.00");
    let key = limited(&site, "concurrent=1");
    let serving = site.serve();
    let ask = |prompt: &str, streamed| Request::chat("sandbox-chat", prompt, streamed).key(&key);
    let slow = || {
        ask("[[length:400]] [[pace:100ms]]", Streamed::Yes)
            .open(serving.address())
            .unwrap()
    };

    let mut stream = slow();
    stream.piece().unwrap();
    let refused = serving.send(&ask("x", Streamed::No));
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (429, Some("1")),
        "{}",
        refused.text()
    );
    assert!(refused.text().contains("at once: limit 1"), "{}", refused.text());
    assert_eq!(
        tell(&serving, &key)["concurrent"],
        json!({ "limit": 1, "remaining": 0 })
    );
    drop(stream);
    wait::until_true(TWO_SECONDS, "the client that left is let go", || {
        serving.send(&ask("x", Streamed::No)).status == 200
    });

    for (prompt, model) in [
        ("[[error:500]]", "sandbox-chat"),
        ("x", "no-such-model"),
        ("[[cut]]", "sandbox-chat"),
    ] {
        let answer = serving.send(&Request::chat(model, prompt, Streamed::No).key(&key));
        assert_ne!(answer.status, 429, "{prompt}: {}", answer.text());
        wait::until_true(A_SECOND, "it has ended", || {
            tell(&serving, &key)["concurrent"]["remaining"] == 1
        });
    }
}

#[test]
fn what_a_provider_tells_of_its_own_limits_is_not_told_as_ours() {
    let upstream = FakeUpstream::start();
    let site = Site::new(Database::sqlite()).upstream(&upstream);
    let free = site.customer(EMAIL, "10.00");
    let key = limited(&site, "requests=50/m");
    let serving = site.serve();
    let theirs = || {
        vec![
            ("x-ratelimit-limit-requests", "7".to_owned()),
            ("x-ratelimit-remaining-tokens", "3".to_owned()),
        ]
    };
    let good = json!({
        "id": "c", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": "Hi" }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4 },
    });
    for (status, body) in [(200, good.to_string()), (429, "{}".to_owned())] {
        for key in [&free, &key] {
            upstream.next(Reply::Status(status, body.clone(), theirs()));
            let answer = serving.send(&Request::chat(MODEL, "Hello", Streamed::No).key(key));
            assert_eq!(answer.status, status, "{}", answer.text());
            if key == &free {
                assert!(no_limits_are_told(&answer));
            } else {
                assert_eq!(number(&answer, "x-ratelimit-limit-requests"), 50);
                assert!(answer.header("x-ratelimit-remaining-tokens").is_none());
            }
        }
    }
}

#[test]
fn account_organisation_model_and_end_user_are_limited_by_the_configuration() {
    const USER: &str = "canary-end-user-7f3a";
    let upstream = FakeUpstream::start();
    let rates =
        "[limits.rate]\naccount = \"requests=100/h\"\norganisation = \"requests=90/h\"\nend_user = \"requests=2/h\"\n";
    let site = Site::new(Database::sqlite()).config(rates).upstream(&upstream);
    let key = site.customer(EMAIL, "10.00");
    let serving = site.serve();
    let ask = |path: &str, mut body: Value| {
        body["model"] = "sandbox-chat".into();
        serving.send(&Request::post(path, body.to_string()).key(&key))
    };
    let user = [json!({ "role": "user", "content": "x" })];
    let chat = json!({ "messages": user, "user": USER });
    let response = json!({ "input": "x", "safety_identifier": USER });
    let message = json!({ "messages": user, "max_tokens": 9, "metadata": { "user_id": USER } });
    assert_eq!(
        number(&ask("/v1/chat/completions", chat), "x-ratelimit-remaining-requests"),
        1
    );
    assert_eq!(
        number(&ask("/v1/responses", response), "x-ratelimit-remaining-requests"),
        0
    );
    let refused = ask("/v1/messages", message);
    assert_eq!(refused.status, 429, "{}", refused.text());
    assert!(
        refused.text().contains("of this end user: limit 2 per hour"),
        "{}",
        refused.text()
    );
    let other = ask(
        "/v1/chat/completions",
        json!({ "messages": user, "user": "somebody else" }),
    );
    assert_eq!(number(&other, "x-ratelimit-remaining-requests"), 1);
    let nobody = ask("/v1/chat/completions", json!({ "messages": user }));
    assert_eq!(
        number(&nobody, "x-ratelimit-limit-requests"),
        90,
        "the tighter of organisation and account"
    );

    wait::until_true(FIVE_SECONDS, "all is applied", || {
        site.cli_json(&["usage", "--account", EMAIL])["keys"][0]["requests"] == 4
    });
    drop(serving);
    Scan::folder(site.folder(), &[USER]).assert_clean();
}
