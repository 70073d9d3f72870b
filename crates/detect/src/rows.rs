//! Rows of letters, digits and the marks of base64: what keys and encoded texts are written in.

/// The first byte and the byte after the last of every row, in order. Padding (`=`) is not part of one.
pub(crate) fn of(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + bytes[at..].iter().position(|byte| is_part(*byte))?;
        let length = bytes[start..]
            .iter()
            .position(|byte| !is_part(*byte))
            .unwrap_or(bytes.len() - start);
        at = start + length;
        Some((start, at))
    })
}

const fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'_' | b'-')
}
