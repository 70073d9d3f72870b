//! The price list, a file of its own (`money.prices`), and which price a model has.
//!
//! Promises: every mistake is one sentence with file, line and key; what is written reads back as the same list; the file is
//! never written while it is read (`candor price import` replaces it in one step).
//! Leaves out: where its prices come from (`money::lists`).

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use base::time::Day;
use toml::de::{DeTable, DeValue};

use super::model::Model;
use super::nearest::nearest;
use super::price::{ListPrice, PRICED};
use super::problem::{Origin, Problem};
use super::reader::line_of;
use super::sources::Sources;
use super::value::Raw;
use super::{Config, Value};

/// The list's one key.
const ENTRIES: &str = "price";
/// The largest file that is read.
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// How it begins.
const HEAD: &str =
    "# Prices of a million tokens. `candor price import` writes this file; entries may also be written by hand.\n";

/// Entries by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PriceList {
    /// The file, as it was named.
    pub file: String,
    /// What it holds.
    pub entries: BTreeMap<String, Entry>,
}

/// A model's prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Of a million tokens.
    pub price: ListPrice,
    /// Where they are from.
    pub source: String,
    /// When they were taken over.
    pub date: Day,
    /// Its line in the file.
    pub line: usize,
}

/// A model's price, and where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Priced<'c> {
    /// Of a million tokens.
    pub price: &'c ListPrice,
    /// In the list; none: with the model itself.
    pub entry: Option<(&'c str, &'c Entry)>,
}

impl PriceList {
    /// Reads the file; where there is none yet, an empty list.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn load(path: &Path, sources: &Sources) -> Result<Self, Problem> {
        let file = path.display().to_string();
        let text = match (sources.read_file)(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => {
                return Err(Problem::new(
                    Origin::Default,
                    "money.prices",
                    format!("{file} can't be read: {error}"),
                    "",
                ));
            }
        };
        Self::read(&file, &text)
    }

    fn read(file: &str, text: &str) -> Result<Self, Problem> {
        let problem = |at: usize, key: &str, wrong: String, write: &str| {
            let (file, line) = (file.to_owned(), line_of(text, at));
            Problem::new(Origin::File { file, line }, key, wrong, write)
        };
        if text.len() > MOST_BYTES {
            return Err(problem(
                0,
                "",
                format!("a price list has at most {MOST_BYTES} bytes"),
                "",
            ));
        }
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            problem(
                at,
                "",
                format!("this is no TOML: {}", error.message().replace('\n', ", ")),
                "",
            )
        })?;
        let mut list = Self {
            file: file.to_owned(),
            entries: BTreeMap::new(),
        };
        for (name, value) in table.get_ref() {
            let DeValue::Array(items) = value.get_ref() else {
                return Err(problem(
                    name.span().start,
                    name.get_ref(),
                    "this is no list of prices".to_owned(),
                    "[[price]]",
                ));
            };
            if name.get_ref() != ENTRIES {
                return Err(problem(
                    name.span().start,
                    name.get_ref(),
                    "there is no such key".to_owned(),
                    "[[price]]",
                ));
            }
            for item in items {
                let at = item.span().start;
                let (model, entry) = Entry::read(item.get_ref(), line_of(text, at)).map_err(|wrong| {
                    problem(
                        at,
                        ENTRIES,
                        wrong,
                        "model, currency, input, output, source and date, as texts",
                    )
                })?;
                if let Some(other) = list.entries.get(&model) {
                    let wrong = format!("{model:?} has a price already, in line {}", other.line);
                    return Err(problem(at, ENTRIES, wrong, "one entry a model"));
                }
                list.entries.insert(model, entry);
            }
        }
        Ok(list)
    }

    /// The file's text.
    pub fn write(&self) -> String {
        let mut text = HEAD.to_owned();
        for (model, entry) in &self.entries {
            let price = &entry.price;
            text.push_str(&format!("\n[[{ENTRIES}]]\nmodel = {}\n", quoted(model)));
            text.push_str(&format!("currency = \"{}\"\n", price.currency));
            for (unit, price) in &price.units {
                text.push_str(&format!("{unit} = \"{price}\"\n"));
            }
            text.push_str(&format!(
                "source = {}\ndate = \"{}\"\n",
                quoted(&entry.source),
                entry.date
            ));
        }
        text
    }

    /// The entry for a model that names its own, or goes by one of these names.
    pub fn of(&self, model: &Model) -> Option<(&str, &Entry)> {
        let found = |name: &str| self.entries.get_key_value(name);
        let found = names(model).iter().find_map(|name| found(name))?;
        Some((found.0.as_str(), found.1))
    }
}

/// Under which names a model's prices are looked for, in order.
pub fn names(model: &Model) -> Vec<String> {
    if let Some(name) = &model.price_of {
        return vec![name.clone()];
    }
    let route = model.routes.first();
    let routes = route
        .into_iter()
        .flat_map(|route| [format!("{}/{}", route.provider, route.model), route.model.clone()]);
    std::iter::once(model.name.clone()).chain(routes).collect()
}

impl Entry {
    fn read(item: &DeValue<'_>, line: usize) -> Result<(String, Self), String> {
        let DeValue::Table(table) = item else {
            return Err("an entry is no table".to_owned());
        };
        let known = |name: &str| ListPrice::knows(name) || ["model", "source", "date"].contains(&name);
        if let Some((name, _)) = table.iter().find(|(name, _)| !known(name.get_ref())) {
            let names = PRICED
                .iter()
                .map(|unit| unit.as_str())
                .chain(["model", "currency", "source", "date"]);
            let near =
                nearest(name.get_ref(), names).map_or_else(String::new, |near| format!(", did you mean {near:?}?"));
            return Err(format!("a price has no {:?}{near}", name.get_ref()));
        }
        let text = |name: &str| {
            let (_, value) = table.iter().find(|(key, _)| key.get_ref() == name)?;
            Some(match value.get_ref() {
                DeValue::String(text) => Ok(text.as_ref()),
                other => Err(format!("{name}: {}", Raw::of(other).described())),
            })
        };
        let required = |name: &str| text(name).ok_or_else(|| format!("{name:?} is missing"))?;
        let date = required("date")?;
        let entry = Self {
            price: ListPrice::read(text)?,
            source: required("source")?.to_owned(),
            date: date.parse().map_err(|_| format!("{date:?} is no day"))?,
            line,
        };
        Ok((required("model")?.to_owned(), entry))
    }
}

/// As a text of TOML: JSON's escapes are among those of TOML.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

impl Config {
    /// What a model costs; a loaded configuration has a price for each of its models.
    pub fn price_of(&self, model: &Model) -> Option<Priced<'_>> {
        let own = self.models.iter().find(|own| own.name == model.name)?;
        if let Some(price) = &own.price {
            return Some(Priced { price, entry: None });
        }
        let (name, entry) = self.price_list.of(own)?;
        Some(Priced {
            price: &entry.price,
            entry: Some((name, entry)),
        })
    }

    /// A problem for each model without a price, or with one in another currency.
    pub(super) fn check_prices(&self) -> Vec<Problem> {
        let problems = self.models.iter().enumerate().filter_map(|(at, model)| {
            let key = format!("model[{}].price", at + 1);
            match self.price_of(model) {
                Some(priced) if priced.price.currency == self.money.currency => None,
                Some(priced) => Some(self.other_currency(key, priced)),
                None => Some(self.no_price(at, key, model)),
            }
        });
        problems.collect()
    }

    fn other_currency(&self, key: String, priced: Priced<'_>) -> Problem {
        let (of, books) = (priced.price.currency, self.money.currency);
        let origin = match priced.entry {
            None => self.origin(&key),
            Some((_, entry)) => Origin::File {
                file: self.price_list.file.clone(),
                line: entry.line,
            },
        };
        let wrong = format!("the price is in {of}, the books are in {books}");
        Problem::new(origin, key, wrong, format!("prices in {books}, or set money.currency"))
    }

    fn no_price(&self, at: usize, key: String, model: &Model) -> Problem {
        let origin = self.origin(&format!("model[{}].name", at + 1));
        let Some(path) = &self.money.prices else {
            let write = format!("{}, or name a price list in money.prices", ListPrice::EXPECTS);
            return Problem::new(origin, key, "it is missing", write);
        };
        let names: Vec<String> = names(model).iter().map(|name| format!("{name:?}")).collect();
        let wrong = format!(
            "it is missing, and {} has no entry {}",
            path.display(),
            names.join(" or ")
        );
        let write = "a price, or the entry's name as price_of, or import it with `candor price import`";
        Problem::new(origin, key, wrong, write)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const ENTRY: &str = "\n[[price]]\nmodel = \"a\"\ncurrency = \"EUR\"\ninput = \"1.00\"\noutput = \"2.00\"\ncache_write = \"1.25\"\nsource = \"x\"\ndate = \"2026-12-01\"\n";

    #[test]
    fn a_list_reads_back_as_it_was_written() {
        let list = PriceList::read("p", ENTRY).unwrap();
        assert_eq!(list.write(), format!("{HEAD}{ENTRY}"));
        let mut odd = list.clone();
        let entry = odd.entries.remove("a").unwrap();
        odd.entries.insert("a \"b\"\n\u{7f}\u{1}é".to_owned(), entry);
        let names = |list: &PriceList| list.entries.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&PriceList::read("p", &odd.write()).unwrap()), names(&odd));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, expected) in [
            (
                ENTRY.replace("\"1.00\"", "1.00"),
                "p:2: price: input: 1.00 does not fit; write model, currency",
            ),
            (
                ENTRY.replace("output", "outptu"),
                "p:2: price: a price has no \"outptu\", did you mean \"output\"?",
            ),
            (ENTRY.replace("2026-12-01", "soon"), "p:2: price: \"soon\" is no day"),
            (
                ENTRY.replace("source = \"x\"\n", ""),
                "p:2: price: \"source\" is missing",
            ),
            (
                ENTRY.replace("1.00", "1.0000001"),
                "p:2: price: `1.0000001` has more than six decimals",
            ),
            (ENTRY.repeat(2), "p:11: price: \"a\" has a price already, in line 2"),
            (
                "prices = 1".to_owned(),
                "p:1: prices: this is no list of prices; write [[price]]",
            ),
            ("[price".to_owned(), "p:1: this is no TOML"),
        ] {
            let said = PriceList::read("p", &text).unwrap_err().to_string();
            assert!(said.starts_with(expected), "{said}\n{expected}");
        }
    }
}
