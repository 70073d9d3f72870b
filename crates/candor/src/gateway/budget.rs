//! The budget of further tries: when a provider goes down, requests that are tried again must not double what the others get.
//!
//! Promises: of models with several routes or keys at most `upstream.retries.percent` further tries for a hundred requests, besides
//! `upstream.retries.floor` a second; no lock. Starts full, and anew with each configuration.

use crate::config::limits::Upstream;
use base::clock::Clock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A try is so much: percents are whole numbers.
const A_TRY: u64 = 100;
/// What can be saved up: the floor of so many seconds, and so many requests' share.
const SAVED_SECONDS: u64 = 10;
const SAVED_REQUESTS: u64 = 100;

/// What is left to be spent.
#[derive(Debug)]
pub struct Budget {
    share: u64,
    floor: u64,
    left: AtomicU64,
    /// Until when the floor was paid in, in milliseconds of the monotonic clock.
    paid_until: AtomicU64,
}

impl Budget {
    /// A full one.
    pub fn new(limits: &Upstream, clock: &dyn Clock) -> Self {
        let mut budget = Self {
            share: limits.retries_percent.get().into(),
            floor: limits.retries_floor.get().into(),
            left: AtomicU64::new(0),
            paid_until: AtomicU64::new(millis(clock.monotonic())),
        };
        *budget.left.get_mut() = budget.most();
        budget
    }

    /// A request that might be tried again came.
    pub fn pay_in(&self) {
        self.add(self.share);
    }

    /// May one be tried again? If so, that is spent.
    pub fn spend(&self, clock: &dyn Clock) -> bool {
        self.pay_floor(millis(clock.monotonic()));
        let spent = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(A_TRY));
        spent.is_ok()
    }

    fn pay_floor(&self, now: u64) {
        let until = self.paid_until.load(Ordering::Relaxed);
        let due = now
            .saturating_sub(until)
            .saturating_mul(self.floor)
            .saturating_mul(A_TRY)
            / 1000;
        let is_ours = due > 0
            && self
                .paid_until
                .compare_exchange(until, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if is_ours {
            self.add(due);
        }
    }

    fn add(&self, amount: u64) {
        let most = self.most();
        let more = |left: u64| (left < most).then(|| left.saturating_add(amount).min(most));
        // Full already: nothing to write.
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok();
    }

    fn most(&self) -> u64 {
        (self.floor * SAVED_SECONDS * A_TRY).saturating_add(self.share * SAVED_REQUESTS)
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::config::{Config, Sources};
    use base::clock::TravellingClock;
    use base::time::Timestamp;

    #[test]
    fn further_tries_end_at_the_share_and_the_floor() {
        let clock = TravellingClock::new(Timestamp::EPOCH);
        let text = "[upstream.retries]\npercent = 20\nfloor = 2\n";
        let limits = Config::load(&Sources::of_text(text)).unwrap().upstream;
        let budget = Budget::new(&limits, &clock);
        let spend_all = || {
            std::iter::repeat_with(|| budget.spend(&clock))
                .take_while(|spent| *spent)
                .count()
        };
        assert_eq!(spend_all(), 40, "what was saved up");
        (0..50).for_each(|_| budget.pay_in());
        assert_eq!(spend_all(), 10, "a fifth of the requests");
        clock.advance(Duration::from_secs(3));
        assert_eq!(spend_all(), 6, "two a second");
        clock.advance(Duration::from_secs(3600));
        assert_eq!(spend_all(), 40, "no more than can be saved up");
    }
}
