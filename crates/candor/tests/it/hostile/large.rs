//! Requests that are as large as they may be, many at once.

use std::time::{Duration, Instant};

use testkit::upstream::FakeUpstream;
use testkit::{Database, Request, Site};

use super::{EMAIL, Healthy, MIB, alone, grew_at_most, most_memory};

#[test]
fn large_requests_keep_nobody_waiting() {
    const CLIENTS: usize = 8;
    const WITHIN: Duration = Duration::from_secs(4);
    let _alone = alone();
    let upstream = FakeUpstream::start();
    let site = Site::new(Database::sqlite())
        .provider("compatible", "compatible", &upstream)
        .provider("anthropic", "anthropic", &upstream);
    let key = site.customer(EMAIL, "100000.00");
    let serving = site.serve();
    let (before, began) = (most_memory(&serving), Instant::now());
    let healthy = Healthy::start(&serving, &key);
    let messages = r#"{"role":"user","content":"x"},"#.repeat(60_000);
    let body = |model: &str| {
        format!(
            r#"{{"model":"{model}","max_tokens":9,"messages":[{}]}}"#,
            messages.trim_end_matches(',')
        )
    };
    // Nothing is kept: without optimisation, as tests are built, sealing takes a thousand times as long as it does otherwise.
    let asks: Vec<Request> = ["compatible", "anthropic"]
        .iter()
        .flat_map(|model| {
            ["/v1/chat/completions", "/v1/messages"].map(|path| {
                Request::post(path, body(model))
                    .key(&key)
                    .header("x-candor-retention", "none")
            })
        })
        .collect();
    let mut answered = 0;
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (ask, serving) = (&asks[client % asks.len()], &serving);
                scope.spawn(move || {
                    let mut answered = 0;
                    while began.elapsed() < WITHIN {
                        let answer = serving.send(ask);
                        assert!(
                            matches!(answer.status, 200 | 402 | 503),
                            "{}: {}",
                            answer.status,
                            answer.text()
                        );
                        answered += 1;
                    }
                    answered
                })
            })
            .collect();
        answered = clients.into_iter().map(|client| client.join().unwrap()).sum::<usize>();
    });
    println!(
        "{answered} answers, {} MiB more",
        (most_memory(&serving) - before) / MIB
    );
    healthy.never_waited();
    grew_at_most(&serving, before, 512 * MIB);
}
