//! Credentials by the name of their field or header, and in URLs.
//!
//! Promises: the value goes, the name stays. In JSON, TOML, headers, query strings and debug prints.
//! - Widely: any value after a name that means nothing else (`password`, `api_key`, `authorization`), and one with a digit after the
//!   others (`token`, `cookie`, `…_key`).
//! - Strictly: only a value that looks made by a machine: 16 letters or more, digits among them, many different ones.
//!
//! Leaves out: `my password is …`.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind, MatchKind};

use crate::{Finding, Kind, Width};

/// What a name's value must be in a wide search.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Value {
    Any,
    /// At least eight letters, and a digit: `token: invalid` is a message.
    WithDigit,
    /// After a space rather than a colon: `Bearer …`.
    Spaced,
    /// Between `://` and `@`.
    Login,
}

#[rustfmt::skip]
const NAMES: &[(&str, Value)] = &[
    ("authorization", Value::Any), ("api-key", Value::Any), ("api_key", Value::Any), ("apikey", Value::Any), ("api key", Value::Any), ("password", Value::Any),
    ("passwd", Value::Any), ("passphrase", Value::Any), ("secret", Value::Any), ("access_token", Value::Any), ("access-token", Value::Any),
    ("accesstoken", Value::Any), ("refresh_token", Value::Any), ("refresh-token", Value::Any), ("pwd", Value::WithDigit), ("token", Value::WithDigit),
    ("credential", Value::WithDigit), ("cookie", Value::WithDigit), ("session_id", Value::WithDigit), ("sessionid", Value::WithDigit), ("_key", Value::WithDigit),
    ("-key", Value::WithDigit), ("accesskey", Value::WithDigit), ("accountkey", Value::WithDigit), ("privatekey", Value::WithDigit), ("sig=", Value::WithDigit),
    ("signature", Value::WithDigit), ("bearer", Value::Spaced), ("://", Value::Login),
];
/// Services whose keys have no shape of their own: `datadog_id = …` names one.
#[rustfmt::skip]
const SERVICES: &[&str] = &[
    "adafruit", "adobe", "airtable", "algolia", "alibaba", "asana", "beamer", "bitbucket", "bittrex", "meraki", "cloudflare", "codecov",
    "cohere", "coinbase", "confluent", "contentful", "datadog", "dnkey", "discord", "droneci", "dropbox", "etsy", "facebook", "fastly",
    "finicity", "finnhub", "flickr", "freshbooks", "gitter", "gocardless", "heroku", "hubspot", "intercom", "jfrog", "artifactory",
    "kraken", "kucoin", "launchdarkly", "linear", "linkedin", "looker", "mailchimp", "mailgun", "mapbox", "mattermost", "messagebird",
    "mistral", "netlify", "new-relic", "newrelic", "new_relic", "newyorktimes", "nytimes", "okta", "plaid", "privateai", "rapidapi", "sendbird", "sentry", "snyk",
    "sonar", "square", "sumo", "telegr", "travis", "twitch", "twitter", "typeform", "xray", "yandex", "zendesk",
];
const SCHEMES: [&[u8]; 4] = [b"bearer ", b"basic ", b"digest ", b"token "];
/// `password_of_the_database`: letters that may follow a name.
const LONGEST_TAIL: usize = 24;
/// Spaces and quotation marks on each side of the sign.
const MOST_BETWEEN: usize = 5;
const MOST_SPACES: usize = 3;
const SHORTEST_WITH_DIGIT: usize = 8;
const SHORTEST_SPACED: usize = 4;
const SHORTEST_STRICT: usize = 16;
const LEAST_VARIETY: u32 = 10;
/// What is longer and no secret is not searched for further names.
const LONGEST_REREAD: usize = 64;
/// A login in a URL is not searched farther than that.
const LONGEST_LOGIN: usize = 256;

static AUTOMATON: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasickBuilder::new()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .match_kind(MatchKind::LeftmostLongest)
        .build(NAMES.iter().map(|(name, _)| name).chain(SERVICES))
        .expect("a constant list of short words, which the tests build")
});

/// Adds every credential that is known by its name.
pub(super) fn find(text: &str, width: Width, found: &mut Vec<Finding>) {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(name) = AUTOMATON.find(&bytes[from..]) {
        let name_end = from + name.end();
        let value = NAMES
            .get(name.pattern().as_usize())
            .map_or(Value::WithDigit, |(_, value)| *value);
        let place = match value {
            Value::Login => login_at(bytes, name_end),
            Value::Spaced => spaced_at(bytes, name_end),
            Value::Any | Value::WithDigit => assigned_at(bytes, name_end),
        };
        from = name_end;
        if let Some((start, end)) = place {
            let secret = is_secret(&bytes[start..end], value, width);
            if secret {
                found.push(Finding::new(Kind::Key, start, end));
            }
            // A long value is read once, whatever it is.
            if secret || end - start > LONGEST_REREAD {
                from = end;
            }
        }
    }
}

fn is_secret(value: &[u8], name: Value, width: Width) -> bool {
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    match (width, name) {
        (_, Value::Login) => true,
        (Width::Strict, _) => {
            let plain = value
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_-+/=.~".contains(byte));
            value.len() >= SHORTEST_STRICT
                && plain
                && digits > 1
                && letters > 1
                && super::variety(value) >= LEAST_VARIETY
        }
        (Width::Wide, Value::Any) => !is_plain_word(value),
        (Width::Wide, Value::WithDigit) => value.len() >= SHORTEST_WITH_DIGIT && digits > 0 && letters > 0,
        (Width::Wide, Value::Spaced) => {
            value.len() >= SHORTEST_SPACED && (digits > 0 || value.len() >= SHORTEST_STRICT)
        }
    }
}

/// What a program says in place of a value.
fn is_plain_word(value: &[u8]) -> bool {
    let words: [&[u8]; 9] = [
        b"",
        b"true",
        b"false",
        b"null",
        b"None",
        b"Some(",
        b"missing",
        b"invalid",
        b"required",
    ];
    words.contains(&value)
}

/// `: value`, `= "value"`, `\": \"value\"`, `%3Dvalue`, `: Bearer value`, after the rest of a name.
fn assigned_at(bytes: &[u8], name_end: usize) -> Option<(usize, usize)> {
    let mut at = name_end
        + count(&bytes[name_end..], LONGEST_TAIL, |byte| {
            byte.is_ascii_alphanumeric() || b"_-".contains(&byte)
        });
    // `sig=` holds its sign.
    if bytes[name_end - 1] != b'=' {
        at += count(&bytes[at..], MOST_BETWEEN, |byte| byte == b' ' || is_quote(byte));
        at += sign_length(&bytes[at..])?;
    }
    let between = count(&bytes[at..], MOST_BETWEEN, |byte| {
        matches!(byte, b' ' | b'=' | b'\n') || is_quote(byte)
    });
    let quotes = bytes[at..at + between].iter().filter(|byte| is_quote(**byte)).count();
    at += between;
    let scheme = SCHEMES
        .iter()
        .find(|scheme| bytes[at..].len() > scheme.len() && bytes[at..at + scheme.len()].eq_ignore_ascii_case(scheme));
    at += scheme.map_or(0, |scheme| scheme.len());
    let quoted = quotes > 0 && !is_quote(*bytes.get(at)?);
    let ends = |byte: u8| match quoted {
        true => is_quote(byte) || byte == b'\n',
        false => byte.is_ascii_whitespace() || is_quote(byte) || b",;&}<>)".contains(&byte),
    };
    let end = at + count(&bytes[at..], usize::MAX, |byte| !ends(byte));
    (end > at).then_some((at, end))
}

fn sign_length(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [b':', b':', b':', b'=', ..] => Some(4),
        [b':', b':', b'=', ..] => Some(3),
        [b'=', b'>', ..] | [b':' | b'=' | b'?', b'=', ..] | [b'|', b'|', ..] => Some(2),
        [b':' | b'=', ..] => Some(1),
        [b'%', b'3', b'd' | b'D' | b'a' | b'A', ..] => Some(3),
        _ => None,
    }
}

fn spaced_at(bytes: &[u8], name_end: usize) -> Option<(usize, usize)> {
    let spaces = count(&bytes[name_end..], MOST_SPACES, |byte| byte == b' ');
    let start = name_end + spaces;
    let end = start
        + count(&bytes[start..], usize::MAX, |byte| {
            byte.is_ascii_alphanumeric() || b"._~+/=-".contains(&byte)
        });
    (spaces > 0 && end > start).then_some((start, end))
}

/// `user:password` before an `@`.
fn login_at(bytes: &[u8], start: usize) -> Option<(usize, usize)> {
    let window = &bytes[start..bytes.len().min(start + LONGEST_LOGIN)];
    let end = window
        .iter()
        .position(|byte| *byte == b'@' || *byte == b'/' || byte.is_ascii_whitespace())?;
    (window[end] == b'@' && window[..end].contains(&b':')).then_some((start, start + end))
}

const fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`' | b'\\')
}

fn count(bytes: &[u8], most: usize, belongs: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take(most).take_while(|byte| belongs(**byte)).count()
}
