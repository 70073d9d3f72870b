//! Prices as an operator writes them: decimal texts for a million tokens.

use base::money::{Currency, Price};
use base::unit::Unit;

use super::sources::Sources;
use super::value::{Raw, Value};

/// The units that may be priced, by their names in books. The first two must be; of the others the dearer whole holds where
/// nothing is written.
pub const PRICED: [Unit; 5] = [
    Unit::Input,
    Unit::Output,
    Unit::Cached,
    Unit::CacheWrite,
    Unit::Reasoning,
];
const REQUIRED: usize = 2;

/// Prices of a million tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPrice {
    /// Their currency.
    pub currency: Currency,
    /// Of each unit that has one, in the order of [`PRICED`].
    pub units: Vec<(Unit, Price)>,
}

impl ListPrice {
    /// From texts by name.
    ///
    /// # Errors
    /// What is missing or wrong.
    pub fn read<'a>(text: impl Fn(&str) -> Option<Result<&'a str, String>>) -> Result<Self, String> {
        let currency = text("currency").ok_or("\"currency\" is missing")??;
        let currency = currency.parse::<Currency>().map_err(|e| e.to_string())?;
        let mut units = Vec::new();
        for (at, unit) in PRICED.into_iter().enumerate() {
            match text(unit.as_str()) {
                Some(amount) => units.push((unit, amount?.parse::<Price>().map_err(|e| e.to_string())?)),
                None if at < REQUIRED => return Err(format!("{:?} is missing", unit.as_str())),
                None => {}
            }
        }
        Ok(Self { currency, units })
    }

    /// Whether a price may have a part of this name.
    pub fn knows(name: &str) -> bool {
        name == "currency" || PRICED.iter().any(|unit| unit.as_str() == name)
    }

    /// Of one unit, if it has one of its own.
    pub fn of(&self, unit: Unit) -> Option<Price> {
        self.units
            .iter()
            .find(|(listed, _)| *listed == unit)
            .map(|(_, price)| *price)
    }
}

impl Value for ListPrice {
    const EXPECTS: &'static str = "{ currency = \"EUR\", input = \"0.15\", output = \"0.60\" }, and if they differ cached, cache_write, reasoning";

    fn read(raw: &Raw<'_>, _: &Sources) -> Result<Self, String> {
        let Raw::Table(entries) = raw else {
            return Err(raw.described());
        };
        if let Some((name, _)) = entries.iter().find(|(name, _)| !Self::knows(name)) {
            return Err(format!("a price has no {name:?}"));
        }
        Self::read(|name| {
            let (_, value) = entries.iter().find(|(key, _)| *key == name)?;
            Some(value.text())
        })
    }

    fn write(&self) -> String {
        let units = self.units.iter().map(|(unit, price)| format!(", {unit} = \"{price}\""));
        format!("{{ currency = \"{}\"{} }}", self.currency, units.collect::<String>())
    }
}
