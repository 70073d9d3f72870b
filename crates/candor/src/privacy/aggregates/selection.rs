//! From a day's exact sums to what may be known of them for ever.
//!
//! Promises: a cell of fewer than k accounts is never released, nor part of anything from which it could be subtracted; all
//! that leaves here together is (ε, 10⁻⁶)-differentially private for one account and one day, whatever anybody else knows, and
//! whoever holds the k−1 others.
//! Leaves out: where the sums come from, where the release is kept.
//!
//! How ε is shared out, and why it suffices (an account changes sums by at most its share, `tally.rs`):
//!
//! - *Accounts of a cell* get 12/32 ε. An account's weights add up to one account over all cells, so that noise of scale
//!   1/(12/32 ε) on every cell hides them all. A cell is released if at least k accounts are in it **and** its noisy weight is
//!   at least k plus [`margin`]. The first rule alone would tell an attacker with k−1 accounts whether anybody else was there;
//!   with the second a cell that one account lifts from k−1 to k is released with a probability below 10⁻⁶ / 4, and an account
//!   is in at most 4 cells. Everything else is worked out from the noisy weight and adds nothing.
//! - *The rest*: all cells that were not released, together, by the same two rules with 8/32 ε. Its weight must be k accounts by
//!   itself: an account's weights add up to at most one, so that a weight of k has at least k accounts behind it.
//! - *Each of four measures* gets 3/32 ε. Released cells and the rest are disjoint, so that an account's shares over them add
//!   up to at most the measure's cap.
//!
//! No total and no margin is drawn or kept: whoever wants one adds up what was released. So there is nothing from which
//! released cells could be subtracted to find one that was not: that is the complementary suppression.

use base::random::Random;
use policy::parameters::Thousandths;

use super::cells::{CellName, MEASURES, Measure, Sums};
use super::noise::Scale;
use super::tally::{CellSum, Tally, WHOLE};

/// ε is shared out in so many parts.
const PARTS: u64 = 32;
const PARTS_OF_CELLS: u64 = 12;
const PARTS_OF_REST: u64 = 8;
const PARTS_OF_MEASURE: u64 = 3;

/// ln(4 · 10⁶), rounded up, in thousandths: one in a million for an account in four cells.
const ODDS_THOUSANDTHS: u64 = 15_202;

/// How strict a release is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strictness {
    /// Fewer accounts than these: nothing.
    pub k: u32,
    /// What one account may show of one day, all released numbers together.
    pub epsilon: Thousandths,
}

/// A released cell: what is known for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleasedCell {
    /// Which.
    pub name: CellName,
    /// About how many accounts, each shared out over the cells that it was in.
    pub accounts: u64,
    /// About how much, in the order of [`Measure::ALL`].
    pub sums: Sums,
}

/// Why a cell was released or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Fewer than k accounts.
    TooFew,
    /// At least k, and not so many more that one of them could hide.
    TooClose,
    /// Released.
    Released,
}

/// What was looked at and what of it was released. The verdicts are as exact as the sums: for the probe's synthetic accounts
/// and for tests, never for real days.
#[derive(Debug)]
pub struct Selection {
    /// What was released, by name.
    pub released: Vec<ReleasedCell>,
    /// The verdict on every cell that anybody was in, in their order.
    pub verdicts: Vec<Verdict>,
    /// The verdict on all others together.
    pub rest: Verdict,
}

/// Noise scales of a release, for whoever reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// Of a cell's accounts.
    pub accounts: u64,
    /// Of each measure, in the order of [`Measure::ALL`].
    pub sums: [u64; MEASURES],
}

// keeps P-13.4
/// Draws the noise, once, and decides.
#[must_use]
pub fn select(tally: Tally<'_>, strictness: Strictness, random: &dyn Random) -> Selection {
    let universe = tally.universe();
    let fine = Gate::new(strictness, PARTS_OF_CELLS, 0);
    let mut rest = CellSum::default();
    let (mut released, mut verdicts) = (Vec::new(), Vec::new());
    for (cell, sum) in tally.into_cells() {
        let (verdict, noisy) = fine.judge(sum.accounts >= fine.k, sum.weight, random);
        verdicts.push(verdict);
        match verdict {
            Verdict::Released => released.push(blurred(universe.name(cell), noisy, &sum.sums, strictness, random)),
            Verdict::TooFew | Verdict::TooClose => rest.add(&sum),
        }
    }
    // Its own weight is what counts accounts here, so that one account more can lift it over k by one account at most.
    let coarse = Gate::new(strictness, PARTS_OF_REST, 1);
    let (verdict, noisy) = coarse.judge(rest.weight >= coarse.k * WHOLE, rest.weight, random);
    if verdict == Verdict::Released {
        released.push(blurred(CellName::rest(), noisy, &rest.sums, strictness, random));
    }
    released.sort_by(|one, other| one.name.cmp(&other.name));
    Selection {
        released,
        verdicts,
        rest: verdict,
    }
}

/// The least number of accounts that a released cell shows: k and the margin behind which one account hides.
#[must_use]
pub fn least_shown(strictness: Strictness) -> u64 {
    Gate::new(strictness, PARTS_OF_CELLS, 0).threshold / WHOLE
}

/// How far the noise reaches.
#[must_use]
pub fn reach(strictness: Strictness) -> Reach {
    Reach {
        accounts: scale(strictness, WHOLE, PARTS_OF_CELLS).rounded().div_ceil(WHOLE),
        sums: Measure::ALL.map(|measure| scale(strictness, measure.cap(), PARTS_OF_MEASURE).rounded()),
    }
}

/// The two rules.
struct Gate {
    k: u64,
    noise: Scale,
    /// In parts of [`WHOLE`].
    threshold: u64,
}

impl Gate {
    fn new(strictness: Strictness, parts: u64, more: u64) -> Self {
        let k = if base::planted::is("k_of_one") {
            1
        } else {
            u64::from(strictness.k)
        };
        let noise = scale(strictness, WHOLE, parts);
        Self {
            k,
            noise,
            threshold: (k + more)
                .saturating_mul(WHOLE)
                .saturating_add(noise.bound(ODDS_THOUSANDTHS)),
        }
    }

    /// The verdict, and the noisy weight.
    fn judge(&self, enough: bool, weight: u64, random: &dyn Random) -> (Verdict, u64) {
        let noisy = add_noise(weight, self.noise, random);
        let verdict = match (enough, noisy >= self.threshold) {
            (false, _) => Verdict::TooFew,
            (true, false) => Verdict::TooClose,
            (true, true) => Verdict::Released,
        };
        (verdict, noisy)
    }
}

fn blurred(
    name: CellName,
    noisy_weight: u64,
    sums: &Sums,
    strictness: Strictness,
    random: &dyn Random,
) -> ReleasedCell {
    let mut released = ReleasedCell {
        name,
        accounts: noisy_weight / WHOLE,
        sums: *sums,
    };
    for (sum, measure) in released.sums.iter_mut().zip(Measure::ALL) {
        *sum = add_noise(*sum, scale(strictness, measure.cap(), PARTS_OF_MEASURE), random);
    }
    released
}

/// What would be below nothing is nothing: a rule that looks at the noisy number alone.
fn add_noise(exact: u64, scale: Scale, random: &dyn Random) -> u64 {
    exact.saturating_add_signed(scale.draw(random))
}

/// `sensitivity / (ε · parts / PARTS)`.
fn scale(strictness: Strictness, sensitivity: u64, parts: u64) -> Scale {
    Scale::new(sensitivity * PARTS * 1000, u64::from(strictness.epsilon.get()) * parts)
}

impl CellSum {
    fn add(&mut self, other: &Self) {
        self.accounts += other.accounts;
        self.weight += other.weight;
        for (sum, more) in self.sums.iter_mut().zip(other.sums) {
            *sum = sum.saturating_add(more);
        }
    }
}
