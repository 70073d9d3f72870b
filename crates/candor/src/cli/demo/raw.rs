//! What lies on the disk, byte by byte: files are read and searched, nobody is asked.
//!
//! "Not found" alone proves nothing where everything is sealed. So what is searched for is twofold: what people typed, which is never
//! there in the clear, and what was sealed of it, which is there until the end and gone after it. Each search first finds what it
//! planted itself.

use std::path::PathBuf;

use base::time::Day;
use detect::needles::Needles;
use serde::Serialize;
use store::disk::{Disk as _, RealDisk, read_file};
use store::folder::files_below;

use super::stage::Stage;
use crate::cli::failure::Failure;
use crate::instance::files;

/// No file of a story is longer.
const LARGEST_FILE_BYTES: u64 = 1 << 30;
/// Sealed values are searched for by bytes from their middle: behind what all of them begin with.
const FRAGMENT: std::ops::Range<usize> = 24..56;
/// The name of what a search plants for itself.
const PLANTED: &str = "planted-by-the-demo";

/// What is searched for.
pub(super) struct Search {
    folder: PathBuf,
    keyring: String,
    texts: Needles,
    sealed: Needles,
    /// One of each.
    plant: [Vec<u8>; 2],
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(super) struct Found {
    pub(super) files: usize,
    pub(super) bytes: usize,
    /// Files that stand in no declaration.
    pub(super) undeclared: usize,
    /// Texts that were searched for.
    pub(super) texts: usize,
    /// Those that lie somewhere in the clear, in any form.
    pub(super) in_the_clear: usize,
    /// Sealed pieces that were searched for.
    pub(super) sealed: usize,
    /// Those that lie somewhere.
    pub(super) sealed_found: usize,
}

impl Search {
    /// For these texts, and for everything that is sealed of a day now.
    pub(super) async fn new(stage: &Stage<'_>, texts: &[String], day: Day) -> Result<Self, Failure> {
        let instance = stage.instance();
        let values = instance.records.sealed(day).await.map_err(Failure::failed)?;
        let pieces: Vec<&[u8]> = values.iter().filter_map(|value| value.get(FRAGMENT)).collect();
        let words: Vec<&str> = texts.iter().map(String::as_str).collect();
        let too_short = |_| Failure::failed("there is nothing to search for: nothing was recorded");
        let (config, data) = (&instance.config, &instance.config.data.dir);
        let keyring = config.keyring();
        let keyring = keyring.strip_prefix(data).unwrap_or(&keyring);
        Ok(Self {
            folder: data.clone(),
            keyring: keyring.display().to_string(),
            texts: Needles::of_texts(&words).map_err(too_short)?,
            sealed: Needles::of_bytes(&pieces).map_err(too_short)?,
            plant: [
                words.first().map_or_else(Vec::new, |text| text.as_bytes().to_vec()),
                pieces.first().map_or_else(Vec::new, |piece| piece.to_vec()),
            ],
        })
    }

    /// Searches every file of the data folder.
    pub(super) fn look(&self) -> Result<Found, Failure> {
        let mut found = Found {
            texts: self.texts.len(),
            sealed: self.sealed.len(),
            ..Found::default()
        };
        let (mut clear, mut sealed) = (vec![false; found.texts], vec![false; found.sealed]);
        for path in files_below(&self.folder).map_err(Failure::failed)? {
            let name = path.strip_prefix(&self.folder).unwrap_or(&path).display().to_string();
            let bytes = match read_file(&RealDisk, &path, LARGEST_FILE_BYTES) {
                // It ended meanwhile.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                read => read.map_err(Failure::failed)?,
            };
            found.files += 1;
            found.bytes += bytes.len();
            found.undeclared += usize::from(files::declared(&name, &self.keyring).is_none());
            for lies in self
                .texts
                .find(&bytes)
                .into_iter()
                .chain(self.texts.find(name.as_bytes()))
            {
                clear[lies.needle] = true;
            }
            for lies in self.sealed.find(&bytes) {
                sealed[lies.needle] = true;
            }
        }
        let count = |seen: &[bool]| seen.iter().filter(|seen| **seen).count();
        (found.in_the_clear, found.sealed_found) = (count(&clear), count(&sealed));
        Ok(found)
    }

    /// How many of the sealed pieces lie in the spool.
    pub(super) fn spooled(&self) -> Result<usize, Failure> {
        let mut seen = vec![false; self.sealed.len()];
        for path in files_below(&self.folder.join("spool")).map_err(Failure::failed)? {
            // One that ends meanwhile holds nothing any more.
            let bytes = read_file(&RealDisk, &path, LARGEST_FILE_BYTES).unwrap_or_default();
            for lies in self.sealed.find(&bytes) {
                seen[lies.needle] = true;
            }
        }
        Ok(seen.iter().filter(|seen| **seen).count())
    }

    /// Plants a file with a text and a sealed piece, searches, and removes it: a search that is blind would not find them.
    pub(super) fn control(&self) -> Result<Found, Failure> {
        let path = self.folder.join(PLANTED);
        let file = RealDisk.create(&path).map_err(Failure::failed)?;
        let written = file.write_all_at(&self.plant.concat(), 0).map_err(Failure::failed);
        let looked = written.and_then(|()| self.look());
        RealDisk.remove(&path).map_err(Failure::failed)?;
        looked
    }
}
