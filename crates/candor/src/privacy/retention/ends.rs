//! When a day ends, and what of which days is over.
//!
//! Promises: one function finds what is over, for the sweep, for `--dry-run` and for the probe that looks after both.
//! Leaves out: what is there (`store`), the number itself (`policy`).

use std::collections::BTreeMap;

use base::time::{Day, Timestamp};
use serde::{Deserialize, Serialize};

/// The moments at which days end, from the number of days that is promised.
#[derive(Debug, Clone, Copy)]
pub struct Ends {
    keep: Option<policy::Days>,
}

/// What is left of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remains {
    /// The day.
    pub day: Day,
    /// When its records ended; they have been hidden since.
    pub ended_at: Timestamp,
    /// Its partition.
    pub partition: Part,
    /// Its key.
    pub key: Part,
}

/// A part of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// It is there and over.
    Over,
    /// It is gone, or not over.
    None,
}

impl Ends {
    /// With so many days promised; none: nothing is kept at all.
    #[must_use]
    pub const fn new(keep: Option<policy::Days>) -> Self {
        Self { keep }
    }

    /// When a day's records are hidden and may go: D+(R−1) 00:00.
    #[must_use]
    pub fn of_records(&self, day: Day) -> Timestamp {
        self.keep
            .map_or(Timestamp::MIN, |keep| before_the_last(day, keep).start())
    }

    /// When a day's key ends: with its records. Where nothing is kept it still closes the spool's frames of requests that
    /// run over midnight, so it ends a day after its own.
    #[must_use]
    pub fn of_key(&self, day: Day) -> Timestamp {
        self.keep
            .map_or_else(|| day.plus_days(1).end(), |keep| before_the_last(day, keep).start())
    }

    /// The moment that the promise names for a day's first request: nothing may be left then.
    #[must_use]
    pub fn promised(&self, day: Day) -> Timestamp {
        match self.keep {
            Some(keep) => day.plus_days(keep.as_i32()).start(),
            None => self.of_key(day),
        }
    }

    /// What is over at `now`, oldest first.
    #[must_use]
    pub fn over(&self, partitions: &[Day], keys: &[Day], now: Timestamp) -> Vec<Remains> {
        let mut found: BTreeMap<Day, Remains> = BTreeMap::new();
        let nothing = |day| Remains {
            day,
            ended_at: self.of_records(day).max(day.start()),
            partition: Part::None,
            key: Part::None,
        };
        for day in partitions.iter().copied().filter(|day| self.of_records(*day) <= now) {
            found.entry(day).or_insert_with(|| nothing(day)).partition = Part::Over;
        }
        for day in keys.iter().copied().filter(|day| self.of_key(*day) <= now) {
            found.entry(day).or_insert_with(|| nothing(day)).key = Part::Over;
        }
        found.into_values().collect()
    }

    /// The earliest moment at which something of these days ends.
    #[must_use]
    pub fn next(&self, partitions: &[Day], keys: &[Day]) -> Option<Timestamp> {
        let records = partitions.iter().map(|day| self.of_records(*day).max(day.start()));
        let keys = keys.iter().map(|day| self.of_key(*day));
        records.chain(keys).min()
    }
}

/// A day of slack: what is promised for D+R is done at D+(R−1).
fn before_the_last(day: Day, keep: policy::Days) -> Day {
    day.plus_days(keep.as_i32().saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const DAY: Day = Day::from_number(20_783);
    const SECOND: Duration = Duration::from_secs(1);

    fn thirty() -> Ends {
        Ends::new(Some(policy::Days::new(30)))
    }

    #[test]
    fn a_day_is_over_at_its_end_and_not_a_second_before() {
        let end = DAY.plus_days(29).start();
        assert_eq!(thirty().over(&[DAY], &[DAY], end.minus(SECOND)), []);
        for now in [end, end.plus(SECOND)] {
            let remains = Remains {
                day: DAY,
                ended_at: end,
                partition: Part::Over,
                key: Part::Over,
            };
            assert_eq!(thirty().over(&[DAY], &[DAY], now), [remains]);
        }
        assert_eq!(thirty().promised(DAY), end.plus(Duration::from_hours(24)));
        assert_eq!(thirty().next(&[DAY.plus_days(1), DAY], &[]), Some(end));
    }

    #[test]
    fn a_partition_without_a_key_and_a_key_without_a_partition_are_found_in_order() {
        let late = DAY.plus_days(100).start();
        let over = thirty().over(&[DAY.plus_days(2)], &[DAY, DAY.plus_days(1)], late);
        let parts: Vec<_> = over
            .iter()
            .map(|remains| (remains.day.days_since(DAY), remains.partition, remains.key))
            .collect();
        assert_eq!(
            parts,
            [
                (0, Part::None, Part::Over),
                (1, Part::None, Part::Over),
                (2, Part::Over, Part::None)
            ]
        );
    }

    #[test]
    fn where_nothing_is_kept_a_partition_is_over_at_once_and_a_key_when_no_request_can_need_it() {
        let none = Ends::new(None);
        let noon = DAY.start().plus(Duration::from_hours(12));
        let over = none.over(&[DAY], &[DAY.plus_days(-1), DAY], noon);
        assert_eq!(over.len(), 1);
        assert_eq!(
            (over[0].day, over[0].partition, over[0].key),
            (DAY, Part::Over, Part::None)
        );
        let key_end = DAY.plus_days(2).start();
        assert_eq!(none.over(&[], &[DAY], key_end.minus(SECOND)), []);
        assert_eq!(none.over(&[], &[DAY], key_end).len(), 1);
    }

    #[test]
    fn leap_days_are_days() {
        let leap: Day = "2028-02-29".parse().expect("a leap day");
        let end: Timestamp = "2028-03-29T00:00:00Z".parse().expect("a moment");
        assert_eq!(thirty().of_records(leap), end);
        let before: Day = "2028-02-01".parse().expect("a day");
        assert_eq!(thirty().of_records(before).to_string(), "2028-03-01T00:00:00Z");
    }
}
