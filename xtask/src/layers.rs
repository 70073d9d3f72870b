//! What may know what: every path in every module against the allow-list `xtask/layers.txt`.
//!
//! The list has three kinds of lines, each with its reason after a bar:
//!
//! ```text
//! unit candor::money | books and credit                    a module and all below it; every module belongs to one
//! edge candor::money -> store, base | why                  a unit may name another; edges have no circle
//! only rusqlite in store::db, store::backup | why          a path that is named nowhere else; `*::store` is that module in any unit
//! ```
//!
//! An edge or a place that nothing uses fails, so that the list only shrinks. Tests are not governed: they may arrange what they need.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::Outcome;
use crate::paths;
use crate::tree::{Module, Part, Tree};

pub(crate) const RULES: &str = "xtask/layers.txt";

/// The list, read.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    /// Units with what they are.
    pub(crate) units: BTreeMap<String, String>,
    /// Allowed pairs.
    pub(crate) edges: BTreeSet<(String, String)>,
    only: Vec<Only>,
}

#[derive(Debug)]
struct Only {
    path: Vec<String>,
    places: Vec<String>,
    reason: String,
}

/// Checks every module of the programs.
pub(crate) fn check(tree: &Tree) -> Outcome {
    let mut outcome = Outcome::new("layers", "modules governed");
    let rules = match Rules::parse(tree.text(RULES)) {
        Ok(rules) => rules,
        Err(errors) => {
            outcome.breaches = errors;
            return outcome;
        }
    };
    let mut used = Used::default();
    for module in tree.modules.iter().filter(|module| module.part == Part::Program) {
        outcome.looked_at += 1;
        rules.govern(module, &mut used, &mut outcome.breaches);
    }
    rules.stale(tree, &used, &mut outcome.breaches);
    outcome
        .breaches
        .extend(circle(&rules.edges).map(|units| format!("{RULES}: the edges have a circle: {}", units.join(" -> "))));
    outcome
}

/// What of the list the sources use.
#[derive(Default)]
struct Used {
    edges: BTreeSet<(String, String)>,
    places: BTreeSet<(usize, String)>,
}

impl Rules {
    /// Reads the list.
    pub(crate) fn parse(text: &str) -> Result<Self, Vec<String>> {
        let (mut rules, mut errors) = (Self::default(), Vec::new());
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') && rules.line(line).is_none() {
                errors.push(format!(
                    "{RULES}:{}: can't read {line:?}; the kinds of lines stand in xtask/src/layers.rs",
                    index + 1
                ));
            }
        }
        if errors.is_empty() { Ok(rules) } else { Err(errors) }
    }

    fn line(&mut self, line: &str) -> Option<()> {
        let (rule, reason) = line.split_once(" | ")?;
        let (kind, rest) = rule.trim().split_once(' ')?;
        let names = |list: &str| list.split(',').map(|name| name.trim().to_owned()).collect::<Vec<_>>();
        match kind {
            "unit" => drop(self.units.insert(rest.trim().to_owned(), reason.trim().to_owned())),
            "edge" => {
                let (from, to) = rest.split_once("->")?;
                self.edges
                    .extend(names(to).into_iter().map(|to| (from.trim().to_owned(), to)));
            }
            "only" => {
                let (path, places) = rest.split_once(" in ")?;
                let path = path.trim().split("::").map(str::to_owned).collect();
                self.only.push(Only {
                    path,
                    places: names(places),
                    reason: reason.trim().to_owned(),
                });
            }
            _ => return None,
        }
        Some(())
    }

    fn govern(&self, module: &Module, used: &mut Used, breaches: &mut Vec<String>) {
        let Some(unit) = self.unit(&full_path(module)) else {
            breaches.push(format!(
                "{}: {} belongs to no unit: add a line `unit` to {RULES}",
                module.path,
                module.full_name()
            ));
            return;
        };
        for named in paths::of(module) {
            let place = || format!("{}:{}", module.path, module.source.line(named.offset));
            if let Some(target) = self.unit(&named.path).filter(|target| *target != unit) {
                let edge = (unit.to_owned(), target.to_owned());
                if self.edges.contains(&edge) {
                    used.edges.insert(edge);
                } else {
                    breaches.push(format!(
                        "{}: {unit} may not know {target} ({})",
                        place(),
                        named.path.join("::")
                    ));
                }
            }
            for (index, only) in self
                .only
                .iter()
                .enumerate()
                .filter(|(_, only)| named.path.starts_with(&only.path))
            {
                match only
                    .places
                    .iter()
                    .find(|allowed| is_within(&full_path(module), allowed))
                {
                    Some(allowed) => drop(used.places.insert((index, allowed.clone()))),
                    None => breaches.push(format!(
                        "{}: {} stands only in {}: {}",
                        place(),
                        only.path.join("::"),
                        only.places.join(", "),
                        only.reason
                    )),
                }
            }
        }
    }

    /// The unit that a path leads to. A crate that has units inside is itself only its root.
    fn unit(&self, path: &[String]) -> Option<&str> {
        let krate = path.first()?;
        let is_divided = self.units.keys().any(|unit| {
            unit.strip_prefix(krate.as_str())
                .is_some_and(|rest| rest.starts_with("::"))
        });
        let is_module = |segment: &String| segment.starts_with(|first: char| first.is_ascii_lowercase());
        let modules = 1 + path[1..].iter().take_while(|segment| is_module(segment)).count();
        let longest = (2..=path.len())
            .rev()
            .find_map(|length| self.units.get_key_value(path[..length].join("::").as_str()));
        match longest {
            Some((unit, _)) => Some(unit),
            None if is_divided && modules > 1 => None,
            None => self.units.get_key_value(krate.as_str()).map(|(unit, _)| unit.as_str()),
        }
    }

    fn stale(&self, tree: &Tree, used: &Used, breaches: &mut Vec<String>) {
        for (from, to) in self.edges.difference(&used.edges) {
            breaches.push(format!("{RULES}: nothing uses the edge {from} -> {to}: remove it"));
        }
        for (index, only) in self.only.iter().enumerate() {
            for place in only
                .places
                .iter()
                .filter(|place| !used.places.contains(&(index, (*place).clone())))
            {
                breaches.push(format!(
                    "{RULES}: {place} does not name {}: remove the place",
                    only.path.join("::")
                ));
            }
        }
        let paths: Vec<Vec<String>> = tree
            .modules
            .iter()
            .filter(|module| module.part == Part::Program)
            .map(full_path)
            .collect();
        for unit in self
            .units
            .keys()
            .filter(|unit| !paths.iter().any(|path| is_within(path, unit)))
        {
            breaches.push(format!("{RULES}: there is no module {unit}: remove the unit"));
        }
    }
}

fn full_path(module: &Module) -> Vec<String> {
    std::iter::once(module.krate.clone())
        .chain(module.module.iter().cloned())
        .collect()
}

/// Whether a module is the one that `allowed` names or below it; `*::x` names the modules `x` of any unit.
fn is_within(path: &[String], allowed: &str) -> bool {
    if let Some(name) = allowed.strip_prefix("*::") {
        return path.iter().skip(1).any(|segment| segment == name);
    }
    let allowed: Vec<&str> = allowed.split("::").collect();
    path.len() >= allowed.len() && path.iter().zip(&allowed).all(|(segment, allowed)| segment == allowed)
}

/// A circle of edges, if there is one.
fn circle(edges: &BTreeSet<(String, String)>) -> Option<Vec<String>> {
    let mut left = edges.clone();
    // Taking away what nothing leads out of, again and again, leaves exactly the circles and what leads into them.
    loop {
        let sources: BTreeSet<String> = left.iter().map(|(from, _)| from.clone()).collect();
        let before = left.len();
        left.retain(|(_, to)| sources.contains(to));
        if left.len() == before {
            break;
        }
    }
    let mut walk = vec![left.first()?.0.clone()];
    loop {
        let last = walk.last()?.clone();
        let next = left.iter().find(|(from, _)| *from == last)?.1.clone();
        if let Some(start) = walk.iter().position(|unit| *unit == next) {
            walk.push(next);
            return Some(walk.split_off(start));
        }
        walk.push(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{accepts, refuses};

    const LIST: &str = "# rules
unit base | ground
unit candor | root
unit candor::money | books
unit candor::people | accounts
edge candor::money -> base | amounts
only rusqlite in *::store | SQL in one file";
    const BASE: (&str, &str) = ("crates/base/src/lib.rs", "");
    const ROOT: (&str, &str) = ("crates/candor/src/lib.rs", "pub mod money; pub mod people;");
    const MONEY: (&str, &str) = ("crates/candor/src/money/mod.rs", "mod store; use base::money::Micro;");
    const BOOKS: (&str, &str) = ("crates/candor/src/money/store.rs", "use rusqlite::Connection;");
    const PEOPLE: (&str, &str) = ("crates/candor/src/people.rs", "pub struct Account;");

    #[test]
    fn modules_that_keep_to_the_list_pass() {
        accepts(check, &[(RULES, LIST), BASE, ROOT, MONEY, BOOKS, PEOPLE]);
    }

    #[test]
    fn a_planted_forbidden_import_is_refused() {
        for text in [
            "use crate::people::Account;",
            "fn f(_: &super::people::Account) {}",
            "use crate::{people};",
        ] {
            let text = format!("mod store; use base::money::Micro; {text}");
            refuses(
                check,
                &[
                    (RULES, LIST),
                    BASE,
                    ROOT,
                    ("crates/candor/src/money/mod.rs", &text),
                    BOOKS,
                    PEOPLE,
                ],
                "candor::money may not know candor::people",
            );
        }
    }

    #[test]
    fn a_driver_outside_its_place_is_refused() {
        refuses(
            check,
            &[
                (RULES, LIST),
                BASE,
                ROOT,
                MONEY,
                BOOKS,
                ("crates/candor/src/people.rs", "fn f() { rusqlite::open() }"),
            ],
            "SQL in one file",
        );
    }

    #[test]
    fn stale_lines_are_refused() {
        let list = format!("{LIST}\nedge candor::people -> base | none any more");
        refuses(
            check,
            &[(RULES, &list), BASE, ROOT, MONEY, BOOKS, PEOPLE],
            "nothing uses the edge candor::people -> base",
        );
        let list = format!("{LIST}\nunit candor::gone | was here");
        refuses(
            check,
            &[(RULES, &list), BASE, ROOT, MONEY, BOOKS, PEOPLE],
            "no module candor::gone",
        );
        refuses(
            check,
            &[
                (RULES, LIST),
                BASE,
                ROOT,
                MONEY,
                ("crates/candor/src/money/store.rs", ""),
                PEOPLE,
            ],
            "*::store does not name rusqlite",
        );
    }

    #[test]
    fn a_module_without_a_unit_is_refused() {
        refuses(
            check,
            &[
                (RULES, LIST),
                BASE,
                ROOT,
                MONEY,
                BOOKS,
                PEOPLE,
                ("crates/candor/src/helpers.rs", ""),
            ],
            "belongs to no unit",
        );
    }

    #[test]
    fn a_circle_of_edges_is_refused() {
        let list = format!("{LIST}\nedge base -> candor::money | planted");
        refuses(
            check,
            &[
                (RULES, &list),
                ("crates/base/src/lib.rs", "use candor::money::X;"),
                ROOT,
                MONEY,
                BOOKS,
                PEOPLE,
            ],
            "circle: base -> candor::money -> base",
        );
    }
}
