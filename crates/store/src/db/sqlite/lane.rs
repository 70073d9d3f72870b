//! A connection on a thread of its own, used in turns.
//!
//! Promises: jobs of one turn run in order; a turn lasts until its last job is done, even if the future that asked was
//! dropped; a job that is abandoned or over its time limit is stopped inside SQLite, and never another job with it.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::connection::Session;
use crate::db::DbError;
use crate::db::options::DbOptions;

/// Jobs that may wait: a turn's own, each awaited before the next, plus a rollback.
const QUEUE: usize = 64;

/// SQLite needs little stack; the default of 2 MiB would be address space for nothing.
const STACK_BYTES: usize = 1 << 20;

type Job = Box<dyn FnOnce(&mut Session) + Send>;

/// Set to stop a job.
#[derive(Clone, Default)]
pub(super) struct Stop(Arc<AtomicBool>);

impl Stop {
    pub(super) fn stop(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// The connection's end that async code holds.
pub(super) struct Lane {
    jobs: Mutex<Option<SyncSender<Job>>>,
    turns: Arc<Semaphore>,
    closing: Stop,
    thread: Mutex<Option<JoinHandle<()>>>,
    limit: Duration,
}

impl Lane {
    /// Starts the thread once the connection is open.
    pub(super) fn open(
        path: &Path,
        name: &str,
        connect: impl FnOnce(&Path) -> Result<Session, DbError>,
        options: DbOptions,
    ) -> Result<Arc<Self>, DbError> {
        let session = connect(path)?;
        let closing = session.closing();
        let (sender, receiver) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || run(session, &receiver))
            .map_err(|error| DbError::Unavailable {
                cause: format!("no thread for a connection: {error}"),
            })?;
        Ok(Arc::new(Self {
            jobs: Mutex::new(Some(sender)),
            turns: Arc::new(Semaphore::new(1)),
            closing,
            thread: Mutex::new(Some(thread)),
            limit: options.statement_limit,
        }))
    }

    /// Waits until the connection is free.
    pub(super) async fn turn(self: &Arc<Self>) -> Result<Turn, DbError> {
        let permit = Arc::clone(&self.turns)
            .acquire_owned()
            .await
            .map_err(|_| DbError::Closed)?;
        Ok(Turn {
            lane: Arc::clone(self),
            permit: Arc::new(permit),
        })
    }

    pub(super) fn is_free(&self) -> bool {
        self.turns.available_permits() > 0
    }

    /// Stops what runs, refuses what waits and returns when the connection is closed.
    pub(super) async fn close(&self) {
        self.abandon();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A thread that panicked has dropped its connection too: closed is closed.
            let _closed = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }

    /// Like `close`, without waiting.
    pub(super) fn abandon(&self) {
        self.closing.stop();
        self.turns.close();
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn send(&self, job: Job) -> Result<(), DbError> {
        match &*self.jobs.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(jobs) => jobs.try_send(job).map_err(|_| DbError::Closed),
            None => Err(DbError::Closed),
        }
    }
}

fn run(mut session: Session, jobs: &Receiver<Job>) {
    while let Ok(job) = jobs.recv() {
        job(&mut session);
    }
    session.close();
}

/// The right to use a connection.
pub(super) struct Turn {
    lane: Arc<Lane>,
    /// Shared with each job, so that the next turn waits for the last of them.
    permit: Arc<OwnedSemaphorePermit>,
}

impl Turn {
    /// Runs a job on the connection's thread and waits for its answer.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        name: &'static str,
        job: impl FnOnce(&mut Session) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, DbError> {
        self.run_within(self.lane.limit, name, job).await
    }

    /// As `run`, however long it takes.
    pub(super) async fn run_unlimited<T: Send + 'static>(
        &self,
        name: &'static str,
        job: impl FnOnce(&mut Session) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, DbError> {
        self.run_within(Duration::MAX, name, job).await
    }

    async fn run_within<T: Send + 'static>(
        &self,
        limit: Duration,
        name: &'static str,
        job: impl FnOnce(&mut Session) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, DbError> {
        let (answer, answered) = oneshot::channel();
        let stop = Stop::default();
        let stopped = stop.clone();
        let permit = Arc::clone(&self.permit);
        self.lane.send(Box::new(move |session| {
            let result = session.guarded(stopped, job);
            drop(permit);
            // Nobody waits for the answer if the future was dropped.
            let _gone = answer.send(result);
        }))?;
        let mut watch = Abandon { stop: Some(stop) };
        let result = wait(answered, limit, &watch).await;
        watch.stop = None;
        match result {
            Err(DbError::TimedOut { .. }) if self.lane.closing.is_stopped() => Err(DbError::Closed),
            Err(DbError::TimedOut { .. }) => Err(DbError::TimedOut { statement: name, limit }),
            other => other,
        }
    }

    /// Sends a job whose answer nobody needs; the turn ends with it.
    pub(super) fn finish(self, job: impl FnOnce(&mut Session) + Send + 'static) {
        let permit = Arc::clone(&self.permit);
        // A closed lane has no transaction left to end.
        let _closed = self.lane.send(Box::new(move |session| {
            job(session);
            drop(permit);
        }));
    }
}

async fn wait<T>(
    mut answered: oneshot::Receiver<Result<T, DbError>>,
    limit: Duration,
    watch: &Abandon,
) -> Result<T, DbError> {
    if let Ok(result) = tokio::time::timeout(limit, &mut answered).await {
        return result.unwrap_or(Err(DbError::Closed));
    }
    watch.set();
    answered.await.unwrap_or(Err(DbError::Closed))
}

/// Stops the job if the future that waits for it is dropped.
struct Abandon {
    stop: Option<Stop>,
}

impl Abandon {
    fn set(&self) {
        if let Some(stop) = &self.stop {
            stop.stop();
        }
    }
}

impl Drop for Abandon {
    fn drop(&mut self) {
        self.set();
    }
}
