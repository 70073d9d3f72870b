//! Whether the wall's time can be believed: nothing is destroyed by a clock that jumped.
//!
//! Promises: wall and monotonic time that part by more than a minute inside a process make [`TrustedClock::now`] refuse,
//! until the wall is right again. A gap across a restart is believed: the process that starts has nothing to compare with,
//! and a record that outlives its promise because a machine was off for a month is the worse mistake (durability.md 5).
//! Leaves out: the read filter, which hides by the wall alone: what is hidden can be shown again.

use std::sync::Arc;
use std::time::Duration;

use base::clock::Clock;
use base::time::Timestamp;

/// How far the two may part. Adjustments by a time server stay far below it and move both.
const TOLERANCE: Duration = Duration::from_mins(1);

/// A clock that is compared with the start of its process.
pub struct TrustedClock {
    clock: Arc<dyn Clock>,
    began: Reading,
}

#[derive(Clone, Copy)]
struct Reading {
    wall: Timestamp,
    monotonic: Duration,
}

/// The wall moved against the time that passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "this machine's clock moved {seconds} s {way} since Candor started, against the time that passed: nothing is destroyed by it. \
     Set it right, or restart Candor if it is right now (a machine that slept needs that, too)",
    seconds = by.as_secs(),
    way = way.as_str()
)]
pub struct Parted {
    /// How far.
    pub by: Duration,
    /// In which direction.
    pub way: Way,
}

/// A direction in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Towards later.
    Ahead,
    /// Towards earlier.
    Back,
}

impl Way {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ahead => "ahead",
            Self::Back => "back",
        }
    }
}

impl TrustedClock {
    /// Begins to compare.
    #[must_use]
    pub fn start(clock: Arc<dyn Clock>) -> Self {
        let began = Reading::of(&*clock);
        Self { clock, began }
    }

    /// The wall's time, if it can be believed.
    ///
    /// # Errors
    /// It moved by more than a minute against the time that passed.
    pub fn now(&self) -> Result<Timestamp, Parted> {
        let now = Reading::of(&*self.clock);
        let passed = now.monotonic.saturating_sub(self.began.monotonic);
        let expected = self.began.wall.plus(passed);
        let (by, way) = match now.wall.since(expected) {
            Duration::ZERO => (expected.since(now.wall), Way::Back),
            ahead => (ahead, Way::Ahead),
        };
        if by > TOLERANCE {
            return Err(Parted { by, way });
        }
        Ok(now.wall)
    }

    /// The wall's time, believed or not: for what destroys nothing.
    #[must_use]
    pub fn wall(&self) -> Timestamp {
        self.clock.now()
    }
}

impl Reading {
    fn of(clock: &dyn Clock) -> Self {
        Self {
            wall: clock.now(),
            monotonic: clock.monotonic(),
        }
    }
}

#[cfg(test)]
mod tests {
    use base::clock::TravellingClock;

    use super::*;

    const START: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

    fn clocks() -> (TravellingClock, TrustedClock) {
        let travelling = TravellingClock::new(START);
        (travelling.clone(), TrustedClock::start(Arc::new(travelling)))
    }

    #[test]
    fn a_clock_that_runs_is_believed_however_long() {
        let (travelling, trusted) = clocks();
        travelling.advance(Duration::from_hours(24 * 365));
        assert_eq!(trusted.now(), Ok(START.plus(Duration::from_hours(24 * 365))));
    }

    #[test]
    fn a_jump_of_over_a_minute_either_way_is_not_believed_until_it_is_taken_back() {
        let (travelling, trusted) = clocks();
        travelling.advance_wall(TOLERANCE);
        assert!(trusted.now().is_ok(), "a minute is tolerated");
        travelling.advance_wall(Duration::from_micros(1));
        let by = TOLERANCE + Duration::from_micros(1);
        assert_eq!(trusted.now(), Err(Parted { by, way: Way::Ahead }));
        travelling.set(START);
        assert_eq!(trusted.now(), Ok(START));
        travelling.set(START.minus(TOLERANCE));
        assert!(trusted.now().is_ok());
        travelling.set(START.minus(Duration::from_hours(1)));
        let parted = trusted.now().expect_err("an hour back");
        assert_eq!(parted.way, Way::Back);
        assert!(parted.to_string().contains("3600 s back"), "{parted}");
        travelling.advance(Duration::from_hours(2));
        assert!(trusted.now().is_err(), "passing time doesn't heal it");
    }
}
