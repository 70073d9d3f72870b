//! Where time comes from: the one seam through which the program learns what time it is.
//!
//! Promises: wall time and monotonic time come from the same object, so that a test travels through both at once, or
//! through the wall alone, as an administrator's wrong `date` would.
//! Leaves out: timers (the runtime's), judging a clock that jumped (the sweep's).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::time::Timestamp;

/// Tells the time. Handed down as `&dyn Clock` or `Arc<dyn Clock>`.
pub trait Clock: Send + Sync {
    /// The wall's time, which people may set forwards and backwards.
    fn now(&self) -> Timestamp;
    /// Time since some fixed moment of the process; never goes back.
    fn monotonic(&self) -> Duration;
}

/// The operating system's clocks.
#[derive(Debug, Clone)]
pub struct SystemClock {
    origin: Instant,
}

impl SystemClock {
    /// Monotonic time counts from this call: make one at the start and hand it down.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the system's clocks"
    )]
    pub fn new() -> Self {
        Self { origin: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the system's clocks"
)]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let micros = |span: Duration| i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => Timestamp::from_micros(micros(after)),
            Err(before) => Timestamp::from_micros(-micros(before.duration())),
        }
    }

    fn monotonic(&self) -> Duration {
        self.origin.elapsed()
    }
}

/// A clock that stands still until it is told to go on. Clones share the time.
#[derive(Debug, Clone)]
pub struct TravellingClock {
    state: Arc<Mutex<Travel>>,
}

#[derive(Debug)]
struct Travel {
    wall: Timestamp,
    monotonic: Duration,
}

impl TravellingClock {
    /// Stands at `start`; monotonic time begins at zero.
    #[must_use]
    pub fn new(start: Timestamp) -> Self {
        Self {
            state: Arc::new(Mutex::new(Travel {
                wall: start,
                monotonic: Duration::ZERO,
            })),
        }
    }

    /// Lets `span` pass, on both clocks.
    pub fn advance(&self, span: Duration) {
        let mut travel = self.travel();
        travel.wall = travel.wall.plus(span);
        travel.monotonic = travel.monotonic.saturating_add(span);
    }

    /// Goes to `moment`: forwards on both clocks, backwards on the wall only.
    pub fn set(&self, moment: Timestamp) {
        let mut travel = self.travel();
        travel.monotonic = travel.monotonic.saturating_add(moment.since(travel.wall));
        travel.wall = moment;
    }

    /// Moves the wall alone, as setting a machine's date does.
    pub fn advance_wall(&self, span: Duration) {
        let mut travel = self.travel();
        travel.wall = travel.wall.plus(span);
    }

    fn travel(&self) -> MutexGuard<'_, Travel> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for TravellingClock {
    fn now(&self) -> Timestamp {
        self.travel().wall
    }

    fn monotonic(&self) -> Duration {
        self.travel().monotonic
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn travelling_moves_both_clocks_and_the_wall_can_move_alone() {
        let clock = TravellingClock::new(Timestamp::EPOCH);
        let twin = clock.clone();
        clock.advance(Duration::from_secs(60));
        assert_eq!((twin.now().as_micros(), twin.monotonic().as_secs()), (60_000_000, 60));
        clock.advance_wall(Duration::from_secs(3600));
        assert_eq!((twin.now().as_seconds(), twin.monotonic().as_secs()), (3660, 60));
        clock.set(Timestamp::EPOCH);
        assert_eq!((twin.now().as_seconds(), twin.monotonic().as_secs()), (0, 60));
        clock.set(Timestamp::from_micros(10_000_000));
        assert_eq!((twin.now().as_seconds(), twin.monotonic().as_secs()), (10, 70));
    }

    #[test]
    fn the_system_clock_tells_a_time_of_our_days_and_never_goes_back() {
        let clock = SystemClock::new();
        assert!(clock.now().day().year() >= 2026);
        let before = clock.monotonic();
        assert!(clock.monotonic() >= before);
    }
}
