//! In which order the routes of a model are tried: as they were written, and among neighbours with weights by turns.

use crate::gateway::turns::Schedule;
use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The order of a model's routes.
#[derive(Debug, Default)]
pub struct Order {
    /// Neighbours with weights; empty for most models, whose order is the written one.
    shared: Vec<Shared>,
    /// Requests so far, where that matters.
    requests: AtomicUsize,
}

/// A place in the order that several routes share.
#[derive(Debug)]
struct Shared {
    routes: Range<usize>,
    schedule: Schedule,
}

impl Order {
    /// The order of routes with these weights; `None` has a place of its own.
    pub fn new(weights: impl Iterator<Item = Option<NonZeroU32>>) -> Self {
        let weights: Vec<Option<NonZeroU32>> = weights.collect();
        let mut shared = Vec::new();
        let mut at = 0;
        for run in weights.chunk_by(|one, other| one.is_some() && other.is_some()) {
            let routes = at..at + run.len();
            at = routes.end;
            if run.len() > 1 {
                let schedule = Schedule::of(run.iter().copied().flatten());
                shared.push(Shared { routes, schedule });
            }
        }
        Self {
            shared,
            requests: AtomicUsize::new(0),
        }
    }

    /// The number of a request that begins; one and the same where no weights ask for more.
    pub fn begin(&self) -> usize {
        if self.shared.is_empty() {
            0
        } else {
            self.requests.fetch_add(1, Ordering::Relaxed)
        }
    }

    /// The route at `place` for the `request`th.
    pub fn route(&self, place: usize, request: usize) -> usize {
        match self.shared.iter().find(|shared| shared.routes.contains(&place)) {
            None => place,
            Some(Shared { routes, schedule }) => {
                let turn = schedule.at(request) + (place - routes.start);
                routes.start + turn % routes.len()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_with_weights_share_a_place_and_all_others_keep_theirs() {
        let weights = [None, NonZeroU32::new(2), NonZeroU32::new(1), None, NonZeroU32::new(9)];
        let order = Order::new(weights.into_iter());
        let of = |request| -> Vec<usize> { (0..5).map(|place| order.route(place, request)).collect() };
        let begun = || of(order.begin());
        assert_eq!(
            (begun(), begun(), begun()),
            (vec![0, 1, 2, 3, 4], vec![0, 2, 1, 3, 4], vec![0, 1, 2, 3, 4])
        );
        assert_eq!(Order::new([None, None].into_iter()).begin(), 0);
    }
}
