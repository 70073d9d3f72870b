//! The one way to files: a small, synchronous [`Disk`] with a real and a faulty implementor.
//!
//! It is for whatever must survive a crash byte by byte (the spool, the keyring, lock files). It promises nothing beyond
//! what the system calls promise: a write is durable after [`DiskFile::sync_data`], a name after [`Disk::sync_dir`].
//! It leaves out the database files, which their engine opens itself, and everything asynchronous: callers on a
//! runtime's threads either do one bounded page-cache write or hand the work to a thread of its own.

mod faulty;
mod real;

use std::fmt::Debug;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use faulty::{Crash, Fault, FaultyDisk, Operation};
pub use real::RealDisk;

/// A place where files live. Paths are absolute or relative to the process; folders are readable by the owner only.
pub trait Disk: Send + Sync + Debug {
    /// Makes an empty file for reading and writing (mode 0600).
    ///
    /// # Errors
    /// `AlreadyExists` when the name is taken; never replaces a file.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// Opens a file for reading and writing.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// Makes a folder and those above it (mode 0700); nothing to do when it exists.
    ///
    /// # Errors
    /// Those of the system.
    fn create_folder(&self, path: &Path) -> io::Result<()>;

    /// Renames a file within one file system, replacing the target. Durable after [`Disk::sync_dir`].
    ///
    /// # Errors
    /// Those of the system.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Unlinks a file. Durable after [`Disk::sync_dir`].
    ///
    /// # Errors
    /// `NotFound` when there is none.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// The files (no folders) directly in `folder`, in the order of their names.
    ///
    /// # Errors
    /// `NotFound` when there is no such folder.
    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>>;

    /// Makes the names in `folder` durable.
    ///
    /// # Errors
    /// Those of the system.
    fn sync_dir(&self, folder: &Path) -> io::Result<()>;

    /// Takes the exclusive lock of a file, which is made when it does not exist; `None` when another process (or another
    /// lock of this one) holds it. Given back by dropping it, and by the kernel when the process dies.
    ///
    /// # Errors
    /// Those of the system; being held by somebody else is not one.
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn DiskLock>>>;
}

/// An open file. All operations name their place, so that one file can be used from several threads.
pub trait DiskFile: Send + Sync + Debug {
    /// Reads at most `buffer.len()` bytes; fewer than asked only at the end of the file.
    ///
    /// # Errors
    /// Those of the system.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes some bytes with one system call and says how many.
    ///
    /// # Errors
    /// Those of the system.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize>;

    /// Takes the blocks of the first `length` bytes from the file system, reading as zeros, so that writing them can't
    /// end in a full disk.
    ///
    /// # Errors
    /// `StorageFull` when there is no room.
    fn preallocate(&self, length: u64) -> io::Result<()>;

    /// Cuts or extends the file.
    ///
    /// # Errors
    /// Those of the system.
    fn set_len(&self, length: u64) -> io::Result<()>;

    /// Makes all written bytes durable (fdatasync).
    ///
    /// # Errors
    /// Those of the system. After an error the kernel may have forgotten which bytes were not written: write them again.
    fn sync_data(&self) -> io::Result<()>;

    /// The length of the file in bytes.
    ///
    /// # Errors
    /// Those of the system.
    fn len(&self) -> io::Result<u64>;

    /// Whether the file has no bytes.
    ///
    /// # Errors
    /// Those of the system.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Fills the whole buffer.
    ///
    /// # Errors
    /// `UnexpectedEof` when the file ends before.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let mut done = 0;
        while done < buffer.len() {
            match self.read_at(&mut buffer[done..], offset + done as u64)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => done += read,
            }
        }
        Ok(())
    }

    /// Writes all bytes.
    ///
    /// # Errors
    /// `WriteZero` when the system takes no more; some bytes may have been written then.
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut done = 0;
        while done < bytes.len() {
            match self.write_at(&bytes[done..], offset + done as u64)? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                written => done += written,
            }
        }
        Ok(())
    }
}

/// A held lock; dropping it gives it back.
pub trait DiskLock: Send + Sync + Debug {}

/// Reads a whole file of at most `limit` bytes.
///
/// # Errors
/// `NotFound`; `FileTooLarge` when it is longer than the limit.
pub fn read_file(disk: &dyn Disk, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = disk.open(path)?;
    let length = file.len()?;
    if length > limit {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut bytes = vec![0; usize::try_from(length).map_err(|_| io::ErrorKind::FileTooLarge)?];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(bytes)
}
