//! The picture of the layers in ARCHITECTURE.md, drawn from `xtask/layers.txt` and compared with what stands there.

use std::collections::BTreeMap;

use crate::check::Outcome;
use crate::layers::{RULES, Rules};
use crate::tree::Tree;

const DOCUMENT: &str = "ARCHITECTURE.md";
const BEGIN: &str = "<!-- layers: drawn by `cargo xtask layers --write` -->\n";
const END: &str = "<!-- end of layers -->";

/// Fails when the document shows another picture than the list yields.
pub(crate) fn check(tree: &Tree) -> Outcome {
    let mut outcome = Outcome::new("picture of layers", "units drawn");
    match drawn(tree) {
        Ok((text, units)) => {
            outcome.looked_at = units;
            if text != tree.text(DOCUMENT) {
                outcome.breaches.push(format!(
                    "{DOCUMENT}: the picture differs from {RULES}: run `cargo xtask layers --write`"
                ));
            }
        }
        Err(message) => outcome.breaches.push(message),
    }
    outcome
}

/// Draws the picture anew.
pub(crate) fn write(tree: &Tree) -> Result<(), String> {
    let (text, _) = drawn(tree)?;
    std::fs::write(tree.root.join(DOCUMENT), text).map_err(|error| format!("{DOCUMENT}: {error}"))
}

/// The document with a fresh picture, and how many units it shows.
fn drawn(tree: &Tree) -> Result<(String, usize), String> {
    let document = tree.text(DOCUMENT);
    let missing = || format!("{DOCUMENT}: the marks {BEGIN:?} and {END:?} are missing");
    let (before, rest) = document.split_once(BEGIN).ok_or_else(missing)?;
    let (_, after) = rest.split_once(END).ok_or_else(missing)?;
    let rules = Rules::parse(tree.text(RULES)).map_err(|errors| errors.join("\n"))?;
    let picture = draw(&rules);
    Ok((
        format!("{before}{BEGIN}\n```text\n{picture}```\n\n{END}{after}"),
        rules.units.len(),
    ))
}

/// One line a unit, the highest first, with the units that it knows beyond what those know themselves.
fn draw(rules: &Rules) -> String {
    let ranks: BTreeMap<&str, usize> = rules
        .units
        .keys()
        .map(|unit| (unit.as_str(), rank(rules, unit, 0)))
        .collect();
    let width = rules.units.keys().map(String::len).max().unwrap_or(0);
    let highest = ranks.values().copied().max().unwrap_or(0);
    let mut picture = String::new();
    for level in (0..=highest).rev() {
        for (unit, _) in ranks.iter().filter(|(_, rank)| **rank == level) {
            let about = &rules.units[*unit];
            picture.push_str(format!("{level:>2}  {unit:<width$}  {about}").trim_end());
            let below = direct(rules, unit);
            if !below.is_empty() {
                picture.push_str(&format!("\n    {:width$}  → {}", "", below.join(", ")));
            }
            picture.push('\n');
        }
    }
    picture
}

fn below<'a>(rules: &'a Rules, unit: &'a str) -> impl Iterator<Item = &'a str> {
    rules
        .edges
        .iter()
        .filter(move |(from, _)| from == unit)
        .map(|(_, to)| to.as_str())
}

/// The length of the longest way down. Bounded, since a list with a circle is refused elsewhere and must not hang here.
fn rank(rules: &Rules, unit: &str, depth: usize) -> usize {
    if depth > rules.units.len() {
        return 0;
    }
    below(rules, unit)
        .map(|to| 1 + rank(rules, to, depth + 1))
        .max()
        .unwrap_or(0)
}

/// Edges that no longer way replaces.
fn direct<'a>(rules: &'a Rules, unit: &'a str) -> Vec<&'a str> {
    below(rules, unit)
        .filter(|to| !below(rules, unit).any(|other| other != *to && reaches(rules, other, to, 0)))
        .collect()
}

fn reaches(rules: &Rules, from: &str, to: &str, depth: usize) -> bool {
    depth <= rules.units.len() && below(rules, from).any(|next| next == to || reaches(rules, next, to, depth + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{accepts, refuses};

    const LIST: &str = "unit base | ground\nunit store | drivers\nunit candor | the program\nedge store -> base | ids\nedge candor -> store, base | all";

    #[test]
    fn the_picture_has_the_highest_unit_first_and_no_edge_that_another_way_replaces() {
        let rules = Rules::parse(LIST).expect("the list is well formed");
        assert_eq!(
            draw(&rules),
            " 2  candor  the program\n            → store\n 1  store   drivers\n            → base\n 0  base    ground\n"
        );
    }

    #[test]
    fn an_old_picture_is_refused() {
        let rules = Rules::parse(LIST).expect("the list is well formed");
        let fresh = format!("# A\n{BEGIN}\n```text\n{}```\n\n{END}\n", draw(&rules));
        accepts(check, &[(RULES, LIST), (DOCUMENT, &fresh)]);
        refuses(
            check,
            &[(RULES, LIST), (DOCUMENT, &fresh.replace("drivers", "planted"))],
            "differs",
        );
        refuses(check, &[(RULES, LIST), (DOCUMENT, "# A")], "are missing");
    }
}
