//! Moments as HTTP's headers write them.

use super::Timestamp;

impl Timestamp {
    /// RFC 9110, 5.6.7: `Sun, 31 Jan 2027 00:00:00 GMT`; what is finer than a second is cut off.
    #[must_use]
    pub fn to_http_date(self) -> String {
        let moment = jiff::Timestamp::from_microsecond(self.0).expect("years 0 to 9998 are in jiff's range");
        let printer = jiff::fmt::rfc2822::DateTimePrinter::new();
        printer
            .timestamp_to_rfc9110_string(&moment)
            .expect("years 0 to 9999 can be printed")
    }

    /// Reads what [`Self::to_http_date`] writes, as `retry-after` may hold it.
    #[must_use]
    pub fn from_http_date(text: &str) -> Option<Self> {
        let moment = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
        Some(Self::from_micros(moment.timestamp().as_microsecond()))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::super::{Day, Timestamp};

    #[test]
    fn a_day_begins_at_midnight_greenwich() {
        let day: Day = "2027-01-31".parse().unwrap();
        assert_eq!(day.start().to_http_date(), "Sun, 31 Jan 2027 00:00:00 GMT");
        let read = Timestamp::from_http_date("Sun, 31 Jan 2027 00:00:00 GMT");
        assert_eq!(read, Some(day.start()));
        assert_eq!(Timestamp::from_http_date("tomorrow"), None);
    }
}
