//! The command line: exit status, one clear sentence, what stands on which stream.

use std::process::{Command, Output, Stdio};

use testkit::{Database, Site, both_databases};

/// Runs the real program in a folder of its own.
fn candor(arguments: &[&str], configuration: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("candor.toml"), configuration).unwrap();
    Command::new(env!("CARGO_BIN_EXE_candor"))
        .args(arguments)
        .current_dir(folder.path())
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn bad_usage_and_bad_configuration_end_with_2_and_say_why() {
    let good = "";
    let cases: &[(&[&str], &str, &str)] = &[
        (&["serv"], good, "serv"),
        (&["serve", "--colour"], good, "--colour"),
        (
            &["config", "check"],
            "[limits]\nhead = 3\n",
            "candor.toml:2: limits.head",
        ),
        (&["serve"], "[limits]\nhead = 3\n", "candor.toml:2: limits.head"),
        (
            &["config", "check", "--config", "missing.toml"],
            good,
            "missing.toml can't be read",
        ),
        (&[], good, "which command?"),
        (&["report"], good, "`candor report` is not part of this version yet"),
        (
            &["verify", "--report", "signed.json"],
            good,
            "not part of this version yet",
        ),
    ];
    for (arguments, configuration, expected) in cases {
        let output = candor(arguments, configuration);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(
            said.starts_with("candor: ") && said.contains(expected),
            "{arguments:?}: {said}"
        );
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn help_and_version_are_results() {
    for (arguments, expected) in [
        (&["--help"][..], "Usage: candor"),
        (&["--version"], "candor 0."),
        (&["key", "--help"], "create"),
    ] {
        let output = candor(arguments, "");
        assert_eq!(output.status.code(), Some(0));
        assert!(text(&output.stdout).contains(expected), "{}", text(&output.stdout));
    }
}

#[test]
fn config_check_lists_every_problem_and_praises_a_good_file() {
    let output = candor(&["config", "check"], "[limits]\nhead = 3\nbody = 4\n");
    assert_eq!(
        (output.status.code(), text(&output.stderr).lines().count()),
        (Some(2), 2)
    );
    let output = candor(&["config", "check"], "[limits]\nhead = \"3s\"\n");
    assert_eq!(output.status.code(), Some(0));
    assert!(
        text(&output.stdout).starts_with("the configuration is good: 1 of "),
        "{}",
        text(&output.stdout)
    );
}

#[test]
fn config_show_names_the_origin_of_each_value() {
    let file = "[limits]\nhead = \"3s\"\n[database]\nurl = \"postgres://u:hunter2@h/d\"\n";
    let shown = candor(&["config", "show"], file);
    let lines = text(&shown.stdout);
    assert!(lines.contains("limits.head = \"3s\"  # candor.toml:2"), "{lines}");
    assert!(lines.contains("limits.body = \"32MiB\"  # default"), "{lines}");
    assert!(
        lines.contains("database.url = \"<redacted>\"  # candor.toml:4") && !lines.contains("hunter2"),
        "{lines}"
    );

    let shown = candor(&["config", "show", "--json"], file);
    let document: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    let values = document["values"].as_array().unwrap();
    assert!(values.len() > 25);
    let head = values.iter().find(|value| value["key"] == "limits.head").unwrap();
    assert_eq!(
        (head["value"].as_str(), head["origin"].as_str()),
        (Some("\"3s\""), Some("candor.toml:2"))
    );
}

#[test]
fn options_and_commands_whose_feature_is_to_come_say_so_and_end_with_2() {
    let cases = [
        (
            vec!["account", "restrict", "ada@example.test"],
            "rights are not part of this version yet",
        ),
        (
            vec!["account", "delete", "ada@example.test"],
            "rights are not part of this version yet",
        ),
        (
            vec!["credit", "grant", "--account", "a@b", "--amount", "-1"],
            "--amount: credit is granted in amounts above zero",
        ),
        (
            vec!["credit", "grant", "--account", "a@b", "--amount", "ten"],
            "--amount: `ten` is no amount",
        ),
        (
            vec!["account", "create", "--email", "nobody"],
            "this is no e-mail address",
        ),
    ];
    for (arguments, expected) in cases {
        assert_usage(&arguments, expected);
    }
}

fn assert_usage(arguments: &[&str], expected: &str) {
    let output = candor(arguments, "");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
    assert!(said.contains(expected), "{arguments:?}: {said}");
    assert!(output.stdout.is_empty());
}

#[test]
fn an_option_of_a_key_that_means_nothing_is_named_with_what_to_write() {
    let cases = [
        (
            ["--scope", "admin"],
            "--scope: there is no scope `admin`; write `all` (every model) or `sandbox`",
        ),
        (
            ["--limit", "5.00"],
            "--limit: `5.00` has no `=`; write \"requests=60/m,tokens=100000/m,concurrent=8\"",
        ),
        (
            ["--limit", "requests=60/m,requests=5/s"],
            "--limit: `requests` is limited twice",
        ),
        (
            ["--expires", "soon"],
            "--expires: `soon` is no moment; write a span such as `30d`",
        ),
        (["--expires", "2027-02-30"], "--expires: `2027-02-30` is no moment"),
    ];
    for (option, expected) in cases {
        let arguments = [&["key", "create", "--account", "ada@example.test"][..], &option].concat();
        assert_usage(&arguments, expected);
    }
}

both_databases! {
    async fn an_account_its_keys_and_its_credit_are_kept_from_command_to_command(database) {
        let site = Site::new(database);
        let token = site.customer("ada@example.test", "10.00");
        assert!(token.starts_with("cdr_") && token.len() == 47, "the key stands alone: {token}");
        let shown = site.cli_json(&["account", "show", "Ada@example.test"]);
        assert_eq!(
            (&shown["email"], &shown["username"], &shown["state"], &shown["balance_micro"], &shown["reserved_micro"]),
            (&"ada@example.test".into(), &"ada".into(), &"active".into(), &10_000_000.into(), &0.into())
        );
        let again = site.cli(&["account", "create", "--email", "ada@example.test"]);
        assert_eq!((again.status.code(), text(&again.stdout)), (Some(1), ""));
        let sandbox = site.cli_ok(&["key", "create", "--account", "ada@example.test", "--scope", "sandbox"]);
        assert_ne!(sandbox, token);
        site.cli_ok(&["key", "revoke", "--account", "ada@example.test", "--name", "test"]);
        let listed = site.cli_json(&["key", "list", "--account", "ada@example.test"]);
        let keys = listed["keys"].as_array().unwrap();
        assert_eq!(keys.len(), 2);
        assert!(keys[0]["name"] == "test" && keys[0]["revoked_at"].is_string(), "{listed}");
        assert!(keys[1]["scope"] == "sandbox" && keys[1]["revoked_at"].is_null(), "{listed}");
        for (option, said) in [
            (["--model", "sandbox-chap"], "--model: this configuration has no model `sandbox-chap`; did you mean `sandbox-chat`?"),
            (["--expires", "2020-01-01"], "a key's end must lie in the future"),
        ] {
            let refused = site.cli(&[&["key", "create", "--account", "ada@example.test"][..], &option].concat());
            assert_eq!(refused.status.code(), Some(2));
            assert!(text(&refused.stderr).contains(said), "{}", text(&refused.stderr));
        }
        let unknown = site.cli(&["usage", "--account", "nobody@example.test"]);
        assert_eq!(unknown.status.code(), Some(1));
        assert!(!text(&unknown.stderr).contains("nobody@"), "an address is not repeated into logs of scripts");
    }
}

both_databases! {
    async fn a_command_that_only_looks_makes_no_instance(database) {
        let site = Site::new(database);
        site.migrate();
        let looks: &[&[&str]] = &[
            &["account", "show", "ada@example.test"],
            &["account", "freeze", "ada@example.test"],
            &["key", "list", "--account", "ada@example.test"],
            &["key", "create", "--account", "ada@example.test"],
            &["credit", "grant", "--account", "ada@example.test", "--amount", "1.00"],
            &["usage", "--account", "ada@example.test"],
            &["backup", "copy"],
        ];
        let before = files(&site);
        for arguments in looks {
            let refused = site.cli(arguments);
            let said = text(&refused.stderr);
            assert_eq!(refused.status.code(), Some(2), "{arguments:?}: {said}");
            assert!(said.contains("no instance was made here yet") && said.contains("--config"), "{said}");
        }
        assert_eq!(files(&site), before, "nothing was made by looking");
        site.customer("ada@example.test", "1.00");
        let usage = site.cli_json(&["usage", "--account", "ada@example.test"]);
        assert_eq!(usage["keys"][0]["requests"], 0, "{usage}");
    }
}

/// Everything below the site's folder.
fn files(site: &Site) -> Vec<String> {
    let output = Command::new("find").arg(site.folder()).output().unwrap();
    let mut files: Vec<String> = text(&output.stdout).lines().map(str::to_owned).collect();
    files.retain(|file| !file.ends_with("candor.toml"));
    files.sort();
    files
}

#[test]
fn serve_and_commands_ask_for_a_migration_on_postgresql() {
    let Some(database) = Database::postgres() else { return };
    let site = Site::new(database);
    for arguments in [&["account", "create", "--email", "ada@example.test"][..], &["serve"]] {
        let refused = site.cli(arguments);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
        assert!(
            text(&refused.stderr).contains("candor migrate --config "),
            "{}",
            text(&refused.stderr)
        );
    }
    assert!(site.cli_ok(&["migrate"]).contains("steps taken"));
    assert_eq!(site.cli_ok(&["migrate"]), "the schema is up to date");
    site.cli_ok(&["account", "create", "--email", "ada@example.test"]);
}
