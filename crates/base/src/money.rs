//! Amounts: whole micro-units of a currency, prices for a million units, and the one sum that turns units into a cost.
//!
//! Promises: no floating point; the whole sum stands in 128 bits and is divided once, rounded half up, so that a cost
//! does not depend on how its parts were grouped; overflow is told, never wrapped.
//! Leaves out: exchange rates, tax, currencies of unusual scale (an amount has at most six decimals).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const MICRO_PER_UNIT: i64 = 1_000_000;
const DECIMALS: usize = 6;
const UNITS_PER_PRICE: i128 = 1_000_000;

/// A text that is no amount, price or currency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not digits with an optional point.
    #[error("`{0}` is no amount; write digits with a point, as `10.00`")]
    Amount(String),
    /// Finer than a micro-unit.
    #[error("`{0}` has more than six decimals")]
    Decimals(String),
    /// Beyond ± 9 223 372 036 854.775807.
    #[error("`{0}` is too large; the largest amount is 9223372036854.775807")]
    TooLarge(String),
    /// A price below zero.
    #[error("`{0}` is negative; a price is zero or more")]
    NegativePrice(String),
    /// Not an ISO 4217 code.
    #[error("`{0}` is no currency; write its three capital letters, as `EUR`")]
    Currency(String),
}

/// An amount in millionths of a currency's unit; negative is owed the other way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Micro(i64);

impl Micro {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount.
    pub const MAX: Self = Self(i64::MAX);

    /// So many millionths.
    #[must_use]
    pub const fn new(micro: i64) -> Self {
        Self(micro)
    }

    /// How many millionths.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Less than nothing?
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// The sum, `None` if it can't be told.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// The difference, `None` if it can't be told.
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(difference) => Some(Self(difference)),
            None => None,
        }
    }

    /// The other way round, `None` for the one amount that has no opposite.
    #[must_use]
    pub const fn checked_neg(self) -> Option<Self> {
        match self.0.checked_neg() {
            Some(negative) => Some(Self(negative)),
            None => None,
        }
    }

    /// The sum, held at the bounds: for limits and estimates, never for books.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, held at the bounds: for limits and estimates, never for books.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Micro {
    /// As many decimals as it has, at least two: `10.00`, `0.125`, `-0.000001`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.0.unsigned_abs();
        let whole = size / MICRO_PER_UNIT.unsigned_abs();
        let fraction = format!("{:06}", size % MICRO_PER_UNIT.unsigned_abs());
        let shown = fraction.trim_end_matches('0').len().max(2);
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{whole}.{}", &fraction[..shown])
    }
}

impl FromStr for Micro {
    type Err = MoneyError;

    /// `10`, `10.5`, `-0.000001`: no plus, no grouping, no exponent, digits on both sides of a point.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let (negative, size) = match text.strip_prefix('-') {
            Some(size) => (true, size),
            None => (false, text),
        };
        let (whole, fraction) = match size.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (size, None),
        };
        let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits(whole) || !fraction.is_none_or(is_digits) {
            return Err(MoneyError::Amount(text.to_owned()));
        }
        let fraction = fraction.unwrap_or_default();
        if fraction.len() > DECIMALS {
            return Err(MoneyError::Decimals(text.to_owned()));
        }
        let too_large = || MoneyError::TooLarge(text.to_owned());
        let padded = format!("{whole}{fraction:0<DECIMALS$}");
        let micro: i128 = padded.parse().map_err(|_| too_large())?;
        i64::try_from(if negative { -micro } else { micro })
            .map(Self)
            .map_err(|_| too_large())
    }
}

/// What a million units cost, in micro-units; never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Price(i64);

impl Price {
    /// Free of charge.
    pub const FREE: Self = Self(0);

    /// `amount` for a million units.
    pub fn per_million(amount: Micro) -> Result<Self, MoneyError> {
        if amount.is_negative() {
            Err(MoneyError::NegativePrice(amount.to_string()))
        } else {
            Ok(Self(amount.0))
        }
    }

    /// Micro-units for a million units.
    #[must_use]
    pub const fn micro_per_million(self) -> i64 {
        self.0
    }
}

impl TryFrom<i64> for Price {
    type Error = MoneyError;

    fn try_from(micro_per_million: i64) -> Result<Self, MoneyError> {
        Self::per_million(Micro(micro_per_million))
    }
}

impl From<Price> for i64 {
    fn from(price: Price) -> Self {
        price.0
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Micro(self.0).fmt(f)
    }
}

impl FromStr for Price {
    type Err = MoneyError;

    /// An amount for a million units, as `0.15`.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        Self::per_million(text.parse()?).map_err(|_| MoneyError::NegativePrice(text.to_owned()))
    }
}

/// What these units cost together: one sum, one division, half up. `None` if it is more than an amount can tell.
#[must_use]
pub fn cost(parts: &[(u64, Price)]) -> Option<Micro> {
    let mut sum = 0_i128;
    for (units, price) in parts {
        sum = sum.checked_add(i128::from(*units).checked_mul(i128::from(price.0))?)?;
    }
    let rounded = sum.checked_add(UNITS_PER_PRICE / 2)? / UNITS_PER_PRICE;
    i64::try_from(rounded).ok().map(Micro)
}

/// An ISO 4217 code, as `EUR`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// The euro.
    pub const EUR: Self = Self(*b"EUR");

    /// Its three letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("three ASCII capitals, checked when it was read")
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(letters) if letters.iter().all(u8::is_ascii_uppercase) => Ok(Self(letters)),
            _ => Err(MoneyError::Currency(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;

    fn try_from(text: String) -> Result<Self, MoneyError> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_read_and_print_as_decimals() {
        let cases = [
            ("10.00", 10_000_000),
            ("0.125", 125_000),
            ("-0.000001", -1),
            ("0.00", 0),
            ("7.50", 7_500_000),
        ];
        for (text, micro) in cases {
            assert_eq!(text.parse::<Micro>().unwrap(), Micro(micro));
            assert_eq!(Micro(micro).to_string(), text);
        }
        assert_eq!("10".parse::<Micro>().unwrap(), Micro(10_000_000));
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for wrong in [
            "", "-", ".5", "5.", "+1", "1e3", "1,50", "1.2.3", " 1", "0x1", "--1", "٣",
        ] {
            assert_eq!(
                wrong.parse::<Micro>(),
                Err(MoneyError::Amount(wrong.to_owned())),
                "{wrong}"
            );
        }
        assert!(matches!("0.1234567".parse::<Micro>(), Err(MoneyError::Decimals(_))));
        assert!(matches!(
            "9223372036854.775808".parse::<Micro>(),
            Err(MoneyError::TooLarge(_))
        ));
        assert!(matches!("9".repeat(60).parse::<Micro>(), Err(MoneyError::TooLarge(_))));
        assert!(matches!("-0.15".parse::<Price>(), Err(MoneyError::NegativePrice(_))));
        for wrong in ["eur", "EU", "EURO", "E1R"] {
            assert!(wrong.parse::<Currency>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_cost_is_summed_before_it_is_rounded_half_up() {
        let price: Price = "0.15".parse().unwrap();
        assert_eq!(price.micro_per_million(), 150_000);
        assert_eq!(cost(&[(1, price)]), Some(Micro(0)));
        assert_eq!(cost(&[(10, price)]), Some(Micro(2)));
        assert_eq!(cost(&[(5, price), (5, price)]), Some(Micro(2)));
        assert_eq!(cost(&[(1_000_000, "10.00".parse().unwrap())]), Some(Micro(10_000_000)));
        assert_eq!(cost(&[]), Some(Micro::ZERO));
        assert_eq!(cost(&[(u64::MAX, Price(i64::MAX))]), None);
        assert_eq!(cost(&[(u64::MAX, Price(i64::MAX)); 3]), None);
    }

    proptest! {
        #[test]
        fn an_amount_survives_its_text(micro in any::<i64>()) {
            prop_assert_eq!(Micro(micro).to_string().parse::<Micro>().unwrap(), Micro(micro));
        }

        #[test]
        fn grouping_units_changes_no_cost_and_rounding_is_within_half_a_micro(
            units in prop::collection::vec(0_u64..1_000_000_000, 0..8), price in 0_i64..1_000_000_000_000,
        ) {
            let parts: Vec<_> = units.iter().map(|units| (*units, Price(price))).collect();
            let whole = [(units.iter().sum::<u64>(), Price(price))];
            let cost_of_parts = cost(&parts).unwrap();
            prop_assert_eq!(Some(cost_of_parts), cost(&whole));
            let exact = i128::from(whole[0].0) * i128::from(price);
            let error = i128::from(cost_of_parts.get()) * UNITS_PER_PRICE - exact;
            prop_assert!((-UNITS_PER_PRICE / 2 + 1..=UNITS_PER_PRICE / 2).contains(&error));
        }
    }
}
