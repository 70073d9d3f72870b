//! Addresses of machines: IPv4, IPv6 and of network cards.
//!
//! Promises: linear. Versions (`v1.2.3.4`, `Chrome/120.0.0.0`), times of day and paths of Rust are none in a strict search.
//! Leaves out: names of hosts, addresses that are spelled as one number.

use std::net::Ipv6Addr;

use crate::{Finding, Kind, Width};

/// Longer runs of hexadecimal groups are digests rather than addresses.
const LONGEST_RUN: usize = 64;
/// With an IPv4 address at its end.
const LONGEST_IPV6: usize = 45;

/// Adds every address in `text`.
pub(crate) fn find(text: &str, width: Width, found: &mut Vec<Finding>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !is_part(bytes[at]) {
            at += 1;
            continue;
        }
        let length = bytes[at..]
            .iter()
            .position(|byte| !is_part(*byte))
            .unwrap_or(bytes.len() - at);
        in_run(bytes, at, at + length, width, found);
        at += length;
    }
}

const fn is_part(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.' | b'-')
}

fn in_run(bytes: &[u8], start: usize, end: usize, width: Width, found: &mut Vec<Finding>) {
    let run = &bytes[start..end];
    let count = |mark: u8| run.iter().filter(|byte| **byte == mark).count();
    if !run.iter().any(u8::is_ascii_digit) {
        return;
    }
    if run.len() > LONGEST_RUN {
        if width == Width::Wide && (count(b':') > 5 || count(b'.') > 2) {
            found.push(Finding::new(Kind::Address, start, end));
        }
        return;
    }
    let known = found.len();
    if count(b':') > 1 || count(b'-') > 4 {
        grouped(bytes, start, end, found);
    }
    if found.len() == known && count(b'.') > 1 {
        dotted(bytes, start, end, width, found);
    }
}

/// IPv6 and the addresses of network cards: the first, longest part between borders that is one.
fn grouped(bytes: &[u8], start: usize, end: usize, found: &mut Vec<Finding>) {
    let borders = |at: &usize| {
        let touches = |at: usize| {
            bytes
                .get(at)
                .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        };
        let inside = *at > start && *at < end;
        let edge = (*at == start && (start == 0 || !touches(start - 1))) || (*at == end && !touches(end));
        edge || (inside && (b":-.".contains(&bytes[*at - 1]) || b":-.".contains(&bytes[*at])))
    };
    let mut places = [0; LONGEST_RUN + 1];
    let mut count = 0;
    for place in (start..=end).filter(borders) {
        places[count] = place;
        count += 1;
    }
    let places = &places[..count];
    let mut first = 0;
    while first < places.len() {
        let from = places[first];
        let to = places[first + 1..]
            .iter()
            .rev()
            .find(|to| is_grouped(&bytes[from..**to]));
        if let Some(to) = to {
            found.push(Finding::new(Kind::Address, from, *to));
            first = places.partition_point(|place| place < to);
        } else {
            first += 1;
        }
    }
}

fn is_grouped(part: &[u8]) -> bool {
    let Ok(part) = std::str::from_utf8(part) else {
        return false;
    };
    let has_digit = part.bytes().any(|byte| byte.is_ascii_digit());
    (3..=LONGEST_IPV6).contains(&part.len())
        && has_digit
        && (part.parse::<Ipv6Addr>().is_ok() || is_hardware(part, ':') || is_hardware(part, '-'))
}

fn is_hardware(part: &str, between: char) -> bool {
    let is_pair = |group: &str| group.len() == 2 && group.bytes().all(|byte| byte.is_ascii_hexdigit());
    part.len() == 17 && part.split(between).count() == 6 && part.split(between).all(is_pair)
}

/// IPv4, and the addresses of network cards as Cisco writes them.
fn dotted(bytes: &[u8], start: usize, end: usize, width: Width, found: &mut Vec<Finding>) {
    let mut at = start;
    for part in bytes[start..end].split(|byte| matches!(byte, b':' | b'-')) {
        let (from, to) = (at, at + part.len());
        at = to + 1;
        let length = part.iter().rposition(|byte| *byte != b'.').map_or(0, |last| last + 1);
        let part = &part[..length];
        let touched = |place: Option<usize>| {
            place
                .and_then(|place| bytes.get(place))
                .is_some_and(u8::is_ascii_alphanumeric)
        };
        let taken_apart = touched(from.checked_sub(1)) || touched(Some(to)) || is_version(bytes, from);
        if (is_ipv4(part, width) || is_cisco(part)) && !(width == Width::Strict && taken_apart) {
            found.push(Finding::new(Kind::Address, from, from + length));
        }
    }
}

fn is_ipv4(part: &[u8], width: Width) -> bool {
    let octets = part.split(|byte| *byte == b'.');
    let is_octet = |octet: &[u8]| {
        let digits = (1..=3).contains(&octet.len()) && octet.iter().all(u8::is_ascii_digit);
        digits && (width == Width::Wide || octet.len() < 3 || octet <= b"255")
    };
    octets.clone().count() == 4 && octets.clone().all(is_octet)
}

/// Does the name of a program stand before it? `v` is caught as a letter that touches.
fn is_version(bytes: &[u8], from: usize) -> bool {
    from >= 2 && bytes[from - 1] == b'/' && bytes[from - 2].is_ascii_alphabetic()
}

fn is_cisco(part: &[u8]) -> bool {
    let is_group = |group: &[u8]| group.len() == 4 && group.iter().all(u8::is_ascii_hexdigit);
    part.len() == 14 && part.split(|byte| *byte == b'.').all(is_group) && part.split(|byte| *byte == b'.').count() == 3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, width: Width) -> Vec<&str> {
        let mut found = Vec::new();
        find(text, width, &mut found);
        found.iter().map(|finding| &text[finding.range()]).collect()
    }

    #[test]
    fn addresses_are_found_without_their_ports_and_brackets() {
        let cases = [
            ("from 203.0.113.77:50123.", vec!["203.0.113.77"]),
            ("peer ::ffff:203.0.113.77 left", vec!["::ffff:203.0.113.77"]),
            ("[2001:db8::1]:443", vec!["2001:db8::1"]),
            (
                "fe80::1%eth0, 2001:0db8:0000:0000:0000:ff00:0042:8329.",
                vec!["fe80::1", "2001:0db8:0000:0000:0000:ff00:0042:8329"],
            ),
            (
                "52:54:00:12:34:56 52-54-00-12-34-56 5254.0012.3456",
                vec!["52:54:00:12:34:56", "52-54-00-12-34-56", "5254.0012.3456"],
            ),
            ("10.0.0.1-10.0.0.9", vec!["10.0.0.1", "10.0.0.9"]),
        ];
        for (text, expected) in cases {
            assert_eq!(found(text, Width::Strict), expected, "{text}");
            assert_eq!(found(text, Width::Wide), expected, "{text}");
        }
    }

    #[test]
    fn times_paths_and_versions_are_none() {
        for text in [
            "at 2026-11-25T08:30:00.123Z",
            "base::telemetry",
            "0.23.46",
            "12:30:45",
            "dead::beef",
            "550e8400-e29b-41d4-a716-446655440000",
        ] {
            assert_eq!(found(text, Width::Wide), [""; 0], "{text}");
        }
        for text in ["v1.2.3.4", "Chrome/120.0.0.0", "999.1.1.1", "1.2.3.4.5"] {
            assert_eq!(found(text, Width::Strict), [""; 0], "{text}");
        }
    }
}
