//! Finds a text in files, in every form in which a program writes text.
//!
//! Promises: a text that lies in a file plainly, in base64 (both alphabets, at each of the three alignments), in hexadecimal, in UTF-16,
//! escaped for JSON or for an address is found, also inside of gzip and zlib. One pass for all texts and forms; stretches of zeros
//! (preallocated files) cost nothing. Bytes that are no text, such as sealed ones, are searched for as they are and in hexadecimal.
//! Leaves out: encrypted bytes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

mod compressed;
mod forms;

use forms::{Forms, forms, forms_of_bytes};

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

/// Bytes to search for that are no text: sealed values, keys.
#[derive(Debug, Clone)]
pub struct Needle {
    /// What they are.
    pub name: String,
    /// The bytes.
    pub bytes: Vec<u8>,
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
        Self::every_file(folder, &forms(texts))
    }

    /// Scans every file below `folder` for bytes, as they are, in hexadecimal and in base64.
    ///
    /// # Panics
    /// As [`Scan::folder`].
    #[must_use]
    pub fn folder_for(folder: &Path, needles: &[Needle]) -> Self {
        Self::every_file(folder, &forms_of_bytes(needles))
    }

    fn every_file(folder: &Path, forms: &Forms) -> Self {
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
                        scan.piece(&entry.path(), entry.file_name().as_encoded_bytes(), forms);
                        if let Ok(bytes) = std::fs::read(entry.path()) {
                            scan.looked_at += 1;
                            scan.piece(&entry.path(), &bytes, forms);
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

    /// Scans bytes that are no file for bytes.
    #[must_use]
    pub fn bytes_for(name: &str, bytes: &[u8], needles: &[Needle]) -> Self {
        let mut scan = Self {
            looked_at: 1,
            ..Self::default()
        };
        scan.piece(Path::new(name), bytes, &forms_of_bytes(needles));
        scan
    }

    /// The names of what was found, each once.
    #[must_use]
    pub fn found(&self) -> BTreeSet<&str> {
        self.hits.iter().map(|hit| hit.text.as_str()).collect()
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
        for inside in compressed::inflated(bytes) {
            if let Some(found) = forms.automaton.find(&inside.bytes) {
                self.hits.push(Hit {
                    place: place.to_owned(),
                    text: forms.patterns[found.pattern().as_usize()].0.clone(),
                    form: inside.form,
                    offset: inside.offset,
                });
            }
        }
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

#[cfg(test)]
mod tests {
    use super::forms::{BASE64, base64_core, encodings};
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
        for level in 0..10 {
            plants.push(compressed::plants::zlib(
                format!("say {TEXT} again, {TEXT}").as_bytes(),
                level,
            ));
        }
        plants.push(compressed::plants::gzip(TEXT.as_bytes()));
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
