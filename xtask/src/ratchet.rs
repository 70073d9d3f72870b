//! Ratchets: lists of what is still allowed to break a rule, which only shrink.
//!
//! A list is a file `xtask/ratchets/NAME.txt` of lines `KEY NUMBER [reason]`; `#` begins a comment. An entry that is no longer needed, or
//! whose number is higher than what is there, fails like a breach, so that what was made short stays short.

use std::collections::BTreeMap;

use crate::check::Outcome;
use crate::source::Source;
use crate::tree::Tree;

/// A list of allowed excess.
pub(crate) struct Ratchet {
    file: String,
    allowed: BTreeMap<String, usize>,
}

impl Ratchet {
    /// Reads the list `name`; one that doesn't exist is empty.
    pub(crate) fn read(tree: &Tree, name: &str, outcome: &mut Outcome) -> Self {
        let file = format!("xtask/ratchets/{name}.txt");
        let mut allowed = BTreeMap::new();
        for line in tree
            .text(&file)
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let mut words = line.split_whitespace();
            match (words.next(), words.next().and_then(|word| word.parse().ok())) {
                (Some(key), Some(number)) => drop(allowed.insert(key.to_owned(), number)),
                _ => outcome
                    .breaches
                    .push(format!("{file}: can't read {line:?}; write KEY NUMBER")),
            }
        }
        Self { file, allowed }
    }

    /// Compares what was found beyond the rule with the list: by key, how much, and where exactly if the key doesn't say it.
    pub(crate) fn compare(mut self, found: &BTreeMap<String, Excess>, rule: &str, outcome: &mut Outcome) {
        for (key, excess) in found {
            let (number, places) = (excess.number, excess.places.as_str());
            match self.allowed.remove(key) {
                None => outcome.breaches.push(format!("{key}{places}: {number} ({rule})")),
                Some(allowed) if number > allowed => {
                    outcome.breaches.push(format!(
                        "{key}{places}: {number}, more than the {allowed} that {} allows ({rule})",
                        self.file
                    ));
                }
                Some(allowed) if number < allowed => {
                    outcome
                        .breaches
                        .push(format!("{}: {key} is down to {number}: lower its {allowed}", self.file));
                }
                Some(_) => {}
            }
        }
        for key in self.allowed.keys() {
            outcome
                .breaches
                .push(format!("{}: {key} keeps the rule now: remove its line", self.file));
        }
    }
}

/// How far something goes beyond a rule.
pub(crate) struct Excess {
    number: usize,
    /// Lines, as they follow a path: `:3,17`.
    places: String,
}

impl Excess {
    /// A length.
    pub(crate) const fn length(number: usize) -> Self {
        Self {
            number,
            places: String::new(),
        }
    }

    /// Places in a file, by offset.
    pub(crate) fn places(source: &Source, offsets: &[usize]) -> Self {
        let lines: Vec<String> = offsets.iter().map(|at| source.line(*at).to_string()).collect();
        Self {
            number: offsets.len(),
            places: format!(":{}", lines.join(",")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(list: &str, found: &[(&str, usize)]) -> Vec<String> {
        let mut tree = Tree::default();
        tree.texts
            .insert("xtask/ratchets/length.txt".to_owned(), list.to_owned());
        let mut outcome = Outcome::new("length", "files");
        let found = found
            .iter()
            .map(|(key, number)| ((*key).to_owned(), Excess::length(*number)))
            .collect();
        Ratchet::read(&tree, "length", &mut outcome).compare(&found, "at most 400 lines", &mut outcome);
        outcome.breaches
    }

    #[test]
    fn a_ratchet_only_turns_one_way() {
        assert!(compare("# why\na.rs 410\n", &[("a.rs", 410)]).is_empty());
        assert!(compare("", &[("a.rs", 410)])[0].contains("at most 400"));
        assert!(compare("a.rs 410", &[("a.rs", 411)])[0].contains("more than the 410"));
        assert!(compare("a.rs 410", &[("a.rs", 405)])[0].contains("lower its 410"));
        assert!(compare("a.rs 410", &[])[0].contains("remove its line"));
        assert!(compare("a.rs many", &[])[0].contains("can't read"));
    }
}
