//! The forms in which a program writes a text, or bytes.

use std::fmt::Write as _;

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE64_URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const LOWER: &[u8; 16] = b"0123456789abcdef";
const UPPER: &[u8; 16] = b"0123456789ABCDEF";

/// Every form of a text, by name. Some may be equal.
#[must_use]
pub fn encodings(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let bytes = text.as_bytes();
    let mut found = of_bytes(bytes);
    found.extend([
        ("JSON", json(text, |letter| letter.is_ascii_control()).into_bytes()),
        (
            "JSON, ASCII only",
            json(text, |letter| letter.is_ascii_control() || !letter.is_ascii()).into_bytes(),
        ),
        (
            "UTF-16, little end first",
            text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
        (
            "UTF-16, big end first",
            text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        ),
        ("percent", percent(bytes)),
    ]);
    found
}

/// The forms of what is no text.
pub(super) fn of_bytes(bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut found = vec![
        ("plain", bytes.to_vec()),
        ("hexadecimal", hexadecimal(bytes, LOWER)),
        ("hexadecimal, upper case", hexadecimal(bytes, UPPER)),
    ];
    for alignment in 0..3 {
        found.push(("base64", base64_core(bytes, alignment, BASE64)));
        found.push(("base64url", base64_core(bytes, alignment, BASE64_URL)));
    }
    found
}

/// The characters of base64 that depend on `bytes` alone when they stand at `alignment` in a group of three.
fn base64_core(bytes: &[u8], alignment: usize, alphabet: &[u8; 64]) -> Vec<u8> {
    let mut padded = vec![0; alignment];
    padded.extend_from_slice(bytes);
    let whole = padded.len() * 8 / 6;
    padded.extend_from_slice(&[0, 0]);
    let sextet = |index: usize| {
        let bit = index * 6;
        let pair = u16::from_be_bytes([padded[bit / 8], padded.get(bit / 8 + 1).copied().unwrap_or(0)]);
        alphabet[usize::from((pair >> (10 - bit % 8)) & 0x3f)]
    };
    (((alignment * 8).div_ceil(6))..whole).map(sextet).collect()
}

fn hexadecimal(bytes: &[u8], digits: &[u8; 16]) -> Vec<u8> {
    let digit = |nibble: u8| digits[usize::from(nibble)];
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

/// As it stands between the quotes of a JSON string, with these letters as numbers where they have no short form.
fn json(text: &str, as_number: impl Fn(char) -> bool) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            '\u{8}' => escaped.push_str("\\b"),
            '\u{c}' => escaped.push_str("\\f"),
            letter if as_number(letter) && letter != '\u{7f}' => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    // A text takes everything.
                    let _written = write!(escaped, "\\u{unit:04x}");
                }
            }
            letter => escaped.push(letter),
        }
    }
    escaped
}

fn percent(bytes: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::new();
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            encoded.push(*byte);
        } else {
            encoded.push(b'%');
            encoded.extend(hexadecimal(&[*byte], UPPER));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_what_everybody_else_writes() {
        let text = |bytes: &[u8]| String::from_utf8(base64_core(bytes, 0, BASE64)).expect("letters");
        assert_eq!(text(b"Man"), "TWFu");
        assert_eq!(text(b"light work"), "bGlnaHQgd29ya");
        let second = String::from_utf8(base64_core(b"ight work", 1, BASE64)).expect("letters");
        assert!("bGlnaHQgd29yaw==".contains(&second), "{second}");
    }

    #[test]
    fn json_is_what_everybody_else_writes() {
        for text in [
            "plain",
            "caf\u{e9} \u{1f426}",
            "a\"b\\c\n\r\t\u{8}\u{c}\u{1}\u{1f}\u{7f}",
        ] {
            let written = serde_json::to_string(text).expect("a string can be written as JSON");
            assert_eq!(
                json(text, |letter| letter.is_ascii_control()),
                written[1..written.len() - 1]
            );
            let ascii = json(text, |letter| letter.is_ascii_control() || !letter.is_ascii());
            assert!(ascii.is_ascii());
            let read: String = serde_json::from_str(&format!("\"{ascii}\"")).expect("JSON");
            assert_eq!(read, text);
        }
    }
}
