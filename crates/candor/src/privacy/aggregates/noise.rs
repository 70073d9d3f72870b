//! Integer noise: the two-sided geometric ("discrete Laplace") distribution, drawn exactly.
//!
//! Promises: `P(x) ∝ exp(-|x| / scale)` for every integer `x`, by integer arithmetic alone. Laplace noise from floating point
//! leaks through its last bits (Mironov 2012); this is the sampler of Canonne, Kamath and Steinke, "The Discrete Gaussian for
//! Differential Privacy" (2020), algorithms 1 and 2, which compares random integers and nothing else.
//! Leaves out: how long a draw takes may depend on what is drawn; nobody outside can time a release.

use base::random::{self, Random};

/// How far noise reaches: `numerator / denominator`, the sensitivity divided by ε.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scale {
    numerator: u64,
    denominator: u64,
}

impl Scale {
    /// Both become at least 1: no ε is infinite and no noise is none.
    #[must_use]
    pub(super) fn new(numerator: u64, denominator: u64) -> Self {
        Self {
            numerator: numerator.max(1),
            denominator: denominator.max(1),
        }
    }

    // keeps P-13.4
    /// One draw.
    #[must_use]
    pub(super) fn draw(self, random: &dyn Random) -> i64 {
        if base::planted::is("exact_counts") {
            return 0;
        }
        loop {
            let rest = below(random, self.numerator);
            if !decays(random, rest, self.numerator) {
                continue;
            }
            let mut whole: u64 = 0;
            while decays(random, 1, 1) {
                whole += 1;
            }
            let size = (rest.saturating_add(whole.saturating_mul(self.numerator))) / self.denominator;
            let negative = below(random, 2) == 1;
            if negative && size == 0 {
                continue;
            }
            let size = i64::try_from(size).unwrap_or(i64::MAX);
            return if negative { -size } else { size };
        }
    }

    /// A bound that a draw passes with a probability of at most `exp(-odds_thousandths / 1000)`.
    #[must_use]
    pub(super) fn bound(self, odds_thousandths: u64) -> u64 {
        let bound = u128::from(self.numerator) * u128::from(odds_thousandths);
        u64::try_from(bound.div_ceil(u128::from(self.denominator) * 1000)).unwrap_or(u64::MAX)
    }

    /// Half of all draws are within about 0.7 of this; for people, rounded up.
    #[must_use]
    pub(super) const fn rounded(self) -> u64 {
        self.numerator.div_ceil(self.denominator)
    }
}

/// True with probability `exp(-part / whole)`, for `part <= whole`: von Neumann's series of ever rarer coins.
fn decays(random: &dyn Random, part: u64, whole: u64) -> bool {
    let mut coin: u64 = 1;
    while below(random, whole.saturating_mul(coin)) < part {
        coin += 1;
    }
    coin % 2 == 1
}

/// A number below `bound`, each as likely as any other: what would favour the small ones is drawn again.
fn below(random: &dyn Random, bound: u64) -> u64 {
    let fair = u64::MAX - (u64::MAX % bound + 1) % bound;
    loop {
        let number = u64::from_le_bytes(random::bytes(random));
        if number <= fair {
            return number % bound;
        }
    }
}

#[cfg(test)]
#[expect(
    clippy::cast_precision_loss,
    clippy::float_arithmetic,
    reason = "the tests compare frequencies; what is released never saw a float"
)]
mod tests {
    use base::random::SeededRandom;

    use super::*;

    const DRAWS: u32 = 200_000;

    fn draws(scale: Scale, seed: u64) -> Vec<i64> {
        let random = SeededRandom::new(seed);
        (0..DRAWS).map(|_| scale.draw(&random)).collect()
    }

    /// Pearson's χ² of draws against the distribution's own probabilities, over `-reach..=reach` and the two tails.
    fn chi_square(draws: &[i64], expected_scale: f64, reach: i64) -> f64 {
        let decay = (-1.0 / expected_scale).exp();
        let norm = (1.0 - decay) / (1.0 + decay);
        let total = draws.len() as f64;
        let tail = total * norm * decay.powi(i32::try_from(reach).unwrap_or(0) + 1) / (1.0 - decay);
        let term = |seen: usize, expected: f64| (seen as f64 - expected).powi(2) / expected;
        let count = |wanted: &dyn Fn(i64) -> bool| draws.iter().filter(|draw| wanted(**draw)).count();
        let cells: f64 = (-reach..=reach)
            .map(|place| {
                let expected = total * norm * decay.powi(i32::try_from(place.abs()).unwrap_or(0));
                term(count(&|draw| draw == place), expected)
            })
            .sum();
        cells + term(count(&|draw| draw < -reach), tail) + term(count(&|draw| draw > reach), tail)
    }

    #[test]
    fn draws_follow_the_distribution_and_a_wrong_scale_is_noticed() {
        // 22 degrees of freedom: 48.3 is passed once in a thousand seeds by the right distribution.
        for (seed, scale, expected) in [
            (1, Scale::new(5, 2), 2.5),
            (2, Scale::new(3, 1), 3.0),
            (3, Scale::new(7, 4), 1.75),
        ] {
            let draws = draws(scale, seed);
            assert!(chi_square(&draws, expected, 10) < 48.3, "{scale:?}");
            assert!(
                chi_square(&draws, expected * 1.05, 10) > 100.0,
                "a scale that is off by a twentieth is noticed"
            );
        }
    }

    #[test]
    fn a_wide_scale_keeps_its_spread_and_its_middle() {
        let scale = Scale::new(80_000_000_000, 3_000);
        let draws = draws(scale, 4);
        let wide = 80_000_000_000.0 / 3_000.0;
        let mean = draws.iter().map(|draw| *draw as f64).sum::<f64>() / f64::from(DRAWS);
        let spread = draws.iter().map(|draw| draw.abs() as f64).sum::<f64>() / f64::from(DRAWS);
        assert!(mean.abs() < wide * 0.015, "{mean}");
        assert!((spread / wide - 1.0).abs() < 0.015, "{spread}");
    }

    #[test]
    fn the_bound_is_passed_as_seldom_as_it_says() {
        let scale = Scale::new(5, 1);
        // exp(-3) is 0.0498, of both sides together at most twice that.
        let bound = i64::try_from(scale.bound(3_000)).unwrap_or(i64::MAX);
        assert_eq!(bound, 15);
        let passed = draws(scale, 5).iter().filter(|draw| **draw >= bound).count();
        assert!(passed < 9_958 && passed > 4_000, "{passed}");
    }

    #[test]
    fn the_same_seed_draws_the_same_and_no_bound_favours_small_numbers() {
        assert_eq!(draws(Scale::new(9, 2), 6), draws(Scale::new(9, 2), 6));
        let random = SeededRandom::new(7);
        let third = u64::MAX / 3 * 2;
        let low = (0..30_000).filter(|_| below(&random, third) < third / 2).count();
        assert!((14_500..15_500).contains(&low), "{low}");
    }
}
