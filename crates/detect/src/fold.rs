//! Reads a text as a person does: digits of every script as digits, wide letters as letters, invisible signs not at all.
//!
//! Promises: each step reads a bounded number of bytes, so that rules which start at every place stay linear; what was read
//! keeps its place in the text. A strict reading decodes nothing; a wide one also reads entities (`&#32;`), percent signs
//! (`%20`) and the escapes of JSON (`\u0020`, `\n`), since logs are where encoded texts end up.
//! Leaves out: look-alike letters of other alphabets, which no number is written with.

use crate::Width;

mod escapes;

/// More invisible signs in a row than that end a number.
const MOST_INVISIBLE: usize = 16;

/// One sign, as it is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sign {
    /// A digit of any script is its ASCII one, a space of any width `' '`, a dash of any length `'-'`.
    pub(crate) letter: char,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Sign {
    pub(crate) fn digit(self) -> Option<u8> {
        self.letter.is_ascii_digit().then(|| self.letter as u8 - b'0')
    }

    /// Does it stand between the groups of a number?
    pub(crate) const fn is_gap(self) -> bool {
        matches!(self.letter, ' ' | '\t' | '\n' | '\r' | '-' | '.' | '/' | '_')
    }
}

/// The sign at `at`, which is a border of a character. `None` at the end, or where too many invisible signs follow.
pub(crate) fn sign_at(text: &str, at: usize, width: Width) -> Option<Sign> {
    let mut start = at;
    for _ in 0..MOST_INVISIBLE {
        let byte = *text.as_bytes().get(start)?;
        let (letter, end) = if byte.is_ascii() {
            let escape = (width == Width::Wide)
                .then(|| escapes::read(&text.as_bytes()[start..]))
                .flatten();
            let (letter, length) = escape.unwrap_or((char::from(byte), 1));
            (letter, start + length)
        } else {
            let letter = text[start..].chars().next()?;
            (letter, start + letter.len_utf8())
        };
        if !is_invisible(letter) {
            let letter = if letter.is_ascii() { letter } else { folded(letter) };
            return Some(Sign { letter, start, end });
        }
        start = end;
    }
    None
}

/// Can a sign that is read as a digit, letter or mark of ASCII begin with this byte, which isn't it itself? True only at borders of
/// characters, and never for the letters of Latin, Greek, Cyrillic, Chinese or Japanese texts.
pub(crate) const fn may_fold(byte: u8, width: Width) -> bool {
    let escape = matches!(width, Width::Wide) && matches!(byte, b'&' | b'%' | b'\\');
    escape || matches!(byte, 0xc2 | 0xd9 | 0xdb | 0xdf | 0xe0..=0xe2 | 0xea | 0xef..=0xf4)
}

/// The character before `at`.
pub(crate) fn letter_before(text: &str, at: usize) -> Option<char> {
    text[..at].chars().next_back()
}

fn folded(letter: char) -> char {
    match letter {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => '-',
        '\u{b7}' | '\u{2022}' | '\u{2024}' | '\u{22c5}' => '.',
        '\u{2044}' | '\u{2215}' => '/',
        _ if letter.is_whitespace() => ' ',
        _ => digit(letter).map_or(letter, |digit| char::from(b'0' + digit)),
    }
}

fn digit(letter: char) -> Option<u8> {
    let code = u32::from(letter);
    let zero = match letter {
        '\u{b9}' => code - 1,
        '\u{b2}' | '\u{b3}' => 0xb0,
        '\u{2070}' | '\u{2074}'..='\u{2079}' => 0x2070,
        '\u{2080}'..='\u{2089}' => 0x2080,
        '\u{24ea}' => code,
        '\u{2460}'..='\u{2468}' => 0x245f,
        _ => {
            let after = ZEROS.partition_point(|zero| *zero <= code);
            *ZEROS.get(after.checked_sub(1)?)?
        }
    };
    u8::try_from(code - zero).ok().filter(|digit| *digit < 10)
}

const fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

/// The zero of every script that counts in tens (Unicode's category Nd).
#[rustfmt::skip]
const ZEROS: [u32; 66] = [
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0, 0xf20, 0x1040,
    0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0,
    0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0,
    0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6,
    0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn read(text: &str, width: Width) -> String {
        let (mut at, mut letters) = (0, String::new());
        while let Some(sign) = sign_at(text, at, width) {
            letters.push(sign.letter);
            at = sign.end;
        }
        letters
    }

    #[test]
    fn digits_of_every_script_spaces_and_dashes_are_read_as_those_of_ascii() {
        let text = "４\u{200b}2\u{a0}٤٢\u{2013}\u{1d7d8}①² ４＠x";
        assert_eq!(read(text, Width::Strict), "42 42-012 4@x");
        for zero in ZEROS {
            let bytes = char::from_u32(zero).unwrap().to_string();
            assert!(zero == 0x30 || may_fold(bytes.as_bytes()[0], Width::Strict), "{zero:x}");
        }
        assert!(ZEROS.is_sorted() && ZEROS.iter().all(|zero| char::from_u32(*zero).unwrap().is_numeric()));
    }

    #[test]
    fn escapes_are_read_wide_only() {
        let text = r"4&#32;2&#x34;%20%C2%A0\u0034\n&nbsp;%zz&#;\u12";
        assert_eq!(read(text, Width::Wide), "4 24  4\n %zz&#;\\u12");
        assert_eq!(read(text, Width::Strict).len(), text.len());
    }

    #[test]
    fn what_is_read_keeps_its_place() {
        let text = "a\u{200b}\u{200b}％41";
        let sign = sign_at(text, 1, Width::Wide).unwrap();
        assert_eq!((&text[sign.start..sign.end], sign.letter), ("％", '%'));
    }

    #[test]
    fn an_endless_row_of_invisible_signs_is_not_followed() {
        assert!(sign_at(&"\u{200b}".repeat(100_000), 0, Width::Strict).is_none());
    }
}
