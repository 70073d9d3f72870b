//! What a client sees of each thing that can go wrong with a provider, in each API, plain and streamed, passed on and translated:
//! status, code and shape, after how long, what is charged. `table` says it; the documentation is made from that.
//!
//! Promises besides: no answer that is none looks complete, and nobody reads the operator's key, the provider's address or its words
//! about its own insides.

mod table;

use std::time::{Duration, Instant};

use serde_json::Value;
use testkit::http::{Answer, Request, Streamed};
use testkit::upstream::{FakeUpstream, INTERNAL, KEY, Reply};
use testkit::{Database, Serving, Site};

use crate::books::receipt;
use table::{FAILURES, Failure, Seen};

const EMAIL: &str = "ada@example.test";
/// What an answer may take beyond the limit that it ran into, on a busy machine.
const GRACE: Duration = Duration::from_secs(4);
const LIMITS: &str =
    "[upstream]\nfirst_byte = \"900ms\"\nidle = \"900ms\"\ntotal = \"2s\"\nline = \"64KiB\"\nbody = \"1MiB\"\n";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Client {
    Chat,
    Responses,
    Messages,
}

impl Client {
    const ALL: [Self; 3] = [Self::Chat, Self::Responses, Self::Messages];

    fn request(self, model: &str, stream: Streamed) -> Request {
        match self {
            Self::Chat => Request::chat(model, "Hello", stream),
            Self::Responses => Request::responses(model, "Hello", stream),
            Self::Messages => Request::messages(model, "Hello", stream),
        }
    }

    fn end_mark(self) -> &'static str {
        match self {
            Self::Chat => "[DONE]",
            Self::Responses => "response.completed",
            Self::Messages => "message_stop",
        }
    }
}

/// A provider in one API, asked in another or the same.
struct Scene<'s> {
    serving: &'s Serving<'s>,
    key: &'s str,
    upstream: &'s FakeUpstream,
    client: Client,
    model: &'s str,
}

#[test]
fn each_failure_of_a_provider_is_seen_and_charged_as_the_table_says() {
    let scenes: Vec<(Client, &str, FakeUpstream)> = Client::ALL
        .into_iter()
        .flat_map(|client| ["compatible", "anthropic"].map(|kind| (client, kind, FakeUpstream::start())))
        .collect();
    let nobody = std::net::TcpListener::bind(("127.0.0.1", 0))
        .unwrap()
        .local_addr()
        .unwrap();
    let name = |at: usize| format!("m{at}");
    let mut site = Site::new(Database::sqlite()).config(LIMITS).config(&format!(
        "[[provider]]\nname = \"nobody\"\nkind = \"compatible\"\nbase_url = \"http://{nobody}/v1\"\nkey = \"{KEY}\"\n\n\
         [[model]]\nname = \"nobody\"\nroutes = [\"nobody/x\"]\nprice = {{ currency = \"EUR\", input = \"1\", output = \"2\" }}\n"
    ));
    for (at, (_, kind, upstream)) in scenes.iter().enumerate() {
        site = site.provider(&name(at), kind, upstream);
    }
    let key = site.customer(EMAIL, "10.00");
    let serving = site.serve();
    let asked: usize = std::thread::scope(|scope| {
        let workers: Vec<_> = scenes
            .iter()
            .enumerate()
            .map(|(at, (client, _, upstream))| {
                let (serving, key) = (&serving, key.as_str());
                scope.spawn(move || {
                    let model = name(at);
                    let scene = Scene {
                        serving,
                        key,
                        upstream,
                        client: *client,
                        model: &model,
                    };
                    FAILURES.iter().map(|failure| scene.meet(failure)).sum::<usize>()
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    let forms = FAILURES.iter().flat_map(|failure| [failure.plain, failure.streamed]);
    assert_eq!(
        asked,
        forms.filter(|seen| !matches!(seen, Seen::Apart)).count() * scenes.len()
    );
}

impl Scene<'_> {
    /// Asks plain and streamed; returns how often it asked.
    fn meet(&self, failure: &Failure) -> usize {
        let mut asked = 0;
        for (stream, seen) in [(Streamed::No, failure.plain), (Streamed::Yes, failure.streamed)] {
            if matches!(seen, Seen::Apart) {
                continue;
            }
            asked += 1;
            let told = format!("{} to {:?} over {}, {stream:?}", failure.what, self.client, self.model);
            let model = match (failure.reply)() {
                Some(reply) => {
                    self.upstream.next(reply);
                    self.model
                }
                None => "nobody",
            };
            let began = Instant::now();
            let answer = self.serving.send(&self.client.request(model, stream).key(self.key));
            let took = began.elapsed();
            assert!(took < failure.within.span() + GRACE, "{told}: took {took:?}");
            let told = format!(
                "{told}: {} {}",
                answer.status,
                answer.text().chars().take(600).collect::<String>()
            );
            self.check(&answer, seen, &told);
            self.check_hidden(&answer, &told);
            self.check_charge(&answer, seen, &told);
        }
        // Whatever came behind an answer is nobody's.
        if matches!((failure.reply)(), Some(Reply::Altered(_))) {
            let next = self
                .serving
                .send(&self.client.request(self.model, Streamed::No).key(self.key));
            assert!(
                next.status == 200 && next.text().contains("Once upon a time") && !next.text().contains("FORGED"),
                "after {}: {}",
                failure.what,
                next.text()
            );
        }
        asked
    }

    fn check(&self, answer: &Answer, seen: Seen, told: &str) {
        let text = answer.text();
        assert!(answer.whole, "{told}");
        match seen {
            Seen::Apart => unreachable!("it was not asked"),
            Seen::Whole => assert!(answer.status == 200 && text.contains("time."), "{told}"),
            Seen::Refused(status, code) => {
                let body = answer.json();
                let error = &body["error"];
                assert!(!text.contains(self.client.end_mark()), "{told}");
                assert_eq!(answer.header("content-type"), Some("application/json"), "{told}");
                if self.client == Client::Messages {
                    let (status, kind) = table::of_anthropic(status);
                    assert_eq!((answer.status, &error["type"]), (status, &kind.into()), "{told}");
                    assert_eq!(body["type"], "error", "{told}");
                } else {
                    assert_eq!((answer.status, &error["code"]), (status, &code.into()), "{told}");
                }
                assert!(answer.header("x-should-retry").is_some(), "{told}");
            }
            Seen::Broken(code, _) => {
                assert_eq!(answer.status, 200, "{told}");
                assert!(!text.contains(self.client.end_mark()), "it looks complete: {told}");
                let last = answer.events().pop().unwrap_or_default();
                let last: Value = serde_json::from_str(&last).unwrap_or_else(|_| panic!("{told}"));
                let found = match self.client {
                    Client::Chat => &last["error"]["code"],
                    Client::Responses => &last["code"],
                    Client::Messages => &last["error"]["details"]["error_code"],
                };
                assert_eq!(found, code, "{told}");
            }
        }
    }

    fn check_hidden(&self, answer: &Answer, told: &str) {
        let all = format!("{:?} {}", answer.headers, answer.text());
        let port = self.upstream.address().to_string();
        for secret in [KEY, INTERNAL, port.as_str(), "FORGED", "location"] {
            assert!(!all.contains(secret), "{secret} is seen: {told}");
        }
    }

    fn check_charge(&self, answer: &Answer, seen: Seen, told: &str) {
        let receipt = receipt(self.serving, self.key, answer.header("x-candor-receipt").unwrap());
        let cost = receipt["cost_micro"].as_i64().unwrap();
        let (status, is_charged) = match seen {
            Seen::Apart => unreachable!("it was not asked"),
            Seen::Whole => ("completed", true),
            Seen::Refused(..) => ("failed", false),
            Seen::Broken(_, table::Came::Nothing) => ("interrupted", false),
            // Some providers are cut before the first word.
            Seen::Broken(_, table::Came::Words) => ("interrupted", answer.text().contains("Once")),
        };
        assert_eq!(
            (&receipt["status"], cost > 0),
            (&status.into(), is_charged),
            "{told}: {receipt}"
        );
        assert_eq!(receipt["tries"].as_array().map(Vec::len), Some(1), "{told}: {receipt}");
    }
}

#[test]
fn the_documentation_has_the_table() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/upstream-failures.md");
    let text = table::documentation();
    if std::env::var_os("CANDOR_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let stands = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stands == text,
        "out of date: CANDOR_BLESS=1 cargo test -p candor --test it upstream"
    );
}
