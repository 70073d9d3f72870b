//! The data folder: one process owns it, and others ask that one.
//!
//! Promises: two processes never have the same SQLite files open for writing; the lock is the kernel's, so that a killed
//! owner leaves nothing to clean up; the owner's socket is for its own user (and root) alone.
//! Leaves out: what is asked (the program's commands), and PostgreSQL, where commands connect directly.

mod control;
mod scratch;

use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tokio::net::UnixListener;

pub use control::{ControlError, REPLY_LIMIT, REQUEST_LIMIT, ask, serve_control};
pub use scratch::{Scratch, files_below};

use crate::disk::{Disk, DiskFile, DiskLock, RealDisk};

/// The lock file; it holds the path of the owner's socket once that listens.
const LOCK: &str = "lock";

/// The socket's name.
const SOCKET: &str = "control";

/// A socket's path, with the zero at its end, has 108 bytes on Linux and 104 elsewhere.
const SOCKET_PATH_BYTES: usize = 103;

/// Longer than any path; a lock file is never larger.
const LOCK_BYTES: u64 = 4096;

/// What is wrong with the folder.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The system refused something.
    #[error("the data folder {path}: {cause}")]
    System {
        /// The folder, or what in it.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Someone else made the folder in which the socket was to be.
    #[error(
        "{path} is where the control socket should be, but it belongs to someone else, or others can read it: remove it"
    )]
    NotOurs {
        /// The folder.
        path: PathBuf,
    },
}

/// Who owns a data folder.
#[derive(Debug)]
pub enum DataFolder {
    /// This process.
    Owner(Owner),
    /// Another process.
    Owned {
        /// Where it listens; none while it starts or ends, or if it is a command of a moment.
        socket: Option<PathBuf>,
    },
}

/// The right to use a data folder, until it is dropped.
#[derive(Debug)]
pub struct Owner {
    folder: PathBuf,
    listening: Option<PathBuf>,
    file: std::sync::Arc<dyn DiskFile>,
    _lock: Box<dyn DiskLock>,
}

impl DataFolder {
    /// Takes the folder if nobody has it; makes it, for its owner only, if it is missing. An existing folder keeps its
    /// mode, because it may be a mount; every file in it is made for its owner only anyway.
    pub fn own(folder: &Path) -> Result<Self, FolderError> {
        let failed = |cause| FolderError::System {
            path: folder.to_owned(),
            cause,
        };
        RealDisk.create_folder(folder).map_err(failed)?;
        let folder = folder.canonicalize().map_err(failed)?;
        let path = folder.join(LOCK);
        let Some(lock) = RealDisk.lock(&path).map_err(failed)? else {
            return Ok(Self::Owned {
                socket: read_socket(&path).map_err(failed)?,
            });
        };
        let file = RealDisk.open(&path).map_err(failed)?;
        // What a killed owner wrote is no longer true.
        file.set_len(0).map_err(failed)?;
        Ok(Self::Owner(Owner {
            folder,
            listening: None,
            file,
            _lock: lock,
        }))
    }
}

/// Whether anybody ever owned the folder; unlike [`DataFolder::own`] this makes nothing.
#[must_use]
pub fn was_owned(disk: &dyn Disk, folder: &Path) -> bool {
    !matches!(disk.open(&folder.join(LOCK)), Err(error) if error.kind() == io::ErrorKind::NotFound)
}

impl Owner {
    /// The folder, as an absolute path.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Opens the control socket and tells others where it is. For [`serve_control`]; needs a Tokio runtime.
    pub fn listen(&mut self) -> Result<UnixListener, FolderError> {
        let socket = socket_path(&self.folder)?;
        let failed = |cause| FolderError::System {
            path: socket.clone(),
            cause,
        };
        match RealDisk.remove(&socket) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let listener = UnixListener::bind(&socket).map_err(failed)?;
        std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o600)).map_err(failed)?;
        let text = socket.as_os_str().as_encoded_bytes();
        self.file.write_all_at(text, 0).map_err(failed)?;
        self.listening = Some(socket);
        Ok(listener)
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        if let Some(socket) = self.listening.take() {
            // Before the lock goes, so that a successor's socket is never removed. A socket that stays is replaced.
            let _stays = self.file.set_len(0);
            let _stays = RealDisk.remove(&socket);
        }
    }
}

fn read_socket(lock: &Path) -> io::Result<Option<PathBuf>> {
    let bytes = crate::disk::read_file(&RealDisk, lock, LOCK_BYTES)?;
    let text = String::from_utf8(bytes).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
    Ok((!text.is_empty()).then(|| text.into()))
}

/// In the folder, or in a short folder of this user's where that is too long.
fn socket_path(folder: &Path) -> Result<PathBuf, FolderError> {
    let path = folder.join(SOCKET);
    if path.as_os_str().len() <= SOCKET_PATH_BYTES {
        return Ok(path);
    }
    let digest = Sha256::digest(folder.as_os_str().as_encoded_bytes());
    let name: String = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    let user = rustix::process::getuid().as_raw();
    let runtime = PathBuf::from(format!("/run/user/{user}"));
    let short = if is_private(&runtime, user) {
        runtime.join(format!("candor-{name}"))
    } else {
        PathBuf::from(format!("/tmp/candor-{user}-{name}"))
    };
    RealDisk.create_folder(&short).map_err(|cause| FolderError::System {
        path: short.clone(),
        cause,
    })?;
    if !is_private(&short, user) {
        return Err(FolderError::NotOurs { path: short });
    }
    Ok(short.join(SOCKET))
}

/// Whether it is a folder (no link to one) of this user's that nobody else can look into.
fn is_private(path: &Path, user: u32) -> bool {
    path.symlink_metadata()
        .is_ok_and(|found| found.is_dir() && found.uid() == user && found.mode() & 0o077 == 0)
}
