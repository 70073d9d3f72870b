//! How credit comes to this process and goes back, beside the request's path.
//!
//! Promises: the leases of all processes never pass the balance; an idle process keeps nothing for longer than three
//! seconds, a dead one five; a process that lost touch with the database stops spending before others take its leases.
//! Leaves out: who calls [`Credit::tick`] each second (`serve`).
//!
//! Liveness is judged by watching another process's counter with one's own monotonic clock, so that clocks of different
//! machines need not agree.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use ::store::db::{Db, DbError};
use base::clock::Clock;
use base::ids::{InstanceId, OrgId, PostingId};
use base::money::{Currency, Micro};
use base::random::Random;
use tokio::sync::{Semaphore, SemaphorePermit, watch};

use super::book::NoCredit;
use super::credit::{Credit, Hold, SILENT_AFTER, Sharing};
use super::store::{self, Ask, Beat, GrantError, Report};
use super::{Cause, Posting, Standing};

/// A process whose counter stood still for so long is dead to the others. More than [`SILENT_AFTER`], so that it has
/// stopped by itself before.
const DEAD_AFTER: Duration = Duration::from_millis(4000);
/// How often [`Credit::tick`] is to be called.
pub const TICK: Duration = Duration::from_secs(1);
/// A shared lease is so many times what was found missing: fewer questions, and still small.
const ASK_TIMES: i64 = 4;
/// Questions to the database for one hold, before it is told that there is no credit.
const MAX_ASKS: usize = 4;

impl Credit {
    /// Opens the credit of a process. `Alone` ends the leases that former owners of the folder left; what they settled is
    /// taken off this one's as it is booked, so let the applier run through before the first request.
    pub async fn open(db: Db, instance: InstanceId, sharing: Sharing, clock: Arc<dyn Clock>) -> Result<Self, DbError> {
        let opened_at = clock.monotonic();
        let credit = Self {
            books: RwLock::default(),
            db,
            instance,
            sharing,
            clock,
            turn: Semaphore::new(1),
            registered: AtomicBool::new(false),
            beat_micros: AtomicU64::new(0),
            others: Mutex::new(HashMap::new()),
        };
        credit.beat_at(opened_at);
        if sharing == Sharing::Alone {
            for (other, beats) in store::processes(&credit.db).await? {
                if other != instance {
                    store::bury(&credit.db, other, beats).await?;
                }
            }
        }
        Ok(credit)
    }

    /// Sets `amount` aside, and asks the database where this process doesn't know enough. Never [`NoCredit::Cold`].
    pub async fn hold(&self, org: OrgId, amount: Micro) -> Result<Hold, NoCredit> {
        let mut last = Micro::ZERO;
        for _ in 0..MAX_ASKS {
            match self.reserve(org, amount) {
                Err(NoCredit::Cold) => {}
                other => return other,
            }
            let turn = self.take_turn().await;
            // Whoever had the turn before may have brought enough for all.
            match self.reserve(org, amount) {
                Err(NoCredit::Cold) => {}
                other => return other,
            }
            last = self.ask(org, &turn).await.map_err(|error| {
                tracing::warn!(%error, "credit could not be leased");
                NoCredit::Stale
            })?;
        }
        match self.reserve(org, amount) {
            Err(NoCredit::Cold) => Err(NoCredit::Insufficient { available: last }),
            other => other,
        }
    }

    /// Brings in what the organisation has: after a grant, or before the first request.
    pub async fn load(&self, org: OrgId) -> Result<(), DbError> {
        let turn = self.take_turn().await;
        self.ask(org, &turn).await.map(|_| ())
    }

    /// Books credit that the operator gives, and lets this process know at once.
    pub async fn grant(
        &self,
        org: OrgId,
        amount: Micro,
        currency: Currency,
        random: &dyn Random,
    ) -> Result<PostingId, GrantError> {
        let id = PostingId::new(random);
        let posting = Posting {
            org,
            cause: Cause::Grant(id),
            day: self.clock.now().day(),
            amount,
        };
        store::grant(&self.db, &posting, currency).await?;
        if self.sharing == Sharing::Alone {
            self.load(org).await?;
        }
        Ok(id)
    }

    /// Balance and reservations as people see them; all processes counted.
    pub async fn standing(&self, org: OrgId, currency: Currency) -> Result<Standing, DbError> {
        let alive_since = self.clock.now().minus(DEAD_AFTER);
        let elsewhere = store::reserved_elsewhere(&self.db, org, self.instance, alive_since).await?;
        let booked = store::balance(&self.db, org).await?;
        let (balance, currency) = booked.unwrap_or((Micro::ZERO, currency));
        Ok(Standing {
            balance,
            reserved: elsewhere.saturating_add(self.in_use(org)),
            currency,
        })
    }

    /// Once a second: says that this process lives, gives back what it doesn't need, asks for what it will, and ends the
    /// leases of processes that died. Alone there is nobody to tell.
    pub async fn tick(&self) -> Result<(), DbError> {
        if self.sharing == Sharing::Alone {
            return Ok(());
        }
        let asked_at = self.clock.monotonic();
        match store::beat(&self.db, self.instance, self.clock.now()).await? {
            Beat::Known => {}
            Beat::Forgotten => self.start_anew().await?,
        }
        self.beat_at(asked_at);
        let short = self.report().await?;
        for org in short {
            self.load(org).await?;
        }
        self.bury_the_dead().await
    }

    /// Ticks until `stop` says true or its sender is gone. A tick that fails is told: after three seconds without one this process stops spending.
    pub async fn keep(&self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            if let Err(error) = self.tick().await {
                tracing::warn!(error = %error, "leases of credit can't be kept at the moment");
            }
            tokio::select! {
                () = tokio::time::sleep(TICK) => {}
                changed = stop.changed() => if changed.is_err() { break },
            }
        }
    }

    /// Ends the leases of a process that is known to be dead.
    pub async fn bury(&self, instance: InstanceId) -> Result<(), DbError> {
        let known = store::processes(&self.db).await?;
        match known.into_iter().find(|(known, _)| *known == instance) {
            Some((_, beats)) => store::bury(&self.db, instance, beats).await,
            None => Ok(()),
        }
    }

    /// Gives everything back, at the end of a process that has nothing left to settle.
    pub async fn close(&self) -> Result<(), DbError> {
        let turn = self.take_turn().await;
        for book in self.books.read().unwrap_or_else(PoisonError::into_inner).values() {
            book.lock().lost();
        }
        let buried = self.bury(self.instance).await;
        drop(turn);
        buried
    }

    async fn take_turn(&self) -> SemaphorePermit<'_> {
        self.turn.acquire().await.expect("the semaphore is never closed")
    }

    /// Asks the database for what is missing; what can be held then.
    async fn ask(&self, org: OrgId, _turn: &SemaphorePermit<'_>) -> Result<Micro, DbError> {
        if !self.registered.swap(true, Ordering::AcqRel) {
            store::register(&self.db, self.instance, self.clock.now()).await?;
        }
        let book = self.book(org);
        let ask = match self.sharing {
            Sharing::Alone => Ask::Everything,
            Sharing::Shared => Ask::AtMost(Micro::new(book.lock().missing().get().saturating_mul(ASK_TIMES))),
        };
        let leased = store::lease(&self.db, org, self.instance, ask).await?;
        let mut book = book.lock();
        book.lease(leased, self.clock.monotonic());
        Ok(book.available().saturating_add(leased.free))
    }

    /// Gives back and reports; the organisations that are short.
    async fn report(&self) -> Result<Vec<OrgId>, DbError> {
        let turn = self.take_turn().await;
        let (mut reports, mut idle, mut short) = (Vec::new(), Vec::new(), Vec::new());
        for (org, book) in self.books.read().unwrap_or_else(PoisonError::into_inner).iter() {
            let mut book = book.lock();
            let surplus = book.surplus();
            if book.is_idle() {
                idle.push(*org);
            } else {
                reports.push(Report {
                    org: *org,
                    surplus,
                    in_use: book.in_use(),
                });
                if book.missing() > Micro::ZERO {
                    short.push(*org);
                }
            }
        }
        if !(reports.is_empty() && idle.is_empty()) {
            store::report(&self.db, self.instance, &reports, &idle).await?;
        }
        let mut books = self.books.write().unwrap_or_else(PoisonError::into_inner);
        for org in idle {
            if books.get(&org).is_some_and(|book| book.lock().is_idle()) {
                books.remove(&org);
            }
        }
        drop(turn);
        Ok(short)
    }

    /// Others don't know this process (yet, or any more): it has no leases and begins with none.
    async fn start_anew(&self) -> Result<(), DbError> {
        let turn = self.take_turn().await;
        for book in self.books.read().unwrap_or_else(PoisonError::into_inner).values() {
            book.lock().lost();
        }
        self.registered.store(true, Ordering::Release);
        store::register(&self.db, self.instance, self.clock.now()).await?;
        drop(turn);
        Ok(())
    }

    async fn bury_the_dead(&self) -> Result<(), DbError> {
        let known = store::processes(&self.db).await?;
        for (instance, beats) in self.dead(&known) {
            tracing::info!("ending the leases of a process that died");
            store::bury(&self.db, instance, beats).await?;
        }
        Ok(())
    }

    /// Those whose counter stood still too long, as seen with this process's own clock.
    fn dead(&self, known: &[(InstanceId, i64)]) -> Vec<(InstanceId, i64)> {
        let now = self.clock.monotonic();
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let living: HashSet<InstanceId> = known.iter().map(|(instance, _)| *instance).collect();
        others.retain(|instance, _| living.contains(instance));
        known
            .iter()
            .copied()
            .filter(|(instance, _)| *instance != self.instance)
            .filter(|(instance, beats)| {
                let seen = others.entry(*instance).or_insert((*beats, now));
                if seen.0 != *beats {
                    *seen = (*beats, now);
                }
                now.saturating_sub(seen.1) >= DEAD_AFTER
            })
            .collect()
    }

    fn beat_at(&self, asked_at: Duration) {
        let micros = u64::try_from(asked_at.as_micros()).unwrap_or(u64::MAX);
        self.beat_micros.fetch_max(micros, Ordering::AcqRel);
    }
}

const _: () = assert!(
    SILENT_AFTER.as_millis() < DEAD_AFTER.as_millis(),
    "silence comes before death"
);
