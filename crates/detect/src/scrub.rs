//! Takes keys, e-mail addresses, network addresses and card numbers out of a text bound for a log.
//!
//! Promises: what has such a shape is replaced by `[key]`, `[email]`, `[address]` or `[card]`; when in doubt it is
//! replaced, since a log line too many words poor harms nobody; a text without suspicious letters is returned untouched.
//! Leaves out: names, prompts, anything that has no shape: such texts must not come near a log at all
//! (`base::telemetry` sees to that). A second line of defence, not the first.

use std::borrow::Cow;
use std::net::Ipv6Addr;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// Longer runs of hexadecimal groups are no address but a digest: they go unlooked.
const LONGEST_ADDRESS_RUN: usize = 64;
const SHORTEST_CARD: usize = 13;
const LONGEST_CARD: usize = 19;

/// The text without what has the shape of a key, an address or a card number.
#[must_use]
pub fn scrub(text: &str) -> Cow<'_, str> {
    if !is_suspicious(text) {
        return Cow::Borrowed(text);
    }
    let mut scrubbed = Cow::Borrowed(text);
    for pass in PASSES.iter() {
        if let Some(replaced) = pass.replace(&scrubbed) {
            scrubbed = Cow::Owned(replaced);
        }
    }
    scrubbed
}

/// Every pattern below needs a digit or one of these marks, or is a credential by its name.
fn is_suspicious(text: &str) -> bool {
    let marks = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'@' | b':' | b'=' | b'_' | b'-' | b'%');
    text.bytes().any(marks) || memchr::memmem::find(text.as_bytes(), b"earer").is_some() || text.contains("EARER")
}

/// What a match must be beyond its pattern.
type Check = fn(&str) -> bool;

struct Pass {
    pattern: Regex,
    replacement: &'static str,
    is_one: Check,
}

/// In this order: a key may hold what looks like an address, an address what looks like a number.
static PASSES: LazyLock<Vec<Pass>> = LazyLock::new(|| {
    let any: Check = |_| true;
    let passes: [(&str, &'static str, Check); 8] = [
        // `postgres://user:password@host`: the password and the name before it.
        (r"://[^\s/@]*:[^\s/@]*@", "://[key]@", any),
        // A credential by the name of its header or field, in JSON, a URL or a debug print.
        (
            r#"(?i)(?:authorization|x-api-key|api[_-]?key|password|passwd|secret|access[_-]?token|refresh[_-]?token)["']?\s*(?:[:=]|%3d)\s*["']?(?:(?:bearer|basic|digest|token)\s+)?[^\s"',;&}]+"#,
            "[key]",
            any,
        ),
        (r"(?i)\bbearer\s+[A-Za-z0-9._~+/=-]{4,}", "[key]", any),
        // Candor's own, OpenAI's, Anthropic's, Stripe's, GitHub's, Google's, AWS's, Slack's, web tokens.
        (
            r"\b(?:cdr_[A-Za-z0-9]{4,}|sk-[A-Za-z0-9_-]{8,}|[rsp]k_(?:live|test)_[A-Za-z0-9]{8,}|whsec_[A-Za-z0-9+/=]{8,}|gh[opsur]_[A-Za-z0-9]{16,}|github_pat_\w{16,}|AIza[A-Za-z0-9_-]{30,}|A[KS]IA[A-Z0-9]{16}|xox[abeprs]-[A-Za-z0-9-]{8,}|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?)",
            "[key]",
            any,
        ),
        (r"[\w.!#$%&'*+/=?^`{|}~-]+(?:@|%40)[\w-]+(?:\.[\w-]+)*", "[email]", any),
        (
            r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*",
            "[address]",
            holds_colon_address,
        ),
        (r"\b\d{1,3}(?:\.\d{1,3}){3}\b", "[address]", any),
        (r"\b\d(?:[ .-]?\d){12,}\b", "[card]", holds_card_number),
    ];
    let pass = |(pattern, replacement, is_one): (&str, _, _)| Pass {
        pattern: Regex::new(pattern).expect("a constant pattern that the tests compile"),
        replacement,
        is_one,
    };
    passes.map(pass).into()
});

impl Pass {
    /// The text with every match replaced; `None` if there was none.
    fn replace(&self, text: &str) -> Option<String> {
        let mut replaced = String::new();
        let mut done = 0;
        for found in self.pattern.find_iter(text) {
            let Range { start, end } = found.range();
            if (self.is_one)(found.as_str()) {
                replaced.push_str(&text[done..start]);
                replaced.push_str(self.replacement);
                done = end;
            }
        }
        (done > 0).then(|| replaced + &text[done..])
    }
}

/// Is there an IPv6 or hardware address in this run of hexadecimal groups? A time of day is none, and neither is a path
/// of Rust, which has no digit.
fn holds_colon_address(run: &str) -> bool {
    if !run.bytes().any(|byte| byte.is_ascii_digit()) {
        return false;
    }
    if run.len() > LONGEST_ADDRESS_RUN {
        return true;
    }
    let borders =
        |at: usize| at == 0 || at == run.len() || run.as_bytes()[at - 1] == b':' || b":.".contains(&run.as_bytes()[at]);
    let places: Vec<usize> = (0..=run.len()).filter(|at| borders(*at)).collect();
    places.iter().enumerate().any(|(index, start)| {
        places[index + 1..].iter().any(|end| {
            let part = &run[*start..*end];
            part.len() > 2 && (part.parse::<Ipv6Addr>().is_ok() || is_hardware_address(part))
        })
    })
}

fn is_hardware_address(part: &str) -> bool {
    part.split(':').count() == 6 && part.split(':').all(|group| group.len() == 2 && !group.contains('.'))
}

/// Is there a card's number in this run of digit groups, alone or beside others?
fn holds_card_number(run: &str) -> bool {
    let groups: Vec<&str> = run.split([' ', '.', '-']).collect();
    (0..groups.len()).any(|first| {
        let mut digits = Vec::new();
        groups[first..].iter().take(LONGEST_CARD).any(|group| {
            digits.extend(
                group
                    .chars()
                    .filter_map(|digit| digit.to_digit(10))
                    .take(LONGEST_CARD + 1),
            );
            is_card_number(&digits)
        })
    })
}

/// A number that an issuer could have given: its length, its first digit and its check digit (Luhn, ISO/IEC 7812).
fn is_card_number(digits: &[u32]) -> bool {
    (SHORTEST_CARD..=LONGEST_CARD).contains(&digits.len()) && (2..=6).contains(&digits[0]) && luhn(digits)
}

fn luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, *digit) {
            (0, digit) => digit,
            (_, digit) if digit > 4 => 2 * digit - 9,
            (_, digit) => 2 * digit,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_the_shape_of_something_secret_is_replaced() {
        let cases = [
            (
                "key cdr_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG bad",
                "key [key] bad",
            ),
            ("Authorization: Bearer abc.def-ghi", "[key]"),
            ("sent bearer abcdef0123456789", "sent [key]"),
            ("{\"x-api-key\": \"hunter2hunter2\", \"n\": 1}", "{\"[key]\", \"n\": 1}"),
            ("password=hunter2&user=3", "[key]&user=3"),
            ("sk-ant-api03-AbCd_0123 and sk-proj-0123456789abcdef", "[key] and [key]"),
            ("sk_live_0123456789abcdef", "[key]"),
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl", "[key]"),
            (
                "can't open postgres://candor:hunter2@db/main",
                "can't open postgres://[key]@db/main",
            ),
            ("mail to ada.lovelace+x@example.co.uk, now", "mail to [email], now"),
            (
                "müller@exämple.de or root@localhost or a%40b.de",
                "[email] or [email] or [email]",
            ),
            ("from 203.0.113.77:50123", "from [address]:50123"),
            ("peer ::ffff:203.0.113.77 left", "peer [address] left"),
            (
                "[2001:db8::1]:443 and node:2001:db8::2: refused",
                "[[address]]:443 and no[address] refused",
            ),
            (
                "fe80::1%eth0, 2001:0db8:0000:0000:0000:ff00:0042:8329.",
                "[address]%eth0, [address]",
            ),
            ("mac 52:54:00:12:34:56", "mac [address]"),
            (
                "card 4111 1111 1111 1111 or 5500-0000-0000-0004",
                "card [card] or [card]",
            ),
            ("2026-11-25 12 34 5 192.168.0.1", "2026-11-25 12 34 5 [address]"),
            ("amex 378282246310005", "amex [card]"),
            ("order 12 4111 1111 1111 1111 5500 0000 0000 0004 3", "order [card]"),
        ];
        for (text, expected) in cases {
            assert_eq!(scrub(text), expected, "{text}");
        }
    }

    #[test]
    fn what_an_operator_needs_to_read_is_left() {
        let cases = [
            "listening",
            "at 2026-11-25T08:30:00.123456Z",
            "base::telemetry and candor::gateway::dead",
            "gen_0123456789abcdefghjkmnpqrs took 1712 ms",
            "order 1732521600000000 of 4111111111111112",
            "version 0.23.46, rustls 1.12",
            "model gpt-4o-mini, task-4, risk-free",
        ];
        for text in cases {
            assert!(
                matches!(scrub(text), Cow::Borrowed(same) if same == text),
                "{text} became {}",
                scrub(text)
            );
        }
    }

    #[test]
    fn a_text_without_suspicious_letters_is_not_looked_at_twice() {
        assert!(!is_suspicious("the spool is full, new work is refused"));
        assert!(is_suspicious("Bearer abcdefgh") && is_suspicious("BEARER abcdefgh"));
    }

    #[test]
    fn a_long_run_is_searched_in_bounded_time_and_replaced_as_a_whole() {
        let digest = "ab:12:".repeat(10_000);
        assert_eq!(scrub(&digest), "[address]");
        let colons = format!("{}1", ":".repeat(10_000));
        assert_eq!(scrub(&colons), "[address]");
    }
}
