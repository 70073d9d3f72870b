//! E-mail addresses.
//!
//! Promises: linear, since nothing is read twice: what stands before an `@` reaches back to the `@` before at most.
//! - Strictly: a name, and a domain of at least two labels that ends in letters.
//! - Widely: any name at anything (`root@localhost`), also where the `@` is encoded.
//!
//! Leaves out: `ada at example dot org`, comments in brackets.

use crate::fold::{may_fold, sign_at};
use crate::{Finding, Kind, Width};

/// RFC 5321: 64 for the name, 255 for the domain; a text that is longer is none that a mail could reach.
const LONGEST_NAME: usize = 64;
const LONGEST_DOMAIN: usize = 255;
/// What a mailbox's name may hold beside letters and digits; those that separate fields in logs and URLs (`=`, `/`, `?`) are left out.
const MARKS: &str = "!#$%&'*+-._^`~";

/// Adds every address in `text`.
pub(crate) fn find(text: &str, width: Width, found: &mut Vec<Finding>) {
    let (mut at, mut before) = (0, 0);
    while at < text.len() {
        let byte = text.as_bytes()[at];
        if byte != b'@' && !may_fold(byte, width) {
            at += 1;
            continue;
        }
        let Some(sign) = sign_at(text, at, width) else { break };
        if sign.letter == '@' {
            let start = name_before(&text[before..sign.start], width).map(|length| sign.start - length);
            let end = domain_at(text, sign.end, width);
            if let (Some(start), Some(end)) = (start, end) {
                found.push(Finding::new(Kind::Email, start, end));
            }
            before = sign.end;
        }
        at = sign.end;
    }
}

/// How many bytes at the end of `text` are the name of a mailbox.
fn name_before(text: &str, width: Width) -> Option<usize> {
    if width == Width::Wide && text.ends_with('"') {
        let inside = &text[..text.len() - 1];
        let window = &inside[inside.ceil_char_boundary(inside.len().saturating_sub(LONGEST_NAME))..];
        if let Some(quote) = window.rfind('"') {
            return Some(window.len() - quote + 1);
        }
    }
    let belongs = |letter: char| match width {
        Width::Wide => letter.is_alphanumeric() || MARKS.contains(letter),
        Width::Strict => letter.is_alphanumeric() || "+-._".contains(letter),
    };
    let length: usize = text
        .chars()
        .rev()
        .take_while(|letter| belongs(*letter))
        .map(char::len_utf8)
        .sum();
    let name = text[text.len() - length..].trim_start_matches(|letter: char| MARKS.contains(letter) && letter != '_');
    let short_enough = width == Width::Wide || name.chars().count() <= LONGEST_NAME;
    (!name.is_empty() && short_enough).then_some(name.len())
}

/// The end of the domain that begins at `at`.
fn domain_at(text: &str, at: usize, width: Width) -> Option<usize> {
    let rest = &text[at..];
    let belongs = |letter: char| letter.is_alphanumeric() || letter == '-' || letter == '.';
    let length: usize = rest
        .chars()
        .take_while(|letter| belongs(*letter))
        .map(char::len_utf8)
        .take(LONGEST_DOMAIN)
        .sum();
    let domain = rest[..length].trim_end_matches(['.', '-']);
    let is_one = match width {
        Width::Wide => domain.chars().next().is_some_and(char::is_alphanumeric),
        Width::Strict => is_strict(domain),
    };
    is_one.then_some(at + domain.len())
}

fn is_strict(domain: &str) -> bool {
    let Some((_, last)) = domain.rsplit_once('.') else {
        return false;
    };
    let is_word = last.chars().count() >= 2 && last.chars().all(char::is_alphabetic);
    (is_word || last.starts_with("xn--"))
        && domain
            .split('.')
            .all(|label| !label.is_empty() && !label.starts_with('-'))
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
    fn an_address_is_found_with_its_name_and_domain_and_without_what_surrounds_it() {
        let cases = [
            (
                "(ada.lovelace+x@mail.example.co.uk)",
                "ada.lovelace+x@mail.example.co.uk",
            ),
            ("user=müller@exämple.de.", "müller@exämple.de"),
            ("\"ada@example.org\"", "ada@example.org"),
            (
                "mailto:ada@xn--bcher-kva.xn--p1ai?subject=x",
                "ada@xn--bcher-kva.xn--p1ai",
            ),
        ];
        for (text, address) in cases {
            assert_eq!(
                (found(text, Width::Strict), found(text, Width::Wide)),
                (vec![address], vec![address])
            );
        }
    }

    #[test]
    fn wide_finds_what_is_encoded_quoted_or_local() {
        for address in [
            "ada%40example.org",
            "ada&#64;example.org",
            r"ada\u0040example.org",
            "root@localhost",
            "\"ada l\"@example.org",
            "ada＠example.org",
        ] {
            assert_eq!(found(&format!("<{address}>"), Width::Wide), [address]);
        }
        assert_eq!(found("a@b@c@", Width::Wide), ["a@b", "b@c"]);
    }

    #[test]
    fn what_has_no_name_or_no_domain_is_none() {
        for text in ["@property", "a @ b", "x@", "@", "%40"] {
            assert_eq!(found(text, Width::Wide), [""; 0], "{text}");
        }
        for text in ["serde@1.0.2", "root@localhost", "a@b..c", "x@y.z"] {
            assert_eq!(found(text, Width::Strict), [""; 0], "{text}");
        }
    }
}
