//! The day's sums: one account after the other, each held to its share.
//!
//! Promises: memory grows with the cells of one day and of one account, never with rows or accounts; an account counts in at
//! most [`MOST_CELLS`] cells, with a weight that adds up to one account and sums that add up to at most each measure's cap.
//! Those two bounds are what the noise of a release is measured by.
//! Leaves out: where rows come from, what may be released.

use std::collections::BTreeMap;

use super::cells::{Cell, Counted, MEASURES, Measure, Sums, Universe};

/// Cells that one account counts in at most: those that it used most. A fifth is left out.
pub const MOST_CELLS: usize = 4;

/// An account's weight, shared out evenly over its cells: a number that can be divided by 1, 2, 3 and 4.
pub(super) const WHOLE: u64 = 12;

/// What one account did on the day.
#[derive(Debug)]
pub struct AccountDay<'a> {
    universe: &'a Universe,
    cells: BTreeMap<Cell, Sums>,
}

/// What all accounts did on the day.
#[derive(Debug, Clone)]
pub struct Tally<'a> {
    universe: &'a Universe,
    cells: BTreeMap<Cell, CellSum>,
}

/// A cell's sums over all accounts: exact, and never shown to anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct CellSum {
    /// Accounts that count in it.
    pub(super) accounts: u64,
    /// Their weights, in parts of [`WHOLE`].
    pub(super) weight: u64,
    /// What they add, each held to its share.
    pub(super) sums: Sums,
}

impl<'a> Tally<'a> {
    /// Nothing yet.
    #[must_use]
    pub const fn new(universe: &'a Universe) -> Self {
        Self {
            universe,
            cells: BTreeMap::new(),
        }
    }

    /// An empty day of one account; hand it to [`Tally::add`] when all of its generations are counted.
    #[must_use]
    pub const fn account(&self) -> AccountDay<'a> {
        AccountDay {
            universe: self.universe,
            cells: BTreeMap::new(),
        }
    }

    /// Adds an account's day, held to its share. An account must not be added twice.
    pub fn add(&mut self, account: AccountDay<'a>) {
        let shares = account.shares();
        let weight = WHOLE / u64::try_from(shares.len().max(1)).unwrap_or(WHOLE);
        for (cell, sums) in shares {
            let sum = self.cells.entry(cell).or_default();
            sum.accounts += 1;
            sum.weight += weight;
            for (whole, share) in sum.sums.iter_mut().zip(sums) {
                *whole = whole.saturating_add(share);
            }
        }
    }

    pub(super) fn into_cells(self) -> BTreeMap<Cell, CellSum> {
        self.cells
    }

    pub(super) const fn universe(&self) -> &'a Universe {
        self.universe
    }
}

impl AccountDay<'_> {
    /// Counts one generation.
    pub fn count(&mut self, counted: &Counted<'_>) {
        let sums = self.cells.entry(self.universe.cell(counted)).or_default();
        for (sum, one) in sums.iter_mut().zip(counted.sums()) {
            *sum = sum.saturating_add(one);
        }
    }

    /// The cells that count, with what may count of each.
    fn shares(self) -> Vec<(Cell, Sums)> {
        let mut cells: Vec<(Cell, Sums)> = self.cells.into_iter().collect();
        cells.sort_by_key(|(cell, sums)| (std::cmp::Reverse(sums[0]), *cell));
        cells.truncate(MOST_CELLS);
        for place in 0..MEASURES {
            let cap = u128::from(Measure::ALL[place].cap());
            let whole: u128 = cells.iter().map(|(_, sums)| u128::from(sums[place])).sum();
            if whole > cap {
                for (_, sums) in &mut cells {
                    // Rounded down, so that the shares never add up to more than the cap.
                    sums[place] = u64::try_from(u128::from(sums[place]) * cap / whole).unwrap_or(0);
                }
            }
        }
        cells
    }
}

#[cfg(test)]
mod tests {
    use base::money::Micro;
    use proptest::prelude::*;

    use super::super::cells::Ending;
    use super::*;

    const MODELS: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];

    fn counted(model: usize, tokens: u64) -> Counted<'static> {
        Counted {
            model: MODELS[model],
            provider: Some("p"),
            ending: Ending::Completed,
            input_tokens: tokens,
            output_tokens: tokens,
            cost: Micro::new(i64::try_from(tokens).unwrap_or(i64::MAX)),
        }
    }

    fn day(generations: &[(usize, u64)]) -> BTreeMap<Cell, CellSum> {
        let universe = Universe::new(MODELS, ["p"]);
        let mut tally = Tally::new(&universe);
        let mut account = tally.account();
        for (model, tokens) in generations {
            account.count(&counted(*model, *tokens));
        }
        tally.add(account);
        tally.into_cells()
    }

    #[test]
    fn an_account_in_two_cells_is_half_an_account_in_each() {
        let cells = day(&[(0, 10), (0, 10), (1, 5)]);
        let sums: Vec<CellSum> = cells.into_values().collect();
        let half = |sums| CellSum {
            accounts: 1,
            weight: WHOLE / 2,
            sums,
        };
        assert_eq!(sums, [half([2, 20, 20, 20]), half([1, 5, 5, 5])]);
    }

    #[test]
    fn the_cells_that_an_account_used_least_are_left_out() {
        let cells = day(&[(0, 1), (0, 1), (1, 1), (1, 1), (2, 1), (2, 1), (3, 1), (3, 1), (4, 9)]);
        assert_eq!(cells.len(), MOST_CELLS);
        assert!(cells.values().all(|sum| sum.sums[1] == 2));
    }

    #[test]
    fn an_account_without_a_generation_counts_nowhere() {
        assert!(day(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn whatever_an_account_does_its_share_is_bounded(
            generations in prop::collection::vec((0_usize..7, prop_oneof![0_u64..2_000, Just(u64::MAX)]), 0..400)
        ) {
            let cells = day(&generations);
            prop_assert!(cells.len() <= MOST_CELLS);
            prop_assert!(cells.values().map(|sum| sum.weight).sum::<u64>() <= WHOLE);
            for (place, measure) in Measure::ALL.into_iter().enumerate() {
                let whole: u64 = cells.values().map(|sum| sum.sums[place]).sum();
                prop_assert!(whole <= measure.cap(), "{measure:?}");
            }
        }
    }
}
