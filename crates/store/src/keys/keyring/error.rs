//! What can go wrong with the keyring, in words for whoever runs the instance.

use std::io;
use std::path::PathBuf;

use super::super::slot::SlotName;

/// Why the keyring could not be opened or changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// A call to the system failed.
    #[error("the keyring {path} can't be {verb}: {source}")]
    File {
        /// The file in question.
        path: PathBuf,
        /// What was tried, as a participle.
        verb: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// Another process is changing the keyring at this moment: try again.
    #[error("another process is changing the keyring {0}")]
    Busy(PathBuf),
    /// A slot can't be read in any copy.
    #[error(
        "slot {slot} of the keyring {path} can't be read, and no mirror holds it. A key may be lost, so nothing is \
         started. Put back the file or its mirror (`keys.mirror`) as it was before the damage"
    )]
    Unreadable {
        /// The keyring file.
        path: PathBuf,
        /// Which slot.
        slot: usize,
    },
    /// The file was written by a later version.
    #[error("slot {slot} of the keyring {path} was written by a newer version of Candor")]
    Newer {
        /// The keyring file.
        path: PathBuf,
        /// Which slot.
        slot: usize,
    },
    /// The blocks, or the two files, don't belong together.
    #[error("the keyring {path} and its mirror belong to two different keyrings: one of the two paths is wrong")]
    Mixed {
        /// The keyring file.
        path: PathBuf,
    },
    /// The key ended and is not made again.
    #[error("the {0} has ended")]
    Ended(SlotName),
    /// There are as many keys of this kind as a keyring holds.
    #[error(
        "the keyring holds {limit} keys of this kind already, so the {name} can't be made: older ones should have ended"
    )]
    TooMany {
        /// The key that was wanted.
        name: SlotName,
        /// How many there may be.
        limit: usize,
    },
    /// What was read back is not what was written.
    #[error("the keyring {0} doesn't return what was written to it")]
    ReadBack(PathBuf),
}
