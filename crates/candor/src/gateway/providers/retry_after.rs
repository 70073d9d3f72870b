//! How long a provider asks to be left alone: `retry-after-ms`, or `retry-after` in seconds or as a date (RFC 9110, 10.2.3).

use base::time::Timestamp;
use http::header::{HeaderName, RETRY_AFTER};
use http::{HeaderMap, HeaderValue};
use std::time::Duration;

const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");

/// What the head of an answer asks for; `None` if it asks for nothing that can be understood. A date that is over asks for nothing
/// more than not to wait.
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &HeaderName| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let millis = text(&RETRY_AFTER_MS).and_then(|text| whole(text).map(Duration::from_millis));
    millis.or_else(|| {
        let text = text(&RETRY_AFTER)?;
        let seconds = whole(text).map(Duration::from_secs);
        seconds.or_else(|| Timestamp::from_http_date(text).map(|moment| moment.since(now)))
    })
}

/// A number without its decimals, which some servers write: rounded up, since sooner would be too soon.
fn whole(text: &str) -> Option<u64> {
    let (whole, decimals) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(decimals) {
        return None;
    }
    let more = u64::from(decimals.bytes().any(|digit| digit != b'0'));
    whole.parse::<u64>().ok()?.checked_add(more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_of_asking_is_understood_and_nonsense_is_not() {
        let now = Timestamp::from_http_date("Sun, 31 Jan 2027 00:00:00 GMT").unwrap_or(Timestamp::EPOCH);
        let asked = |name: &'static str, value: &'static str| {
            let headers = HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(value))]);
            retry_after(&headers, now).map(|wait| wait.as_millis())
        };
        assert_eq!(asked("retry-after", "7"), Some(7_000));
        assert_eq!(asked("retry-after", "0.3"), Some(1_000));
        assert_eq!(asked("retry-after", "2.0"), Some(2_000));
        assert_eq!(asked("retry-after-ms", "250"), Some(250));
        assert_eq!(asked("retry-after", "Sun, 31 Jan 2027 00:00:09 GMT"), Some(9_000));
        assert_eq!(asked("retry-after", "Sat, 30 Jan 2027 00:00:00 GMT"), Some(0));
        for nonsense in ["", "-1", "soon", "1e9", "99999999999999999999999", ".5"] {
            assert_eq!(asked("retry-after", nonsense), None, "{nonsense}");
        }
    }
}
