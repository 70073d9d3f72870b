//! Manifests: each dependency comes from the workspace's table and is used; each crate takes the workspace's lints.

use std::collections::BTreeSet;

use crate::check::Outcome;
use crate::tree::{Part, Tree};

/// Checks the manifest of every crate.
pub(crate) fn check(tree: &Tree) -> Outcome {
    let mut outcome = Outcome::new("manifests", "dependencies of crates");
    let mut used = BTreeSet::new();
    for (path, manifest) in tree.texts.iter().filter(|(path, _)| path.ends_with("/Cargo.toml")) {
        if !section(manifest, "lints").any(|line| line == "workspace = true") {
            outcome
                .breaches
                .push(format!("{path}: write `[lints]` `workspace = true`"));
        }
        let krate = path
            .trim_end_matches("/Cargo.toml")
            .rsplit('/')
            .next()
            .unwrap_or_default();
        for (kind, parts) in [
            ("dependencies", &[Part::Program][..]),
            ("dev-dependencies", &[Part::Program, Part::Test]),
            ("build-dependencies", &[Part::Test]),
        ] {
            for line in section(manifest, kind) {
                let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
                outcome.looked_at += 1;
                used.insert(name.to_owned());
                if !line.contains("workspace = true") {
                    outcome.breaches.push(format!(
                        "{path}: {name}: take it from the workspace's table: `{name}.workspace = true`"
                    ));
                }
                if !is_named(tree, krate, parts, name) {
                    outcome.breaches.push(format!(
                        "{path}: {name}: nothing in {krate} names it: remove it from [{kind}]"
                    ));
                }
            }
        }
    }
    for name in workspace_dependencies(tree.text("Cargo.toml")).filter(|name| !used.contains(*name)) {
        outcome.breaches.push(format!(
            "Cargo.toml: no crate uses {name}: remove it from [workspace.dependencies]"
        ));
    }
    outcome
}

/// Names in the workspace's table of dependencies.
pub(crate) fn workspace_dependencies(manifest: &str) -> impl Iterator<Item = &str> {
    section(manifest, "workspace.dependencies").filter_map(|line| line.split([' ', '=', '.']).next())
}

/// The lines of a section, without comments and blanks.
fn section<'a>(manifest: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    manifest
        .lines()
        .map(str::trim)
        .skip_while(move |line| line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) != Some(name))
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Whether a crate's code names a dependency.
fn is_named(tree: &Tree, krate: &str, parts: &[Part], dependency: &str) -> bool {
    let name = dependency.replace('-', "_");
    let is_edge = |text: &str, at: usize| {
        text.as_bytes()
            .get(at)
            .is_none_or(|byte| !crate::source::is_word(*byte))
    };
    tree.modules
        .iter()
        .filter(|module| module.krate == krate && parts.contains(&module.part))
        .any(|module| {
            let code = if parts.contains(&Part::Test) {
                &module.source.code
            } else {
                &module.source.program
            };
            code.match_indices(&name).any(|(at, _)| {
                is_edge(code, at + name.len()) && at.checked_sub(1).is_none_or(|before| is_edge(code, before))
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{accepts, refuses};

    const ROOT: (&str, &str) = ("Cargo.toml", "[workspace.dependencies]\n# tests\nserde-json = \"1\"\n");
    const GOOD: &str = "[lints]\nworkspace = true\n\n[dependencies]\nserde-json.workspace = true\n";
    const CODE: (&str, &str) = ("crates/base/src/lib.rs", "use serde_json::Value;");
    const PATH: &str = "crates/base/Cargo.toml";

    #[test]
    fn a_manifest_that_keeps_to_the_table_passes() {
        accepts(check, &[ROOT, (PATH, GOOD), CODE]);
    }

    #[test]
    fn a_dependency_of_its_own_an_unused_one_and_missing_lints_are_refused() {
        refuses(
            check,
            &[ROOT, (PATH, &GOOD.replace(".workspace = true", " = \"1\"")), CODE],
            "workspace's table",
        );
        refuses(
            check,
            &[ROOT, (PATH, GOOD), ("crates/base/src/lib.rs", "// serde_json")],
            "nothing in base names it",
        );
        refuses(
            check,
            &[ROOT, (PATH, &GOOD.replace("[lints]", "[other]")), CODE],
            "[lints]",
        );
        refuses(
            check,
            &[
                (
                    "Cargo.toml",
                    "[workspace.dependencies]\nserde-json = \"1\"\nrand = \"1\"\n",
                ),
                (PATH, GOOD),
                CODE,
            ],
            "no crate uses rand",
        );
    }
}
