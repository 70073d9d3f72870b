//! Files that belong to their owner alone.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Creates an empty file that only its owner can read, if it is missing.
#[expect(
    clippy::disallowed_methods,
    reason = "store opens files; SQLite itself would create it for everyone"
)]
pub(crate) fn create_private(path: &Path) -> io::Result<()> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .map(drop)
}
