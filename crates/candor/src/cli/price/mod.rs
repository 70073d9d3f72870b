//! `candor price import` and `candor price list`.

mod import;

use clap::Subcommand;
use serde::Serialize;

use super::Global;
use super::failure::Failure;
use super::reach;
use super::terminal::{Format, Terminal};
use crate::config::{Config, ListPrice};

/// What to do with prices.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Takes prices from a public list, a file on this machine, into the price list that money.prices names
    Import(import::Arguments),
    /// Shows what each model costs, and where its price stands
    List {
        /// One JSON document
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
///
/// # Errors
/// The configuration or the file is bad, or the list can't be written.
pub fn run(global: &Global, command: &Command, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    match command {
        Command::Import(arguments) => import::run(global, arguments, terminal),
        Command::List { json } => list(&reach::configured(global)?, Format::of_switch(*json), terminal),
    }
}

/// A model's price.
#[derive(Serialize)]
struct Shown<'a> {
    model: &'a str,
    currency: String,
    /// Of a million tokens, by unit.
    price: Vec<Unit>,
    /// Where it stands: in the configuration, or in the list and where it came from.
    source: String,
    /// When it was taken over; none: it was written by hand.
    date: Option<String>,
}

#[derive(Serialize)]
struct Unit {
    unit: &'static str,
    price: String,
}

fn list(config: &Config, format: Format, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let shown = config.models.iter().enumerate().filter_map(|(at, model)| {
        let priced = config.price_of(model)?;
        Some(Shown {
            model: &model.name,
            currency: priced.price.currency.to_string(),
            price: units(priced.price),
            source: match priced.entry {
                None => config.origin(&format!("model[{}].price", at + 1)).to_string(),
                Some((name, entry)) => {
                    let file = &config.price_list.file;
                    format!("{file}:{} {name}: {}", entry.line, entry.source)
                }
            },
            date: priced.entry.map(|(_, entry)| entry.date.to_string()),
        })
    });
    let shown: Vec<Shown<'_>> = shown.collect();
    if format == Format::Json {
        return terminal.json(&serde_json::json!({ "prices": shown }));
    }
    for Shown {
        model,
        currency,
        price,
        source,
        date,
    } in shown
    {
        let units: Vec<String> = price.iter().map(|one| format!("{} {}", one.unit, one.price)).collect();
        let date = date.map_or_else(String::new, |date| format!(", {date}"));
        terminal.line(format!(
            "{model}: {} {currency} a million tokens ({source}{date})",
            units.join(", ")
        ))?;
    }
    Ok(())
}

fn units(price: &ListPrice) -> Vec<Unit> {
    let unit = |(unit, price): &(base::unit::Unit, base::money::Price)| Unit {
        unit: unit.as_str(),
        price: price.to_string(),
    };
    price.units.iter().map(unit).collect()
}
