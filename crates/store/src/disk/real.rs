//! The operating system's files, through rustix so that each call is the system call it names.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{self, FallocateFlags, FlockOperation, Mode, OFlags};

use super::{Disk, DiskFile, DiskLock};

/// How much is written at once where the file system knows no preallocation.
const ZEROS_BYTES: usize = 64 * 1024;

/// The real disk.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

#[derive(Debug)]
struct RealFile(File);

#[derive(Debug)]
struct RealLock(#[expect(dead_code, reason = "held for its descriptor: closing it gives the lock back")] File);

impl DiskLock for RealLock {}

fn owner_only() -> Mode {
    Mode::RUSR | Mode::WUSR
}

impl Disk for RealDisk {
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        Ok(Arc::new(RealFile(fs::open(path, flags, owner_only())?.into())))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(RealFile(
            fs::open(path, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?.into(),
        )))
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        Ok(fs::rename(from, to)?)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        Ok(fs::unlink(path)?)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the disk that everything else reads through"
    )]
    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                files.push(entry.path());
            }
        }
        files.sort();
        Ok(files)
    }

    fn sync_dir(&self, folder: &Path) -> io::Result<()> {
        let folder = fs::open(
            folder,
            OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        Ok(fs::fsync(folder)?)
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn DiskLock>>> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        loop {
            let file: File = fs::open(path, flags, owner_only())?.into();
            match fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {}
                Err(rustix::io::Errno::WOULDBLOCK) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
            // Whoever held it before may have unlinked the file between our open and our lock: then the next one would
            // lock a new file under the same name.
            let held = fs::fstat(&file)?;
            match fs::stat(path) {
                Ok(named) if (named.st_dev, named.st_ino) == (held.st_dev, held.st_ino) => {
                    return Ok(Some(Box::new(RealLock(file))));
                }
                Ok(_) | Err(rustix::io::Errno::NOENT) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl RealDisk {
    /// Opens a file whose writes pass the kernel's cache by: place, length and memory of each are multiples of 4 KiB. Where
    /// the file system knows no such thing, an ordinary one. Bytes are durable after [`DiskFile::sync_data`], as ever.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub(crate) fn open_uncached(self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        match fs::open(path, OFlags::RDWR | OFlags::CLOEXEC | OFlags::DIRECT, Mode::empty()) {
            Ok(file) => Ok(Arc::new(RealFile(file.into()))),
            Err(rustix::io::Errno::INVAL) => self.open(path),
            Err(error) => Err(error.into()),
        }
    }
}

impl DiskFile for RealFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut done = 0;
        while done < buffer.len() {
            match self.0.read_at(&mut buffer[done..], offset + done as u64) {
                Ok(0) => break,
                Ok(read) => done += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.0.write_at(bytes, offset)
    }

    fn preallocate(&self, length: u64) -> io::Result<()> {
        match fs::fallocate(&self.0, FallocateFlags::empty(), 0, length) {
            Ok(()) => Ok(()),
            Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => self.write_zeros(length),
            Err(error) => Err(error.into()),
        }
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.0.set_len(length)
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(fs::fdatasync(&self.0)?)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }
}

impl RealFile {
    /// Extends the file by written zeros, leaving the bytes that it has.
    fn write_zeros(&self, length: u64) -> io::Result<()> {
        let zeros = vec![0; ZEROS_BYTES];
        let mut offset = self.len()?;
        while offset < length {
            let part = usize::try_from(length - offset).unwrap_or(ZEROS_BYTES).min(ZEROS_BYTES);
            self.write_all_at(&zeros[..part], offset)?;
            offset += part as u64;
        }
        Ok(())
    }
}
