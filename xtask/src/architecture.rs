//! ARCHITECTURE.md: a reason for each dependency, a test for each invariant.

use std::collections::BTreeSet;

use crate::check::Outcome;
use crate::manifest::workspace_dependencies;
use crate::tree::Tree;

const DOCUMENT: &str = "ARCHITECTURE.md";

/// Each dependency of the workspace has a row with its reason, and each row a dependency.
pub(crate) fn dependencies(tree: &Tree) -> Outcome {
    let mut outcome = Outcome::new("reasons", "dependencies");
    let own = tree.crates();
    let wanted: BTreeSet<&str> = workspace_dependencies(tree.text("Cargo.toml"))
        .filter(|name| !own.iter().any(|krate| krate == name))
        .collect();
    let rows: Vec<(&str, &str)> = section(tree.text(DOCUMENT), "Dependencies").filter_map(row).collect();
    outcome.looked_at = wanted.len();
    for name in &wanted {
        if !rows.iter().any(|(known, reason)| known == name && reason.len() > 10) {
            outcome.breaches.push(format!(
                "{DOCUMENT}: the table of dependencies lacks a row with a reason for `{name}`"
            ));
        }
    }
    for (name, _) in rows.iter().filter(|(name, _)| !wanted.contains(name)) {
        outcome.breaches.push(format!(
            "{DOCUMENT}: `{name}` is no dependency any more: remove its row"
        ));
    }
    outcome
}

/// Each invariant names what holds it: a test, a check of xtask, or a ban of clippy.toml.
pub(crate) fn invariants(tree: &Tree) -> Outcome {
    let mut outcome = Outcome::new("invariants", "invariants");
    for line in section(tree.text(DOCUMENT), "Invariants").filter(|line| line.starts_with("- **")) {
        outcome.looked_at += 1;
        let holders: Vec<&str> = line
            .rsplit_once("Held by")
            .map_or("", |(_, holders)| holders)
            .split('`')
            .skip(1)
            .step_by(2)
            .collect();
        if holders.is_empty() {
            outcome.breaches.push(format!(
                "{DOCUMENT}: {line:?} does not say what it is held by: end it with \"Held by `name of a test`\""
            ));
        }
        for holder in holders.into_iter().filter(|holder| !exists(tree, holder)) {
            outcome
                .breaches
                .push(format!("{DOCUMENT}: there is no test, check or lint `{holder}`"));
        }
    }
    outcome
}

fn exists(tree: &Tree, holder: &str) -> bool {
    match holder.split_once(' ') {
        Some(("xtask", check)) => tree
            .files
            .iter()
            .any(|file| file.starts_with("xtask/src/") && file.contains(check)),
        _ if holder.contains('.') => tree.files.iter().any(|file| file == holder),
        _ if holder.contains("::") => false,
        _ => {
            tree.modules
                .iter()
                .any(|module| module.source.code.contains(&format!("fn {holder}(")))
                || tree.text("Cargo.toml").contains(&format!("{holder} = "))
        }
    }
}

/// The first two cells of a table's row, the first without its backticks.
fn row(line: &str) -> Option<(&str, &str)> {
    let mut cells = line.strip_prefix("| `")?.splitn(2, "` |");
    Some((cells.next()?, cells.next()?.trim().trim_end_matches('|').trim()))
}

/// The lines under the heading `name`.
fn section<'a>(document: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    let is_heading = |line: &str| line.starts_with("## ");
    document
        .lines()
        .skip_while(move |line| !(is_heading(line) && line.ends_with(name)))
        .skip(1)
        .take_while(move |line| !is_heading(line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{accepts, refuses};

    const MANIFEST: (&str, &str) = (
        "Cargo.toml",
        "[workspace.dependencies]\nbase = { path = \"crates/base\" }\nbytes = \"1\"\n",
    );
    const BASE: (&str, &str) = ("crates/base/Cargo.toml", "");

    #[test]
    fn a_dependency_without_a_reason_and_a_reason_without_a_dependency_are_refused() {
        let table =
            "## 5. Dependencies\n\n| crate | why |\n|---|---|\n| `bytes` | buffers that are shared without a copy |\n";
        accepts(dependencies, &[MANIFEST, BASE, (DOCUMENT, table)]);
        refuses(
            dependencies,
            &[MANIFEST, BASE, (DOCUMENT, "## Dependencies\n")],
            "lacks a row with a reason for `bytes`",
        );
        refuses(
            dependencies,
            &[
                MANIFEST,
                BASE,
                (DOCUMENT, &format!("{table}| `rand` | no longer needed at all |")),
            ],
            "`rand` is no dependency",
        );
    }

    #[test]
    fn an_invariant_that_nothing_holds_is_refused() {
        let code = ("crates/base/src/lib.rs", "#[test]\nfn it_holds() {}");
        accepts(
            invariants,
            &[
                code,
                (DOCUMENT, "## Invariants\n\n- **It holds.** Held by `it_holds`.\n"),
            ],
        );
        refuses(
            invariants,
            &[code, (DOCUMENT, "## Invariants\n- **It holds.** Held by `it_broke`.\n")],
            "no test, check or lint `it_broke`",
        );
        refuses(
            invariants,
            &[code, (DOCUMENT, "## Invariants\n- **It holds.** See `it_holds`.\n")],
            "does not say",
        );
    }
}
