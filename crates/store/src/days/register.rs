//! The days that were dropped, in a file of lines beside the day files.
//!
//! Promises: a day stands in it, durably, before the first of its files is removed. A line that a crash tore is cut off:
//! its day's files are all still there.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use base::time::Day;

use crate::disk::{Disk, RealDisk, read_file};

/// The file's name in the folder of day files.
pub(super) const NAME: &str = "purged";

/// `2026-11-25` and a line end.
const LINE_BYTES: usize = 11;

/// Enough for nine hundred years; a larger file is not ours.
const LIMIT_BYTES: u64 = 4 << 20;

pub(super) struct Register {
    path: PathBuf,
    days: BTreeSet<Day>,
}

impl Register {
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let path = folder.join(NAME);
        let bytes = match read_file(&RealDisk, &path, LIMIT_BYTES) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read?,
        };
        let mut days = BTreeSet::new();
        for line in bytes.chunks_exact(LINE_BYTES) {
            days.insert(parse(line).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "a line is no day"))?);
        }
        Ok(Self { path, days })
    }

    pub(super) fn contains(&self, day: Day) -> bool {
        self.days.contains(&day)
    }

    pub(super) const fn days(&self) -> &BTreeSet<Day> {
        &self.days
    }

    /// Durable when it returns.
    pub(super) fn add(&mut self, day: Day) -> io::Result<()> {
        if self.contains(day) {
            return Ok(());
        }
        let file = match RealDisk.create(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => RealDisk.open(&self.path)?,
            created => created?,
        };
        let whole = file.len()? / LINE_BYTES as u64 * LINE_BYTES as u64;
        file.set_len(whole)?;
        file.write_all_at(format!("{day}\n").as_bytes(), whole)?;
        file.sync_data()?;
        if let Some(folder) = self.path.parent() {
            RealDisk.sync_dir(folder)?;
        }
        self.days.insert(day);
        Ok(())
    }
}

fn parse(line: &[u8]) -> Option<Day> {
    std::str::from_utf8(line).ok()?.strip_suffix('\n')?.parse().ok()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_remembered_and_a_torn_line_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (Day::from_number(20_000), Day::from_number(20_001));
        let mut register = Register::open(folder.path()).unwrap();
        register.add(first).unwrap();
        register.add(first).unwrap();
        let file = RealDisk.open(&folder.path().join(NAME)).unwrap();
        file.write_all_at(b"2026-", LINE_BYTES as u64).unwrap();
        let mut again = Register::open(folder.path()).unwrap();
        assert_eq!(again.days().len(), 1);
        again.add(second).unwrap();
        let both = Register::open(folder.path()).unwrap();
        assert!(both.contains(first) && both.contains(second));
        assert_eq!(file.len().unwrap(), 2 * LINE_BYTES as u64);
    }
}
