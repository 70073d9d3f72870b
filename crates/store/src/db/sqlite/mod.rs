//! SQLite: one connection that writes, a few that read, each on a thread of its own.
//!
//! Promises: async threads never touch a file; one writer, taken in turns; a transaction whose future is dropped is
//! rolled back before anyone else's turn; `close` returns when no descriptor of the file is left; deleted rows are
//! overwritten (`secure_delete`); a second database can't be attached.
//! Leaves out: sharing a file between processes (the data folder has one owner).

mod aside;
mod connection;
mod lane;
mod tx;
mod values;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base::time::Day;
use lane::{Lane, Turn};
use tokio::sync::mpsc::Sender;
pub(super) use tx::SqliteTx;

use super::options::{DbOptions, SqliteProfile};
use super::snapshot::{Chunk, Shape};
use super::statement::Access;
use super::transaction::Mode;
use super::{DbError, Row, Statement, Value};

/// A SQLite file with its connections.
pub(super) struct Sqlite {
    path: PathBuf,
    profile: SqliteProfile,
    options: DbOptions,
    writer: Arc<Lane>,
    readers: Readers,
    closed: AtomicBool,
}

/// The reading connections, handed out one task at a time.
struct Readers {
    lanes: Vec<Arc<Lane>>,
    next: std::sync::atomic::AtomicUsize,
}

impl Sqlite {
    pub(super) async fn open(path: &Path, profile: SqliteProfile, options: DbOptions) -> Result<Self, DbError> {
        let path: PathBuf = path.to_owned();
        let open = move || {
            let writer = Lane::open(
                &path,
                "candor-db-write",
                move |path| connection::writer(path, profile, options),
                options,
            )?;
            let lanes = (0..options.readers.max(1))
                .map(|_| {
                    Lane::open(
                        &path,
                        "candor-db-read",
                        move |path| connection::reader(path, profile, options),
                        options,
                    )
                })
                .collect::<Result<Vec<_>, _>>()?;
            Ok(Self {
                path,
                profile,
                options,
                writer,
                readers: Readers {
                    lanes,
                    next: std::sync::atomic::AtomicUsize::new(0),
                },
                closed: AtomicBool::new(false),
            })
        };
        tokio::task::spawn_blocking(open).await.map_err(|_| DbError::Closed)?
    }

    pub(super) async fn query(&self, statement: &Statement, values: Vec<Value>) -> Result<Vec<Row>, DbError> {
        let text = statement.for_sqlite();
        let name = statement.name;
        let lane = match text.access {
            Access::Reads => self.readers.next(),
            Access::Writes => &self.writer,
        };
        let job = move |session: &mut connection::Session| session.query_alone(name, text.sql, &values);
        lane.turn().await?.run(name, job).await
    }

    pub(super) async fn execute(&self, statement: &Statement, values: Vec<Value>) -> Result<u64, DbError> {
        let text = statement.for_sqlite();
        let name = statement.name;
        self.turn()
            .await?
            .run(name, move |session| session.execute(name, text.sql, &values))
            .await
    }

    pub(super) async fn check(&self, statement: &Statement) -> Result<(), DbError> {
        let text = statement.for_sqlite();
        let name = statement.name;
        self.turn()
            .await?
            .run(name, move |session| session.check(name, text))
            .await
    }

    pub(super) async fn batch(&self, name: &'static str, sql: String) -> Result<(), DbError> {
        self.turn()
            .await?
            .run_unlimited(name, move |session| session.batch(name, &sql))
            .await
    }

    pub(super) async fn truncate_log(&self) -> Result<(), DbError> {
        self.turn()
            .await?
            .run("truncate log", connection::Session::truncate_log)
            .await
    }

    pub(super) async fn begin(&self, name: &'static str, mode: Mode) -> Result<SqliteTx, DbError> {
        let tx = SqliteTx::begin(self.turn().await?, name).await?;
        if mode == Mode::Loading {
            tx.batch(name, "PRAGMA defer_foreign_keys = ON".to_owned()).await?;
        }
        Ok(tx)
    }

    /// On a connection of its own, because it may take long.
    pub(super) async fn snapshot(
        &self,
        shapes: Vec<Shape>,
        day: Option<Day>,
        out: Sender<Chunk>,
    ) -> Result<(), DbError> {
        let (path, profile, options) = (self.path.clone(), self.profile, self.options);
        let open = move || {
            Lane::open(
                &path,
                "candor-db-copy",
                |path| connection::reader(path, profile, options),
                options,
            )
        };
        let lane = tokio::task::spawn_blocking(open).await.map_err(|_| DbError::Closed)??;
        let turn = lane.turn().await?;
        let copied = turn
            .run_unlimited("snapshot", move |session| session.snapshot(&shapes, day, &out))
            .await;
        lane.close().await;
        copied
    }

    pub(super) async fn close(&self) {
        if self.closed.swap(true, Ordering::AcqRel) {
            return;
        }
        // Readers first, so that the writer's connection is the last one: it then removes `-wal` and `-shm` itself.
        for lane in self.readers.lanes.iter().chain([&self.writer]) {
            lane.close().await;
        }
    }

    async fn turn(&self) -> Result<Turn, DbError> {
        self.writer.turn().await
    }
}

impl Readers {
    /// The lane whose turn it is; the one after it if that is free and this one isn't.
    fn next(&self) -> &Arc<Lane> {
        let start = self.next.fetch_add(1, Ordering::Relaxed);
        let at = |offset: usize| &self.lanes[(start + offset) % self.lanes.len()];
        (0..self.lanes.len())
            .map(at)
            .find(|lane| lane.is_free())
            .unwrap_or_else(|| at(0))
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        for lane in self.readers.lanes.iter().chain([&self.writer]) {
            lane.abandon();
        }
    }
}
