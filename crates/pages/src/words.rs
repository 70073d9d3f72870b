//! Moments and counts as people read them.

use std::time::Duration;

use base::time::{Day, Timestamp};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The parts of a day's ISO form: year, name of the month, day of the month.
fn parts(day: Day) -> (String, &'static str, String) {
    let text = day.to_string();
    let mut parts = text.rsplitn(3, '-');
    let date = parts.next().unwrap_or_default().trim_start_matches('0').to_owned();
    let month = parts.next().and_then(|month| month.parse::<usize>().ok()).unwrap_or(1);
    let year = parts.next().unwrap_or_default().to_owned();
    (year, MONTHS[(month.max(1) - 1).min(MONTHS.len() - 1)], date)
}

/// `25 November 2026`.
pub(crate) fn date(day: Day) -> String {
    let (year, month, date) = parts(day);
    format!("{date} {month} {year}")
}

/// `25 November`, for days of this or the next year, where nobody wonders.
pub(crate) fn date_without_year(day: Day) -> String {
    let (_, month, date) = parts(day);
    format!("{date} {month}")
}

/// `25 November 2026, 14:03 UTC`.
pub(crate) fn moment(at: Timestamp) -> String {
    let minutes = at.since(at.day().start()).as_secs() / 60;
    format!("{}, {:02}:{:02} UTC", date(at.day()), minutes / 60, minutes % 60)
}

/// `4 minutes ago`; a moment that is still to come is `just now`, since clocks of processes differ a little.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> String {
    match span(now.since(at)) {
        None => "just now".to_owned(),
        Some(span) => format!("{span} ago"),
    }
}

/// The largest unit of a span, rounded down; nothing for less than a minute.
fn span(span: Duration) -> Option<String> {
    let minutes = span.as_secs() / 60;
    let (count, unit) = match minutes {
        0 => return None,
        1..60 => (minutes, "minute"),
        60..2880 => (minutes / 60, "hour"),
        _ => (minutes / 1440, "day"),
    };
    Some(counted(count, unit))
}

/// `1 hour`, `4 hours`.
pub(crate) fn counted(count: u64, unit: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {unit}{plural}", grouped(count))
}

/// `12 345`, with narrow spaces that don't break.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 * 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn moments_and_counts_read_as_people_write_them() {
        let at: Timestamp = "2026-11-05T14:03:59Z".parse().unwrap();
        assert_eq!(date(at.day()), "5 November 2026");
        assert_eq!(date_without_year(at.day()), "5 November");
        assert_eq!(moment(at), "5 November 2026, 14:03 UTC");
        let after = |seconds| ago(at, at.plus(Duration::from_secs(seconds)));
        assert_eq!(after(59), "just now");
        assert_eq!(after(60), "1 minute ago");
        assert_eq!(after(3_600), "1 hour ago");
        assert_eq!(after(47 * 3_600), "47 hours ago");
        assert_eq!(after(48 * 3_600), "2 days ago");
        assert_eq!(ago(at.plus(Duration::from_secs(5)), at), "just now");
        assert_eq!(
            (grouped(999), grouped(1_234_567)),
            ("999".to_owned(), "1\u{202f}234\u{202f}567".to_owned())
        );
    }
}
