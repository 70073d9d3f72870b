//! Finds a text in files, in every form in which a program writes text.
//!
//! Promises: a text that lies in a file plainly, in base64 (both alphabets, at each of the three alignments), in hexadecimal, in UTF-16,
//! escaped for JSON or for an address is found, also inside of gzip and zlib. One pass for all texts and forms; stretches of zeros
//! (preallocated files) cost nothing. Bytes that are no text, such as sealed ones, are searched for as they are and in hexadecimal.
//! Leaves out: encrypted bytes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

mod compressed;

use detect::needles::Needles;

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
        Self::every_file(folder, &Sought::texts(texts))
    }

    /// Scans every file below `folder` for bytes, as they are, in hexadecimal and in base64.
    ///
    /// # Panics
    /// As [`Scan::folder`].
    #[must_use]
    pub fn folder_for(folder: &Path, needles: &[Needle]) -> Self {
        Self::every_file(folder, &Sought::bytes(needles))
    }

    fn every_file(folder: &Path, sought: &Sought) -> Self {
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
                        scan.piece(&entry.path(), entry.file_name().as_encoded_bytes(), sought);
                        if let Ok(bytes) = std::fs::read(entry.path()) {
                            scan.looked_at += 1;
                            scan.piece(&entry.path(), &bytes, sought);
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
        scan.piece(Path::new(name), bytes, &Sought::texts(texts));
        scan
    }

    /// Scans bytes that are no file for bytes.
    #[must_use]
    pub fn bytes_for(name: &str, bytes: &[u8], needles: &[Needle]) -> Self {
        let mut scan = Self {
            looked_at: 1,
            ..Self::default()
        };
        scan.piece(Path::new(name), bytes, &Sought::bytes(needles));
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

    fn piece(&mut self, place: &Path, bytes: &[u8], sought: &Sought) {
        self.bytes += bytes.len();
        for inside in compressed::inflated(bytes) {
            if let Some(needle) = sought.needles.first(&inside.bytes) {
                self.hits.push(sought.hit(place, needle, inside.form, inside.offset));
            }
        }
        for lies in sought.needles.find(bytes) {
            self.hits.push(sought.hit(place, lies.needle, lies.form, lies.offset));
        }
    }
}

/// What is searched for, with its names.
struct Sought {
    needles: Needles,
    names: Vec<String>,
}

impl Sought {
    fn texts(texts: &[&str]) -> Self {
        Self {
            needles: Needles::of_texts(texts).expect("a text of under 8 bytes is found by chance"),
            names: texts.iter().map(|&text| text.to_owned()).collect(),
        }
    }

    fn bytes(needles: &[Needle]) -> Self {
        let bytes: Vec<&[u8]> = needles.iter().map(|needle| needle.bytes.as_slice()).collect();
        Self {
            needles: Needles::of_bytes(&bytes).expect("bytes of under 8 are found by chance"),
            names: needles.iter().map(|needle| needle.name.clone()).collect(),
        }
    }

    fn hit(&self, place: &Path, needle: usize, form: &'static str, offset: usize) -> Hit {
        Hit {
            place: place.to_owned(),
            text: self.names[needle].clone(),
            form,
            offset,
        }
    }
}

#[cfg(test)]
mod tests {
    use detect::needles::encodings;

    use super::*;

    const TEXT: &str = "canary \"caf\u{e9}\" \u{1f426} sings";

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
    #[should_panic(expected = "looked at nothing")]
    fn an_empty_folder_is_not_clean() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        Scan::folder(folder.path(), &["planted-elsewhere"]).assert_clean();
    }
}
