//! Rests: until when something is left alone that failed, was refused or limited.
//!
//! Promises: a number in memory each, read without a lock; what doesn't rest is found out without a look at the clock; whatever rests
//! is tried again after a time, by one request first. Lost at a restart and at a reload, which begin with everything awake.

use crate::config::limits::Upstream;
use base::clock::Clock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// A rest, by the monotonic clock; over unless one begins.
#[derive(Debug, Default)]
pub struct Rest(AtomicU64);

/// Whatever begins at the clock's own origin would look like no rest.
const AWAKE: u64 = 0;

impl Rest {
    /// Is there none?
    pub fn is_over(&self, clock: &dyn Clock) -> bool {
        let until = self.0.load(Ordering::Relaxed);
        until == AWAKE || until <= millis(clock.monotonic())
    }

    /// From now on for so long, or as long as an earlier one says if that is longer.
    pub fn begin(&self, clock: &dyn Clock, span: Duration) {
        let until = millis(clock.monotonic().saturating_add(span)).max(1);
        self.0.fetch_max(until, Ordering::Relaxed);
    }

    fn end(&self) {
        self.0.store(AWAKE, Ordering::Relaxed);
    }

    /// Lets one in after a rest, and puts it off for all others until that one has told how it went, or for `span`.
    fn lets_one_in(&self, clock: &dyn Clock, span: Duration) -> bool {
        let until = self.0.load(Ordering::Relaxed);
        if until == AWAKE {
            return true;
        }
        let now = clock.monotonic();
        let again = millis(now.saturating_add(span)).max(1);
        until <= millis(now)
            && self
                .0
                .compare_exchange(until, again, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// Rests after failures in a row.
#[derive(Debug, Default)]
pub struct Breaker {
    failures: AtomicU32,
    rest: Rest,
}

/// Did a rest begin?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Began {
    /// Just now.
    Yes,
    /// No, or it goes on.
    No,
}

impl Breaker {
    /// May a request go there without need? After a rest one may, until it is known how that went.
    pub fn lets_in(&self, clock: &dyn Clock, limits: &Upstream) -> bool {
        self.rest.lets_one_in(clock, limits.rest_time)
    }

    /// It answered.
    pub fn succeeded(&self) {
        if self.failures.load(Ordering::Relaxed) != 0 {
            self.failures.store(0, Ordering::Relaxed);
            self.rest.end();
        }
    }

    /// It did not.
    pub fn failed(&self, clock: &dyn Clock, limits: &Upstream) -> Began {
        let most = limits.rest_failures.get();
        let before = self.failures.fetch_add(1, Ordering::Relaxed);
        if before.saturating_add(1) < most {
            return Began::No;
        }
        self.rest.begin(clock, limits.rest_time);
        if before.saturating_add(1) == most {
            Began::Yes
        } else {
            Began::No
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::config::{Config, Sources};
    use base::clock::TravellingClock;
    use base::time::Timestamp;

    const A_SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_rest_ends_by_itself_and_a_longer_one_is_not_cut_short() {
        let clock = TravellingClock::new(Timestamp::EPOCH);
        let rest = Rest::default();
        assert!(rest.is_over(&clock));
        rest.begin(&clock, 3 * A_SECOND);
        rest.begin(&clock, A_SECOND);
        clock.advance(2 * A_SECOND);
        assert!(!rest.is_over(&clock));
        clock.advance(A_SECOND);
        assert!(rest.is_over(&clock));
    }

    #[test]
    fn after_failures_in_a_row_it_rests_and_then_one_tries() {
        let clock = TravellingClock::new(Timestamp::EPOCH);
        let limits = Config::load(&Sources::of_text("[upstream.rest]\nfailures = 3\ntime = \"10s\"\n"))
            .unwrap()
            .upstream;
        let breaker = Breaker::default();
        let fail = || breaker.failed(&clock, &limits);
        assert_eq!((fail(), fail()), (Began::No, Began::No));
        breaker.succeeded();
        assert_eq!(
            (fail(), fail()),
            (Began::No, Began::No),
            "an answer begins the row anew"
        );
        assert!(breaker.lets_in(&clock, &limits));
        assert_eq!(fail(), Began::Yes);
        assert!(!breaker.lets_in(&clock, &limits));
        clock.advance(10 * A_SECOND);
        assert!(
            breaker.lets_in(&clock, &limits) && !breaker.lets_in(&clock, &limits),
            "one tries"
        );
        assert_eq!(fail(), Began::No);
        assert!(!breaker.lets_in(&clock, &limits));
        clock.advance(10 * A_SECOND);
        assert!(breaker.lets_in(&clock, &limits));
        breaker.succeeded();
        assert!(breaker.lets_in(&clock, &limits) && breaker.lets_in(&clock, &limits));
    }
}
