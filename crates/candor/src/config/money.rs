//! `[money]`: the one currency of an instance's books.

use std::path::PathBuf;

use base::money::Currency;

use super::key::section;
use super::sources::Sources;
use super::value::{Raw, Value};

section! {
    /// Books.
    Money in "money" {
        /// The currency of credit and prices, three capital letters.
        currency: Currency = "EUR",
        /// The price list: a file of prices for models that have none of their own. `candor price import` writes it from a
        /// public list. Relative paths begin where the command is run.
        prices: Option<PathBuf> = none,
    }
}

impl Value for Currency {
    const EXPECTS: &'static str = "three capital letters, such as \"EUR\"";

    fn read(raw: &Raw<'_>, _: &Sources) -> Result<Self, String> {
        let text = raw.text()?;
        text.parse().map_err(|_| format!("{text:?} is no currency"))
    }

    fn write(&self) -> String {
        format!("\"{self}\"")
    }
}
