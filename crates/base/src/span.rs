//! Spans of time, as they stand in the configuration and the policy document: `500ms`, `30s`, `5m`, `2h`, `7d`.
//!
//! Promises: whole numbers with one unit; a day is 24 hours; the text that it prints reads back as the same span.
//! Leaves out: months and years (their length depends on when), sums of units.

use std::time::Duration;

/// Units from the largest, as they are printed, in milliseconds.
const UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
];

/// A text that is no span.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no span of time; write a whole number and ms, s, m, h or d, as `30s`")]
pub struct SpanError(String);

/// Reads a span.
pub fn parse_duration(text: &str) -> Result<Duration, SpanError> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    UNITS
        .iter()
        .find(|(name, _)| *name == unit)
        .and_then(|(_, scale)| number.parse::<u64>().ok()?.checked_mul(*scale))
        .map(Duration::from_millis)
        .ok_or_else(|| SpanError(text.to_owned()))
}

/// Prints a span in the largest unit that tells it whole; what is finer than a millisecond is cut off.
#[must_use]
pub fn display(span: Duration) -> String {
    let millis = span.as_millis();
    let (unit, scale) = UNITS
        .into_iter()
        .find(|(_, scale)| millis != 0 && millis.is_multiple_of(u128::from(*scale)))
        .unwrap_or(("s", 1000));
    format!("{}{unit}", millis / u128::from(scale))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spans_of_the_configuration_read_and_print() {
        for (text, millis) in [
            ("500ms", 500),
            ("30s", 30_000),
            ("5m", 300_000),
            ("2h", 7_200_000),
            ("7d", 604_800_000),
        ] {
            assert_eq!(parse_duration(text).unwrap(), Duration::from_millis(millis));
            assert_eq!(display(Duration::from_millis(millis)), text);
        }
        assert_eq!(display(Duration::ZERO), "0s");
        for wrong in [
            "",
            "30",
            "s",
            "30 s",
            "1.5s",
            "-1s",
            "1w",
            "30S",
            "1h30m",
            "99999999999999999999d",
        ] {
            assert!(parse_duration(wrong).is_err(), "{wrong} was taken");
        }
    }

    proptest! {
        #[test]
        fn a_span_survives_its_text(millis in any::<u64>()) {
            let span = Duration::from_millis(millis);
            prop_assert_eq!(parse_duration(&display(span)).unwrap(), span);
        }
    }
}
