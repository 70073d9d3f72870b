//! What clients are told of limits, in the words of their API.
//!
//! Promises: the numbers are those that the next request is measured by; nothing is told where nothing is limited.
//! OpenAI's headers: <https://platform.openai.com/docs/guides/rate-limits>, spans as Go writes them (`6m0s`, `20ms`).
//! Anthropic's: <https://docs.anthropic.com/en/api/rate-limits>, moments in RFC 3339.

use super::{Left, Standing, Whom};
use crate::gateway::api::Family;
use base::clock::Clock;
use base::time::Timestamp;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::time::Duration;

/// Whose limits the answer to a request tells, once that is known.
#[derive(Clone, Default)]
pub struct Told(Option<Whom>);

impl Told {
    /// From now on it is known.
    pub fn of(&mut self, whom: &Whom) {
        self.0 = Some(whom.clone());
    }

    /// Writes the headers.
    pub fn write(&self, family: Family, clock: &dyn Clock, headers: &mut HeaderMap) {
        if let Some(whom) = &self.0 {
            write(family, whom.standing(), clock.now(), headers);
        }
    }
}

struct Names {
    limit: HeaderName,
    remaining: HeaderName,
    reset: HeaderName,
}

macro_rules! names {
    ($limit:literal, $remaining:literal, $reset:literal) => {
        Names {
            limit: HeaderName::from_static($limit),
            remaining: HeaderName::from_static($remaining),
            reset: HeaderName::from_static($reset),
        }
    };
}

fn write(family: Family, standing: Standing, now: Timestamp, headers: &mut HeaderMap) {
    let (requests, tokens) = match family {
        Family::OpenAi => (
            names!(
                "x-ratelimit-limit-requests",
                "x-ratelimit-remaining-requests",
                "x-ratelimit-reset-requests"
            ),
            names!(
                "x-ratelimit-limit-tokens",
                "x-ratelimit-remaining-tokens",
                "x-ratelimit-reset-tokens"
            ),
        ),
        Family::Anthropic => (
            names!(
                "anthropic-ratelimit-requests-limit",
                "anthropic-ratelimit-requests-remaining",
                "anthropic-ratelimit-requests-reset"
            ),
            names!(
                "anthropic-ratelimit-tokens-limit",
                "anthropic-ratelimit-tokens-remaining",
                "anthropic-ratelimit-tokens-reset"
            ),
        ),
    };
    for (names, left) in [(requests, standing.requests), (tokens, standing.tokens)] {
        let Some(Left { rate, left, reset }) = left else {
            continue;
        };
        let reset = match family {
            Family::OpenAi => span(reset),
            // Whole seconds, and never one too early.
            Family::Anthropic => {
                let micros = now.plus(reset).as_micros();
                Timestamp::from_micros(micros + (-micros).rem_euclid(1_000_000)).to_string()
            }
        };
        headers.insert(names.limit, HeaderValue::from(rate.amount.get()));
        headers.insert(names.remaining, HeaderValue::from(left));
        if let Ok(reset) = HeaderValue::try_from(reset) {
            headers.insert(names.reset, reset);
        }
    }
}

/// A span as OpenAI writes it, to the millisecond above.
pub fn span(span: Duration) -> String {
    let millis = span.as_micros().div_ceil(1000);
    let (seconds, rest) = (millis / 1000, millis % 1000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes, seconds, rest) {
        (0, 0, 0, 0) => "0s".to_owned(),
        (0, 0, 0, rest) => format!("{rest}ms"),
        _ => {
            let mut text = match (hours, minutes) {
                (0, 0) => String::new(),
                (0, minutes) => format!("{minutes}m"),
                (hours, minutes) => format!("{hours}h{minutes}m"),
            };
            text.push_str(&seconds.to_string());
            if rest > 0 {
                text.push_str(format!(".{rest:03}").trim_end_matches('0'));
            }
            text.push('s');
            text
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_written_as_openai_writes_them() {
        for (millis, written) in [
            (0, "0s"),
            (20, "20ms"),
            (1000, "1s"),
            (8640, "8.64s"),
            (59_999, "59.999s"),
            (60_000, "1m0s"),
            (90_951, "1m30.951s"),
            (360_000, "6m0s"),
            (3_600_000, "1h0m0s"),
            (86_400_000, "24h0m0s"),
        ] {
            assert_eq!(span(Duration::from_millis(millis)), written);
        }
        assert_eq!(span(Duration::from_micros(1)), "1ms");
    }
}
