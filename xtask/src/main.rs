//! Chores of the repository: the checks that CI runs, generated parts of documents, the benchmark and the crash test.
//!
//! Promises: needs no network and no dependency, and takes seconds; a check counts what it looked at and fails when that is nothing. Each
//! check has planted breaches in its unit tests, and `cargo test -p xtask` also runs every check on this repository.
//! Leaves out: format, clippy and the tests themselves, which `.ci/run` calls.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a tool of the repository, no part of the program: it reads the sources and prints what it found"
)]

mod architecture;
mod bench;
mod check;
mod deny;
mod docs;
mod layers;
mod manifest;
mod paths;
mod picture;
mod ratchet;
mod source;
#[cfg(test)]
mod testing;
mod tidy;
mod tree;

use std::path::PathBuf;
use std::process::ExitCode;

use check::{Check, report};
use tree::Tree;

const USAGE: &str = "cargo xtask COMMAND

  ci                 every check below, as .ci/run does
  layers [--write]   what may know what (xtask/layers.txt); --write renews the picture in ARCHITECTURE.md
  tidy               lengths, heads, dead files, banned words, SQL and day counts out of place
  deny               crates, licences and duplicates (deny.toml), offline
  docs               links, reasons of dependencies, tests that hold the invariants
  bench DIR [ARG…]   runs the harness DIR/run.sh against a release build
  crash [KILLS]      kills the program at KILLS (200) random moments on each database";

/// Every check, by the command that runs it.
const CHECKS: &[(&str, &[Check])] = &[
    ("layers", &[layers::check, picture::check]),
    ("tidy", tidy::CHECKS),
    (
        "deny",
        &[deny::banned, deny::duplicates, deny::licences, manifest::check],
    ),
    (
        "docs",
        &[docs::links, architecture::dependencies, architecture::invariants],
    ),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["ci"] => run(CHECKS.iter().flat_map(|(_, checks)| *checks)).and_then(|()| deny::by_cargo_deny(&tree().root)),
        ["layers", "--write"] => picture::write(&tree()),
        ["bench", folder, rest @ ..] => bench::run(folder, rest),
        ["crash"] => bench::crash("200"),
        ["crash", kills] => bench::crash(kills),
        [name] if CHECKS.iter().any(|(known, _)| known == name) => run(CHECKS
            .iter()
            .filter(|(known, _)| known == name)
            .flat_map(|(_, checks)| *checks)),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn tree() -> Tree {
    Tree::read(&root())
}

/// The root of the repository that cargo runs this in, which is not always the one that it was built in.
fn root() -> PathBuf {
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    xtask.join("..")
}

fn run<'a>(checks: impl Iterator<Item = &'a Check>) -> Result<(), String> {
    let tree = tree();
    let failed = checks
        .map(|check| report(&check(&tree)))
        .filter(|passed| !passed)
        .count();
    if failed == 0 {
        Ok(())
    } else {
        Err(format!("{failed} of the checks failed"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_repository_passes_every_check() {
        run(CHECKS.iter().flat_map(|(_, checks)| *checks)).expect("breaches are printed above");
    }
}
