//! Drives the applier: what the spool holds goes to the day's partition, then to the books, then the segment may go.
//!
//! Promises: each settled generation is recorded and booked exactly once, whatever fails in between: rows and mark are one
//! transaction in each place, and after a failure the mark is asked for again; a day or person that ended loses the
//! content, never the money. Nothing on a request's path waits for this.
//! Leaves out: the steps' order and the segments (`store::spool`), what a row holds (`records`), what a posting is (`money`).

pub mod turn;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use base::ids::InstanceId;
use store::db::{Db, DbError};
use store::spool::{self, Applier, Batches, DayBatch, MainBatch, Mark, Spool, SpoolError, Step};
use tokio::sync::watch;

use self::turn::{Turn, Turns};
use crate::money::credit::Credit;
use crate::money::store::{self as ledger, Cost};
use crate::records::closing::{ClosingError, Money};
use crate::records::recording::{Kept, Settled, interrupted_money};
use crate::records::{Records, RecordsError, store as log};
use crate::telemetry;

/// How long after something was synced it is applied, so that batches grow. A receipt is to be seen within two seconds.
const PACE: Duration = Duration::from_millis(400);
/// How often segments of dead processes are looked for while there is nothing to do.
const IDLE: Duration = Duration::from_secs(1);
/// How long to wait after a failure.
const PAUSE: Duration = Duration::from_millis(500);

/// What the applier writes to.
pub struct Stores {
    /// The main database.
    pub db: Db,
    /// The generation log.
    pub records: Arc<Records>,
    /// The credit that is to be told.
    pub credit: Arc<Credit>,
    /// The spool.
    pub spool: Arc<Spool>,
}

/// Why a step failed. Nothing is lost: it is tried again.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Segments can't be read or removed.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The generation log.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// The books.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A newer program wrote the record.
    #[error(transparent)]
    Closing(#[from] ClosingError),
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stepped {
    /// Something; there may be more.
    Worked,
    /// Nothing to do.
    Idle,
}

/// The driver.
pub struct Apply {
    stores: Stores,
    applier: Applier,
    /// Processes whose segments were adopted: surely dead, because their lock is free.
    adopted: BTreeSet<InstanceId>,
    /// Held from a batch's first day to its booking, so that who holds it (a backup) sees log and books at one mark.
    turns: Turns,
    held: Option<Turn>,
}

impl Apply {
    /// Who takes a turn of these pauses this applier between two batches.
    #[must_use]
    pub fn turns(&self) -> Turns {
        self.turns.clone()
    }

    /// The only driver of this spool.
    #[must_use]
    pub fn new(stores: Stores) -> Self {
        let applier = Applier::new(Arc::clone(&stores.spool), Batches::default());
        let turns = Turns::new(stores.db.clone());
        Self {
            stores,
            applier,
            adopted: BTreeSet::new(),
            turns,
            held: None,
        }
    }

    /// Applies until `stop` says true or its sender is gone, then what is left, at most once more through. It reads files: give it a thread of its
    /// own (`Handle::block_on`).
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            match self.step().await {
                Ok(Stepped::Worked) => {}
                Ok(Stepped::Idle) => {
                    tokio::select! {
                        () = self.stores.spool.due(PACE, IDLE) => {}
                        changed = stop.changed() => if changed.is_err() { break },
                    }
                }
                Err(error) => {
                    tracing::warn!(error = %error, "what was answered can't be recorded at the moment; it stays in the spool");
                    tokio::select! {
                        () = tokio::time::sleep(PAUSE) => {}
                        changed = stop.changed() => if changed.is_err() { break },
                    }
                }
            }
        }
        if let Err(error) = self.finish().await {
            tracing::warn!(error = %error, "the spool keeps what the next start will apply");
        }
    }

    /// Applies what is there, until nothing is left to do. What is not synced yet is not there yet.
    pub async fn drain(&mut self) -> Result<(), ApplyError> {
        while self.step().await? == Stepped::Worked {}
        Ok(())
    }

    /// At the end of the process: applies what is left and removes the segments.
    async fn finish(&mut self) -> Result<(), ApplyError> {
        self.stores.spool.tick();
        self.drain().await?;
        self.applier.finish()?;
        Ok(())
    }

    /// One step.
    pub async fn step(&mut self) -> Result<Stepped, ApplyError> {
        match self.applier.next_step()? {
            Step::Idle => {
                self.give_back().await;
                metrics::counter!(telemetry::SPOOL_DAMAGED.name).absolute(self.applier.damaged());
                metrics::counter!(telemetry::SPOOL_CARRIED.name).absolute(self.applier.carried());
                self.bury_adopted().await?;
                return Ok(Stepped::Idle);
            }
            Step::Mark { instance, place } => {
                if instance != self.stores.spool.instance() {
                    self.adopted.insert(instance);
                }
                let mark = match place {
                    Mark::Main => log::mark(&self.stores.db, instance).await?,
                    Mark::Day(day) => self.stores.records.day_mark(day, instance).await?,
                };
                self.applier.marked(mark);
            }
            Step::Day(batch) => {
                let done = match self.take_turn().await {
                    Ok(()) => self.day(batch).await,
                    Err(error) => Err(error),
                };
                self.conclude(done)?;
            }
            Step::Main(batch) => {
                let done = match self.take_turn().await {
                    Ok(()) => self.main(batch).await,
                    Err(error) => Err(error),
                };
                self.conclude(done)?;
                self.give_back().await;
            }
        }
        Ok(Stepped::Worked)
    }

    async fn take_turn(&mut self) -> Result<(), ApplyError> {
        if self.held.is_none() {
            self.held = Some(self.turns.beside_others().await?);
        }
        Ok(())
    }

    async fn give_back(&mut self) {
        if let Some(turn) = self.held.take() {
            turn.give_back().await;
        }
    }

    fn conclude(&mut self, result: Result<(), ApplyError>) -> Result<(), ApplyError> {
        match &result {
            Ok(()) => self.applier.done(),
            Err(_) => self.applier.failed(),
        }
        match result {
            // Another process was faster; there is nothing to wait for.
            Err(ApplyError::Records(RecordsError::Again)) => Ok(()),
            other => other,
        }
    }

    /// With nothing left to book of them, the leases of dead processes end at once instead of when others miss them.
    async fn bury_adopted(&mut self) -> Result<(), ApplyError> {
        while let Some(instance) = self.adopted.first().copied() {
            self.stores.credit.bury(instance).await?;
            self.adopted.remove(&instance);
        }
        Ok(())
    }

    async fn day(&self, batch: DayBatch) -> Result<(), ApplyError> {
        let mut settled = Vec::with_capacity(batch.settled.len());
        for one in batch.settled {
            if let Some(money) = money_part(&one.money)? {
                let mut sealed = one.pieces;
                sealed.push(one.sealed);
                let kept = if one.complete { Kept::Whole } else { Kept::Cut };
                settled.push(Settled {
                    sequence: one.seq,
                    money,
                    sealed,
                    kept,
                });
            }
        }
        if !settled.is_empty() {
            self.stores.records.record(batch.day, batch.instance, settled).await?;
        }
        Ok(())
    }

    async fn main(&self, batch: MainBatch) -> Result<(), ApplyError> {
        let mut settled = Vec::with_capacity(batch.postings.len());
        for posting in &batch.postings {
            if let Some(money) = money_part(&posting.money)? {
                settled.push((posting.seq, money));
            }
        }
        let Stores { db, credit, .. } = &self.stores;
        let holder = credit.lease_holder(batch.instance);
        for cost in book(db, batch.instance, holder, &settled, batch.mark).await? {
            credit.applied(batch.instance, cost.org, cost.amount);
        }
        Ok(())
    }
}

/// Books generations of one process up to `mark`: usage lines, postings, `holder`'s lease and mark in one transaction. What
/// was booked now; nothing of it if it stood there already.
pub async fn book(
    db: &Db,
    instance: InstanceId,
    holder: InstanceId,
    settled: &[(u64, Money)],
    mark: u64,
) -> Result<Vec<Cost>, DbError> {
    db.transaction("book usage", |tx| async move {
        let stands = log::mark_in(&tx, instance).await?;
        if stands >= mark {
            return Ok(Vec::new());
        }
        let fresh = settled.iter().filter(|(sequence, _)| *sequence > stands);
        let fresh: Vec<&Money> = fresh.map(|(_, money)| money).collect();
        let costs: Vec<Cost> = fresh.iter().map(|money| cost(money)).collect();
        log::book(&tx, instance, &fresh, mark).await?;
        ledger::post_usage(&tx, holder, &costs).await?;
        Ok(costs)
    })
    .await
}

fn cost(money: &Money) -> Cost {
    Cost {
        org: money.org,
        day: money.day,
        model: money.model.clone(),
        amount: money.cost,
        currency: money.currency,
    }
}

/// The money of a generation; none if nothing was delivered. A part that was damaged in spite of its checksum is a defect of
/// the program: it is told and left out, because waiting would not mend it.
fn money_part(money: &spool::Money) -> Result<Option<Money>, ClosingError> {
    let decoded = match money {
        spool::Money::Closed(bytes) => Money::decode(bytes).map(Some),
        spool::Money::Interrupted { opening, latest } => interrupted_money(opening, latest.as_deref()),
    };
    match decoded {
        Err(ClosingError::Damaged) => {
            tracing::error!("a closing record can't be decoded and is left out of the books");
            Ok(None)
        }
        other => other,
    }
}
