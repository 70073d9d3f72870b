//! The configuration is loaded again while the program serves.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use testkit::upstream::{Chat, Reply};

use super::*;

fn status(serving: &Serving<'_>, key: &str, model: &str) -> u16 {
    serving
        .send(&Request::chat(model, "Hello", Streamed::No).key(key))
        .status
}

/// A metric's value.
fn metric(serving: &Serving<'_>, name: &str) -> String {
    let page = serving.operations("/metrics").text();
    let line = page.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
    line.unwrap_or("none").to_owned()
}

both_databases! {
    fn models_prices_and_the_filter_change_by_command_and_a_stream_under_way_keeps_its_price(database) {
        let upstream = FakeUpstream::start();
        let site = site(database, &upstream, &model("a", ""));
        let key = site.customer(EMAIL, "10.00");
        let serving = site.serve();
        upstream.next(Reply::Good(Chat::of_pieces(4).paced(Duration::from_millis(300))));
        let mut stream = Request::chat("a", "Hello", Streamed::Yes).key(&key).open(serving.address()).unwrap();
        assert!(stream.piece().unwrap().is_some());

        site.reconfigure(|config| {
            let dearer = config.replace("input = \"1\", output = \"2\"", "input = \"1000\", output = \"2000\"");
            format!("[filter]\nblock = [\"Rosinante\"]\n\n{dearer}{}", model("b", "aliases = [\"bb\"]"))
        });
        let told = site.cli_json(&["config", "reload"]);
        assert_eq!(told["processes"], 1);
        assert_eq!(told["changed"], json!(["filter.block", "model \"a\": price", "model \"b\" is new"]));
        assert_eq!(told["restart"], json!([]));

        let old = stream.read_to_end().unwrap();
        assert!(old.is_delivered());
        let receipt_of = |answer: &Answer| receipt(&serving, &key, answer);
        let new = serving.send(&Request::chat("a", "Hello", Streamed::Yes).key(&key));
        let (old, new) = (receipt_of(&old), receipt_of(&new));
        let each = |receipt: &Value| {
            let usage = &receipt["usage"];
            let count = |name: &str| usage[name].as_i64().unwrap();
            (receipt["cost_micro"].as_i64().unwrap(), count("input_tokens") + 2 * count("output_tokens"))
        };
        let ((old_cost, old_units), (new_cost, new_units)) = (each(&old), each(&new));
        assert_eq!((old_cost, new_cost), (old_units, 1000 * new_units), "{old} {new}");
        assert_eq!(status(&serving, &key, "bb"), 200);
        assert_eq!(serving.send(&Request::chat("a", "rosinante", Streamed::No).key(&key)).status, 400);
        let narrow = site.cli_ok(&["key", "create", "--account", EMAIL, "--name", "narrow", "--model", "bb"]);
        wait::until_true(SOON, "the new key works", || status(&serving, &narrow, "b") == 200);
        assert!(serving.terminate().success());
    }

    fn a_bad_file_changes_nothing_and_is_named_by_the_command_and_in_the_log(database) {
        let upstream = FakeUpstream::start();
        let site = site(database, &upstream, &model("a", ""));
        let key = site.customer(EMAIL, "10.00");
        let serving = site.serve();
        assert_eq!(metric(&serving, "candor_config_last_load_successful"), "1");
        site.reconfigure(|config| format!("[limits]\nbody = 3\n{}", config.replace("name = \"a\"", "name = \"b\"")));
        let refused = site.cli(&["config", "reload"]);
        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2));
        assert!(told.contains("candor.toml:2: limits.body: 3 is a number"), "{told}");
        serving.hang_up();
        wait::until_true(SOON, "the metric is red", || metric(&serving, "candor_config_last_load_successful") == "0");
        let log = String::from_utf8_lossy(&site.log()).into_owned();
        assert!(log.contains("candor.toml:2: limits.body: 3 is a number"), "{log}");
        assert_eq!((status(&serving, &key, "a"), status(&serving, &key, "b")), (200, 404));

        site.reconfigure(|config| config.replace("body = 3", "body = \"1MiB\""));
        serving.hang_up();
        wait::until_true(SOON, "the metric is green", || metric(&serving, "candor_config_last_load_successful") == "1");
        assert_eq!((status(&serving, &key, "a"), status(&serving, &key, "b")), (404, 200));
        assert!(serving.terminate().success());
    }
}

#[test]
fn what_cannot_change_keeps_its_value_and_is_named_and_a_new_recipient_is_on_the_page_at_once() {
    let upstream = FakeUpstream::start();
    let site = site(Database::sqlite(), &upstream, &model("a", ""));
    let key = site.customer(EMAIL, "10.00");
    let serving = site.serve();
    let providers = || serving.send(&Request::get("/privacy")).text();
    assert!(!providers().contains("models.example"));
    site.reconfigure(|config| {
        let provider = "[[provider]]\nname = \"far\"\nkind = \"openai\"\nbase_url = \"https://models.example/v1\"\n";
        format!("[serve]\ndrain = \"7s\"\n[log]\nlevel = \"debug\"\n{config}{provider}")
    });
    let told = site.cli_ok(&["config", "reload"]);
    assert!(
        told.contains("until then: serve.drain") && told.contains("changed: provider \"far\" is new"),
        "{told}"
    );
    assert!(told.contains("changed: log.level"), "{told}");
    assert!(providers().contains("models.example"));
    assert_eq!(status(&serving, &key, "a"), 200);
    let promises = site.cli_json(&["verify"]);
    let promises = promises["promises"].as_array().unwrap();
    let page = promises.iter().find(|promise| promise["id"] == "P-1.1").unwrap();
    assert_eq!(page["state"], "kept", "{page}");
}

#[test]
fn loading_again_under_load_drops_no_request() {
    let upstream = FakeUpstream::start();
    let site = site(Database::sqlite(), &upstream, &model("a", ""));
    let key = site.customer(EMAIL, "100.00");
    let serving = site.serve();
    let (is_over, served) = (AtomicBool::new(false), AtomicUsize::new(0));
    let loaded_at = || metric(&serving, "candor_config_loaded_timestamp_seconds");
    assert_ne!(loaded_at(), "none");
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..4)
            .map(|number| {
                let (is_over, served, key, serving) = (&is_over, &served, &key, &serving);
                scope.spawn(move || {
                    let stream = if number % 2 == 0 { Streamed::Yes } else { Streamed::No };
                    while !is_over.load(Ordering::Relaxed) {
                        let answer = serving.send(&Request::chat("a", "Hello", stream).key(key));
                        assert_eq!(answer.status, 200, "{}", answer.text());
                        assert!(answer.is_delivered());
                        served.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        for round in 0..20 {
            site.reconfigure(|config| match round % 2 {
                0 => format!("{config}{}", model("b", "")),
                _ => config.replace(&model("b", ""), ""),
            });
            site.cli_ok(&["config", "reload"]);
        }
        is_over.store(true, Ordering::Relaxed);
        for client in clients {
            client.join().unwrap();
        }
    });
    assert!(served.load(Ordering::Relaxed) > 20);
}

#[test]
fn where_nobody_serves_the_command_says_so() {
    let site = Site::new(Database::sqlite());
    let refused = site.cli(&["config", "reload"]);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        refused.status.code() == Some(1) && told.contains("no process serves"),
        "{told}"
    );
    assert!(!site.data().exists(), "looking makes no folder");
}
