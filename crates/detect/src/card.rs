//! Numbers of payment cards.
//!
//! Promises: a number is one only if an issuer could have given it: its first digits, its length (see [`issuers`]) and its check
//! digit (Luhn, ISO/IEC 7812). Up to two spaces, dashes, dots, strokes or line breaks may stand between any digits.
//! - Strictly, it must stand in groups that people write cards in, and no letter may touch it.
//! - Widely, it may hide inside a longer number, be written with `O` and `l`, or in words.
//!
//! Leaves out: numbers that are cut off.

mod issuers;
mod words;

use crate::fold::{Sign, letter_before, may_fold, sign_at};
use crate::{Finding, Kind, Width};

const SHORTEST: usize = 12;
const LONGEST: usize = 19;
/// More signs than that between two digits end a number.
const MOST_GAPS: u8 = 2;
/// Digits that are kept in view: a longer run is looked at piece by piece.
const IN_VIEW: usize = 64;

/// Adds every number of a card in `text`.
pub(crate) fn find(text: &str, width: Width, found: &mut Vec<Finding>) {
    let mut run = Run::new(width);
    let mut at = 0;
    while at < text.len() {
        let byte = text.as_bytes()[at];
        if run.is_empty() && !byte.is_ascii_digit() && !may_fold(byte, width) {
            at += 1;
            continue;
        }
        let Some(sign) = sign_at(text, at, width) else { break };
        run.take(text, sign, found);
        at = sign.end;
    }
    run.close(None, found);
    if width == Width::Wide {
        words::find(text, found);
    }
}

#[derive(Debug, Clone, Copy)]
struct Digit {
    value: u8,
    start: usize,
    end: usize,
    /// What stands between it and the digit before.
    before: Gap,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Gap {
    None,
    /// One point, as in a fraction.
    Point,
    Other,
}

/// Digits with nothing but gaps between them.
struct Run {
    width: Width,
    digits: [Digit; IN_VIEW],
    count: usize,
    gaps: u8,
    gap: Gap,
    /// Does a letter or digit touch its beginning?
    touched: bool,
}

impl Run {
    const fn new(width: Width) -> Self {
        let none = Digit {
            value: 0,
            start: 0,
            end: 0,
            before: Gap::None,
        };
        Self {
            width,
            digits: [none; IN_VIEW],
            count: 0,
            gaps: 0,
            gap: Gap::None,
            touched: false,
        }
    }

    const fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn take(&mut self, text: &str, sign: Sign, found: &mut Vec<Finding>) {
        match self.value(sign) {
            Some(value) => {
                if self.is_empty() {
                    self.touched = letter_before(text, sign.start).is_some_and(char::is_alphanumeric);
                }
                self.push(value, sign.start, sign.end, found);
            }
            None if !self.is_empty() && sign.is_gap() && self.gaps < MOST_GAPS => {
                self.gap = if self.gaps == 0 && sign.letter == '.' {
                    Gap::Point
                } else {
                    Gap::Other
                };
                self.gaps += 1;
            }
            None => self.close(Some(sign), found),
        }
    }

    fn value(&self, sign: Sign) -> Option<u8> {
        let look_alike = self.width == Width::Wide && !self.is_empty() && self.gaps == 0;
        match sign.letter {
            'O' | 'o' if look_alike => Some(0),
            'l' | 'I' | '|' if look_alike => Some(1),
            _ => sign.digit(),
        }
    }

    fn push(&mut self, value: u8, start: usize, end: usize, found: &mut Vec<Finding>) {
        if self.count == IN_VIEW {
            self.look(true, found);
            self.digits.copy_within(IN_VIEW - LONGEST.., 0);
            self.count = LONGEST;
        }
        self.digits[self.count] = Digit {
            value,
            start,
            end,
            before: std::mem::replace(&mut self.gap, Gap::None),
        };
        self.count += 1;
        self.gaps = 0;
    }

    /// Ends the run before `next` and looks at it.
    fn close(&mut self, next: Option<Sign>, found: &mut Vec<Finding>) {
        let touched = self.gaps == 0 && next.is_some_and(|sign| sign.letter.is_alphanumeric());
        self.look(touched, found);
        (self.count, self.gaps, self.gap) = (0, 0, Gap::None);
    }

    fn look(&self, touched_after: bool, found: &mut Vec<Finding>) {
        let mut first = 0;
        while first + SHORTEST <= self.count {
            let longest_first = (SHORTEST..=LONGEST.min(self.count - first)).rev();
            let lengths = issuers::lengths(self.digits[first..].iter().map(|digit| digit.value), self.width);
            let length = longest_first
                .filter(|length| lengths & (1 << length) != 0)
                .find(|length| self.is_card(first, first + length, touched_after));
            if let Some(length) = length {
                let last = first + length - 1;
                found.push(Finding::new(
                    Kind::Card,
                    self.digits[first].start,
                    self.digits[last].end,
                ));
                first += length;
            } else {
                first += 1;
            }
        }
    }

    fn is_card(&self, first: usize, end: usize, touched_after: bool) -> bool {
        let begins_group = first == 0 || self.digits[first].before != Gap::None;
        let ends_group = end == self.count || self.digits[end].before != Gap::None;
        let placed = match self.width {
            // Inside one group it may begin or end anywhere else; over several, both ends are those of groups.
            Width::Wide => {
                begins_group && ends_group || (begins_group || ends_group) && self.borders(first + 1, end) == 0
            }
            Width::Strict => {
                let touched = (first == 0 && self.touched) || (end == self.count && touched_after);
                begins_group && ends_group && !touched && self.is_written_as_one(first, end)
            }
        };
        placed && luhn(self.digits[first..end].iter().map(|digit| digit.value))
    }

    /// How many groups begin there.
    fn borders(&self, from: usize, to: usize) -> usize {
        self.digits[from..to]
            .iter()
            .filter(|digit| digit.before != Gap::None)
            .count()
    }

    /// Is it one group, or groups of four, of one digit each, or those of Amex and Diners? The digits after a point are a fraction.
    fn is_written_as_one(&self, first: usize, end: usize) -> bool {
        let length = end - first;
        let borders = self.borders(first + 1, end);
        let bordered = |place: usize| self.digits[first + place].before != Gap::None;
        let only_at = |places: &[usize]| borders == places.len() && places.iter().all(|place| bordered(*place));
        match length {
            _ if borders == 0 => self.digits[first].before != Gap::Point,
            _ if borders == length - 1 => first == 0 && end == self.count,
            14 | 15 if only_at(&[4, 10]) => true,
            ..=16 if only_at(&[4, 8, 12]) => true,
            17.. if only_at(&[4, 8, 12, 16]) || only_at(&[6]) => true,
            _ => length == 12 && only_at(&[4, 8]),
        }
    }
}

/// The check digit: every second one doubled from the right, the sum of all digits a multiple of ten.
fn luhn(digits: impl DoubleEndedIterator<Item = u8>) -> bool {
    let sum: u32 = digits
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, u32::from(digit)) {
            (0, digit) => digit,
            (_, digit) if digit > 4 => 2 * digit - 9,
            (_, digit) => 2 * digit,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Might a number be spelled out in words here? Cheap, and wrong at times.
pub(crate) fn is_spelled(text: &str) -> bool {
    text.len() >= 3 * SHORTEST && words::count(text) >= SHORTEST
}
