//! Reads declared keys from the file and the environment, notes where each came from, and finds what nobody knows.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::key::{Default, Key, Section};
use super::nearest::nearest;
use super::problem::{Origin, Problem};
use super::sources::Sources;
use super::value::{Raw, Value};

/// The prefix of variables that override keys.
pub const PREFIX: &str = "CANDOR__";

/// A value as it will be used, for `config show`.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The whole path; a list's items are counted from one: `provider[1].name`.
    pub key: String,
    /// The value as TOML without secrets; empty if unset.
    pub value: String,
    /// Where it was written.
    pub origin: Origin,
}

/// A key that stands in the file.
#[derive(Debug)]
struct Leaf<'a> {
    line: usize,
    raw: Raw<'a>,
}

/// A setting that the reader hands on unread: whose keys are declared elsewhere (the policy's).
#[derive(Debug, Clone)]
pub struct Foreign {
    /// The path below the section.
    pub name: String,
    /// What was written, as text.
    pub text: String,
    /// Where.
    pub origin: Origin,
}

/// Reads one file and one environment.
#[derive(Debug)]
pub struct Reader<'a> {
    sources: &'a Sources,
    /// What stands before a key in messages: empty, or `provider[1]` for the section's own name.
    item: Option<String>,
    overridable: bool,
    leaves: BTreeMap<String, Leaf<'a>>,
    /// All values read so far.
    pub shown: Vec<Shown>,
    /// All that was wrong so far.
    pub problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    /// For the tables of single keys. `lists` are left to [`Reader::items`], `foreign` to [`Reader::foreign`].
    pub fn new(sources: &'a Sources, table: &'a DeTable<'a>, keys: &[Key], set_apart: &[&str]) -> Self {
        let mut reader = Self {
            sources,
            item: None,
            overridable: true,
            leaves: BTreeMap::new(),
            shown: Vec::new(),
            problems: Vec::new(),
        };
        let known: Vec<String> = keys.iter().map(Key::path).collect();
        for (name, value) in table
            .iter()
            .filter(|(name, _)| !set_apart.contains(&name.get_ref().as_ref()))
        {
            reader.collect(name.get_ref(), name.span().start, value, &known);
        }
        reader.refuse_unknown_variables(keys, set_apart);
        reader
    }

    /// One of a list's items.
    fn of_item(sources: &'a Sources, section: &str, number: usize, table: &'a DeTable<'a>, keys: &[Key]) -> Self {
        let item = Some(format!("{section}[{number}]"));
        let mut reader = Self {
            sources,
            item,
            overridable: false,
            leaves: BTreeMap::new(),
            shown: Vec::new(),
            problems: Vec::new(),
        };
        let known: Vec<String> = keys.iter().map(Key::path).collect();
        for (name, value) in table {
            reader.collect(
                &format!("{section}.{}", name.get_ref()),
                name.span().start,
                value,
                &known,
            );
        }
        reader
    }

    /// All items of a list such as `[[provider]]`; what is missing from one is blamed on the line it begins on.
    pub fn items<S: Section>(&mut self, table: &'a DeTable<'a>) -> Vec<S> {
        let Some(value) = table.get(S::NAME) else {
            return Vec::new();
        };
        let line = self.line(value.span().start);
        let DeValue::Array(array) = value.get_ref() else {
            let wrong = "there is a table where a list belongs";
            self.problems.push(Problem::new(
                self.file_line(line),
                S::NAME,
                wrong,
                format!("[[{}]] with two brackets", S::NAME),
            ));
            return Vec::new();
        };
        let mut items = Vec::new();
        for (at, value) in array.iter().enumerate() {
            let line = self.line(value.span().start);
            let DeValue::Table(table) = value.get_ref() else {
                self.problems.push(Problem::new(
                    self.file_line(line),
                    S::NAME,
                    "an item is no table",
                    format!("[[{}]]", S::NAME),
                ));
                continue;
            };
            let mut reader = Self::of_item(self.sources, S::NAME, at + 1, table, S::KEYS);
            let missing = Origin::File {
                file: self.file_name(),
                line,
            };
            items.extend(S::read(&mut reader));
            self.shown.append(&mut reader.shown);
            self.problems.extend(reader.problems.into_iter().map(|mut problem| {
                if problem.origin == Origin::Default {
                    problem.origin = missing.clone();
                }
                problem
            }));
        }
        items
    }

    /// All that is written below a section whose keys are declared elsewhere, from file and environment (which wins).
    pub fn foreign(&mut self, table: &'a DeTable<'a>, section: &str) -> Vec<Foreign> {
        let mut found = BTreeMap::new();
        if let Some(value) = table.get(section) {
            self.collect_foreign("", value, &mut found);
        }
        let prefix = format!("{PREFIX}{}__", section.to_uppercase());
        for (variable, text) in &self.sources.environment {
            if let Some(name) = variable.strip_prefix(&prefix) {
                let name = name.to_lowercase().replace("__", ".");
                let origin = Origin::Environment(variable.clone());
                found.insert(
                    name.clone(),
                    Foreign {
                        name,
                        text: text.clone(),
                        origin,
                    },
                );
            }
        }
        found.into_values().collect()
    }

    /// The value of a key: from the environment, else the file, else the default.
    pub fn value<T: Value>(&mut self, key: &Key) -> Option<T> {
        let (origin, read) = self.look_up::<T>(key);
        match read {
            Ok(value) => {
                self.shown.push(Shown {
                    key: self.shown_path(key),
                    value: value.write(),
                    origin,
                });
                Some(value)
            }
            Err(wrong) => {
                self.problems
                    .push(Problem::new(origin, self.shown_path(key), wrong, key.expects));
                None
            }
        }
    }

    /// Where a key was written; for rules that span keys.
    pub fn origin(&self, path: &str) -> Origin {
        self.shown
            .iter()
            .find(|shown| shown.key == path)
            .map_or(Origin::Default, |shown| shown.origin.clone())
    }

    fn look_up<T: Value>(&self, key: &Key) -> (Origin, Result<T, String>) {
        for name in [Some(key.environment()), key.also.map(str::to_owned)]
            .into_iter()
            .flatten()
        {
            if let Some(text) = self.sources.environment.get(&name).filter(|_| self.overridable) {
                return (Origin::Environment(name), T::read(&Raw::Variable(text), self.sources));
            }
        }
        if let Some(leaf) = self.leaves.get(&key.path()) {
            return (self.file_line(leaf.line), T::read(&leaf.raw, self.sources));
        }
        (Origin::Default, read_default(key, self.sources))
    }

    /// Finds keys below a table; descends until it meets a declared path.
    fn collect(&mut self, path: &str, at: usize, value: &'a Spanned<DeValue<'a>>, known: &[String]) {
        let line = self.line(at);
        if known.iter().any(|key| key == path) {
            self.leaves.insert(
                path.to_owned(),
                Leaf {
                    line,
                    raw: Raw::of(value.get_ref()),
                },
            );
            return;
        }
        let below = format!("{path}.");
        if let (DeValue::Table(table), true) = (value.get_ref(), known.iter().any(|key| key.starts_with(&below))) {
            for (name, value) in table {
                self.collect(&format!("{below}{}", name.get_ref()), name.span().start, value, known);
            }
            return;
        }
        let sections: BTreeSet<&str> = known.iter().filter_map(|key| key.split('.').next()).collect();
        let guess = nearest(path, known.iter().map(String::as_str).chain(sections));
        let (wrong, write) = ("there is no such key", guess.map_or_else(String::new, str::to_owned));
        self.problems
            .push(Problem::new(self.file_line(line), path, wrong, write));
    }

    fn collect_foreign(&mut self, path: &str, value: &'a Spanned<DeValue<'a>>, found: &mut BTreeMap<String, Foreign>) {
        let origin = self.file_line(self.line(value.span().start));
        let text = match Raw::of(value.get_ref()) {
            Raw::Text(text) | Raw::Other(text) | Raw::Variable(text) => text.to_owned(),
            Raw::Integer(n) => n.to_string(),
            Raw::Boolean(b) => b.to_string(),
            other @ Raw::List(_) => {
                self.problems
                    .push(Problem::new(origin, path, other.described(), "a single value"));
                return;
            }
            Raw::Table(_) => {
                let DeValue::Table(table) = value.get_ref() else { return };
                for (name, value) in table {
                    let path = if path.is_empty() {
                        name.get_ref().to_string()
                    } else {
                        format!("{path}.{}", name.get_ref())
                    };
                    self.collect_foreign(&path, value, found);
                }
                return;
            }
        };
        found.insert(
            path.to_owned(),
            Foreign {
                name: path.to_owned(),
                text,
                origin,
            },
        );
    }

    fn refuse_unknown_variables(&mut self, keys: &[Key], set_apart: &[&str]) {
        let known: Vec<String> = keys.iter().map(Key::environment).collect();
        for variable in self.sources.environment.keys().filter(|name| name.starts_with(PREFIX)) {
            let section = variable[PREFIX.len()..]
                .split("__")
                .next()
                .unwrap_or_default()
                .to_lowercase();
            if known.contains(variable) || section == super::policy::SECTION {
                continue;
            }
            let origin = Origin::Environment(variable.clone());
            let problem = if set_apart.contains(&section.as_str()) {
                Problem::new(
                    origin,
                    section,
                    "lists stand in the file alone",
                    "them into candor.toml",
                )
            } else {
                let guess = nearest(variable, known.iter().map(String::as_str));
                Problem::new(
                    origin,
                    "",
                    "there is no such key",
                    guess.map_or_else(String::new, str::to_owned),
                )
            };
            self.problems.push(problem);
        }
    }

    fn shown_path(&self, key: &Key) -> String {
        self.item
            .as_ref()
            .map_or_else(|| key.path(), |item| format!("{item}.{}", key.name))
    }

    fn file_line(&self, line: usize) -> Origin {
        Origin::File {
            file: self.file_name(),
            line,
        }
    }

    fn file_name(&self) -> String {
        self.sources
            .file
            .as_ref()
            .map(|(name, _)| name.clone())
            .unwrap_or_default()
    }

    fn line(&self, at: usize) -> usize {
        self.sources.file.as_ref().map_or(1, |(_, text)| line_of(text, at))
    }
}

/// The line, from one, of a byte of a text.
pub fn line_of(text: &str, at: usize) -> usize {
    1 + text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count()
}

fn read_default<T: Value>(key: &Key, sources: &Sources) -> Result<T, String> {
    match key.default {
        Default::Required => Err("it is missing".to_owned()),
        Default::Unset => T::unset().ok_or_else(|| "it is missing".to_owned()),
        Default::Toml(text) => {
            let value = DeValue::parse(text).map_err(|e| e.message().to_owned())?;
            T::read(&Raw::of(value.get_ref()), sources)
        }
    }
}
