//! A canary in every input: none is ever found in the clear on disk, in a log line or in a metric, at the most talkative log level.

use std::time::Duration;

use serde_json::json;
use testkit::canary::Canary;
use testkit::http::Streamed;
use testkit::scan::Scan;
use testkit::site::MODEL;
use testkit::upstream::{Chat, KEY};
use testkit::{Database, FakeUpstream, Reply, Request, Serving, Site};

use crate::books::receipt;

/// What is put into the program, and must not come out of it but in answers to its owner.
struct Inputs {
    canaries: Vec<Canary>,
    key: String,
    revoked: String,
}

impl Inputs {
    fn canary(&mut self, origin: &'static str) -> Canary {
        let canary = Canary::new(origin);
        self.canaries.push(canary.clone());
        canary
    }

    /// Everything that a scan searches for.
    fn texts(&self) -> Vec<&str> {
        let canaries = self.canaries.iter().map(|canary| canary.text.as_str());
        canaries
            .chain([self.key.as_str(), self.revoked.as_str(), KEY])
            .collect()
    }
}

testkit::both_databases! {
    fn no_input_is_found_on_disk_in_logs_or_in_metrics(database) {
        let upstream = FakeUpstream::start();
        let site = Site::new(database).upstream(&upstream).environment("RUST_LOG", "trace").environment("CANDOR__UPSTREAM__IDLE", "300ms");
        let mut inputs = open_account(&site);
        let serving = site.serve();
        let receipts = ask_well(&serving, &upstream, &mut inputs);
        ask_badly(&serving, &upstream, &mut inputs);
        for id in &receipts {
            // Read back by its owner: so it was kept, and the scan below looks where it lies.
            assert_eq!(receipt(&serving, &inputs.key, id)["status"], "completed");
        }
        let metrics = serving.operations("/metrics");
        assert!(metrics.status == 200 && !metrics.body.is_empty());
        let found = |metrics: &[u8]| scan(&site, metrics, &inputs.texts());
        found(&metrics.body).assert_clean();
        assert!(serving.terminate().success());
        found(&metrics.body).assert_clean();
        prove_alive(&site, &inputs);
    }
}

testkit::both_databases! {
    fn no_input_is_found_after_a_kill_while_everything_is_in_the_spool(database) {
        let upstream = FakeUpstream::start();
        let site = Site::new(database).upstream(&upstream).environment("RUST_LOG", "trace");
        let mut inputs = open_account(&site);
        let serving = site.serve();
        upstream.always(Reply::Good(Chat::of_pieces(4)));
        for stream in [Streamed::Yes, Streamed::No] {
            let prompt = inputs.canary("prompt").sentence();
            assert!(serving.send(&Request::chat(MODEL, &prompt, stream).key(&inputs.key)).is_delivered());
        }
        serving.kill9();
        scan(&site, b"no metrics after a kill", &inputs.texts()).assert_clean();
        prove_alive(&site, &inputs);
    }
}

/// Makes an account, a key and a revoked key with canaries in every argument.
fn open_account(site: &Site) -> Inputs {
    let mut inputs = Inputs {
        canaries: Vec::new(),
        key: String::new(),
        revoked: String::new(),
    };
    let email = inputs.canary("e-mail").email();
    let username = inputs.canary("username").text;
    let name = inputs.canary("name of a key").text;
    let revoked = inputs.canary("name of a revoked key").text;
    site.migrate();
    site.cli_ok(&["account", "create", "--email", &email, "--username", &username]);
    site.cli_ok(&["credit", "grant", "--account", &email, "--amount", "10.00"]);
    inputs.key = site.cli_ok(&["key", "create", "--account", &email, "--name", &name]);
    inputs.revoked = site.cli_ok(&["key", "create", "--account", &email, "--name", &revoked]);
    site.cli_ok(&["key", "revoke", "--account", &email, "--name", &revoked]);
    inputs
}

/// Requests that succeed, with canaries in all that a client and a provider say. Returns their receipts.
fn ask_well(serving: &Serving<'_>, upstream: &FakeUpstream, inputs: &mut Inputs) -> Vec<String> {
    let mut receipts = Vec::new();
    for stream in [false, true] {
        let answer = inputs.canary("answer");
        upstream.next(Reply::Good(Chat {
            pieces: vec![answer.sentence(), answer.text.clone(), " end".to_owned()],
            ..Chat::default()
        }));
        let body = json!({
            "model": MODEL,
            "stream": stream,
            "user": inputs.canary("user").text,
            "metadata": { "note": inputs.canary("metadata").text },
            "stop": [inputs.canary("stop").text],
            "messages": [
                { "role": "system", "content": inputs.canary("system prompt").sentence() },
                { "role": "user", "name": inputs.canary("name").text, "content": [{ "type": "text", "text": inputs.canary("prompt").sentence() }] },
                { "role": "assistant", "content": null, "tool_calls": [{ "id": "c", "type": "function", "function": { "name": "f", "arguments": json!({ "a": inputs.canary("arguments").text }).to_string() } }] },
                { "role": "tool", "tool_call_id": "c", "content": inputs.canary("result of a tool").text },
            ],
            "tools": [{ "type": "function", "function": { "name": "f", "description": inputs.canary("tool").text, "parameters": { "type": "object" } } }],
        });
        let request = Request::post(
            format!("/v1/chat/completions?{}=1", inputs.canary("query").text),
            body.to_string(),
        )
        .header("user-agent", &inputs.canary("user agent").text)
        .header("x-request-id", &inputs.canary("request id").text)
        .header("cookie", &format!("session={}", inputs.canary("cookie").text))
        .header("x-forwarded-for", "203.0.113.77")
        .header(
            "referer",
            &format!("https://{}.example/", inputs.canary("referer").text),
        );
        let answered = serving.send(&request.key(&inputs.key));
        assert!(answered.is_delivered(), "{}: {}", answered.status, answered.text());
        assert!(
            answered.chat_text().contains(&answer.text),
            "the answer reaches its owner"
        );
        receipts.push(answered.header("x-candor-receipt").unwrap().to_owned());
    }
    receipts
}

/// Requests that fail in every way that echoes something.
fn ask_badly(serving: &Serving<'_>, upstream: &FakeUpstream, inputs: &mut Inputs) {
    let replies = [
        Reply::Echo(400),
        Reply::Echo(401),
        Reply::Echo(500),
        Reply::Stall,
        Reply::Reset,
        Reply::TruncatedJson,
        Reply::Garbage,
    ];
    for (reply, stream) in replies
        .iter()
        .flat_map(|reply| [(reply, Streamed::No), (reply, Streamed::Yes)])
    {
        upstream.next(reply.clone());
        let prompt = inputs.canary("prompt of a failure").sentence();
        let _ = Request::chat(MODEL, &prompt, stream)
            .key(&inputs.key)
            .send(serving.address());
    }
    let unknown = inputs.canary("unknown key").text;
    let path = inputs.canary("path").text;
    let model = inputs.canary("model").text;
    let broken = inputs.canary("broken JSON").text;
    let header = inputs.canary("control").text;
    let key = inputs.key.clone();
    let prompt = || json!({ "model": MODEL, "messages": [{ "role": "user", "content": "p" }] }).to_string();
    let requests = [
        Request::chat(MODEL, "p", Streamed::No).key(&format!("cdr_{unknown}")),
        Request::chat(MODEL, "p", Streamed::No).key(&inputs.revoked),
        Request::chat(&model, "p", Streamed::No).key(&key),
        Request::post("/v1/chat/completions", format!("{{\"model\": \"{broken}")).key(&key),
        Request::post("/v1/chat/completions", prompt())
            .header("x-candor-tags", &header)
            .key(&key),
        Request::get(format!("/{path}?a={path}")).key(&key),
        Request::get(format!("/v1/candor/receipts/{path}")).key(&key),
    ];
    for request in requests {
        let answer = serving.send(&request);
        assert!(
            (400..500).contains(&answer.status),
            "{}: {}",
            answer.status,
            answer.text()
        );
    }
    let blocked = inputs.canary("blocked prompt").text;
    let answer = serving.send(
        &Request::chat(
            MODEL,
            &format!("candor-filter-test-phrase-block-me {blocked}"),
            Streamed::No,
        )
        .key(&key),
    );
    assert_eq!(answer.status, 400, "{}", answer.text());
}

/// Looks at the data folder, the database, the log, what `serve` printed, and the metrics.
fn scan(site: &Site, metrics: &[u8], texts: &[&str]) -> Scan {
    let log = site.log();
    assert!(log.contains(&b'\n'), "there is no log");
    let scan = Scan::folder(&site.data(), texts)
        .and(Scan::bytes("log", &log, texts))
        .and(Scan::bytes("metrics", metrics, texts));
    let scan = scan.and(Scan::bytes(
        "stdout",
        format!("stdout: {}", site.output()).as_bytes(),
        texts,
    ));
    assert!(scan.looked_at > 5, "the data folder is nearly empty");
    match site.database() {
        Database::Sqlite(_) => scan,
        database @ Database::Postgres { .. } => {
            let dump = database.dump();
            assert!(dump.len() > 1_000, "the database is nearly empty");
            scan.and(Scan::bytes("PostgreSQL", &dump, texts))
        }
    }
}

/// A planted canary is found where the others were not.
fn prove_alive(site: &Site, inputs: &Inputs) {
    assert!(
        inputs.canaries.len() >= 6,
        "{} canaries were set free",
        inputs.canaries.len()
    );
    let texts = inputs.texts();
    std::fs::write(site.data().join("planted"), format!("…{}…", inputs.canaries[0].text)).unwrap();
    let hits = scan(
        site,
        format!("planted_total{{key=\"{}\"}} 1", inputs.key).as_bytes(),
        &texts,
    )
    .hits;
    assert_eq!(hits.len(), 2, "one in the folder, one in the metrics: {hits:?}");
    testkit::wait::until_true(Duration::from_secs(1), "the plant is removed", || {
        std::fs::remove_file(site.data().join("planted")).is_ok()
    });
}
