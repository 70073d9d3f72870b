//! What `deny.toml` says of crates, held offline: banned crates, two versions of one, licences.
//!
//! Promises: the rules hold without an installed cargo-deny, from Cargo.lock and the manifests that cargo has fetched. Where cargo-deny
//! is installed, `by_cargo_deny` asks it, too. Leaves out: advisories, which need a database from outside.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use crate::check::Outcome;
use crate::tree::Tree;

const RULES: &str = "deny.toml";

/// Crates that must not be in the lock.
pub(crate) fn banned(tree: &Tree) -> Outcome {
    let mut outcome = Outcome::new("banned crates", "crates in the lock");
    let banned = entries(tree.text(RULES), "deny");
    if banned.is_empty() {
        outcome.breaches.push(format!("{RULES}: no ban can be read"));
    }
    for (name, version) in locked(tree.text("Cargo.lock")) {
        outcome.looked_at += 1;
        if let Some((_, reason)) = banned.iter().find(|(krate, _)| *krate == name) {
            outcome.breaches.push(format!(
                "Cargo.lock: {name} {version} is banned: {reason}. `cargo tree -i {name}` says who brings it"
            ));
        }
    }
    outcome
}

/// Two versions of one crate in what is built here, unless `skip` gives the reason for the older one.
pub(crate) fn duplicates(tree: &Tree) -> Outcome {
    let mut outcome = Outcome::new("duplicate crates", "crates built here");
    let skipped = entries(tree.text(RULES), "skip")
        .into_iter()
        .map(|(krate, _)| krate)
        .collect();
    match built(&tree.root) {
        Ok(lines) => compare_versions(&lines, skipped, &mut outcome),
        Err(message) => outcome.breaches.push(message),
    }
    outcome
}

fn compare_versions(lines: &str, mut skipped: BTreeSet<String>, outcome: &mut Outcome) {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in lines.lines() {
        let mut words = line.split([' ', '|']);
        if let (Some(name), Some(version)) = (words.next(), words.next().and_then(|word| word.strip_prefix('v'))) {
            outcome.looked_at += usize::from(versions.entry(name).or_default().insert(version));
        }
    }
    for (name, versions) in versions.iter().filter(|(_, versions)| versions.len() > 1) {
        let left = versions
            .iter()
            .filter(|version| !skipped.remove(&format!("{name}@{version}")))
            .count();
        if left > 1 {
            let versions: Vec<&str> = versions.iter().copied().collect();
            outcome.breaches.push(format!(
                "Cargo.lock: {name} is built as {}: unite them, or give {RULES} the reason for each older one under `skip`",
                versions.join(" and ")
            ));
        }
    }
    for entry in skipped {
        outcome.breaches.push(format!(
            "{RULES}: {entry} is not built a second time any more: remove it from `skip`"
        ));
    }
}

/// Licences of everything that is built here.
pub(crate) fn licences(tree: &Tree) -> Outcome {
    let mut outcome = Outcome::new("licences", "crates built here");
    let allowed = allowed_licences(tree.text(RULES));
    match built(&tree.root) {
        Ok(lines) => judge(&lines, &allowed, &mut outcome),
        Err(message) => outcome.breaches.push(message),
    }
    outcome
}

/// Asks cargo-deny, where it is installed.
pub(crate) fn by_cargo_deny(root: &Path) -> Result<(), String> {
    let cargo_deny = || {
        let mut command = Command::new("cargo");
        command.arg("deny").current_dir(root);
        command
    };
    if !cargo_deny()
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success())
    {
        println!("       cargo-deny is not installed: the checks above hold {RULES} by themselves");
        return Ok(());
    }
    let status = cargo_deny()
        .args(["--offline", "check", "bans", "licenses", "sources"])
        .status();
    if status.is_ok_and(|status| status.success()) {
        Ok(())
    } else {
        Err("cargo deny refused, see above".to_owned())
    }
}

/// A line `NAME vVERSION …|LICENCE` for each crate that is built on this kind of machine, with duplicates.
fn built(root: &Path) -> Result<String, String> {
    let output = Command::new("cargo")
        .args([
            "tree",
            "--offline",
            "--locked",
            "--workspace",
            "--prefix",
            "none",
            "--no-dedupe",
            "--format",
            "{p}|{l}",
        ])
        .current_dir(root)
        .output()
        .map_err(|error| format!("cargo tree can't be run: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!(
            "cargo tree: {}. Run `cargo fetch --locked` once",
            String::from_utf8_lossy(&output.stderr).trim()
        ))
    }
}

fn judge(lines: &str, allowed: &BTreeSet<String>, outcome: &mut Outcome) {
    for line in lines.lines().collect::<BTreeSet<_>>() {
        let Some((krate, licence)) = line.split_once('|') else {
            continue;
        };
        outcome.looked_at += 1;
        if licence.trim().is_empty() || !Expression::new(licence, allowed).holds() {
            outcome
                .breaches
                .push(format!("{krate}: licence {licence:?} is not among those of {RULES}"));
        }
    }
}

/// An SPDX expression, read by descent: `OR` binds weaker than `AND`, `WITH` belongs to its licence, `/` is the old `OR`.
struct Expression<'a> {
    words: Vec<String>,
    at: usize,
    allowed: &'a BTreeSet<String>,
}

impl<'a> Expression<'a> {
    fn new(text: &str, allowed: &'a BTreeSet<String>) -> Self {
        let spaced = text.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
        Self {
            words: spaced.split_whitespace().map(str::to_owned).collect(),
            at: 0,
            allowed,
        }
    }

    fn holds(mut self) -> bool {
        self.any() && self.at == self.words.len()
    }

    fn take(&mut self, word: &str) -> bool {
        let is_next = self.words.get(self.at).is_some_and(|next| next == word);
        self.at += usize::from(is_next);
        is_next
    }

    fn any(&mut self) -> bool {
        let mut holds = self.all();
        while self.take("OR") {
            holds |= self.all();
        }
        holds
    }

    fn all(&mut self) -> bool {
        let mut holds = self.one();
        while self.take("AND") {
            holds &= self.one();
        }
        holds
    }

    fn one(&mut self) -> bool {
        if self.take("(") {
            return self.any() && self.take(")");
        }
        let holds = self
            .words
            .get(self.at)
            .is_some_and(|licence| self.allowed.contains(licence));
        self.at += 1;
        if self.take("WITH") {
            self.at += 1; // an exception only ever grants more
        }
        holds
    }
}

/// Names and versions in Cargo.lock.
pub(crate) fn locked(lock: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut name = None;
    for line in lock.lines() {
        if let Some(value) = quoted(line, "name = ") {
            name = Some(value);
        } else if let (Some(version), Some(name)) = (quoted(line, "version = "), name.take()) {
            found.push((name, version));
        }
    }
    found
}

fn quoted(line: &str, key: &str) -> Option<String> {
    line.strip_prefix(key)
        .map(|value| value.trim().trim_matches('"').to_owned())
}

/// `crate` and `reason` of each entry in the list `name = [ { crate = "…", reason = "…" }, … ]`.
fn entries(rules: &str, name: &str) -> Vec<(String, String)> {
    let value = |line: &str, key: &str| {
        line.split_once(&format!("{key} = \""))
            .and_then(|(_, rest)| rest.split_once('"'))
            .map(|(value, _)| value.to_owned())
    };
    list(rules, name)
        .filter_map(|line| Some((value(line, "crate")?, value(line, "reason").unwrap_or_default())))
        .collect()
}

fn allowed_licences(rules: &str) -> BTreeSet<String> {
    list(rules, "allow")
        .map(|line| line.trim().trim_matches([',', '"']).to_owned())
        .collect()
}

/// The lines of a list that is written one entry a line.
fn list<'a>(rules: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    let start = format!("{name} = [");
    rules
        .lines()
        .skip_while(move |line| *line != start)
        .skip(1)
        .take_while(|line| *line != "]")
        .filter(|line| !line.trim_start().starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{accepts, refuses};

    const LIST: &str = "[bans]\ndeny = [\n    { crate = \"reqwest\", reason = \"a second way out\" },\n]\nskip = [\n    { crate = \"syn@2.0.0\", reason = \"old macros\" },\n]\nallow = [\n    \"MIT\",\n    \"Apache-2.0\",\n]\n";
    const LOCK: &str =
        "[[package]]\nname = \"syn\"\nversion = \"2.0.0\"\n\n[[package]]\nname = \"syn\"\nversion = \"3.0.0\"\n";

    #[test]
    fn a_banned_crate_is_refused() {
        accepts(banned, &[(RULES, LIST), ("Cargo.lock", LOCK)]);
        let lock = format!("{LOCK}\n[[package]]\nname = \"reqwest\"\nversion = \"0.13.0\"\n");
        refuses(banned, &[(RULES, LIST), ("Cargo.lock", &lock)], "a second way out");
    }

    #[test]
    fn a_second_version_needs_a_reason_and_a_stale_reason_goes() {
        let breaches = |lines: &str| {
            let mut outcome = Outcome::new("duplicates", "crates");
            compare_versions(lines, BTreeSet::from(["syn@2.0.0".to_owned()]), &mut outcome);
            assert_eq!(outcome.looked_at, lines.lines().collect::<BTreeSet<_>>().len());
            outcome.breaches
        };
        assert!(breaches("syn v2.0.0|MIT\nsyn v3.0.0|MIT\nsyn v3.0.0|MIT").is_empty());
        assert!(breaches("syn v3.0.0|MIT\nbase v0.1.0 (/x)|MIT")[0].contains("not built a second time"));
        assert!(breaches("syn v2.0.0|MIT\nsyn v3.0.0|MIT\nsyn v4.0.0|MIT")[0].contains("unite them"));
    }

    #[test]
    fn licence_expressions_are_read_as_spdx_means_them() {
        let allowed = allowed_licences(LIST);
        for good in [
            "MIT",
            "MIT OR GPL-3.0",
            "MIT/GPL-3.0",
            "(MIT OR GPL-3.0) AND Apache-2.0",
            "Apache-2.0 WITH LLVM-exception",
            "GPL-3.0 OR MIT AND Apache-2.0",
        ] {
            assert!(Expression::new(good, &allowed).holds(), "{good}");
        }
        for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT", "MIT MIT"] {
            assert!(!Expression::new(bad, &allowed).holds(), "{bad}");
        }
        let mut outcome = Outcome::new("licences", "crates");
        judge("a v1|MIT\nb v1|GPL-3.0\nc v1|", &allowed, &mut outcome);
        assert_eq!((outcome.looked_at, outcome.breaches.len()), (3, 2));
    }
}
