//! Files: each source opens with what it is for and is part of a target; each migration is compiled in.

use std::collections::BTreeSet;

use crate::check::Outcome;
use crate::paths::{declared_modules, redirected};
use crate::tree::{Module, Tree};

/// Each module opens with `//!`.
pub(crate) fn heads(tree: &Tree) -> Outcome {
    let mut outcome = Outcome::new("heads", "files");
    for module in &tree.modules {
        outcome.looked_at += 1;
        let first = module
            .source
            .text
            .lines()
            .find(|line| !line.trim().is_empty() && !line.starts_with("#!"))
            .unwrap_or_default();
        if !first.starts_with("//! ") {
            outcome.breaches.push(format!(
                "{}: open it with `//!`: what it is for, what it promises, what it leaves out",
                module.path
            ));
        }
    }
    outcome
}

/// Each source is reachable by `mod` from the root of a target.
pub(crate) fn reachable(tree: &Tree) -> Outcome {
    let mut outcome = Outcome::new("dead files", "files");
    let known: BTreeSet<&str> = tree.modules.iter().map(|module| module.path.as_str()).collect();
    let mut alive = BTreeSet::new();
    let mut next: Vec<&Module> = tree.modules.iter().filter(|module| is_root(&module.path)).collect();
    while let Some(module) = next.pop() {
        if alive.insert(module.path.as_str()) {
            let children: BTreeSet<String> = files_of_children(module)
                .into_iter()
                .filter(|path| known.contains(path.as_str()))
                .collect();
            next.extend(tree.modules.iter().filter(|module| children.contains(&module.path)));
        }
    }
    outcome.looked_at = known.len();
    for path in known.difference(&alive) {
        outcome
            .breaches
            .push(format!("{path}: no `mod` leads here: declare it or delete it"));
    }
    outcome
}

/// Each migration is named by an `include_str!`.
pub(crate) fn migrations(tree: &Tree) -> Outcome {
    let mut outcome = Outcome::new("migrations", "SQL files");
    let literals: Vec<&str> = tree
        .program()
        .flat_map(|module| module.source.strings.iter().map(|(_, text)| text.as_str()))
        .collect();
    for path in tree.texts.keys().filter(|path| path.ends_with(".sql")) {
        outcome.looked_at += 1;
        let Some((_, inside)) = path.split_once("/migrations/") else {
            outcome
                .breaches
                .push(format!("{path}: SQL files stand in a folder `migrations`"));
            continue;
        };
        if !literals.iter().any(|literal| literal.ends_with(&format!("/{inside}"))) {
            outcome
                .breaches
                .push(format!("{path}: no `include_str!` names it: it never runs"));
        }
    }
    outcome
}

fn is_root(path: &str) -> bool {
    let path = path.strip_prefix("crates/").unwrap_or(path);
    match path.split('/').collect::<Vec<_>>().as_slice() {
        [_, "src", "lib.rs" | "main.rs"] | [_, "build.rs"] | [_, "src", "bin", ..] | [_, "tests", _, "main.rs"] => true,
        [_, "tests" | "benches" | "examples", file] => file.ends_with(".rs"),
        _ => false,
    }
}

/// Where the modules that a file declares may stand.
fn files_of_children(module: &Module) -> Vec<String> {
    let (folder, file) = module.path.rsplit_once('/').unwrap_or(("", &module.path));
    let own = match file {
        "mod.rs" | "lib.rs" | "main.rs" => folder.to_owned(),
        _ if is_root(&module.path) => folder.to_owned(),
        _ => format!("{folder}/{}", file.trim_end_matches(".rs")),
    };
    let redirected = redirected(&module.source)
        .into_iter()
        .map(|(file, _)| format!("{folder}/{file}"));
    declared_modules(&module.source.code)
        .into_iter()
        .filter(|(_, has_body)| !has_body)
        .flat_map(|(name, _)| [format!("{own}/{name}.rs"), format!("{own}/{name}/mod.rs")])
        .chain(redirected)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{accepts, refuses};

    #[test]
    fn a_file_without_a_head_is_refused() {
        accepts(
            heads,
            &[
                ("crates/base/src/lib.rs", "//! What it is for.\n"),
                ("crates/base/src/a.rs", "#![x]\n//! A.\n"),
            ],
        );
        refuses(heads, &[("crates/base/src/lib.rs", "// no head\n")], "open it with");
    }

    #[test]
    fn a_file_that_no_mod_leads_to_is_refused() {
        let lib = ("crates/base/src/lib.rs", "pub mod a; mod b { }");
        accepts(
            reachable,
            &[
                lib,
                ("crates/base/src/a/mod.rs", "mod c;"),
                ("crates/base/src/a/c.rs", "mod d;"),
                ("crates/base/src/a/c/d.rs", ""),
            ],
        );
        refuses(
            reachable,
            &[
                lib,
                ("crates/base/src/a.rs", "// mod c;"),
                ("crates/base/src/a/c.rs", ""),
            ],
            "crates/base/src/a/c.rs: no `mod`",
        );
        refuses(
            reachable,
            &[lib, ("crates/base/src/a.rs", ""), ("crates/base/tests/it/x.rs", "")],
            "tests/it/x.rs",
        );
    }

    #[test]
    fn a_migration_that_is_not_compiled_in_is_refused() {
        let sql = ("crates/candor/migrations/sqlite/main/0001_a.sql", "");
        accepts(
            migrations,
            &[
                sql,
                (
                    "crates/candor/src/lib.rs",
                    "include_str!(\"../migrations/sqlite/main/0001_a.sql\")",
                ),
            ],
        );
        refuses(migrations, &[sql, ("crates/candor/src/lib.rs", "")], "it never runs");
    }
}
