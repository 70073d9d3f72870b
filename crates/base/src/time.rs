//! Moments, days and weeks in UTC.
//!
//! Promises: every value lies in the years 0000 to 9998, so that each has an RFC 3339 text and no arithmetic overflows
//! unseen (constructors clamp, `checked_*` tell). A day belongs to the week that its Monday begins.
//! (jiff ends within 9999-12-30: the clamp stops a year before.)
//! Leaves out: time zones, calendars of holidays, reading a clock (see [`crate::clock`]).

mod http_date;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const MICROS_PER_DAY: i64 = 86_400_000_000;
/// 0000-01-01 and 9998-12-31, as days since 1970-01-01.
const FIRST_DAY: i32 = -719_528;
const LAST_DAY: i32 = 2_932_531;
const FIRST_MICROS: i64 = FIRST_DAY as i64 * MICROS_PER_DAY;
const LAST_MICROS: i64 = (LAST_DAY as i64 + 1) * MICROS_PER_DAY - 1;

/// A text that is no moment or no day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not an RFC 3339 moment.
    #[error("`{0}` is no moment; write it as `2026-11-25T08:30:00Z`")]
    Moment(String),
    /// Not a calendar day.
    #[error("`{0}` is no day; write it as `2026-11-25`")]
    Day(String),
}

/// A moment: microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);
    /// The first moment of year 0.
    pub const MIN: Self = Self(FIRST_MICROS);
    /// The last microsecond of year 9998.
    pub const MAX: Self = Self(LAST_MICROS);

    /// The moment so many microseconds after the epoch, clamped into [`Self::MIN`]`..=`[`Self::MAX`].
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        if micros < FIRST_MICROS {
            Self::MIN
        } else if micros > LAST_MICROS {
            Self::MAX
        } else {
            Self(micros)
        }
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down: what OpenAI's APIs call `created`.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The UTC day in which the moment lies.
    #[must_use]
    pub fn day(self) -> Day {
        let number = self.0.div_euclid(MICROS_PER_DAY);
        Day(i32::try_from(number).expect("a clamped moment lies in a day between year 0 and 9998"))
    }

    /// The moment later by `span`, clamped.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        self.checked_plus(span).unwrap_or(Self::MAX)
    }

    /// The moment earlier by `span`, clamped.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        self.checked_minus(span).unwrap_or(Self::MIN)
    }

    /// The moment later by `span`; `None` beyond year 9998.
    #[must_use]
    pub fn checked_plus(self, span: Duration) -> Option<Self> {
        let micros = self.0.checked_add(i64::try_from(span.as_micros()).ok()?)?;
        (micros <= LAST_MICROS).then_some(Self(micros))
    }

    /// The moment earlier by `span`; `None` before year 0.
    #[must_use]
    pub fn checked_minus(self, span: Duration) -> Option<Self> {
        let micros = self.0.checked_sub(i64::try_from(span.as_micros()).ok()?)?;
        (micros >= FIRST_MICROS).then_some(Self(micros))
    }

    /// How long after `earlier` this moment is; zero if it is not after it.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = jiff::Timestamp::from_microsecond(self.0).expect("years 0 to 9998 are in jiff's range");
        fmt::Display::fmt(&moment, f)
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;

    /// Any RFC 3339 moment, with any offset; what is finer than a microsecond is cut off.
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let moment: jiff::Timestamp = text.parse().map_err(|_| TimeError::Moment(text.to_owned()))?;
        let micros = moment.as_microsecond();
        if (FIRST_MICROS..=LAST_MICROS).contains(&micros) {
            Ok(Self(micros))
        } else {
            Err(TimeError::Moment(text.to_owned()))
        }
    }
}

/// A UTC day: days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

impl Day {
    /// 0000-01-01.
    pub const MIN: Self = Self(FIRST_DAY);
    /// 9998-12-31.
    pub const MAX: Self = Self(LAST_DAY);

    /// The day so many days after 1970-01-01, clamped into the years 0 to 9998.
    #[must_use]
    pub const fn from_number(number: i32) -> Self {
        if number < FIRST_DAY {
            Self::MIN
        } else if number > LAST_DAY {
            Self::MAX
        } else {
            Self(number)
        }
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub const fn number(self) -> i32 {
        self.0
    }

    /// 00:00:00 UTC, which is in the day.
    #[must_use]
    pub const fn start(self) -> Timestamp {
        Timestamp(self.0 as i64 * MICROS_PER_DAY)
    }

    /// 00:00:00 UTC of the next day, which is no more in the day (the very last day ends with its last microsecond).
    #[must_use]
    pub const fn end(self) -> Timestamp {
        Timestamp::from_micros((self.0 as i64 + 1) * MICROS_PER_DAY)
    }

    /// The day so many days later (or earlier, if negative), clamped.
    #[must_use]
    pub const fn plus_days(self, days: i32) -> Self {
        Self::from_number(self.0.saturating_add(days))
    }

    /// Days from `earlier` to this day; negative if it is before it.
    #[must_use]
    pub const fn days_since(self, earlier: Self) -> i32 {
        self.0 - earlier.0
    }

    /// The week in which the day lies.
    #[must_use]
    pub const fn week(self) -> Week {
        Week((self.0 + DAYS_BEFORE_EPOCH_IN_ITS_WEEK).div_euclid(7))
    }

    /// The calendar year.
    #[must_use]
    pub fn year(self) -> i32 {
        i32::from(self.date().year())
    }

    fn date(self) -> jiff::civil::Date {
        jiff::civil::date(1970, 1, 1)
            .checked_add(jiff::Span::new().days(self.0))
            .expect("years 0 to 9998 are in jiff's range")
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.date(), f)
    }
}

impl FromStr for Day {
    type Err = TimeError;

    /// Exactly `YYYY-MM-DD`.
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let wrong = || TimeError::Day(text.to_owned());
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return Err(wrong());
        }
        let number = |part: &[u8]| -> Option<i16> {
            part.iter().try_fold(0_i16, |sum, byte| {
                byte.is_ascii_digit().then(|| sum * 10 + i16::from(byte - b'0'))
            })
        };
        let year = number(&bytes[..4]).ok_or_else(wrong)?;
        let month = number(&bytes[5..7])
            .and_then(|month| i8::try_from(month).ok())
            .ok_or_else(wrong)?;
        let day = number(&bytes[8..])
            .and_then(|day| i8::try_from(day).ok())
            .ok_or_else(wrong)?;
        let date = jiff::civil::Date::new(year, month, day).map_err(|_| wrong())?;
        let epoch = jiff::civil::date(1970, 1, 1);
        let span = date.since((jiff::Unit::Day, epoch)).map_err(|_| wrong())?;
        Ok(Self::from_number(span.get_days()))
    }
}

/// 1970-01-01 was a Thursday: its week began three days before.
const DAYS_BEFORE_EPOCH_IN_ITS_WEEK: i32 = 3;

/// A week from Monday to Sunday, counted from the week of 1970-01-01, which is number 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Week(i32);

impl Week {
    /// The week so many weeks after that of 1970-01-01, clamped to those that begin in the years 0 to 9998.
    #[must_use]
    pub const fn from_number(number: i32) -> Self {
        let first = Day::MIN.week().0 + 1;
        let last = Day::MAX.week().0;
        Self(if number < first {
            first
        } else if number > last {
            last
        } else {
            number
        })
    }

    /// Weeks since that of 1970-01-01.
    #[must_use]
    pub const fn number(self) -> i32 {
        self.0
    }

    /// Its Monday.
    #[must_use]
    pub const fn first_day(self) -> Day {
        Day::from_number(self.0 * 7 - DAYS_BEFORE_EPOCH_IN_ITS_WEEK)
    }

    /// Its Sunday.
    #[must_use]
    pub const fn last_day(self) -> Day {
        Self(self.0 + 1).first_day().plus_days(-1)
    }

    /// The week so many weeks later (or earlier, if negative), clamped.
    #[must_use]
    pub const fn plus_weeks(self, weeks: i32) -> Self {
        Self::from_number(self.0.saturating_add(weeks))
    }
}

/// Text for people and JSON, the bare number for compact formats.
macro_rules! serde_as_text_or_number {
    ($type:ident, $number:ty, $from:expr, $to:expr) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.collect_str(self)
                } else {
                    $to(*self).serialize(serializer)
                }
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    let text = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
                    text.parse().map_err(de::Error::custom)
                } else {
                    <$number>::deserialize(deserializer).map($from)
                }
            }
        }
    };
}

serde_as_text_or_number!(Timestamp, i64, Timestamp::from_micros, Timestamp::as_micros);
serde_as_text_or_number!(Day, i32, Day::from_number, Day::number);

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_moments_read_and_print_as_rfc_3339() {
        let moment: Timestamp = "2026-11-25T01:02:03.000004Z".parse().unwrap();
        assert_eq!(moment.to_string(), "2026-11-25T01:02:03.000004Z");
        assert_eq!(moment.day().to_string(), "2026-11-25");
        assert_eq!(
            "2026-11-25T00:30:00+01:00"
                .parse::<Timestamp>()
                .unwrap()
                .day()
                .to_string(),
            "2026-11-24"
        );
        assert_eq!(Timestamp::MIN.to_string(), "0000-01-01T00:00:00Z");
        assert_eq!(Timestamp::MAX.to_string(), "9998-12-31T23:59:59.999999Z");
        assert!("yesterday".parse::<Timestamp>().is_err());
    }

    #[test]
    fn only_a_full_calendar_day_is_a_day() {
        for wrong in [
            "2026-11-31",
            "2026-2-01",
            "20261125",
            "2026-11-25T00",
            "+026-01-01",
            "2026-11-2x",
            "2026-00-10",
        ] {
            assert!(wrong.parse::<Day>().is_err(), "{wrong} was taken");
        }
        assert_eq!("1970-01-01".parse::<Day>().unwrap().number(), 0);
        assert_eq!(
            "2024-02-29".parse::<Day>().unwrap().plus_days(366).to_string(),
            "2025-03-01"
        );
        assert_eq!("2025-12-31".parse::<Day>().unwrap().year(), 2025);
    }

    #[test]
    fn a_week_begins_on_monday() {
        let wednesday: Day = "2026-11-25".parse().unwrap();
        assert_eq!(wednesday.week().first_day().to_string(), "2026-11-23");
        assert_eq!(wednesday.week().last_day().to_string(), "2026-11-29");
        assert_eq!(Day::from_number(0).week().number(), 0);
        assert_eq!(Day::from_number(-4).week().number(), -1);
    }

    proptest! {
        #[test]
        fn a_moment_survives_its_text(micros in FIRST_MICROS..=LAST_MICROS) {
            let moment = Timestamp::from_micros(micros);
            prop_assert_eq!(moment.to_string().parse::<Timestamp>().unwrap(), moment);
            prop_assert!(moment.day().start() <= moment);
            prop_assert!(moment < moment.day().end() || moment.day() == Day::MAX);
        }

        #[test]
        fn a_day_survives_its_text_and_lies_in_its_week(number in any::<i32>()) {
            let day = Day::from_number(number);
            prop_assert_eq!(day.to_string().parse::<Day>().unwrap(), day);
            prop_assert!(day.number() - day.week().number() * 7 + 3 < 7);
            prop_assert!(day.start().day() == day && day.year() == day.to_string()[..4].parse::<i32>().unwrap());
        }

        #[test]
        fn adding_never_overflows_and_subtracting_undoes_it(micros in any::<i64>(), span in any::<u64>()) {
            let moment = Timestamp::from_micros(micros);
            let span = Duration::from_micros(span);
            prop_assert!(moment.plus(span) >= moment && moment.minus(span) <= moment);
            if let Some(later) = moment.checked_plus(span) {
                prop_assert_eq!(later.since(moment), span);
                prop_assert_eq!(later.checked_minus(span), Some(moment));
            }
        }
    }
}
