//! Prices: what a model's units cost, and the identity under which a generation remembers the price it was charged.
//!
//! Promises: the same list of prices has the same version on every process and after every restart; shares of a cost add
//! up to the cost exactly; a unit without a price is refused, never free by accident.
//! Leaves out: taxes, discounts, exchange rates; when a price began to hold (the books name the version by day).

use base::money::{Currency, Micro, Price, cost};
use base::unit::{Line, Unit};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Names one list of prices of one model: the beginning of its digest, so that nobody has to hand out numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PriceVersion(i64);

impl PriceVersion {
    /// The version with this number, as it is stored.
    #[must_use]
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// Its number, as it is stored; never negative.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }
}

/// Why something has no price.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    /// The model uses a unit that its list doesn't name.
    #[error("model `{model}` has no price for {unit}; add it to the model's `price`")]
    Unpriced {
        /// The model as clients call it.
        model: String,
        /// The unit without a price.
        unit: Unit,
    },
    /// More than an amount can tell.
    #[error("the cost of this generation is larger than any amount")]
    TooLarge,
    /// All books are kept in one currency.
    #[error(
        "model `{model}` is priced in {currency}, but money is counted in {expected}; set `money.currency` or the price alike"
    )]
    Currency {
        /// The model as clients call it.
        model: String,
        /// The currency of its price.
        currency: Currency,
        /// The currency of the books.
        expected: Currency,
    },
    /// A model stands twice in the list.
    #[error("model `{0}` is priced twice")]
    Twice(String),
}

/// What a model's units cost, under its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelPrice {
    model: String,
    currency: Currency,
    prices: [Option<Price>; Unit::ALL.len()],
    version: PriceVersion,
}

/// What a generation costs: its lines, and their sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// A line a unit that was used, in the order they were given.
    pub lines: Vec<Line>,
    /// The whole, rounded once.
    pub total: Micro,
}

impl ModelPrice {
    /// The price list of `model`. A unit that is left out is priced as what it is part of, else not at all.
    #[must_use]
    pub fn new(model: &str, currency: Currency, list: &[(Unit, Price)]) -> Self {
        let mut prices = [None; Unit::ALL.len()];
        prices[Unit::Request.place()] = Some(Price::FREE);
        for (unit, price) in list {
            prices[unit.place()] = Some(*price);
        }
        let version = version_of(model, currency, &prices);
        Self {
            model: model.to_owned(),
            currency,
            prices,
            version,
        }
    }

    /// The model as clients call it.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The currency of all its prices.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// What a closing record remembers.
    #[must_use]
    pub const fn version(&self) -> PriceVersion {
        self.version
    }

    /// The price of a million of `unit`.
    #[must_use]
    pub fn of(&self, unit: Unit) -> Option<Price> {
        self.prices[unit.place()].or_else(|| self.prices[unit.part_of()?.place()])
    }

    /// The list as it was given.
    pub fn listed(&self) -> impl Iterator<Item = (Unit, Price)> + '_ {
        Unit::ALL
            .into_iter()
            .filter_map(|unit| Some((unit, self.prices[unit.place()]?)))
    }

    /// What these units cost. The whole is rounded once; each line's share is the step that the rounded sum makes with it,
    /// so that shares add up to the whole and differ from their exact value by less than a micro-unit.
    pub fn charge(&self, used: &[(Unit, u64)]) -> Result<Charge, PriceError> {
        let mut parts = Vec::with_capacity(used.len());
        let mut lines = Vec::with_capacity(used.len());
        let mut total = Micro::ZERO;
        for (unit, quantity) in used.iter().copied() {
            let price = self.of(unit).ok_or_else(|| PriceError::Unpriced {
                model: self.model.clone(),
                unit,
            })?;
            parts.push((quantity, price));
            let so_far = cost(&parts).ok_or(PriceError::TooLarge)?;
            lines.push(Line {
                unit,
                quantity,
                cost: so_far.checked_sub(total).ok_or(PriceError::TooLarge)?,
            });
            total = so_far;
        }
        Ok(Charge { lines, total })
    }

    /// The most that a generation of so many tokens can cost, whatever parts they turn out to be: for reserving.
    pub fn most(&self, input: u64, output: u64) -> Result<Micro, PriceError> {
        let dearest = |whole: Unit| {
            let parts = Unit::ALL
                .into_iter()
                .filter(|unit| *unit == whole || unit.part_of() == Some(whole));
            parts.max_by_key(|unit| self.of(*unit)).unwrap_or(whole)
        };
        let used = [(dearest(Unit::Input), input), (dearest(Unit::Output), output)];
        self.charge(&used).map(|charge| charge.total)
    }
}

/// 63 bits of a digest over everything that decides a cost. Fields are separated by a byte that no model name holds.
fn version_of(model: &str, currency: Currency, prices: &[Option<Price>; Unit::ALL.len()]) -> PriceVersion {
    let mut digest = Sha256::new();
    digest.update(model.as_bytes());
    digest.update([0]);
    digest.update(currency.as_str().as_bytes());
    for (unit, price) in Unit::ALL.into_iter().zip(prices) {
        if let Some(price) = price {
            digest.update([0]);
            digest.update(unit.as_str().as_bytes());
            digest.update(price.micro_per_million().to_be_bytes());
        }
    }
    let digest = digest.finalize();
    let head: [u8; 8] = std::array::from_fn(|place| digest[place]);
    PriceVersion(i64::from_be_bytes(head) & i64::MAX)
}

/// The prices of all models that may be sold, checked to be in the currency of the books.
#[derive(Debug, Clone, Default)]
pub struct Prices {
    by_model: std::collections::BTreeMap<String, ModelPrice>,
}

impl Prices {
    /// Takes a price a model, all in `currency`.
    pub fn new(currency: Currency, list: Vec<ModelPrice>) -> Result<Self, PriceError> {
        let mut by_model = std::collections::BTreeMap::new();
        for price in list {
            if price.currency != currency {
                return Err(PriceError::Currency {
                    model: price.model,
                    currency: price.currency,
                    expected: currency,
                });
            }
            if let Some(earlier) = by_model.insert(price.model.clone(), price) {
                return Err(PriceError::Twice(earlier.model));
            }
        }
        Ok(Self { by_model })
    }

    /// The price of `model`, if it is sold.
    #[must_use]
    pub fn of(&self, model: &str) -> Option<&ModelPrice> {
        self.by_model.get(model)
    }

    /// All of them, by model.
    pub fn iter(&self) -> impl Iterator<Item = &ModelPrice> {
        self.by_model.values()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn price(text: &str) -> Price {
        text.parse().unwrap()
    }

    fn chat() -> ModelPrice {
        ModelPrice::new(
            "chat",
            Currency::EUR,
            &[(Unit::Input, price("0.15")), (Unit::Output, price("0.60"))],
        )
    }

    #[test]
    fn a_version_changes_with_anything_that_changes_a_cost_and_with_nothing_else() {
        let same = ModelPrice::new(
            "chat",
            Currency::EUR,
            &[(Unit::Output, price("0.6")), (Unit::Input, price("0.150"))],
        );
        assert_eq!(chat().version(), same.version());
        assert!(chat().version().number() >= 0);
        let others = [
            ModelPrice::new(
                "chat2",
                Currency::EUR,
                &[(Unit::Input, price("0.15")), (Unit::Output, price("0.60"))],
            ),
            ModelPrice::new(
                "chat",
                "USD".parse().unwrap(),
                &[(Unit::Input, price("0.15")), (Unit::Output, price("0.60"))],
            ),
            ModelPrice::new(
                "chat",
                Currency::EUR,
                &[(Unit::Input, price("0.15")), (Unit::Output, price("0.61"))],
            ),
            ModelPrice::new("chat", Currency::EUR, &[(Unit::Input, price("0.15"))]),
        ];
        for other in others {
            assert_ne!(chat().version(), other.version());
        }
    }

    #[test]
    fn a_part_without_a_price_of_its_own_costs_what_the_whole_does() {
        let charge = chat()
            .charge(&[(Unit::Cached, 1_000_000), (Unit::Reasoning, 1_000_000)])
            .unwrap();
        assert_eq!(charge.total, "0.75".parse().unwrap());
    }

    #[test]
    fn the_most_counts_every_token_as_the_dearest_part_that_it_can_be() {
        let list = [
            (Unit::Input, price("1")),
            (Unit::Output, price("2")),
            (Unit::Cached, price("0.1")),
            (Unit::CacheWrite, price("1.25")),
            (Unit::Reasoning, price("4")),
        ];
        let dear = ModelPrice::new("chat", Currency::EUR, &list);
        assert_eq!(dear.most(1_000_000, 1_000_000), Ok("5.25".parse().unwrap()));
        assert_eq!(chat().most(1_000_000, 1_000_000), Ok("0.75".parse().unwrap()));
    }

    #[test]
    fn a_unit_without_a_price_is_refused_by_name() {
        let error = chat().charge(&[(Unit::Input, 1), (Unit::Image, 1)]).unwrap_err();
        assert!(matches!(&error, PriceError::Unpriced { unit: Unit::Image, .. }));
        assert!(error.to_string().contains("`chat`"));
    }

    #[test]
    fn a_price_in_another_currency_or_given_twice_is_refused() {
        let dollars = ModelPrice::new("chat", "USD".parse().unwrap(), &[]);
        assert!(matches!(
            Prices::new(Currency::EUR, vec![dollars]),
            Err(PriceError::Currency { .. })
        ));
        assert!(matches!(
            Prices::new(Currency::EUR, vec![chat(), chat()]),
            Err(PriceError::Twice(_))
        ));
        assert!(Prices::new(Currency::EUR, vec![chat()]).unwrap().of("chat").is_some());
    }

    proptest! {
        #[test]
        fn shares_add_up_to_the_whole_and_none_is_negative(
            input in 0_u64..10_000_000, output in 0_u64..10_000_000, cached in 0_u64..1_000,
            prices in prop::array::uniform3(0_i64..100_000_000),
        ) {
            let [a, b, c] = prices.map(|micro| Price::per_million(Micro::new(micro)).unwrap());
            let list = ModelPrice::new("m", Currency::EUR, &[(Unit::Input, a), (Unit::Output, b), (Unit::Cached, c)]);
            let charge = list.charge(&[(Unit::Input, input), (Unit::Cached, cached), (Unit::Output, output)]).unwrap();
            prop_assert_eq!(charge.lines.iter().map(|line| line.cost.get()).sum::<i64>(), charge.total.get());
            prop_assert_eq!(Some(charge.total), cost(&[(input, a), (cached, c), (output, b)]));
            prop_assert!(charge.lines.iter().all(|line| !line.cost.is_negative()));
        }
    }
}
