//! Day partitions as SQLite files, `2026-11-25.db` in one folder.
//!
//! Promises: one connection set a day, few days open, the least recently used one closed first; days are never attached
//! to one another (SQLite stops at ten, and an unlinked file that is still open leaves its log behind and comes back
//! empty under its name).

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base::time::Day;
use tokio::sync::OnceCell;

use super::register::Register;
use super::{DaysError, Dropped};
use crate::db::migrate::{Migrations, migrate};
use crate::db::{Db, DbOptions, SqliteProfile};
use crate::disk::{Disk, RealDisk};

/// Day files open at once, unless more are in use: today, yesterday until its last streams are applied, and two that
/// someone reads. Each is two threads and up to 5 MiB of page cache.
const OPEN_DAYS: usize = 4;

/// Connections that read a day file beside its writer.
const READERS: usize = 1;

/// What may lie beside a file: SQLite's own, and its large blobs.
const SUFFIXES: [&str; 5] = ["", "-aside", "-wal", "-shm", "-journal"];

/// How long a descriptor may outlive its connection: another thread may just be closing it.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);
const CLOSE_LOOK: Duration = Duration::from_millis(5);

pub(super) struct Files {
    shared: Arc<Shared>,
}

struct Shared {
    folder: PathBuf,
    schema: Migrations,
    options: DbOptions,
    state: Mutex<State>,
}

struct State {
    open: HashMap<Day, Opened>,
    turn: u64,
    purged: Register,
}

struct Opened {
    /// Filled once by whoever comes first; the others wait.
    db: Arc<OnceCell<Db>>,
    last_use: u64,
}

impl Files {
    pub(super) async fn open(folder: PathBuf, schema: Migrations, options: DbOptions) -> Result<Self, DaysError> {
        let options = DbOptions {
            readers: READERS,
            ..options
        };
        blocking(&folder.clone(), move || {
            RealDisk.create_folder(&folder)?;
            let purged = Register::open(&folder)?;
            for day in purged.days() {
                remove(&folder, *day)?;
            }
            Ok(Self {
                shared: Arc::new(Shared {
                    folder,
                    schema,
                    options,
                    state: Mutex::new(State {
                        open: HashMap::new(),
                        turn: 0,
                        purged,
                    }),
                }),
            })
        })
        .await
    }

    pub(super) async fn writer(&self, day: Day) -> Result<Db, DaysError> {
        let db = self.get(day).await?;
        self.close_idle().await;
        Ok(db)
    }

    pub(super) async fn reader(&self, day: Day) -> Result<Option<Db>, DaysError> {
        let path = self.shared.path(day);
        let there = blocking(&self.shared.folder, move || exists(&path)).await?;
        if !there {
            return Ok(None);
        }
        match self.writer(day).await {
            Ok(db) => Ok(Some(db)),
            Err(DaysError::Ended { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn list(&self) -> Result<Vec<Day>, DaysError> {
        let folder = self.shared.folder.clone();
        blocking(&self.shared.folder, move || {
            let names = RealDisk.list(&folder)?;
            let mut days: Vec<Day> = names.iter().filter_map(|path| day_of(path)).collect();
            days.sort_unstable();
            Ok(days)
        })
        .await
    }

    pub(super) async fn drop_day(&self, day: Day) -> Result<Dropped, DaysError> {
        let shared = Arc::clone(&self.shared);
        // From here on nobody gets the day, not even who waits for it to open.
        blocking(&self.shared.folder, move || shared.state().purged.add(day)).await?;
        let opened = self.shared.state().open.remove(&day);
        if let Some(opened) = opened {
            // Waits for whoever is opening it just now; then it is there or never will be.
            if let Ok(db) = opened.db.get_or_try_init(|| async { Err(()) }).await {
                db.close().await;
            }
        }
        let folder = self.shared.folder.clone();
        let removed = blocking(&self.shared.folder, move || remove(&folder, day)).await?;
        self.no_descriptor_left(day).await?;
        Ok(Dropped { removed })
    }

    pub(super) async fn close(&self) {
        let open: Vec<Opened> = self.shared.state().open.drain().map(|(_, opened)| opened).collect();
        for opened in open {
            if let Some(db) = opened.db.get() {
                db.close().await;
            }
        }
    }

    async fn get(&self, day: Day) -> Result<Db, DaysError> {
        let cell = self.shared.cell(day)?;
        let shared = Arc::clone(&self.shared);
        let opened = cell
            .get_or_try_init(|| async move {
                // Looked at again inside: `drop_day` may have come while this one waited.
                if shared.state().purged.contains(day) {
                    return Err(DaysError::Ended { day });
                }
                let db = Db::open_sqlite(&shared.path(day), SqliteProfile::DAY, shared.options).await?;
                migrate(&db, &shared.schema).await?;
                Ok(db)
            })
            .await;
        opened.cloned()
    }

    /// Closes the least recently used days that nobody holds.
    async fn close_idle(&self) {
        for db in self.shared.take_idle() {
            db.close().await;
        }
    }

    async fn no_descriptor_left(&self, day: Day) -> Result<(), DaysError> {
        let paths = paths(&self.shared.folder, day);
        let wait = async {
            loop {
                let paths = paths.clone();
                match blocking(Path::new(DESCRIPTORS), move || descriptors(&paths)).await {
                    Ok(0) => return Ok(()),
                    Ok(_) => tokio::time::sleep(CLOSE_LOOK).await,
                    Err(error) => return Err(error),
                }
            }
        };
        if let Ok(result) = tokio::time::timeout(CLOSE_LIMIT, wait).await {
            return result;
        }
        let open = blocking(Path::new(DESCRIPTORS), move || descriptors(&paths)).await?;
        Err(DaysError::StillOpen { day, open })
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, day: Day) -> PathBuf {
        self.folder.join(format!("{day}.db"))
    }

    fn cell(&self, day: Day) -> Result<Arc<OnceCell<Db>>, DaysError> {
        let mut state = self.state();
        if state.purged.contains(day) {
            return Err(DaysError::Ended { day });
        }
        state.turn += 1;
        let turn = state.turn;
        let opened = state.open.entry(day).or_insert_with(|| Opened {
            db: Arc::new(OnceCell::new()),
            last_use: turn,
        });
        opened.last_use = turn;
        Ok(Arc::clone(&opened.db))
    }

    fn take_idle(&self) -> Vec<Db> {
        let mut state = self.state();
        let excess = state.open.len().saturating_sub(OPEN_DAYS);
        let mut idle: Vec<(u64, Day)> = state
            .open
            .iter()
            .filter(|(_, opened)| {
                Arc::strong_count(&opened.db) == 1 && opened.db.get().is_some_and(|db| !db.is_shared())
            })
            .map(|(day, opened)| (opened.last_use, *day))
            .collect();
        idle.sort_unstable();
        let close = idle.into_iter().take(excess);
        let taken = close.filter_map(|(_, day)| state.open.remove(&day));
        taken.filter_map(|opened| opened.db.get().cloned()).collect()
    }
}

fn paths(folder: &Path, day: Day) -> Vec<PathBuf> {
    SUFFIXES
        .iter()
        .map(|suffix| folder.join(format!("{day}.db{suffix}")))
        .collect()
}

fn day_of(path: &Path) -> Option<Day> {
    path.file_name()?.to_str()?.strip_suffix(".db")?.parse().ok()
}

/// Removes what is there of a day; how many files that were.
fn remove(folder: &Path, day: Day) -> io::Result<usize> {
    let mut removed = 0;
    for path in paths(folder, day) {
        match RealDisk.remove(&path) {
            Ok(()) => removed += 1,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    RealDisk.sync_dir(folder)?;
    Ok(removed)
}

fn exists(path: &Path) -> io::Result<bool> {
    path.try_exists()
}

const DESCRIPTORS: &str = "/proc/self/fd";

/// How many of this process's descriptors lead to one of `paths`, removed or not.
#[expect(
    clippy::disallowed_methods,
    reason = "the kernel's list of descriptors is no file of ours"
)]
fn descriptors(paths: &[PathBuf]) -> io::Result<usize> {
    let mut open = 0;
    for entry in std::fs::read_dir(DESCRIPTORS)? {
        // A descriptor may be closed between the listing and the look.
        let Ok(target) = std::fs::read_link(entry?.path()) else {
            continue;
        };
        let target = target.to_string_lossy().into_owned();
        let target = target.strip_suffix(" (deleted)").unwrap_or(&target);
        open += usize::from(paths.iter().any(|path| same_file(path, Path::new(target))));
    }
    Ok(open)
}

/// The kernel shows absolute paths; ours may be relative to where the process started.
fn same_file(ours: &Path, shown: &Path) -> bool {
    let parent = |path: &Path| {
        path.parent()
            .map(|parent| parent.canonicalize().unwrap_or_else(|_| parent.to_owned()))
    };
    ours.file_name() == shown.file_name() && parent(ours) == parent(shown)
}

async fn blocking<T: Send + 'static>(
    path: &Path,
    job: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, DaysError> {
    let result = tokio::task::spawn_blocking(job).await;
    let result = result.unwrap_or_else(|_| Err(io::Error::other("the job was ended")));
    result.map_err(|cause| DaysError::Folder {
        path: path.to_owned(),
        cause,
    })
}
