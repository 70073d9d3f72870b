//! The command line: exit status, one clear sentence, what stands on which stream.

use std::process::{Command, Output, Stdio};

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
        (&["verify"], good, "`candor verify` is not part of this version yet"),
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
