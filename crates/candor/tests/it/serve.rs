//! Start and end of the process, as a supervisor and a new user see them.

use std::net::TcpListener;
use std::time::Duration;

use testkit::http::Streamed;
use testkit::{Database, FakeUpstream, Request, Site, both_databases, wait};

/// A commented line of what a first start prints, or the key itself.
fn printed_key(site: &Site) -> Option<String> {
    let output = site.output();
    output
        .split_whitespace()
        .find(|word| word.starts_with("cdr_"))
        .map(str::to_owned)
}

#[test]
fn the_operations_listener_tells_life_readiness_and_metrics() {
    let site = Site::new(Database::sqlite());
    let serving = site.serve();
    assert_eq!(serving.operations("/healthz").text(), "alive\n");
    assert_eq!(serving.operations("/readyz").text(), "ready\n");
    let metrics = serving.operations("/metrics");
    assert!(
        metrics
            .header("content-type")
            .unwrap()
            .starts_with("text/plain; version=0.0.4")
    );
    assert!(
        metrics.text().contains("\ncandor_spool_limit_bytes 1073741824\n"),
        "{}",
        metrics.text()
    );
    assert_eq!(serving.operations("/admin").status, 404);
}

both_databases! {
    async fn metrics_tell_what_the_databases_were_asked_and_how_the_spool_fares(database) {
        let site = Site::new(database);
        let key = site.customer("ada@example.test", "1.00");
        let serving = site.serve();
        assert_eq!(serving.send(&Request::chat("sandbox-chat", "Hello", Streamed::No).key(&key)).status, 200);
        let expected = [
            "candor_database_calls_total{statement=\"book usage\"} 1",
            "candor_database_failures_total{statement=\"book usage\"} 0",
            "candor_database_conflicts_total{statement=\"book usage\"} ",
            "candor_spool_damaged_total 0",
            "candor_spool_carried_total 0",
        ];
        wait::until_true(Duration::from_secs(5), "the booking is counted", || {
            let metrics = serving.operations("/metrics").text();
            expected.iter().all(|line| metrics.contains(line))
        });
    }
}

/// The best of a few, because other tests run beside it. Measured on the build that is tested; a release is faster (docs/performance.md).
#[test]
fn a_first_start_and_a_later_one_are_ready_within_half_a_second() {
    const HALF_A_SECOND: Duration = Duration::from_millis(500);
    let best = (0..5).map(|_| {
        let site = Site::new(Database::sqlite());
        let first = site.serve();
        let first_after = first.ready_after();
        assert!(first.terminate().success());
        (first_after, site.serve().ready_after())
    });
    let best = best.reduce(|a, b| (a.0.min(b.0), a.1.min(b.1))).unwrap();
    println!("ready after {:?} at a first start, {:?} at a later one", best.0, best.1);
    assert!(best.0 < HALF_A_SECOND && best.1 < HALF_A_SECOND, "{best:?}");
}

#[test]
fn a_first_start_prints_a_sandbox_key_once_that_works_on_the_sandbox_alone() {
    let upstream = FakeUpstream::start();
    let site = Site::new(Database::sqlite()).upstream(&upstream);
    let serving = site.serve();
    let key = printed_key(&site).unwrap();
    assert!(site.output().contains("curl -N http://"), "{}", site.output());
    let program = env!("CARGO_BIN_EXE_candor");
    assert!(
        site.output().contains(&format!(" {program} key create")),
        "{}",
        site.output()
    );
    let answer = serving.send(&Request::chat("sandbox-chat", "Hello", Streamed::Yes).key(&key));
    assert!(answer.status == 200 && answer.is_delivered(), "{}", answer.text());
    let refused = serving.send(&Request::chat("gpt-4o-mini", "Hello", Streamed::No).key(&key));
    assert!((400..500).contains(&refused.status), "{}", refused.text());
    assert_eq!(upstream.request_count(), 0);
    assert!(serving.terminate().success());

    let before = site.output();
    let again = site.serve();
    assert_eq!(site.output(), before, "nothing is printed a second time");
    assert_eq!(
        again
            .send(&Request::chat("sandbox-chat", "Hello", Streamed::No).key(&key))
            .status,
        200
    );
}

#[test]
fn a_command_line_that_a_first_start_prints_reaches_the_same_instance_when_it_is_copied() {
    let site = Site::new(Database::sqlite());
    let serving = site.serve();
    let output = site.output();
    let lines: Vec<&str> = output.lines().filter(|line| line.contains("you@example.org")).collect();
    assert_eq!(lines.len(), 3, "{output}");
    for line in &lines {
        let copied = std::process::Command::new("sh")
            .args(["-c", line])
            .current_dir(site.folder())
            .env_clear()
            .output()
            .unwrap();
        assert!(copied.status.success(), "{line}: {copied:?}");
    }
    let shown = site.cli_json(&["account", "show", "you@example.org"]);
    assert_eq!(shown["balance_micro"], 10_000_000, "{shown}");
    drop(serving);
}

#[test]
fn an_instance_with_people_greets_nobody() {
    let site = Site::new(Database::sqlite());
    site.customer("ada@example.test", "1.00");
    let serving = site.serve();
    assert_eq!(printed_key(&site), None);
    drop(serving);
}

#[test]
fn a_signal_to_terminate_lets_a_begun_answer_end() {
    let site = Site::new(Database::sqlite());
    let serving = site.serve();
    let key = printed_key(&site).unwrap();
    let prompt = "[[pace:20ms]] [[length:60]] Hello";
    let mut exchange = Request::chat("sandbox-chat", prompt, Streamed::Yes)
        .key(&key)
        .open(serving.address())
        .unwrap();
    exchange.piece().unwrap();
    serving.ask_to_end();
    wait::until_true(Duration::from_secs(5), "it is no longer ready", || !serving.is_ready());
    let answer = exchange.read_to_end().unwrap();
    assert!(answer.is_delivered(), "{}", answer.text());
    let mut serving = serving;
    assert!(serving.wait_for_end().success());
    let usage = site.cli_json(&["usage", "--account", "sandbox@candor.invalid"]);
    assert_eq!(usage["keys"][0]["requests"], 1, "{usage}");
}

#[test]
fn a_taken_address_ends_the_start_and_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    // The configuration wins nothing here: the environment names the taken address.
    let site = Site::new(Database::sqlite()).environment("CANDOR__SERVER__LISTEN", &address);
    let output = site.cli(&["serve"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains(&format!("server.listen: {address} can't be listened on")),
        "{said}"
    );
    assert!(!site.data().exists(), "nothing was touched");
}

#[test]
fn a_second_process_is_kept_from_a_served_data_folder() {
    let site = Site::new(Database::sqlite());
    let serving = site.serve();
    let second = site.cli(&["serve"]);
    assert_eq!(second.status.code(), Some(1));
    drop(serving);
}

both_databases! {
    async fn commands_act_on_a_running_process_at_once(database) {
        let site = Site::new(database);
        let key = site.customer("ada@example.test", "1.00");
        let serving = site.serve();
        let ask = || serving.send(&Request::chat("sandbox-chat", "Hello", Streamed::No).key(&key)).status;
        assert_eq!(ask(), 200);
        let usage = site.cli_json(&["usage", "--account", "ada@example.test"]);
        assert_eq!((&usage["keys"][0]["key_name"], &usage["keys"][0]["requests"]), (&"test".into(), &1.into()), "{usage}");
        site.cli_ok(&["account", "freeze", "ada@example.test"]);
        let within = Duration::from_secs(2);
        wait::until_true(within, "a frozen account is refused", || ask() == 403);
        site.cli_ok(&["account", "unfreeze", "ada@example.test"]);
        wait::until_true(within, "it is let in again", || ask() == 200);
        site.cli_ok(&["key", "revoke", "--account", "ada@example.test", "--name", "test"]);
        wait::until_true(within, "a revoked key is refused", || ask() == 401);
        let shown = site.cli_json(&["account", "show", "ada@example.test"]);
        assert!(shown["balance_micro"].as_i64().unwrap() < 1_000_000, "{shown}");
        assert!(serving.terminate().success());
    }
}
