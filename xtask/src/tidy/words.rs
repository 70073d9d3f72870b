//! Words out of place: banned macros and names, SQL outside `store.rs`, day counts outside the policy, blind waits in tests.

use std::collections::BTreeMap;

use crate::check::Outcome;
use crate::ratchet::{Excess, Ratchet};
use crate::source::is_word;
use crate::tree::{Module, Part, Tree, is_tool};

/// What stands nowhere, with what to do.
const BANNED: &[(&str, &str)] = &[
    ("todo!", "finish it, or leave it out"),
    ("unimplemented!", "finish it, or leave it out"),
    ("dbg!", "use `tracing`"),
    (
        "#[allow(",
        "use `#[expect(…, reason = \"…\")]`, which fails when it is no longer needed",
    ),
    (
        "#![allow(",
        "use `#![expect(…, reason = \"…\")]`, which fails when it is no longer needed",
    ),
    (
        "#[ignore",
        "a test runs or is deleted; a long one takes its size from the environment",
    ),
];

/// Names that say nothing, as whole module names.
const EMPTY_NAMES: &[&str] = &[
    "util", "utils", "helper", "helpers", "manager", "misc", "common", "handler", "handlers", "data", "info",
];

/// Macros and attributes that stand nowhere, and modules whose name says nothing.
pub(crate) fn banned(tree: &Tree) -> Outcome {
    let mut outcome = Outcome::new("banned words", "files");
    for module in &tree.modules {
        outcome.looked_at += 1;
        for (word, instead) in BANNED {
            for at in whole_words(&module.source.code, word) {
                outcome
                    .breaches
                    .push(format!("{}: {word}: {instead}", place(module, at)));
            }
        }
        if let Some(name) = module.module.last().filter(|name| EMPTY_NAMES.contains(&name.as_str())) {
            outcome
                .breaches
                .push(format!("{}: `{name}` says nothing: name what is in it", module.path));
        }
    }
    outcome
}

/// SQL outside `store.rs` and the drivers.
pub(crate) fn sql(tree: &Tree) -> Outcome {
    let mut outcome = Outcome::new("SQL", "string literals");
    let governed = tree
        .program()
        .filter(|module| module.krate != "store" && !module.module.iter().any(|segment| segment == "store"));
    for module in governed {
        for (at, literal) in module.source.program_strings() {
            outcome.looked_at += 1;
            if is_sql(literal) {
                outcome
                    .breaches
                    .push(format!("{}: SQL stands only in a domain's store.rs", place(module, at)));
            }
        }
    }
    outcome
}

fn is_sql(literal: &str) -> bool {
    let words: Vec<&str> = literal.split_whitespace().collect();
    match words.as_slice() {
        ["SELECT", .., _] => words.contains(&"FROM"),
        ["INSERT", "INTO", ..] | ["DELETE", "FROM", ..] | ["CREATE" | "DROP" | "ALTER", "TABLE" | "INDEX", ..] => true,
        ["UPDATE", ..] => words.contains(&"SET"),
        ["WITH", ..] => words.contains(&"SELECT"),
        _ => false,
    }
}

/// Numbers of days outside the policy. A retention number exists once: in `policy/`.
pub(crate) fn day_counts(tree: &Tree) -> Outcome {
    let mut outcome = Outcome::new("day counts", "files");
    let ratchet = Ratchet::read(tree, "day-counts", &mut outcome);
    let mut found = BTreeMap::new();
    for module in tree.program().filter(|module| module.krate != "policy") {
        outcome.looked_at += 1;
        let mut places = day_counts_in_code(&module.source.program);
        let texts = module
            .source
            .program_strings()
            .filter(|(_, literal)| names_days(literal));
        places.extend(texts.map(|(at, _)| at));
        if !places.is_empty() {
            found.insert(module.path.clone(), Excess::places(&module.source, &places));
        }
    }
    ratchet.compare(
        &found,
        "a number of days stands only in policy/: read it from policy::Parameters",
        &mut outcome,
    );
    outcome
}

/// Offsets of calls and constants that count days by a literal number: `Days(30)`, `plus_days(7)`, `_DAYS: u32 = 52`, `30 * 86_400`.
fn day_counts_in_code(code: &str) -> Vec<usize> {
    let mut found = Vec::new();
    for mark in ["Days(", "days(", "Days::new("] {
        found.extend(
            code.match_indices(mark)
                .filter(|(at, _)| counts(&code[at + mark.len()..]))
                .map(|(at, _)| at),
        );
    }
    let is_number = |rest: &str| {
        let value = rest
            .split(';')
            .next()
            .and_then(|line| line.split_once('='))
            .map_or("", |(_, value)| value.trim());
        value.starts_with(|first: char| first.is_ascii_digit())
    };
    found.extend(
        code.match_indices("DAYS:")
            .filter(|(at, _)| is_number(&code[*at..]))
            .map(|(at, _)| at),
    );
    for mark in ["86_400", "86400", "24 * 60 * 60", "24 * 3600", "24 * 3_600"] {
        found.extend(whole_words(code, mark));
    }
    found
}

/// Whether an argument is a literal number other than 0 and 1, which mean the next day or none.
fn counts(argument: &str) -> bool {
    let argument = argument.trim_start().trim_start_matches('-');
    let digits = argument.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0 && !matches!(&argument[..digits], "0" | "1")
}

/// Whether a text says a number of days: `30d`, `30 days`.
fn names_days(literal: &str) -> bool {
    let number = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let words: Vec<&str> = literal
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    literal.strip_suffix('d').is_some_and(number)
        || words
            .windows(2)
            .any(|pair| number(pair[0]) && matches!(pair[1], "day" | "days"))
}

/// Modules that take an exception from a ban of clippy.toml, with how many.
pub(crate) fn exceptions(tree: &Tree) -> Outcome {
    let mut outcome = Outcome::new("exceptions of bans", "files");
    let ratchet = Ratchet::read(tree, "ban-exceptions", &mut outcome);
    let mut found = BTreeMap::new();
    for module in tree.program() {
        outcome.looked_at += 1;
        let lints = ["disallowed_methods", "disallowed_macros", "disallowed_types"];
        let places: Vec<usize> = lints
            .iter()
            .flat_map(|lint| whole_words(&module.source.program, lint))
            .collect();
        if !places.is_empty() {
            found.insert(module.path.clone(), Excess::places(&module.source, &places));
        }
    }
    ratchet.compare(
        &found,
        "exceptions of clippy.toml stand in a list with their reason",
        &mut outcome,
    );
    outcome
}

/// Blind waits in tests. They wait for a condition with a deadline, or travel in time.
pub(crate) fn sleeps(tree: &Tree) -> Outcome {
    let mut outcome = Outcome::new("sleeps in tests", "files");
    let ratchet = Ratchet::read(tree, "sleeps", &mut outcome);
    let mut found = BTreeMap::new();
    for module in tree.modules.iter().filter(|module| !is_tool(&module.krate)) {
        outcome.looked_at += 1;
        let mut places = whole_words(&module.source.code, "sleep");
        if module.part == Part::Program {
            let in_program = whole_words(&module.source.program, "sleep");
            places.retain(|at| !in_program.contains(at));
        }
        if !places.is_empty() {
            found.insert(module.path.clone(), Excess::places(&module.source, &places));
        }
    }
    ratchet.compare(
        &found,
        "a test doesn't sleep: wait with `testkit::wait::until`, or travel with the clock",
        &mut outcome,
    );
    outcome
}

fn place(module: &Module, offset: usize) -> String {
    format!("{}:{}", module.path, module.source.line(offset))
}

/// Offsets of `word` where it is not part of a longer word.
fn whole_words(code: &str, word: &str) -> Vec<usize> {
    let bytes = code.as_bytes();
    let is_edge = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_none_or(|byte| !is_word(*byte));
    let ends_in_word = word.bytes().last().is_some_and(is_word);
    let begins_with_word = word.bytes().next().is_some_and(is_word);
    code.match_indices(word)
        .map(|(at, _)| at)
        .filter(|at| !begins_with_word || is_edge(at.checked_sub(1)))
        .filter(|at| !ends_in_word || is_edge(Some(at + word.len())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{accepts, refuses};

    const PATH: &str = "crates/candor/src/a.rs";

    #[test]
    fn banned_words_are_refused_in_code_and_not_in_text() {
        accepts(banned, &[(PATH, "fn f() { \"todo!()\"; } // dbg!(x) #[allow(x)]")]);
        for text in [
            "fn f() { todo!() }",
            "#[allow(dead_code)]\nfn f() {}",
            "#[ignore]\nfn f() {}",
        ] {
            refuses(banned, &[(PATH, text)], "crates/candor/src/a.rs:1");
        }
        refuses(banned, &[("crates/candor/src/utils.rs", "")], "says nothing");
    }

    #[test]
    fn sql_outside_store_is_refused() {
        let statement = "const A: &str = \"SELECT a FROM b\";";
        refuses(sql, &[(PATH, statement)], "only in a domain's store.rs");
        accepts(
            sql,
            &[
                (PATH, "const A: &str = \"SELECT one of these\";"),
                ("crates/candor/src/money/store.rs", statement),
            ],
        );
        accepts(
            sql,
            &[(
                PATH,
                &format!("const B: &str = \"b\";\n#[cfg(test)]\nmod tests {{ {statement} }}"),
            )],
        );
    }

    #[test]
    fn a_day_count_outside_the_policy_is_refused() {
        for text in [
            "f(Days(30))",
            "day.plus_days(30)",
            "const KEEP_DAYS: u32 = 52;",
            "30 * 86_400",
            "\"30d\"",
            "\"kept for 30 days\"",
        ] {
            refuses(day_counts, &[(PATH, text)], "crates/candor/src/a.rs:1: 1");
        }
        accepts(
            day_counts,
            &[
                (PATH, "day.plus_days(1); Days(n); \"expired\"; fn days(a: u8) {}"),
                ("crates/policy/src/a.rs", "Days(30)"),
            ],
        );
    }

    #[test]
    fn an_exception_of_a_ban_must_be_listed() {
        let text = "#[expect(clippy::disallowed_methods, reason = \"x\")]\nfn f() {}";
        refuses(exceptions, &[(PATH, text)], "stand in a list");
        accepts(
            exceptions,
            &[
                (PATH, text),
                ("xtask/ratchets/ban-exceptions.txt", &format!("{PATH} 1 reason")),
            ],
        );
    }

    #[test]
    fn a_sleeping_test_is_refused_and_a_waiting_program_is_not() {
        accepts(sleeps, &[(PATH, "fn f() { tokio::time::sleep(d) }")]);
        refuses(
            sleeps,
            &[(PATH, "#[cfg(test)]\nmod tests { fn f() { sleep(d) } }")],
            "doesn't sleep",
        );
        refuses(
            sleeps,
            &[("crates/candor/tests/it/main.rs", "sleep(d)")],
            "doesn't sleep",
        );
    }
}
