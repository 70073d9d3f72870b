//! At the most talkative level the crates below are heard, each of them, and say nothing.

use std::collections::BTreeMap;

use serde_json::json;
use testkit::canary::Canary;
use testkit::scan::Scan;
use testkit::site::MODEL;
use testkit::upstream::Chat;
use testkit::{Database, FakeUpstream, Reply, Request, Serving, Site, both_databases, http2};

/// A model whose provider is asked over TLS, by an address that speaks none.
const OVER_TLS: &str = "over-tls";

both_databases! {
    fn other_crates_are_heard_at_trace_and_none_of_their_texts_is_written(database) {
        let upstream = FakeUpstream::start();
        let tls = format!(
            "[[provider]]\nname = \"tls\"\nkind = \"openai\"\nbase_url = \"https://localhost:{}/v1\"\nkey = \"k\"\nregion = \"eu\"\n\n\
             [[model]]\nname = \"{OVER_TLS}\"\nroutes = [\"tls/m\"]\nprice = {{ currency = \"EUR\", input = \"0.15\", output = \"0.60\" }}\n",
            upstream.address().port(),
        );
        let site = Site::new(database).upstream(&upstream).config(&tls).environment("RUST_LOG", "trace");
        let key = site.customer("ada@example.test", "1.00");
        let serving = site.serve();
        let canaries = talk(&serving, &upstream, &key);
        assert!(serving.terminate().success());
        let log = site.log();
        let heard = heard(&log);
        for told in told_by(site.database()) {
            assert!(heard.get(told).is_some_and(|lines| *lines > 0), "nothing was heard of {told}: {heard:?}");
        }
        let texts: Vec<&str> = canaries.iter().map(|canary| canary.text.as_str()).chain([key.as_str()]).collect();
        Scan::bytes("log", &log, &texts).assert_clean();
        let planted = [log.as_slice(), canaries[0].text.as_bytes()].concat();
        assert_eq!(Scan::bytes("log", &planted, &texts).hits.len(), 1, "a planted canary is found");
    }
}

/// Requests over HTTP/2, over HTTP/1.1, and to a provider behind TLS.
fn talk(serving: &Serving<'_>, upstream: &FakeUpstream, key: &str) -> Vec<Canary> {
    let canaries: Vec<Canary> = ["answer", "prompt", "user agent", "query", "name of a host"]
        .map(Canary::new)
        .into();
    let [answer, prompt, agent, query, _] = canaries.as_slice() else {
        panic!("five canaries")
    };
    upstream.always(Reply::Good(Chat {
        pieces: vec![answer.sentence(), answer.text.clone()],
        ..Chat::default()
    }));
    let body = |model: &str| {
        json!({ "model": model, "messages": [{ "role": "user", "content": prompt.sentence() }] }).to_string()
    };
    let path = format!("/v1/chat/completions?{}=1", query.text);
    let bearer = format!("Bearer {key}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
        ("user-agent", agent.text.as_str()),
    ];
    let told = http2::post(serving.address(), &path, &headers, body(MODEL).as_bytes()).unwrap();
    assert!(
        String::from_utf8_lossy(&told).contains(&answer.text),
        "the answer reaches its owner"
    );
    let post = |model: &str| {
        Request::post(path.as_str(), body(model))
            .header("user-agent", &agent.text)
            .key(key)
    };
    assert_eq!(serving.send(&post(MODEL)).status, 200);
    assert!(serving.send(&post(OVER_TLS)).status >= 500);
    canaries
}

/// Which crates must be heard. hyper only says something in a build that `CONTRIBUTING.md` tells of.
fn told_by(database: &Database) -> Vec<&'static str> {
    let mut crates = vec!["h2", "rustls"];
    if cfg!(hyper_unstable_tracing) {
        crates.push("hyper");
    }
    if matches!(database, Database::Postgres { .. }) {
        crates.push("tokio_postgres");
    }
    crates
}

/// How many lines of each crate there are. Of those that aren't ours each holds its head alone.
fn heard(log: &[u8]) -> BTreeMap<String, usize> {
    const OURS: [&str; 8] = ["candor", "store", "egress", "wire", "detect", "policy", "pages", "base"];
    let mut heard = BTreeMap::new();
    for line in log.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let line: serde_json::Value = serde_json::from_slice(line).unwrap();
        let target = line["target"].as_str().unwrap();
        let name = target.split("::").next().unwrap().to_owned();
        if !OURS.contains(&name.as_str()) {
            let members: Vec<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(members, ["at", "level", "message", "target"], "{line}");
            assert!(
                line["message"].as_str().unwrap().starts_with("(withheld) line "),
                "{line}"
            );
        }
        *heard.entry(name).or_default() += 1;
    }
    heard
}
