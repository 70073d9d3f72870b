//! Finds a text in files, in every form in which a program writes text.
//!
//! Promises: a text that lies in a file plainly, in base64 (both alphabets, at each of the three alignments), in hexadecimal, in UTF-16,
//! escaped for JSON or for an address is found. One pass for all texts and forms; stretches of zeros (preallocated files) cost nothing.
//! Leaves out: compressed and encrypted bytes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;

/// A place where a text was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The file, or the name that was given to the bytes.
    pub place: PathBuf,
    /// The text.
    pub text: String,
    /// In which form.
    pub form: &'static str,
    /// Where it begins.
    pub offset: usize,
}

/// What a scan looked at and found.
#[derive(Debug, Default)]
pub struct Scan {
    /// Files and named pieces of bytes.
    pub looked_at: usize,
    /// Their bytes.
    pub bytes: usize,
    /// What was found.
    pub hits: Vec<Hit>,
}

impl Scan {
    /// Scans every file below `folder` for `texts`.
    ///
    /// # Panics
    /// If the folder can't be read. A file that ends while it is looked at is passed over.
    #[must_use]
    pub fn folder(folder: &Path, texts: &[&str]) -> Self {
        let forms = forms(texts);
        let mut scan = Self::default();
        let mut folders = vec![folder.to_owned()];
        while let Some(next) = folders.pop() {
            let entries = match std::fs::read_dir(&next) {
                Ok(entries) => entries,
                Err(error) => {
                    assert!(next != folder, "{}: {error}", folder.display());
                    continue;
                }
            };
            for entry in entries.flatten() {
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                    Ok(kind) if kind.is_file() => {
                        // The name of a file says something, too.
                        scan.piece(&entry.path(), entry.file_name().as_encoded_bytes(), &forms);
                        if let Ok(bytes) = std::fs::read(entry.path()) {
                            scan.looked_at += 1;
                            scan.piece(&entry.path(), &bytes, &forms);
                        }
                    }
                    _ => {}
                }
            }
        }
        scan
    }

    /// Scans bytes that are no file: a log, an answer, a dump.
    #[must_use]
    pub fn bytes(name: &str, bytes: &[u8], texts: &[&str]) -> Self {
        let mut scan = Self {
            looked_at: 1,
            ..Self::default()
        };
        scan.piece(Path::new(name), bytes, &forms(texts));
        scan
    }

    /// Adds another scan's result.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.looked_at += other.looked_at;
        self.bytes += other.bytes;
        self.hits.extend(other.hits);
        self
    }

    /// Asserts that something was looked at and nothing found.
    ///
    /// # Panics
    /// If not.
    pub fn assert_clean(&self) {
        assert!(self.looked_at > 0 && self.bytes > 0, "the scan looked at nothing");
        assert!(
            self.hits.is_empty(),
            "found in {} files: {:#?}",
            self.looked_at,
            self.hits
        );
    }

    fn piece(&mut self, place: &Path, bytes: &[u8], forms: &Forms) {
        self.bytes += bytes.len();
        let mut seen = BTreeSet::new();
        for (start, stretch) in stretches(bytes) {
            for found in forms.automaton.find_overlapping_iter(stretch) {
                let (text, form) = &forms.patterns[found.pattern().as_usize()];
                if seen.insert(found.pattern()) {
                    let offset = start + found.start();
                    self.hits.push(Hit {
                        place: place.to_owned(),
                        text: text.clone(),
                        form,
                        offset,
                    });
                }
            }
        }
    }
}

const BLOCK: usize = 4096;

/// What lies between blocks of zeros, with its offset. No text that is searched for holds a whole block of zeros; one in UTF-16 may
/// begin or end with a zero byte, so a stretch takes one more byte at either side.
fn stretches(bytes: &[u8]) -> Vec<(usize, &[u8])> {
    let (mut found, mut start) = (Vec::new(), None);
    for (index, block) in bytes.chunks(BLOCK).enumerate() {
        let offset = index * BLOCK;
        match (block == &[0; BLOCK][..block.len()], start) {
            (true, Some(from)) => {
                found.push((from, &bytes[from..=offset]));
                start = None;
            }
            (false, None) => start = Some(offset.saturating_sub(1)),
            _ => {}
        }
    }
    found.extend(start.map(|from| (from, &bytes[from..])));
    found
}

/// All forms of all texts, to be searched for at once.
struct Forms {
    automaton: AhoCorasick,
    /// Text and form of each pattern.
    patterns: Vec<(String, &'static str)>,
}

fn forms(texts: &[&str]) -> Forms {
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

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE64_URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn encodings(text: &str) -> Vec<(&'static str, Vec<u8>)> {
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

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "canary \"caf\u{e9}\" \u{1f426} sings";

    fn base64(bytes: &[u8]) -> Vec<u8> {
        let mut text = base64_core(bytes, 0, BASE64);
        if !bytes.len().is_multiple_of(3) {
            let mut padded = bytes.to_vec();
            padded.resize(bytes.len().next_multiple_of(3), 0);
            text = base64_core(&padded, 0, BASE64);
            let spare = padded.len() - bytes.len();
            let end = text.len() - spare;
            text[end..].fill(b'=');
        }
        text
    }

    #[test]
    fn base64_is_what_everybody_else_writes() {
        assert_eq!(base64(b"Man"), b"TWFu");
        assert_eq!(base64(b"Ma"), b"TWE=");
        assert_eq!(base64(b"light work."), b"bGlnaHQgd29yay4=");
    }

    #[test]
    fn a_planted_text_is_found_in_every_form() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let mut plants: Vec<Vec<u8>> = encodings(TEXT).into_iter().map(|(_, bytes)| bytes).collect();
        for lead in ["", "x", "xy", "xyz"] {
            plants.push(base64(format!("{lead}{TEXT}{lead}").as_bytes()));
        }
        for (index, plant) in plants.iter().enumerate() {
            std::fs::write(
                folder.path().join(format!("{index}")),
                [b"\x00\xffbefore", plant.as_slice(), b"after"].concat(),
            )
            .expect("a file can be written");
        }
        let scan = Scan::folder(folder.path(), &[TEXT]);
        let found: BTreeSet<&Path> = scan.hits.iter().map(|hit| hit.place.as_path()).collect();
        assert_eq!((scan.looked_at, found.len()), (plants.len(), plants.len()));
    }

    #[test]
    fn a_name_of_a_file_is_looked_at_and_other_texts_are_not_found() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        std::fs::write(folder.path().join("planted-in-a-name"), "nothing").expect("a file can be written");
        assert_eq!(Scan::folder(folder.path(), &["planted-in-a-name"]).hits.len(), 1);
        Scan::folder(folder.path(), &["planted-elsewhere"]).assert_clean();
    }

    #[test]
    fn a_text_across_blocks_after_a_stretch_of_zeros_is_found() {
        let mut bytes = vec![0; 10 * BLOCK];
        let offset = 7 * BLOCK - 10;
        bytes[offset..offset + 20].copy_from_slice(b"planted across a gap");
        let hits = Scan::bytes("memory", &bytes, &["planted across a gap"]).hits;
        assert_eq!(hits.iter().map(|hit| hit.offset).collect::<Vec<_>>(), [offset]);
    }

    #[test]
    #[should_panic(expected = "looked at nothing")]
    fn an_empty_folder_is_not_clean() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        Scan::folder(folder.path(), &["planted-elsewhere"]).assert_clean();
    }
}
