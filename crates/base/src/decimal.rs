//! Decimal numbers as texts write them, exactly: `0.15`, `1.5e-07`, `3`. For prices in public lists, whose numbers are often
//! floats of somebody else.
//!
//! Promises: no floating point; what was written is what is held; scaling tells whether it had to round, and then rounds
//! upwards, so that nothing is sold below its price.
//! Leaves out: signs but minus, grouping, infinities.

use std::fmt;
use std::str::FromStr;

/// Most significant digits: all that fit into 128 bits whatever they are.
const MOST_DIGITS: usize = 38;
/// Larger exponents mean nothing that can be paid.
const LARGEST_EXPONENT: i32 = 400;

/// `digits` × 10^`exponent`; never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    digits: u128,
    exponent: i32,
}

/// Why a text is no decimal number that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// Not digits with an optional point and exponent.
    #[error("`{0}` is no decimal number")]
    Form(String),
    /// Below zero.
    #[error("`{0}` is negative")]
    Negative(String),
    /// More digits than can be held exactly.
    #[error("`{0}` has more digits than can be held exactly")]
    TooLong(String),
    /// More than can be told.
    #[error("the number is too large")]
    TooLarge,
}

/// A whole number that a decimal one became.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scaled {
    /// It is that.
    Exact(i64),
    /// It lies below that by less than one.
    RoundedUp(i64),
}

impl Scaled {
    /// The whole number.
    #[must_use]
    pub const fn get(self) -> i64 {
        match self {
            Self::Exact(number) | Self::RoundedUp(number) => number,
        }
    }
}

impl Decimal {
    /// One.
    pub const ONE: Self = Self { digits: 1, exponent: 0 };

    /// Nothing.
    pub const ZERO: Self = Self { digits: 0, exponent: 0 };

    /// Is it nothing?
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.digits == 0
    }

    /// The product, exactly.
    ///
    /// # Errors
    /// It has more digits than can be held.
    pub fn times(self, other: Self) -> Result<Self, DecimalError> {
        let digits = self.digits.checked_mul(other.digits).ok_or(DecimalError::TooLarge)?;
        Ok(Self {
            digits,
            exponent: self.exponent.saturating_add(other.exponent),
        })
    }

    /// The sum, exactly.
    ///
    /// # Errors
    /// It has more digits than can be held.
    pub fn plus(self, other: Self) -> Result<Self, DecimalError> {
        let exponent = self.exponent.min(other.exponent);
        let lowered = |one: Self| {
            let factor = power_of_ten(one.exponent.saturating_sub(exponent))?;
            one.digits.checked_mul(factor)
        };
        let sum = lowered(self)
            .zip(lowered(other))
            .and_then(|(one, other)| one.checked_add(other));
        Ok(Self {
            digits: sum.ok_or(DecimalError::TooLarge)?,
            exponent,
        })
    }

    /// Times 10^`power`, exactly.
    #[must_use]
    pub const fn shifted(self, power: i32) -> Self {
        Self {
            digits: self.digits,
            exponent: self.exponent.saturating_add(power),
        }
    }

    /// A hundredth of it.
    #[must_use]
    pub const fn percent(self) -> Self {
        self.shifted(-2)
    }

    /// Times 10^`power`, as a whole number.
    ///
    /// # Errors
    /// It is larger than 64 bits hold.
    pub fn scaled(self, power: i32) -> Result<Scaled, DecimalError> {
        let whole = |number: u128| i64::try_from(number).map_err(|_| DecimalError::TooLarge);
        let exponent = self.exponent.saturating_add(power);
        if self.digits == 0 {
            return Ok(Scaled::Exact(0));
        }
        if exponent >= 0 {
            let factor = power_of_ten(exponent).ok_or(DecimalError::TooLarge)?;
            let number = self.digits.checked_mul(factor).ok_or(DecimalError::TooLarge)?;
            return whole(number).map(Scaled::Exact);
        }
        let Some(divisor) = power_of_ten(exponent.saturating_neg()) else {
            return Ok(Scaled::RoundedUp(1));
        };
        let (number, rest) = (self.digits / divisor, self.digits % divisor);
        if rest == 0 {
            whole(number).map(Scaled::Exact)
        } else {
            whole(number + 1).map(Scaled::RoundedUp)
        }
    }
}

/// `None` for those that 128 bits don't hold.
fn power_of_ten(exponent: i32) -> Option<u128> {
    10_u128.checked_pow(u32::try_from(exponent).ok()?)
}

impl FromStr for Decimal {
    type Err = DecimalError;

    /// As JSON writes numbers, leading zeros allowed: digits on both sides of a point, an exponent with or without sign.
    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let size = text.strip_prefix('-').unwrap_or(text);
        let decimal = Self::unsigned(size)?;
        if size.len() < text.len() && !decimal.is_zero() {
            return Err(DecimalError::Negative(text.to_owned()));
        }
        Ok(decimal)
    }
}

impl Decimal {
    fn unsigned(text: &str) -> Result<Self, DecimalError> {
        let form = || DecimalError::Form(text.to_owned());
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent_of(exponent).ok_or_else(form)?),
            None => (text, 0),
        };
        let (whole, fraction) = match number.split_once('.') {
            Some((_, "")) => return Err(form()),
            Some(parts) => parts,
            None => (number, ""),
        };
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
            return Err(form());
        }
        let fraction = fraction.trim_end_matches('0');
        let all = format!("{whole}{fraction}");
        let significant = all.trim_start_matches('0');
        if significant.len() > MOST_DIGITS {
            return Err(DecimalError::TooLong(text.to_owned()));
        }
        let places = i32::try_from(fraction.len()).map_err(|_| DecimalError::TooLong(text.to_owned()))?;
        Ok(Self {
            digits: if significant.is_empty() {
                0
            } else {
                significant.parse().map_err(|_| form())?
            },
            exponent: exponent - places,
        })
    }
}

fn exponent_of(text: &str) -> Option<i32> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let size: i32 = is_digits.then(|| digits.parse().ok())??;
    let exponent = if text.starts_with('-') { -size } else { size };
    (exponent.abs() <= LARGEST_EXPONENT).then_some(exponent)
}

impl fmt::Display for Decimal {
    /// Without an exponent as far as that is readable.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits.to_string();
        match usize::try_from(self.exponent.unsigned_abs()) {
            Ok(0) => f.write_str(&digits),
            Ok(places) if self.exponent < 0 && places <= MOST_DIGITS => {
                let padded = format!("{digits:0>width$}", width = places + 1);
                let (whole, fraction) = padded.split_at(padded.len() - places);
                write!(f, "{whole}.{fraction}")
            }
            _ => write!(f, "{digits}e{}", self.exponent),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scaled(text: &str, power: i32) -> Scaled {
        text.parse::<Decimal>().unwrap().scaled(power).unwrap()
    }

    #[test]
    fn numbers_of_public_lists_are_read_exactly() {
        for (text, micro) in [
            ("1.5e-07", 150_000),
            ("0.00000015", 150_000),
            ("2E-6", 2_000_000),
            ("0", 0),
            ("0.0", 0),
            ("-0.0", 0),
            ("3e+0", 3_000_000_000_000),
        ] {
            assert_eq!(scaled(text, 12), Scaled::Exact(micro), "{text}");
        }
        assert_eq!(scaled("1.5000000000000002e-07", 12), Scaled::RoundedUp(150_001));
        assert_eq!(scaled("1e-400", 12), Scaled::RoundedUp(1));
        assert_eq!(
            "1e30".parse::<Decimal>().unwrap().scaled(12),
            Err(DecimalError::TooLarge)
        );
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for wrong in [
            "",
            ".",
            "1.",
            ".5",
            "1,5",
            "1e",
            "1e1.5",
            "e5",
            "+1",
            "0x1",
            "NaN",
            "1 ",
            "٣",
            "1e99999999999",
            "--1",
        ] {
            assert!(
                matches!(wrong.parse::<Decimal>(), Err(DecimalError::Form(_))),
                "{wrong}"
            );
        }
        assert!(matches!("-1".parse::<Decimal>(), Err(DecimalError::Negative(_))));
        assert!(matches!(
            "9".repeat(39).parse::<Decimal>(),
            Err(DecimalError::TooLong(_))
        ));
    }

    #[test]
    fn rates_and_markups_multiply_without_loss() {
        let number = |text: &str| text.parse::<Decimal>().unwrap();
        let factor = Decimal::ONE.plus(number("12.5").percent()).unwrap();
        assert_eq!(factor.to_string(), "1.125");
        assert_eq!(
            number("0.15")
                .times(number("0.92"))
                .unwrap()
                .times(factor)
                .unwrap()
                .to_string(),
            "0.1552500"
        );
    }

    proptest! {
        /// However a number is written, it is the same number.
        #[test]
        fn a_point_and_an_exponent_say_the_same(digits in 0_u64..=u64::MAX, places in 0_usize..30) {
            let padded = format!("{digits:0>width$}", width = places + 1);
            let (whole, fraction) = padded.split_at(padded.len() - places);
            let point = if places == 0 { whole.to_owned() } else { format!("{whole}.{fraction}") };
            let exponent = format!("{digits}e-{places}");
            for power in [0, 6, 12, 18] {
                let read = |text: &str| text.parse::<Decimal>().unwrap().scaled(power);
                prop_assert_eq!(read(&point), read(&exponent));
            }
        }

        /// Scaling is exact, or up by less than one.
        #[test]
        fn scaling_is_exact_or_says_that_it_rounded_up(digits in 0_u64..=u64::MAX, places in 0_u32..30) {
            let decimal: Decimal = format!("{digits}e-{places}").parse().unwrap();
            let divisor = 10_u128.pow(places);
            let number = u128::from(digits) * 1_000_000;
            match decimal.scaled(6) {
                Ok(Scaled::Exact(whole)) => prop_assert_eq!(u128::from(whole.unsigned_abs()) * divisor, number),
                Ok(Scaled::RoundedUp(whole)) => {
                    let above = u128::from(whole.unsigned_abs()) * divisor;
                    prop_assert!(above > number && above - number < divisor);
                }
                Err(_) => prop_assert!(number / divisor >= u128::from(i64::MAX.unsigned_abs())),
            }
        }

        #[test]
        fn what_is_shown_reads_back(digits in 0_u64..=u64::MAX, exponent in -60_i32..60) {
            let decimal: Decimal = format!("{digits}e{exponent}").parse().unwrap();
            let again: Decimal = decimal.to_string().parse().unwrap();
            prop_assert_eq!(again.scaled(6), decimal.scaled(6));
        }
    }
}
