//! The forms in which a program writes a text, or bytes.

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;

use super::Needle;

/// All forms of all texts, to be searched for at once.
pub(super) struct Forms {
    pub(super) automaton: AhoCorasick,
    /// Text and form of each pattern.
    pub(super) patterns: Vec<(String, &'static str)>,
}

pub(super) fn forms(texts: &[&str]) -> Forms {
    assert!(
        !texts.is_empty() && texts.iter().all(|text| text.len() >= 8),
        "a text of under 8 bytes is found by chance"
    );
    let (mut bytes, mut patterns) = (BTreeSet::new(), Vec::new());
    let mut needles = Vec::new();
    for text in texts {
        for (form, needle) in encodings(text) {
            if bytes.insert(needle.clone()) {
                needles.push(needle);
                patterns.push(((*text).to_owned(), form));
            }
        }
    }
    let automaton = AhoCorasick::new(&needles).expect("some hundred patterns fit into an automaton");
    Forms { automaton, patterns }
}

pub(super) fn forms_of_bytes(needles: &[Needle]) -> Forms {
    assert!(
        !needles.is_empty() && needles.iter().all(|needle| needle.bytes.len() >= 8),
        "bytes of under 8 are found by chance"
    );
    let (mut bytes, mut patterns) = (Vec::new(), Vec::new());
    for needle in needles {
        let mut add = |form, pattern| {
            bytes.push(pattern);
            patterns.push((needle.name.clone(), form));
        };
        add("plain", needle.bytes.clone());
        add("hexadecimal", hexadecimal(&needle.bytes, "0123456789abcdef"));
        add(
            "hexadecimal, upper case",
            hexadecimal(&needle.bytes, "0123456789ABCDEF"),
        );
        for alignment in 0..3 {
            add("base64", base64_core(&needle.bytes, alignment, BASE64));
            add("base64url", base64_core(&needle.bytes, alignment, BASE64_URL));
        }
    }
    let automaton = AhoCorasick::new(&bytes).expect("some hundred patterns fit into an automaton");
    Forms { automaton, patterns }
}

pub(super) const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE64_URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

pub(super) fn encodings(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let bytes = text.as_bytes();
    let escaped = serde_json::to_string(text).expect("a string can be written as JSON");
    let mut found = vec![
        ("plain", bytes.to_vec()),
        ("JSON", escaped.trim_matches('"').as_bytes().to_vec()),
        ("JSON, ASCII only", ascii_json(text).into_bytes()),
        ("hexadecimal", hexadecimal(bytes, "0123456789abcdef")),
        ("hexadecimal, upper case", hexadecimal(bytes, "0123456789ABCDEF")),
        (
            "UTF-16, little end first",
            text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
        (
            "UTF-16, big end first",
            text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        ),
        ("percent", percent(bytes)),
    ];
    for alignment in 0..3 {
        found.push(("base64", base64_core(bytes, alignment, BASE64)));
        found.push(("base64url", base64_core(bytes, alignment, BASE64_URL)));
    }
    found
}

/// The characters of base64 that depend on `bytes` alone when they stand at `alignment` in a group of three.
pub(super) fn base64_core(bytes: &[u8], alignment: usize, alphabet: &[u8; 64]) -> Vec<u8> {
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

fn hexadecimal(bytes: &[u8], digits: &str) -> Vec<u8> {
    let digit = |nibble: u8| digits.as_bytes()[usize::from(nibble)];
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

fn ascii_json(text: &str) -> String {
    let escaped = serde_json::to_string(text).expect("a string can be written as JSON");
    let mut ascii = String::new();
    for letter in escaped.trim_matches('"').chars() {
        if letter.is_ascii() {
            ascii.push(letter);
        } else {
            let mut units = [0; 2];
            for unit in letter.encode_utf16(&mut units) {
                ascii.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    ascii
}

fn percent(bytes: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::new();
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            encoded.push(*byte);
        } else {
            encoded.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
    encoded
}
