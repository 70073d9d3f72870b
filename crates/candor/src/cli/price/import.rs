//! `candor price import`: takes prices from a public list over into the price list, and says what differs.
//!
//! Promises: nothing is fetched; `--dry-run` writes nothing; what was rounded and what has no place is told; the file is
//! replaced in one step.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use base::decimal::Decimal;
use base::money::{Currency, Price};
use base::time::Day;
use clap::Args;
use serde::Serialize;
use store::disk::Disk;

use super::super::Global;
use super::super::failure::Failure;
use super::super::terminal::{Format as Shape, Terminal};
use crate::config::prices::{Entry, PriceList, names};
use crate::config::{Config, ListPrice, Sources};
use crate::instance::Machine;
use crate::money::lists::{CURRENCY, Converted, Format, List, Listed};

/// What to take over, and how.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The public list, as it was saved
    file: PathBuf,
    /// Whose list it is: litellm, openrouter or models.dev; found out if it is not said
    #[arg(long)]
    format: Option<String>,
    /// Only models of this provider, as the list calls it
    #[arg(long)]
    provider: Option<String>,
    /// What one US dollar is in money.currency, such as 0.92; needed where that is another currency
    #[arg(long)]
    rate: Option<String>,
    /// What is added to each price, such as 10%
    #[arg(long)]
    markup: Option<String>,
    /// The whole list, not only what models of the configuration ask for
    #[arg(long)]
    all: bool,
    /// Shows the differences and writes nothing
    #[arg(long)]
    dry_run: bool,
    /// One JSON document
    #[arg(long)]
    json: bool,
}

/// What an import does.
#[derive(Debug, Default, Serialize)]
struct Report {
    dry_run: bool,
    file: String,
    format: &'static str,
    currency: String,
    /// Entries that are the same as before.
    unchanged: usize,
    changed: Vec<Change>,
    /// Prices that are a little higher than the list's.
    rounded: Vec<Rounded>,
    /// Prices of the list that have no place here.
    left_out: Vec<LeftOut>,
    /// Models whose numbers can't be used.
    unread: Vec<LeftOut>,
    /// Models of the configuration that have no price afterwards.
    missing: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Change {
    model: String,
    unit: &'static str,
    old: Option<String>,
    new: Option<String>,
}

#[derive(Debug, Serialize)]
struct Rounded {
    model: String,
    unit: &'static str,
    listed: String,
    price: String,
}

#[derive(Debug, Serialize)]
struct LeftOut {
    model: String,
    what: String,
}

/// How numbers of the list become prices.
struct Conversion {
    currency: Currency,
    factor: Decimal,
    source: String,
    date: Day,
}

/// Runs the command.
///
/// # Errors
/// The configuration, the file or an option is bad, or the list can't be written.
pub(super) fn run(global: &Global, arguments: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let sources = Sources::of_machine(global.config.as_deref())?;
    let config = Config::load_without_prices(&sources)?;
    let path = config.money.prices.clone().ok_or_else(|| {
        Failure::usage(
            "money.prices names no price list: write `prices = \"prices.toml\"` under [money], the file to write",
        )
    })?;
    let machine = Machine::system();
    let (format, list) = read(arguments, &sources)?;
    let conversion = Conversion::of(arguments, format, &config, machine.clock.now().day())?;
    let (prices, mut report) = take_over(&config, list, arguments, &conversion)?;
    report.file = path.display().to_string();
    report.format = format.name();
    report.dry_run = arguments.dry_run;
    if !arguments.dry_run && !report.changed.is_empty() {
        replace(&*machine.disk, &path, prices.write().as_bytes())
            .map_err(|error| Failure::failed(format!("{} can't be written: {error}", path.display())))?;
    }
    match Shape::of_switch(arguments.json) {
        Shape::Json => terminal.json(&report),
        Shape::Text => tell(&report, terminal),
    }
}

fn read(arguments: &Arguments, sources: &Sources) -> Result<(Format, List), Failure> {
    let file = arguments.file.display();
    let text = (sources.read_file)(&arguments.file)
        .map_err(|error| Failure::usage(format!("{file} can't be read: {error}")))?;
    let format = match &arguments.format {
        Some(name) => Format::named(name).ok_or_else(|| {
            Failure::usage(format!(
                "--format: there is no format {name:?}; write litellm, openrouter or models.dev"
            ))
        })?,
        None => Format::of(&text).map_err(|error| Failure::usage(format!("{file}: {error}")))?,
    };
    let list = format
        .read(&text)
        .map_err(|error| Failure::usage(format!("{file}: {error}")))?;
    Ok((format, list))
}

impl Conversion {
    fn of(arguments: &Arguments, format: Format, config: &Config, date: Day) -> Result<Self, Failure> {
        let currency = config.money.currency;
        let number = |option: &str, text: &str| {
            let number: Result<Decimal, _> = text.parse();
            let number = number.map_err(|error| Failure::usage(format!("{option}: {error}")))?;
            if number.is_zero() && option == "--rate" {
                return Err(Failure::usage("--rate: nothing would cost anything"));
            }
            Ok(number)
        };
        let mut source = format.name().to_owned();
        let rate = match (&arguments.rate, currency.as_str() == CURRENCY) {
            (None, true) => Decimal::ONE,
            (Some(_), true) => {
                return Err(Failure::usage(format!(
                    "--rate: the list and the books are both in {CURRENCY}; leave it out"
                )));
            }
            (None, false) => {
                let sentence = format!(
                    "the list is in {CURRENCY} and money.currency is {currency}: say what one {CURRENCY} is in {currency}, such as --rate 0.92"
                );
                return Err(Failure::usage(sentence));
            }
            (Some(rate), false) => {
                source.push_str(&format!(", 1 {CURRENCY} = {rate} {currency}"));
                number("--rate", rate)?
            }
        };
        let markup = match &arguments.markup {
            None => Decimal::ONE,
            Some(text) => {
                let percent = text
                    .strip_suffix('%')
                    .ok_or_else(|| Failure::usage(format!("--markup: {text:?} is no percentage; write it as 10%")))?;
                source.push_str(&format!(", +{text}"));
                Decimal::ONE
                    .plus(number("--markup", percent)?.percent())
                    .map_err(Failure::usage)?
            }
        };
        Ok(Self {
            currency,
            factor: rate.times(markup).map_err(Failure::usage)?,
            source,
            date,
        })
    }

    /// The entry of a model, and what was rounded for it.
    fn entry(&self, listed: &Listed) -> Result<(Entry, Vec<Rounded>), String> {
        let (mut units, mut rounded) = (Vec::new(), Vec::new());
        for (unit, number) in &listed.units {
            let converted = number.price(self.factor).map_err(|error| error.to_string())?;
            let price = converted.price();
            if let Converted::RoundedUp(_) = converted {
                let exact = number.per_million().times(self.factor);
                rounded.push(Rounded {
                    model: listed.name.clone(),
                    unit: unit.as_str(),
                    listed: exact.map_or_else(|error| error.to_string(), |exact| exact.to_string()),
                    price: price.to_string(),
                });
            }
            units.push((*unit, price));
        }
        let entry = Entry {
            price: ListPrice {
                currency: self.currency,
                units,
            },
            source: self.source.clone(),
            date: self.date,
            line: 0,
        };
        Ok((entry, rounded))
    }
}

/// The price list afterwards, and what that changes.
fn take_over(
    config: &Config,
    list: List,
    arguments: &Arguments,
    conversion: &Conversion,
) -> Result<(PriceList, Report), Failure> {
    let unpriced = config.models.iter().filter(|model| model.price.is_none());
    let asked_for: BTreeSet<String> = unpriced.flat_map(names).collect();
    let is_wanted = |name: &str| arguments.all || asked_for.contains(name);
    let of_provider = |listed: &&Listed| {
        arguments
            .provider
            .as_ref()
            .is_none_or(|provider| *provider == listed.provider)
    };
    if let Some(provider) = &arguments.provider
        && !list.models.iter().any(|listed| listed.provider == *provider)
    {
        return Err(Failure::usage(format!(
            "--provider: the list has no priced model of {provider:?}"
        )));
    }
    let mut prices = config.price_list.clone();
    let mut report = Report {
        currency: conversion.currency.to_string(),
        ..Report::default()
    };
    for listed in list
        .models
        .iter()
        .filter(of_provider)
        .filter(|listed| is_wanted(&listed.name))
    {
        report.take(listed, conversion, &mut prices);
    }
    for unread in list.unread.into_iter().filter(|unread| is_wanted(&unread.name)) {
        let what = unread
            .wrong
            .map_or_else(|| "it has no prices of tokens".to_owned(), |wrong| wrong.to_string());
        report.unread.push(LeftOut {
            model: unread.name,
            what,
        });
    }
    let after = Config {
        price_list: prices.clone(),
        ..config.clone()
    };
    let missing = after.models.iter().filter(|model| after.price_of(model).is_none());
    report.missing = missing.map(|model| model.name.clone()).collect();
    Ok((prices, report))
}

impl Report {
    fn take(&mut self, listed: &Listed, conversion: &Conversion, prices: &mut PriceList) {
        let left_out = |what: String| LeftOut {
            model: listed.name.clone(),
            what,
        };
        let (entry, rounded) = match conversion.entry(listed) {
            Ok(entry) => entry,
            Err(wrong) => return self.unread.push(left_out(wrong)),
        };
        self.left_out.extend(listed.left_out.iter().cloned().map(left_out));
        self.rounded.extend(rounded);
        let before = prices.entries.get(&listed.name).map(|before| &before.price);
        if before == Some(&entry.price) {
            self.unchanged += 1;
            return;
        }
        self.changed.extend(changes(&listed.name, before, &entry.price));
        prices.entries.insert(listed.name.clone(), entry);
    }
}

fn changes(model: &str, before: Option<&ListPrice>, now: &ListPrice) -> Vec<Change> {
    let differs_in_currency = before.is_some_and(|before| before.currency != now.currency);
    let shown = |list: &ListPrice, price: Price| {
        if differs_in_currency {
            format!("{price} {}", list.currency)
        } else {
            price.to_string()
        }
    };
    let units = crate::config::price::PRICED.into_iter().map(|unit| {
        let old = before.and_then(|before| Some(shown(before, before.of(unit)?)));
        let new = now.of(unit).map(|price| shown(now, price));
        Change {
            model: model.to_owned(),
            unit: unit.as_str(),
            old,
            new,
        }
    });
    units.filter(|change| change.old != change.new).collect()
}

fn tell(report: &Report, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let none = || "none".to_owned();
    for Change { model, unit, old, new } in &report.changed {
        let (old, new) = (old.clone().unwrap_or_else(none), new.clone().unwrap_or_else(none));
        terminal.line(format!("{model}: {unit} {old} → {new}"))?;
    }
    for Rounded {
        model,
        unit,
        listed,
        price,
    } in &report.rounded
    {
        terminal.line(format!("rounded up: {model}: {unit} {listed} → {price}"))?;
    }
    for LeftOut { model, what } in &report.left_out {
        terminal.line(format!(
            "not taken over, a price list has no place for it: {model}: {what}"
        ))?;
    }
    for LeftOut { model, what } in &report.unread {
        terminal.line(format!("passed over: {model}: {what}"))?;
    }
    for model in &report.missing {
        terminal.line(format!("still without a price: the model {model:?}"))?;
    }
    let (count, unchanged) = (report.changed.len(), report.unchanged);
    let written = match (report.dry_run, count) {
        (_, 0) => format!("nothing differs from {}", report.file),
        (true, _) => format!("{} is as it was: --dry-run", report.file),
        (false, _) => format!("written to {}; `candor config reload` takes it over", report.file),
    };
    terminal.line(format!(
        "{count} prices of a million tokens differ, in {}; {unchanged} models are unchanged; {written}",
        report.currency
    ))
}

/// Writes a file in the place of another, in one step.
fn replace(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("toml.new");
    match disk.remove(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let file = disk.create(&beside)?;
    file.write_all_at(bytes, 0)?;
    file.sync_data()?;
    disk.rename(&beside, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    disk.sync_dir(folder.unwrap_or(Path::new(".")))
}
