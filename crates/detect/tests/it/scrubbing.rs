//! What becomes of a text.

use std::borrow::Cow;

use detect::{Width, find, scrub, scrub_after};
use proptest::prelude::*;

#[test]
fn what_has_the_shape_of_something_secret_is_replaced() {
    let cases = [
        (
            "key cdr_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG bad",
            "key [key] bad",
        ),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer [key]"),
        ("sent bearer abcdef0123456789", "sent bearer [key]"),
        (
            "{\"x-api-key\": \"hunter2hunter2\", \"n\": 1}",
            "{\"x-api-key\": \"[key]\", \"n\": 1}",
        ),
        ("password=hunter2&user=3", "password=[key]&user=3"),
        (
            r#"{\"password\":\"correct horse\",\"n\":1}"#,
            r#"{\"password\":\"[key]\",\"n\":1}"#,
        ),
        ("sk-ant-api03-AbCd_0123 and sk-proj-0123456789abcdef", "[key] and [key]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl", "[key]"),
        (
            "can't open postgres://candor:hunter2@db/main",
            "can't open postgres://[key]@db/main",
        ),
        (
            "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----\nwas refused",
            "[key]\nwas refused",
        ),
        ("mail to ada.lovelace+x@example.co.uk, now", "mail to [email], now"),
        (
            "müller@exämple.de or root@localhost or a%40b.de",
            "[email] or [email] or [email]",
        ),
        (
            "from 203.0.113.77:50123 and [2001:db8::1]:443",
            "from [address]:50123 and [[address]]:443",
        ),
        (
            "fe80::1%eth0, node:2001:db8::2: refused",
            "[address]%eth0, node:[address]: refused",
        ),
        (
            "card 4111 1111 1111 1111 or 5500-0000-0000-0004",
            "card [card] or [card]",
        ),
        (
            "order 12 4111 1111 1111 1111 5500 0000 0000 0004 3",
            "order 12 [card] [card] 3",
        ),
        (
            "to DE89 3704 0044 0532 0130 00 by phone 030 88853933",
            "to [iban] by phone [phone]",
        ),
        ("2026-11-25 12 34 5 192.168.0.1", "2026-11-25 12 34 5 [address]"),
        ("ssn 460-89-9847", "ssn [ssn]"),
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
        "unexpected token: expected `,` at line 12, column 5",
        "can't open /home/ada/candor-data/days/2026-11-25.sqlite: No such file or directory (os error 2)",
        "the password is missing",
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
fn a_clean_text_costs_no_memory() {
    for text in [
        "the spool is full, new work is refused",
        "took 1712 ms at 08:30:00, 2001:db8",
        "",
    ] {
        assert_eq!(find(text, Width::Wide).capacity(), 0, "{text}");
    }
}

#[test]
fn what_began_in_the_line_before_goes_from_this_one() {
    let cases = [
        ("card 4242 4242", "4242 4242 was declined", "[card] was declined"),
        ("-----BEGIN RSA PRIVATE KEY-----", "MIIEvQ", "[key]"),
        ("password:", "hunter2 is wrong", "[key] is wrong"),
        ("key sk-proj-0123456789abcdef", "listening", "listening"),
        ("", "a@b.de", "[email]"),
    ];
    for (before, text, expected) in cases {
        assert_eq!(scrub_after(before, text), expected, "{before} | {text}");
    }
}

/// Texts that come near every rule, in any order.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[0-9]{1,20}",
        "[a-zA-Z0-9_.-]{1,45}",
        "[@:=%&;\\\\/+() \n-]{1,4}",
        "\\PC{0,8}",
        prop::sample::select(vec![
            "4242 4242 4242 4242",
            "DE89370400440532013000",
            "ada@example.org",
            "2001:db8::1",
            "203.0.113.77",
            "+49 30 88853933",
            "sk-proj-0123456789abcdef",
            "-----BEGIN PRIVATE KEY-----",
            "-----END",
            "password: ",
            "Bearer ",
            "eyJ",
            "\u{200b}",
            "&#32;",
            "%C2%A0",
            "\\u0034",
            "four two ",
            "４",
            "٤",
            "💳",
        ])
        .prop_map(ToOwned::to_owned),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn findings_are_in_order_apart_and_on_borders(text in texts()) {
        for width in [Width::Strict, Width::Wide] {
            let mut end = 0;
            for finding in find(&text, width) {
                prop_assert!(finding.start >= end && finding.end > finding.start, "{finding:?}");
                prop_assert!(text.get(finding.range()).is_some(), "{finding:?}");
                end = finding.end;
            }
        }
    }

    #[test]
    fn a_planted_thing_does_not_outlive_a_scrub(before in texts(), after in texts()) {
        let planted = ["ada@example.org", "4111 1111 1111 1111", "sk-proj-0123456789abcdef", "203.0.113.77", "DE89370400440532013000", "+49 30 88853933"];
        for planted in planted {
            let text = format!("{before}\n, {planted} ,\n{after}");
            prop_assert!(!scrub(&text).contains(&format!(", {planted} ,")), "{text:?} became {:?}", scrub(&text));
        }
    }

    #[test]
    fn any_line_can_follow_any_other(before in texts(), text in texts()) {
        let _ = scrub_after(&before, &text);
    }
}
