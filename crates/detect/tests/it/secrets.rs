//! Strings made from the patterns of gitleaks: how many kinds of secrets are found in a log line, and in a prompt.

use detect::{Kind, Width, find};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::string::string_regex;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde::Deserialize;

use crate::{per_mille, rows};

const RULES: &str = include_str!("../data/secrets.jsonl");
const SAMPLES: usize = 20;

#[derive(Deserialize)]
struct Rule {
    regex: String,
}

/// The pattern without borders, which no generator knows, over letters of ASCII.
fn generable(regex: &str) -> String {
    let plain = regex
        .replace("(?:[\\x60'\"\\s;]|\\\\[nr]|$)", "")
        .replace("(?:[\\x60'\"\\s;]|\\\\[nr]|$|\\b)", "");
    let plain = plain
        .replace("(?:^|[\\\\'\"\\x60\\s>=:(,)])", " ")
        .replace("(?:$|[\\\\'\"\\x60\\s<),])", " ");
    // In the case that is written, and with a short name where gitleaks lets anything stand.
    let plain = plain
        .replace("(?i)", "")
        .replace("(?i:", "(?:")
        .replace("(?-i:", "(?:")
        .replace("[\\w.-]{0,50}?", "")
        .replace("(?:[ \\t\\w.-]{0,20})", "(?:[_-]id)?");
    let plain = plain
        .replace("\\b", "")
        .replace("\\w", "a-zA-Z0-9_")
        .replace("\\d", "0-9")
        .replace("\\s", " ");
    bracketed(&plain)
}

/// Puts brackets around what stood for a class of its own: `a-zA-Z0-9_` outside brackets.
fn bracketed(pattern: &str) -> String {
    let (mut result, mut inside, mut rest) = (String::new(), false, pattern);
    while let Some(letter) = rest.chars().next() {
        let class = ["a-zA-Z0-9_", "0-9"]
            .into_iter()
            .find(|class| !inside && rest.starts_with(class));
        if let Some(class) = class {
            result.extend(["[", class, "]"]);
            rest = &rest[class.len()..];
            continue;
        }
        if letter == '\\' {
            let end = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
            result.push_str(&rest[..end]);
            rest = &rest[end..];
            continue;
        }
        inside = (inside || letter == '[') && letter != ']';
        result.push(letter);
        rest = &rest[letter.len_utf8()..];
    }
    result
}

fn samples(regex: &str) -> Option<Vec<String>> {
    let strategy = string_regex(&generable(regex)).ok()?;
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    Some(
        (0..SAMPLES)
            .map(|_| strategy.new_tree(&mut runner).unwrap().current())
            .collect(),
    )
}

/// How many rules yield samples, and the share of samples that are found, in thousandths.
fn measured(width: Width) -> (usize, usize) {
    let samples: Vec<Vec<String>> = rows::<Rule>(RULES)
        .iter()
        .filter_map(|rule| samples(&rule.regex))
        .collect();
    let is_found = |sample: &&String| {
        find(&format!("refused: {sample} was sent"), width)
            .iter()
            .any(|finding| finding.kind == Kind::Key)
    };
    let found = samples.iter().flatten().filter(is_found).count();
    (samples.len(), per_mille(found, SAMPLES * samples.len()))
}

#[test]
fn most_kinds_of_secrets_are_found_in_a_line_of_a_log() {
    let (rules, found) = measured(Width::Wide);
    assert!(rules >= 216 && found >= 830, "{rules} rules, {found} ‰");
}

#[test]
fn those_with_a_shape_are_found_in_a_prompt() {
    let (rules, found) = measured(Width::Strict);
    assert!(rules >= 216 && found >= 590, "{rules} rules, {found} ‰");
}
