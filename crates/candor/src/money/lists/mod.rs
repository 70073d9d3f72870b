//! Public lists of prices: LiteLLM's, OpenRouter's and models.dev's, read exactly.
//!
//! Promises: no number becomes a float, also not on the way: the digits that stand in the file are what is multiplied; what
//! can't be said in micro-units for a million tokens is rounded upwards, and told; what has no place here is told, not
//! forgotten.
//! Leaves out: fetching them. Prices by anything but tokens, and tiers by length.

mod litellm;
mod models_dev;
mod openrouter;

use std::borrow::Cow;
use std::collections::BTreeMap;

use base::decimal::{Decimal, DecimalError, Scaled};
use base::money::{Micro, Price};
use base::unit::Unit;
use serde::Deserialize;
use serde_json::value::RawValue;

/// All of these lists are in this currency.
pub const CURRENCY: &str = "USD";

/// Micro-units in a unit of money, as a power of ten.
const MICRO: i32 = 6;
/// Tokens of a price, as a power of ten.
const MILLION: i32 = 6;

/// Whose list it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// LiteLLM's `model_prices_and_context_window.json`: numbers for a token.
    LiteLlm,
    /// OpenRouter's `/api/v1/models`: texts for a token.
    OpenRouter,
    /// models.dev's `api.json`: numbers for a million tokens.
    ModelsDev,
}

/// Why a file is no list of prices.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// Not JSON.
    #[error("it is no JSON object: {0}")]
    Json(String),
    /// JSON, but no list that is known.
    #[error("it is no list of LiteLLM, OpenRouter or models.dev, as far as one can see; say which by --format")]
    Unknown,
    /// Not of the form that was named or seen.
    #[error("it is no list of {}: {error}", format.name())]
    Form {
        /// Which was expected.
        format: Format,
        /// What is wrong.
        error: String,
    },
}

/// A model of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name in the list.
    pub name: String,
    /// Who runs it, as the list calls them.
    pub provider: String,
    /// Units with prices of their own; input and output first.
    pub units: Vec<(Unit, Number)>,
    /// Parts that have a price in the list and none here.
    pub left_out: Vec<String>,
}

/// A number of the list, for so many tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    decimal: Decimal,
    /// Of how many tokens it is the price, as a power of ten.
    tokens: i32,
}

/// A model of a list that has no price of tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// Its name in the list.
    pub name: String,
    /// What is wrong; none if there are just no prices of tokens.
    pub wrong: Option<DecimalError>,
}

/// A list that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct List {
    /// Models with prices of tokens, by the order of the file.
    pub models: Vec<Listed>,
    /// All others.
    pub unread: Vec<Unread>,
}

impl Format {
    const ALL: [Self; 3] = [Self::LiteLlm, Self::OpenRouter, Self::ModelsDev];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LiteLlm => "litellm",
            Self::OpenRouter => "openrouter",
            Self::ModelsDev => "models.dev",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Which of them a file is, by what only that one has.
    ///
    /// # Errors
    /// It is none.
    pub fn of(text: &str) -> Result<Self, ListError> {
        #[derive(Deserialize)]
        struct Shape<'a> {
            #[serde(borrow)]
            litellm_provider: Option<&'a RawValue>,
            #[serde(borrow)]
            models: Option<BTreeMap<Cow<'a, str>, &'a RawValue>>,
        }
        let members: BTreeMap<Cow<'_, str>, &RawValue> =
            serde_json::from_str(text).map_err(|error| ListError::Json(error.to_string()))?;
        if members.get("data").is_some_and(|data| data.get().starts_with('[')) {
            return Ok(Self::OpenRouter);
        }
        let shapes = members
            .values()
            .filter_map(|value| serde_json::from_str::<Shape<'_>>(value.get()).ok());
        for shape in shapes {
            if shape.litellm_provider.is_some() {
                return Ok(Self::LiteLlm);
            }
            if shape.models.is_some() {
                return Ok(Self::ModelsDev);
            }
        }
        Err(ListError::Unknown)
    }

    /// Reads a list.
    ///
    /// # Errors
    /// The file has another form. A single model that can't be read is told in the list.
    pub fn read(self, text: &str) -> Result<List, ListError> {
        let read = match self {
            Self::LiteLlm => litellm::read(text),
            Self::OpenRouter => openrouter::read(text),
            Self::ModelsDev => models_dev::read(text),
        };
        read.map_err(|error| ListError::Form {
            format: self,
            error: error.to_string(),
        })
    }
}

/// A price, and whether it was rounded up to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Converted {
    /// It is exactly that.
    Exact(Price),
    /// It is less by less than a micro-unit.
    RoundedUp(Price),
}

impl Converted {
    /// The price.
    #[must_use]
    pub const fn price(self) -> Price {
        match self {
            Self::Exact(price) | Self::RoundedUp(price) => price,
        }
    }
}

impl Number {
    /// The price of a million tokens at a factor: exchange rate, markup.
    ///
    /// # Errors
    /// It is more than a price can tell.
    pub fn price(self, factor: Decimal) -> Result<Converted, DecimalError> {
        let price = |micro| Price::per_million(Micro::new(micro)).map_err(|_| DecimalError::TooLarge);
        match self.decimal.times(factor)?.scaled(MILLION - self.tokens + MICRO)? {
            Scaled::Exact(micro) => price(micro).map(Converted::Exact),
            Scaled::RoundedUp(micro) => price(micro).map(Converted::RoundedUp),
        }
    }

    /// As the list writes it, for a million tokens.
    #[must_use]
    pub fn per_million(self) -> Decimal {
        self.decimal.shifted(MILLION - self.tokens)
    }
}

/// A model in any format, before its numbers are read.
struct Draft<'a> {
    name: String,
    provider: String,
    /// Of how many tokens its numbers are prices, as a power of ten.
    tokens: i32,
    input: Option<&'a RawValue>,
    output: Option<&'a RawValue>,
    makes: Makes,
    /// Prices of their own for parts; nothing means that a part has none: it costs what the whole does.
    parts: [(Unit, Option<&'a RawValue>); 3],
    left_out: Vec<String>,
}

/// Whether an answer is in tokens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Makes {
    Tokens,
    /// Vectors, ranks: there is nothing to be paid for but the prompt.
    NoTokens,
}

impl List {
    fn add(&mut self, draft: Draft<'_>) {
        let name = draft.name.clone();
        match draft.read() {
            Ok(Some(listed)) => self.models.push(listed),
            Ok(None) => self.unread.push(Unread { name, wrong: None }),
            Err(wrong) => self.unread.push(Unread {
                name,
                wrong: Some(wrong),
            }),
        }
    }
}

impl Draft<'_> {
    fn read(self) -> Result<Option<Listed>, DecimalError> {
        let number = |raw: Option<&RawValue>| number(raw, self.tokens);
        let output = match (number(self.output)?, self.makes) {
            (None, Makes::NoTokens) => Some(Number {
                decimal: Decimal::ZERO,
                tokens: self.tokens,
            }),
            (output, _) => output,
        };
        let (Some(input), Some(output)) = (number(self.input)?, output) else {
            return Ok(None);
        };
        let mut units = vec![(Unit::Input, input), (Unit::Output, output)];
        for (unit, raw) in self.parts {
            units.extend(
                number(raw)?
                    .filter(|number| !number.decimal.is_zero())
                    .map(|number| (unit, number)),
            );
        }
        Ok(Some(Listed {
            name: self.name,
            provider: self.provider,
            units,
            left_out: self.left_out,
        }))
    }
}

/// A number's digits, whether it stands as a number or as a text.
fn number(raw: Option<&RawValue>, tokens: i32) -> Result<Option<Number>, DecimalError> {
    let Some(raw) = raw.map(RawValue::get).filter(|raw| *raw != "null") else {
        return Ok(None);
    };
    let text: Cow<'_, str> = if raw.starts_with('"') {
        serde_json::from_str(raw).map_err(|_| DecimalError::Form(raw.to_owned()))?
    } else {
        raw.into()
    };
    let decimal = text.trim().parse()?;
    Ok(Some(Number { decimal, tokens }))
}

/// A text, empty for anything else.
fn word(raw: Option<&RawValue>) -> String {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default()
}

/// Has the part a price that is more than nothing?
fn is_priced(raw: &RawValue) -> bool {
    number(Some(raw), 0).is_ok_and(|number| number.is_some_and(|number| !number.decimal.is_zero()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same made-up model, as each of the lists would have it.
    const LISTS: [(Format, &str); 3] = [
        (
            Format::LiteLlm,
            r#"{"sample_spec":{"litellm_provider":"one of these","input_cost_per_token":0.1},
                "acme/heron":{"litellm_provider":"acme","mode":"chat","input_cost_per_token":1.5e-07,"output_cost_per_token":6E-7,
                "cache_read_input_token_cost":7.5e-8,"cache_creation_input_token_cost":0.0,"input_cost_per_token_above_200k_tokens":3e-07},
                "heron-draw":{"litellm_provider":"acme","mode":"image_generation","output_cost_per_image":0.04}}"#,
        ),
        (
            Format::OpenRouter,
            r#"{"data":[{"id":"acme/heron","pricing":{"prompt":"0.00000015","completion":"0.0000006","request":"0","image":"0.001",
                "input_cache_read":"0.000000075","internal_reasoning":"0"}},{"id":"acme/auto","pricing":{"prompt":"-1","completion":"-1"}}]}"#,
        ),
        (
            Format::ModelsDev,
            r#"{"acme":{"id":"acme","models":{"heron":{"id":"heron","cost":{"input":0.15,"output":0.6,"cache_read":0.075,
                "context_over_200k":{"input":0.3}}},"free":{"id":"free"}}}}"#,
        ),
    ];

    #[test]
    fn one_model_has_one_price_in_every_list() {
        for (format, text) in LISTS {
            assert_eq!(Format::of(text), Ok(format));
            let list = format.read(text).unwrap();
            let [heron] = list.models.as_slice() else {
                panic!("{list:?}")
            };
            assert_eq!((heron.name.as_str(), heron.provider.as_str()), ("acme/heron", "acme"));
            let prices: Vec<(Unit, Converted)> = heron
                .units
                .iter()
                .map(|(unit, number)| (*unit, number.price(Decimal::ONE).unwrap()))
                .collect();
            let exact = |text: &str| Converted::Exact(text.parse().unwrap());
            let expected = [
                (Unit::Input, exact("0.15")),
                (Unit::Output, exact("0.60")),
                (Unit::Cached, exact("0.075")),
            ];
            assert_eq!(prices, expected, "{}", format.name());
            assert_eq!((heron.left_out.len(), list.unread.len()), (1, 1), "{list:?}");
        }
    }

    #[test]
    fn what_is_no_list_is_told() {
        assert!(matches!(Format::of("[1]"), Err(ListError::Json(_))));
        assert_eq!(Format::of(r#"{"a":{"b":1}}"#), Err(ListError::Unknown));
        assert!(matches!(Format::OpenRouter.read("{}"), Err(ListError::Form { .. })));
        let negative = Format::OpenRouter.read(LISTS[1].1).unwrap().unread;
        assert!(matches!(negative[0].wrong, Some(DecimalError::Negative(_))));
    }

    proptest! {
        /// However a list writes a price, it is the same, to the last digit.
        #[test]
        fn a_price_for_a_token_as_number_or_text_is_the_price_for_a_million(micro in 0_i64..1_000_000_000_000) {
            let whole = format!("{micro}e-12");
            let texts = [whole.clone(), format!("\"{whole}\"")];
            for text in texts {
                let raw = RawValue::from_string(text).unwrap();
                let number = number(Some(&raw), 0).unwrap().unwrap();
                let expected = Price::per_million(Micro::new(micro)).unwrap();
                prop_assert_eq!(number.price(Decimal::ONE).unwrap(), Converted::Exact(expected));
            }
        }
    }
}
