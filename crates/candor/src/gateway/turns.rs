//! Turns by weight, laid out in advance so that taking one is counting.
//!
//! Promises: in each round everybody has exactly as many turns as their weight says, spread evenly; who is alone is not counted.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One round of turns.
#[derive(Debug, Default)]
pub struct Schedule(Box<[u8]>);

impl Schedule {
    /// A round of all who have these weights. The configuration bounds both their number and their weights.
    pub fn of(weights: impl Iterator<Item = NonZeroU32>) -> Self {
        let weights: Vec<i64> = weights.map(|weight| i64::from(weight.get())).collect();
        let divisor = weights.iter().copied().fold(0, gcd).max(1);
        let weights: Vec<i64> = weights.into_iter().map(|weight| weight / divisor).collect();
        let total: i64 = weights.iter().sum();
        // Smooth weighted round robin: whoever has waited longest for their share is next.
        let mut due = vec![0; weights.len()];
        let turns = (0..total).map(|_| {
            let mut next = 0;
            for (at, weight) in weights.iter().enumerate() {
                due[at] += weight;
                if due[at] > due[next] {
                    next = at;
                }
            }
            due[next] -= total;
            u8::try_from(next).expect("the configuration has far fewer than 256 of anything that takes turns")
        });
        Self(turns.collect())
    }

    /// Whose turn the `number`th is.
    pub fn at(&self, number: usize) -> usize {
        match *self.0 {
            [] | [_] => 0,
            ref turns => usize::from(turns[number % turns.len()]),
        }
    }
}

/// A round and where it has got to.
#[derive(Debug, Default)]
pub struct Turns {
    schedule: Schedule,
    taken: AtomicUsize,
}

impl Turns {
    /// From the beginning of a round.
    pub fn new(schedule: Schedule) -> Self {
        Self {
            schedule,
            taken: AtomicUsize::new(0),
        }
    }

    /// Whose turn it is.
    pub fn take(&self) -> usize {
        match *self.schedule.0 {
            [] | [_] => 0,
            _ => self.schedule.at(self.taken.fetch_add(1, Ordering::Relaxed)),
        }
    }
}

fn gcd(one: i64, other: i64) -> i64 {
    if other == 0 { one } else { gcd(other, one % other) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(weights: &[u32]) -> Vec<usize> {
        let weights = weights.iter().filter_map(|weight| NonZeroU32::new(*weight));
        let turns = Turns::new(Schedule::of(weights));
        (0..8).map(|_| turns.take()).collect()
    }

    #[test]
    fn everybody_has_as_many_turns_as_their_weight_spread_evenly() {
        assert_eq!(round(&[3, 1]), [0, 0, 1, 0, 0, 0, 1, 0]);
        assert_eq!(round(&[50, 50]), [0, 1, 0, 1, 0, 1, 0, 1]);
        assert_eq!(round(&[7]), [0; 8]);
        assert_eq!(round(&[]), [0; 8]);
        let turns = round(&[2, 1, 1]);
        let of = |who| turns.iter().filter(|turn| **turn == who).count();
        assert_eq!((of(0), of(1), of(2)), (4, 2, 2));
    }
}
