//! What was used in the last span: a window that slides in sixteenths.
//!
//! Promises: integers alone; 64 bytes of counts whatever the rate; nobody waits for what they did not use. All of a limit may be
//! used at once, and again a span later; whoever always wants more gets the limit of each span to the unit, in the first hour
//! as in any other. What is used beyond the limit (an answer that became longer than was thought) is owed, and paid off as
//! room comes back, so that the average holds.
//!
//! A bucket that refills would let through a limit's worth more in the first span (1.7 % of an hour of minutes, twice the
//! limit of an hour); fixed minutes would let through twice the limit around each full minute. Here what one sixteenth of a
//! span used comes back as a whole when that sixteenth began a span ago: at the earliest a sixteenth too soon, and only once,
//! since what is used then comes back a whole span later.

use base::limits::Rate;
use std::time::Duration;

/// Parts of a span.
const PARTS: usize = 16;

/// The use of one rate.
#[derive(Debug, Clone)]
pub(super) struct Window {
    rate: Rate,
    /// What was used in each part; a ring.
    parts: [u32; PARTS],
    /// The part that runs.
    newest: usize,
    /// When it began.
    began: Duration,
    /// The sum of all parts; never more than the rate's amount.
    used: u32,
    /// What was used beyond the amount. Only if nothing is left of that.
    owed: u64,
}

impl Window {
    /// Nothing was used.
    pub(super) fn new(rate: Rate, now: Duration) -> Self {
        Self {
            rate,
            parts: [0; PARTS],
            newest: 0,
            began: now,
            used: 0,
            owed: 0,
        }
    }

    /// Lets time pass. A rate that an operator changed begins anew.
    pub(super) fn advance(&mut self, rate: Rate, now: Duration) {
        if rate != self.rate {
            *self = Self::new(rate, now);
        }
        self.pass(now);
    }

    /// Lets time pass.
    pub(super) fn pass(&mut self, now: Duration) {
        let part = self.part();
        self.pay_whole_spans(now);
        while !self.is_empty() {
            let next = self.began + part;
            if next > now {
                return;
            }
            self.began = next;
            self.newest = (self.newest + 1) % PARTS;
            self.used -= self.parts[self.newest];
            self.parts[self.newest] = 0;
            let paid = u32::try_from(self.owed).unwrap_or(u32::MAX).min(self.left());
            self.take(paid);
            self.owed -= u64::from(paid);
        }
        // The window begins with what is used first, so that a burst comes back when it is a whole span old. Who asks again as soon
        // as there is room has not paused, and loses nothing by asking a moment late.
        if now.saturating_sub(self.began) >= part {
            self.began = now;
        }
    }

    /// As long as more is owed than a span brings back, whole spans change nothing but the debt.
    fn pay_whole_spans(&mut self, now: Duration) {
        let amount = u64::from(self.rate.amount.get());
        let passed = now.saturating_sub(self.began).as_secs() / self.rate.span.length().as_secs();
        let spans = passed.min(self.owed / amount);
        self.owed -= spans * amount;
        self.began += self.spans(spans);
    }

    /// How much may still be used.
    pub(super) fn left(&self) -> u32 {
        self.rate.amount.get() - self.used
    }

    /// Was nothing used that still counts?
    pub(super) fn is_empty(&self) -> bool {
        self.used == 0 && self.owed == 0
    }

    /// Counts what is used, whether it fits or not.
    pub(super) fn charge(&mut self, amount: u64) {
        let fits = u32::try_from(amount).unwrap_or(u32::MAX).min(self.left());
        self.take(fits);
        self.owed = self.owed.saturating_add(amount - u64::from(fits));
    }

    /// Takes back what was counted and not used. What left the window meanwhile makes room for what came after it: over time
    /// what counts is what was used.
    pub(super) fn refund(&mut self, amount: u64) {
        let forgiven = amount.min(self.owed);
        self.owed -= forgiven;
        let mut rest = u32::try_from(amount - forgiven).unwrap_or(u32::MAX);
        for age in 0..PARTS {
            let part = &mut self.parts[(self.newest + PARTS - age) % PARTS];
            let back = rest.min(*part);
            *part -= back;
            self.used -= back;
            rest -= back;
        }
    }

    /// When there is room again; zero if there is.
    pub(super) fn until_room(&self, now: Duration) -> Duration {
        match self.left() {
            0 => self.until_back(self.owed + 1, now),
            _ => Duration::ZERO,
        }
    }

    /// When nothing counts any more.
    pub(super) fn until_empty(&self, now: Duration) -> Duration {
        self.until_back(u64::from(self.used) + self.owed, now)
    }

    /// When so much has come back, if nothing is used until then.
    fn until_back(&self, amount: u64, now: Duration) -> Duration {
        if amount == 0 {
            return Duration::ZERO;
        }
        // More than the window holds comes back span by span, as what is owed takes the place of what left.
        let whole = (amount - 1) / u64::from(self.used.max(1));
        let mut rest = amount - whole * u64::from(self.used);
        let mut at = self.began + self.spans(whole);
        for age in 1..=PARTS {
            at += self.part();
            let back = u64::from(self.parts[(self.newest + age) % PARTS]);
            if back >= rest {
                break;
            }
            rest -= back;
        }
        at.saturating_sub(now)
    }

    fn take(&mut self, amount: u32) {
        self.parts[self.newest] += amount;
        self.used += amount;
    }

    fn part(&self) -> Duration {
        self.rate.span.length() / PARTS as u32
    }

    fn spans(&self, spans: u64) -> Duration {
        Duration::from_secs(self.rate.span.length().as_secs().saturating_mul(spans))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn rate(text: &str) -> Rate {
        text.parse().unwrap()
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Takes one if there is room.
    fn ask(window: &mut Window, rate: Rate, now: Duration) -> bool {
        window.advance(rate, now);
        let has_room = window.left() > 0;
        if has_room {
            window.charge(1);
        }
        has_room
    }

    #[test]
    fn all_of_a_limit_may_be_used_at_once_and_again_a_span_later() {
        let minute = rate("60/m");
        let mut window = Window::new(minute, seconds(10));
        for at in [103, 163, 223] {
            let taken = (0..100).filter(|_| ask(&mut window, minute, seconds(at))).count();
            assert_eq!(taken, 60, "at {at}");
        }
        assert_eq!(window.until_room(seconds(223)), seconds(60));
        assert_eq!(window.until_empty(seconds(223)), seconds(60));
        assert!(!ask(&mut window, minute, seconds(283) - Duration::from_micros(1)));
        assert!(ask(&mut window, minute, seconds(283)));
    }

    #[test]
    fn what_is_owed_is_paid_off_before_anything_is_let_through() {
        let minute = rate("1000/m");
        let mut window = Window::new(minute, Duration::ZERO);
        window.charge(3500);
        assert_eq!((window.left(), window.until_room(Duration::ZERO)), (0, seconds(180)));
        assert_eq!(window.until_empty(Duration::ZERO), seconds(4 * 60));
        for at in [1, 60, 119, 179] {
            window.advance(minute, seconds(at));
            assert_eq!(
                (window.left(), window.until_room(seconds(at))),
                (0, seconds(180 - at)),
                "at {at}"
            );
        }
        for (at, left) in [(180, 500), (239, 500), (240, 1000)] {
            window.advance(minute, seconds(at));
            assert_eq!(window.left(), left, "at {at}");
        }
    }

    #[test]
    fn a_changed_rate_begins_anew() {
        let mut window = Window::new(rate("5/m"), Duration::ZERO);
        window.charge(9);
        window.advance(rate("3/s"), Duration::ZERO);
        assert_eq!((window.left(), window.until_empty(Duration::ZERO)), (3, Duration::ZERO));
    }

    #[test]
    fn years_without_a_request_are_passed_in_no_time() {
        let second = rate("1/s");
        let mut window = Window::new(second, Duration::ZERO);
        window.charge(1 << 40);
        window.advance(second, seconds(1 << 39));
        assert_eq!(window.owed, (1 << 39) - 1);
        window.advance(second, seconds(1 << 41));
        assert!(window.is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Whoever always wants more, at whatever pace and however irregularly, gets the limit: in the first hour and in the next.
        #[test]
        fn an_hour_lets_through_the_limit_within_a_hundredth(
            amount in 1u32..300,
            haste in 20u32..40,
            jitter in proptest::collection::vec(0u64..1000, 64),
        ) {
            let minute = rate(&format!("{amount}/m"));
            let mut window = Window::new(minute, Duration::ZERO);
            let pause = 60_000_000 / u64::from(amount * haste);
            let (mut now, mut taken, mut asked) = (Duration::ZERO, [0_u64; 2], 0);
            while now < HOUR * 2 {
                taken[usize::from(now >= HOUR)] += u64::from(ask(&mut window, minute, now));
                now += Duration::from_micros(pause * jitter[asked % jitter.len()] / 500 + 1);
                asked += 1;
            }
            let limit = u64::from(amount) * 60;
            for hour in taken {
                prop_assert!(hour * 100 >= limit * 99 && hour * 100 <= limit * 101, "{} of {}", hour, limit);
            }
        }

        /// Nobody gets more than the limit in fifteen sixteenths of a span, wherever it begins.
        #[test]
        fn no_span_but_a_sixteenth_lets_through_more_than_the_limit(
            amount in 1u32..40, pauses in proptest::collection::vec(0u64..4_000_000, 1..300),
        ) {
            let minute = rate(&format!("{amount}/m"));
            let mut window = Window::new(minute, Duration::ZERO);
            let mut now = Duration::ZERO;
            let mut taken: Vec<Duration> = Vec::new();
            for pause in pauses {
                now += Duration::from_micros(pause);
                if ask(&mut window, minute, now) { taken.push(now); }
            }
            let least = Duration::from_secs(60) * 15 / 16;
            for (first, next) in taken.iter().zip(taken.iter().skip(amount as usize)) {
                prop_assert!(*next - *first > least, "{:?} and {:?}", first, next);
            }
        }

        /// What was said of when there will be room is so: a moment before there is none, and then there is.
        #[test]
        fn there_is_room_when_it_was_told_and_not_before(
            amount in 1u32..1000, charges in proptest::collection::vec((0u64..3000, 0u64..90_000_000), 1..40),
        ) {
            let minute = rate(&format!("{amount}/m"));
            let mut window = Window::new(minute, Duration::ZERO);
            let mut now = Duration::ZERO;
            for (charge, pause) in charges {
                window.advance(minute, now);
                window.charge(charge);
                let (room, empty) = (window.until_room(now), window.until_empty(now));
                let mut later = window.clone();
                if room > Duration::ZERO {
                    later.advance(minute, now + room - Duration::from_micros(1));
                    prop_assert_eq!(later.left(), 0);
                    later.advance(minute, now + room);
                    prop_assert!(later.left() > 0);
                }
                later = window.clone();
                if empty > Duration::ZERO {
                    later.advance(minute, now + empty - Duration::from_micros(1));
                    prop_assert!(!later.is_empty());
                }
                later.advance(minute, now + empty);
                prop_assert!(later.is_empty());
                now += Duration::from_micros(pause);
            }
        }

        /// Parts and sum agree whatever happens, debts only without room, and a refund undoes a charge.
        #[test]
        fn a_refund_gives_back_what_was_charged(
            amount in 1u32..1000, steps in proptest::collection::vec((0u64..3000, 0u64..90_000_000), 1..40),
        ) {
            let minute = rate(&format!("{amount}/m"));
            let mut window = Window::new(minute, Duration::ZERO);
            let mut now = Duration::ZERO;
            for (charge, pause) in steps {
                window.advance(minute, now);
                let before = (window.left(), window.owed);
                window.charge(charge);
                prop_assert_eq!(window.parts.iter().sum::<u32>(), window.used);
                prop_assert!(window.owed == 0 || window.left() == 0);
                let mut undone = window.clone();
                undone.refund(charge);
                prop_assert_eq!((undone.left(), undone.owed), before);
                now += Duration::from_micros(pause);
            }
        }
    }
}
