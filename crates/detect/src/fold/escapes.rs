//! Entities, percent signs and JSON's escapes: one of them at the beginning of some bytes.
//!
//! Promises: reads no more than twelve bytes; what is no whole escape is none.
//! Leaves out: named entities other than the spaces, surrogate pairs.

const NAMED: [(&[u8], char); 5] = [
    (b"&nbsp;", ' '),
    (b"&ensp;", ' '),
    (b"&emsp;", ' '),
    (b"&thinsp;", ' '),
    (b"&commat;", '@'),
];
const MOST_ENTITY_DIGITS: usize = 6;

/// The escaped character at the beginning, and how many bytes it takes.
pub(super) fn read(bytes: &[u8]) -> Option<(char, usize)> {
    match bytes.first()? {
        b'%' => percent(bytes),
        b'&' => entity(bytes),
        b'\\' => backslash(bytes),
        _ => None,
    }
}

fn percent(bytes: &[u8]) -> Option<(char, usize)> {
    let first = percent_byte(bytes)?;
    let count = match first {
        ..=0x7f => return Some((char::from(first), 3)),
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        _ => return None,
    };
    let mut utf8 = [first, 0, 0];
    for (place, byte) in utf8.iter_mut().enumerate().take(count).skip(1) {
        *byte = percent_byte(bytes.get(3 * place..)?)?;
    }
    let letter = std::str::from_utf8(&utf8[..count]).ok()?.chars().next()?;
    Some((letter, 3 * count))
}

fn percent_byte(bytes: &[u8]) -> Option<u8> {
    let hex = bytes.strip_prefix(b"%")?.get(..2)?;
    u8::try_from(number(hex, 16)?).ok()
}

fn entity(bytes: &[u8]) -> Option<(char, usize)> {
    let Some(rest) = bytes.strip_prefix(b"&#") else {
        let named = NAMED.iter().find(|(name, _)| bytes.starts_with(name))?;
        return Some((named.1, named.0.len()));
    };
    let (digits, radix, before) = match rest {
        [b'x' | b'X', digits @ ..] => (digits, 16, 3),
        digits => (digits, 10, 2),
    };
    let count = digits
        .iter()
        .take(MOST_ENTITY_DIGITS + 1)
        .position(|byte| *byte == b';')?;
    let letter = char::from_u32(number(&digits[..count], radix)?)?;
    Some((letter, before + count + 1))
}

fn backslash(bytes: &[u8]) -> Option<(char, usize)> {
    match bytes.get(1)? {
        b'n' => Some(('\n', 2)),
        b'r' => Some(('\r', 2)),
        b't' => Some(('\t', 2)),
        b'/' => Some(('/', 2)),
        b'u' => Some((char::from_u32(number(bytes.get(2..6)?, 16)?)?, 6)),
        _ => None,
    }
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u32, |number, digit| {
        let digit = char::from(*digit).to_digit(radix)?;
        number.checked_mul(radix)?.checked_add(digit)
    })
}
