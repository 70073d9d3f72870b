//! Telephone numbers, and the social security numbers of the United States, which look like one.
//!
//! Promises: linear. No number is looked up: what counts is how it is written.
//! - Strictly: with a plus and the country (E.164: up to 15 digits), with `00`, as North America writes them, with a leading zero and
//!   in groups, or plainly after a word such as `phone`.
//! - Widely: any digits in groups that are neither a date nor a fraction.
//!
//! Leaves out: short numbers without such a word before them, numbers in words.

use crate::fold::{Sign, letter_before, may_fold, sign_at};
use crate::{Finding, Kind, Width};

const FEWEST_DIGITS: usize = 7;
/// Fewer digits in groups are a number only after a word that says so.
const FEWEST_IN_GROUPS: usize = 8;
const FEWEST_NATIONAL: usize = 9;
/// Of a number within a country, with its zero.
const LONGEST_PREFIX: usize = 5;
const MOST_DIGITS: usize = 15;
const MOST_GROUPS: usize = 8;
const MOST_GAPS: usize = 3;
/// How far before a number a word that names it is searched for, in bytes.
const CONTEXT: usize = 40;
#[rustfmt::skip]
const NAMES: [&[u8]; 14] = [
    b"phone", b"call", b"tel", b"mobile", b"cell", b"fax", b"sms", b"text me", b"whatsapp", b"dial", b"hotline", b"contact", b"reach", b"ring ",
];

/// Adds every telephone and social security number in `text`.
pub(crate) fn find(text: &str, width: Width, found: &mut Vec<Finding>) {
    let mut at = 0;
    while at < text.len() {
        let byte = text.as_bytes()[at];
        let begins = byte.is_ascii_digit() || byte == b'+' || byte == b'(' || may_fold(byte, width);
        if !begins {
            at += 1;
            continue;
        }
        let Some(sign) = sign_at(text, at, width) else { break };
        at = match sign.letter {
            '0'..='9' | '+' | '(' => number_at(text, sign, width, found),
            _ => sign.end,
        };
    }
}

/// Digits in groups, as they are written.
#[derive(Default)]
struct Number {
    digits: [u8; MOST_DIGITS + 1],
    count: usize,
    groups: [usize; MOST_GROUPS],
    group_count: usize,
    plus: bool,
    brackets: bool,
    points: usize,
    dashes: usize,
    end: usize,
    first_group_end: usize,
}

impl Number {
    fn groups(&self) -> &[usize] {
        &self.groups[..self.group_count]
    }

    fn digits(&self) -> &[u8] {
        &self.digits[..self.count]
    }
}

/// Adds the number that begins with `first`, if one does, and gives the place to go on from.
fn number_at(text: &str, first: Sign, width: Width, found: &mut Vec<Finding>) -> usize {
    let at = first.start;
    let number = read(text, at, width);
    // A group that was no beginning may be followed by one that is.
    let go_on = number.first_group_end.max(first.end);
    if number.count < FEWEST_DIGITS {
        return go_on;
    }
    let before = letter_before(text, at);
    let touched_before =
        before.is_some_and(|letter| letter.is_alphanumeric() || "_.".contains(letter)) && !is_escaped(text, at, width);
    let touched_before = touched_before && !(number.plus && width == Width::Wide);
    let joined = before.is_some_and(|letter| "-/#".contains(letter));
    let after = sign_at(text, number.end, width).map(|sign| sign.letter);
    let extension = extension_at(text, number.end);
    let touched_after =
        extension.is_none() && after.is_some_and(|letter| letter.is_alphanumeric() || "_@".contains(letter));
    if touched_before || touched_after || number.count > MOST_DIGITS {
        return go_on;
    }
    let kind = if is_social_security(&number, width) && !joined {
        Kind::SocialSecurity
    } else if is_phone(&number, joined, width, || is_named(text, at)) {
        Kind::Phone
    } else {
        return go_on;
    };
    let end = extension.unwrap_or(number.end);
    found.push(Finding::new(kind, at, end));
    end
}

/// Reads digits and what may stand between them.
fn read(text: &str, start: usize, width: Width) -> Number {
    let mut number = Number::default();
    let (mut at, mut gaps, mut opened) = (start, 0, false);
    // Counted when a digit follows: what stands behind the last one is no part of the number.
    let (mut points, mut dashes) = (0, 0);
    while let Some(sign) = sign_at(text, at, width) {
        match (sign.digit(), sign.letter) {
            (Some(digit), _) => {
                if number.count == 0 || gaps > 0 {
                    if number.group_count == MOST_GROUPS {
                        break;
                    }
                    number.group_count += 1;
                    number.brackets |= opened;
                    opened = false;
                }
                number.groups[number.group_count - 1] += 1;
                number.digits[number.count.min(MOST_DIGITS)] = digit;
                number.count += 1;
                number.end = sign.end;
                (number.points, number.dashes) = (number.points + points, number.dashes + dashes);
                (gaps, points, dashes) = (0, 0, 0);
                if number.group_count == 1 {
                    number.first_group_end = sign.end;
                }
            }
            (None, '+') if number.count == 0 && !number.plus && !opened => number.plus = true,
            (None, '(') if !opened && gaps < MOST_GAPS => opened = true,
            (None, letter)
                if number.count > 0
                    && gaps < MOST_GAPS
                    && (sign.is_gap() || letter == ')')
                    && !matches!(letter, '_' | '\n') =>
            {
                points += usize::from(letter == '.');
                dashes += usize::from(letter == '-');
            }
            _ => break,
        }
        gaps += usize::from(sign.digit().is_none());
        at = sign.end;
    }
    number
}

fn is_phone(number: &Number, joined: bool, width: Width, is_named: impl Fn() -> bool) -> bool {
    let (count, digits, groups) = (number.count, number.digits(), number.groups());
    if number.plus {
        return (FEWEST_IN_GROUPS..=MOST_DIGITS).contains(&count) && digits[0] != 0;
    }
    if count < FEWEST_DIGITS || is_date(digits, groups) || groups[0] == 1 && number.points > 0 {
        return false;
    }
    let national = match digits {
        [0, 0, 1..=9, ..] => count > FEWEST_NATIONAL && groups.len() > 1,
        [0, 1..=9, ..] => (FEWEST_NATIONAL..12).contains(&count) && groups.len() > 1 && groups[0] <= LONGEST_PREFIX,
        _ => is_north_american(digits, groups),
    };
    let in_groups =
        groups.len() > 1 && groups[1..].iter().all(|group| *group > 1) && groups.iter().all(|group| *group < 9);
    let written = match width {
        Width::Strict => national && !joined,
        Width::Wide => {
            let one_by_one = groups.len() > 4 && number.dashes == 0;
            national || (in_groups && count >= FEWEST_IN_GROUPS && !one_by_one && !joined)
        }
    };
    let plain = groups.len() == 1 || in_groups;
    written || (plain && (width == Width::Wide || count > FEWEST_IN_GROUPS || in_groups) && !joined && is_named())
}

/// Three, three and four digits, the first of each three from 2 on; a 1 for the country may stand before.
fn is_north_american(digits: &[u8], groups: &[usize]) -> bool {
    let (digits, groups) = match (digits, groups) {
        ([1, digits @ ..], [1, groups @ ..]) => (digits, groups),
        both => both,
    };
    groups == [3, 3, 4] && digits[0] > 1 && digits[3] > 1
}

/// A year, a month and a day in either order, alone or before a time.
fn is_date(digits: &[u8], groups: &[usize]) -> bool {
    let is_year = |at: usize| matches!(digits.get(at..at + 2), Some([1, 9] | [2, 0 | 1]));
    match groups {
        [4, 1..=2, 1..=2, ..] => is_year(0),
        [a @ 1..=2, b @ 1..=2, 4, ..] => is_year(a + b),
        [4, 4] => is_year(0) && is_year(4),
        [8, 4 | 6, ..] => is_year(0),
        _ => false,
    }
}

/// `345-899-3560x4587`: the end of the extension.
fn extension_at(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let after = ["x", " x", "ext", " ext", " ext.", "#"]
        .into_iter()
        .rev()
        .find_map(|mark| {
            let after = rest.strip_prefix(mark)?;
            after
                .trim_start_matches(' ')
                .starts_with(|letter: char| letter.is_ascii_digit())
                .then(|| after.trim_start_matches(' '))
        })?;
    let digits = after.bytes().take_while(u8::is_ascii_digit).count();
    (digits <= 6).then(|| at + rest.len() - after.len() + digits)
}

fn is_social_security(number: &Number, width: Width) -> bool {
    let [a, b, c, d, e, serial @ ..] = number.digits() else {
        return false;
    };
    let area = 100 * u32::from(*a) + 10 * u32::from(*b) + u32::from(*c);
    let dashes = number.dashes == 2 || width == Width::Wide;
    number.groups() == [3, 2, 4]
        && !number.plus
        && dashes
        && !matches!(area, 0 | 666 | 900..)
        && (*d, *e) != (0, 0)
        && serial != [0; 4]
}

/// Does an escape such as `\n` end just before?
fn is_escaped(text: &str, at: usize, width: Width) -> bool {
    let before = &text.as_bytes()[..at];
    width == Width::Wide && matches!(before, [.., b'\\', b'n' | b'r' | b't'] | [.., b'%', b'0'..=b'9', _])
}

fn is_named(text: &str, at: usize) -> bool {
    let before = &text.as_bytes()[at.saturating_sub(CONTEXT)..at];
    NAMES.iter().any(|name| {
        before
            .windows(name.len())
            .any(|window| window.eq_ignore_ascii_case(name))
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
    fn numbers_that_say_what_they_are_are_found_strictly() {
        for number in [
            "+49 30 88853933",
            "+1-984-182-0190",
            "+46 (0)8 928 571 38",
            "(602) 272-9781",
            "345-899-3560x4587",
            "001-518-640-0854",
            "03.93.92.16.85",
            "0490 75 40 81",
            "+447700677662",
            "(08) 8747 6301",
        ] {
            let text = format!("it is {number}.");
            assert_eq!(found(&text, Width::Strict), [number]);
            assert_eq!(found(&text, Width::Wide), [number]);
        }
        assert_eq!(found("Phone: 9498777106", Width::Strict), ["9498777106"]);
        assert_eq!(found("phone 4673395", Width::Wide), ["4673395"]);
    }

    #[test]
    fn groups_are_a_number_in_a_wide_search_only() {
        for number in ["9472 7916", "71-33-52-22", "699 956 915", "(37) 788-0631"] {
            assert_eq!(
                (found(number, Width::Wide), found(number, Width::Strict)),
                (vec![number], vec![])
            );
        }
    }

    #[test]
    fn dates_fractions_sizes_and_ids_are_none() {
        for text in [
            "2026-11-25 08:30",
            "25.11.2026",
            "2025-2026",
            "0.123456789",
            "3.14159265358",
            "1732521600000000",
            "4294967296 bytes",
            "gpt-4-1106",
            "ORD-624595711777",
            "20261125-083000",
            "12 34 5",
            "1 2 3 4 5 6 7 8 9",
            "7ffd1234-5678",
            "line 12, column 5",
        ] {
            assert_eq!(found(text, Width::Wide), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_social_security_number_is_told_from_a_telephone_s() {
        let mut kinds = Vec::new();
        find("460-89-9847 and 666-12-1234", Width::Strict, &mut kinds);
        assert_eq!(kinds, [Finding::new(Kind::SocialSecurity, 0, 11)]);
    }
}
