//! International bank account numbers (ISO 13616).
//!
//! Promises: the country gives them, the length is that country's, and the check digits hold (ISO 7064, modulo 97): one text in a
//! hundred thousand that looks alike passes. Letters of either case, in groups of any size.
//! Leaves out: national account numbers.

use crate::fold::{letter_before, may_fold, sign_at};
use crate::{Finding, Kind, Width};

const LONGEST: usize = 34;
const SHORTEST: usize = 15;
/// More signs than that between two letters or digits end a number.
const MOST_GAPS: usize = 2;

/// The length by country, from SWIFT's registry (release 99).
#[rustfmt::skip]
const COUNTRIES: [(&[u8; 2], usize); 89] = [
    (b"AD", 24), (b"AE", 23), (b"AL", 28), (b"AT", 20), (b"AZ", 28), (b"BA", 20), (b"BE", 16), (b"BG", 22), (b"BH", 22), (b"BI", 27),
    (b"BR", 29), (b"BY", 28), (b"CH", 21), (b"CR", 22), (b"CY", 28), (b"CZ", 24), (b"DE", 22), (b"DJ", 27), (b"DK", 18), (b"DO", 28),
    (b"EE", 20), (b"EG", 29), (b"ES", 24), (b"FI", 18), (b"FK", 18), (b"FO", 18), (b"FR", 27), (b"GB", 22), (b"GE", 22), (b"GI", 23),
    (b"GL", 18), (b"GR", 27), (b"GT", 28), (b"HN", 28), (b"HR", 21), (b"HU", 28), (b"IE", 22), (b"IL", 23), (b"IQ", 23), (b"IS", 26),
    (b"IT", 27), (b"JO", 30), (b"KW", 30), (b"KZ", 20), (b"LB", 28), (b"LC", 32), (b"LI", 21), (b"LT", 20), (b"LU", 20), (b"LV", 21),
    (b"LY", 25), (b"MC", 27), (b"MD", 24), (b"ME", 22), (b"MK", 19), (b"MN", 20), (b"MR", 27), (b"MT", 31), (b"MU", 30), (b"NI", 28),
    (b"NL", 18), (b"NO", 15), (b"OM", 23), (b"PK", 24), (b"PL", 28), (b"PS", 29), (b"PT", 25), (b"QA", 29), (b"RO", 24), (b"RS", 22),
    (b"RU", 33), (b"SA", 24), (b"SC", 31), (b"SD", 18), (b"SE", 24), (b"SI", 19), (b"SK", 24), (b"SM", 27), (b"SO", 23), (b"ST", 25),
    (b"SV", 28), (b"TL", 23), (b"TN", 24), (b"TR", 26), (b"UA", 29), (b"VA", 22), (b"VG", 24), (b"XK", 20), (b"YE", 30),
];

/// Adds every account number in `text`.
pub(crate) fn find(text: &str, width: Width, found: &mut Vec<Finding>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if may_begin(&bytes[at..], width)
            && let Some(end) = number_at(text, at, width)
        {
            found.push(Finding::new(Kind::Iban, at, end));
            at = end;
        } else {
            at += 1;
        }
    }
}

/// Two letters, and no third: a look at the bytes spares most words a reading.
fn may_begin(bytes: &[u8], width: Width) -> bool {
    let is_letter = |place: usize| bytes.get(place).is_some_and(u8::is_ascii_alphabetic);
    let folds = |place: usize| bytes.get(place).is_some_and(|byte| may_fold(*byte, width));
    (is_letter(0) || folds(0)) && (folds(0) || folds(1) || (is_letter(1) && !is_letter(2)))
}

/// The end of the account number that begins at `at`.
fn number_at(text: &str, at: usize, width: Width) -> Option<usize> {
    let is_touched = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    // Where an escape ends, the letter before (`\n`, `%20`) may touch.
    if width == Width::Strict && is_touched(letter_before(text, at)) {
        return None;
    }
    let first = sign_at(text, at, width).filter(|sign| sign.letter.is_ascii_alphabetic())?;
    let mut signs = Signs {
        text,
        width,
        at: first.end,
    };
    let mut letters = [0_u8; LONGEST];
    letters[0] = u8::try_from(first.letter).ok()?.to_ascii_uppercase();
    letters[1] = signs.next()?.to_ascii_uppercase();
    let length = COUNTRIES
        .iter()
        .find(|(country, _)| country.as_slice() == &letters[..2])?
        .1;
    for (place, letter) in letters.iter_mut().enumerate().take(length).skip(2) {
        *letter = signs.next()?.to_ascii_uppercase();
        if place < 4 && !letter.is_ascii_digit() {
            return None;
        }
    }
    let after = sign_at(text, signs.at, width).map(|sign| sign.letter);
    (!is_touched(after) && remainder(&letters[..length]) == 1).then_some(signs.at)
}

/// Letters and digits of ASCII, over gaps.
struct Signs<'t> {
    text: &'t str,
    width: Width,
    at: usize,
}

impl Signs<'_> {
    fn next(&mut self) -> Option<u8> {
        let mut at = self.at;
        for _ in 0..=MOST_GAPS {
            let sign = sign_at(self.text, at, self.width)?;
            at = sign.end;
            if sign.letter.is_ascii_alphanumeric() {
                self.at = at;
                return u8::try_from(sign.letter).ok();
            }
            if !sign.is_gap() {
                return None;
            }
        }
        None
    }
}

/// Modulo 97, the country and the check digits moved to the end, each letter a number from 10 on.
fn remainder(letters: &[u8]) -> u32 {
    debug_assert!((SHORTEST..=LONGEST).contains(&letters.len()), "a length of the table");
    let moved = letters[4..].iter().chain(&letters[..4]);
    moved.fold(0, |remainder, letter| match letter {
        b'0'..=b'9' => (remainder * 10 + u32::from(letter - b'0')) % 97,
        letter => (remainder * 100 + u32::from(letter - b'A') + 10) % 97,
    })
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
    fn the_registry_s_examples_are_found_in_any_spelling() {
        for number in [
            "NO93 8601 1117 947",
            "de89370400440532013000",
            "GB29-NWBK-6016-1331-9268-19",
            "MT84MALT011000012345MTLCAST001S",
        ] {
            let text = format!("to {number}, please");
            assert_eq!(found(&text, Width::Strict), [number]);
            let damaged = text.replace('1', "2");
            assert_eq!(found(&damaged, Width::Wide), [""; 0], "{damaged}");
        }
        assert_eq!(
            found(r"iban\nDE89%203704004405\u00332013000", Width::Wide),
            [r"DE89%203704004405\u00332013000"]
        );
    }

    #[test]
    fn what_is_longer_is_none() {
        assert_eq!(
            found("DE893704004405320130000 xDE89370400440532013000", Width::Strict),
            [""; 0]
        );
    }
}
