//! A folder that ends with whoever holds it: for an instance of a moment.
//!
//! Promises: it is new, and its owner's alone; it is removed with all that is in it when it is dropped, also by a panic.
//! Leaves out: what a killed process leaves; the system clears its folder for temporary files.

use std::io;
use std::path::{Path, PathBuf};

use base::random::{self, Random};

use crate::disk::{Disk, RealDisk};

/// The folder.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// Makes a folder in `parent` whose name begins with `name`.
    ///
    /// # Errors
    /// Those of the system.
    pub fn make(parent: &Path, name: &str, random: &dyn Random) -> io::Result<Self> {
        let number = u64::from_be_bytes(random::bytes(random));
        let path = parent.join(format!("{name}-{number:016x}"));
        if path.symlink_metadata().is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        RealDisk.create_folder(&path)?;
        // Absolute, so that it is found again wherever the process stands then.
        Ok(Self {
            path: path.canonicalize()?,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes it now.
    ///
    /// # Errors
    /// Those of the system: something of it is left.
    pub fn remove(self) -> io::Result<()> {
        self.clear()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the ban is against removing unseen what others made: this one made the folder"
    )]
    fn clear(&self) -> io::Result<()> {
        match std::fs::remove_dir_all(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = self.clear() {
            tracing::warn!(error = %error, "a temporary folder could not be removed");
        }
    }
}

/// Every file below a folder, in the order of their paths; links are not followed.
///
/// # Errors
/// A folder can't be read. One that ends meanwhile is passed over.
#[expect(
    clippy::disallowed_methods,
    reason = "looks into folders below, which a disk's list leaves out"
)]
pub fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        let entries = match std::fs::read_dir(&next) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && next != folder => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            match entry.file_type()? {
                kind if kind.is_dir() => folders.push(entry.path()),
                kind if kind.is_file() => files.push(entry.path()),
                _ => {}
            }
        }
    }
    files.sort();
    Ok(files)
}
