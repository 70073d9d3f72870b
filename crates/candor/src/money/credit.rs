//! Credit on the request's path: holding, settling and releasing in memory.
//!
//! Promises: `reserve`, `settle` and dropping a hold never wait for anything but a short lock.
//! Leaves out: the rules (`book.rs`), how leases come and go beside the path (`leases.rs`).

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use base::clock::Clock;
use base::ids::{InstanceId, OrgId};
use base::money::Micro;
use store::db::Db;
use tokio::sync::Semaphore;

use super::book::Book;
pub use super::book::NoCredit;

/// A process that could not say that it lives for this long stops spending; others take its leases a little later.
pub(super) const SILENT_AFTER: Duration = Duration::from_secs(3);

/// Who else may spend from this database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// Nobody: this process owns the data folder. It leases everything and keeps it.
    Alone,
    /// Other processes: leases are small, short and given back.
    Shared,
}

/// The credit of all organisations that this process served lately.
pub struct Credit {
    pub(super) books: RwLock<HashMap<OrgId, Arc<OrgBook>>>,
    pub(super) db: Db,
    pub(super) instance: InstanceId,
    pub(super) sharing: Sharing,
    pub(super) clock: Arc<dyn Clock>,
    /// One at a time asks the database, so that a burst on a cold organisation is one question.
    pub(super) turn: Semaphore,
    /// Was this process made known to the others? A command that only looks never is.
    pub(super) registered: AtomicBool,
    /// When the database last took this process for living: microseconds of the monotonic clock.
    pub(super) beat_micros: AtomicU64,
    /// Other processes: their last beat, and when it was first seen.
    pub(super) others: Mutex<HashMap<InstanceId, (i64, Duration)>>,
}

/// One organisation's book behind its own lock, so that organisations don't wait for each other.
pub(super) struct OrgBook {
    book: Mutex<Book>,
}

impl OrgBook {
    pub(super) fn lock(&self) -> MutexGuard<'_, Book> {
        // A panic can't leave a book half changed: its steps are single additions.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Credit {
    /// Sets `amount` aside for a generation of `org`. [`NoCredit::Cold`]: ask [`Credit::hold`], which loads.
    pub fn reserve(&self, org: OrgId, amount: Micro) -> Result<Hold, NoCredit> {
        if self.sharing == Sharing::Shared && self.is_silent() {
            return Err(NoCredit::Stale);
        }
        let book = self.book(org);
        book.lock().reserve(amount, || self.clock.monotonic())?;
        Ok(Hold { book, amount })
    }

    /// Whose lease a cost is taken off that `settler` settled: its own, and where a process is alone, this one's also for
    /// what dead ones left, because it leased everything.
    #[must_use]
    pub fn lease_holder(&self, settler: InstanceId) -> InstanceId {
        match self.sharing {
            Sharing::Alone => self.instance,
            Sharing::Shared => settler,
        }
    }

    /// The applier booked `cost` of a generation that `settler` settled, and took it off its [`Credit::lease_holder`].
    pub fn applied(&self, settler: InstanceId, org: OrgId, cost: Micro) {
        if settler == self.instance {
            self.book(org).lock().applied(cost);
        } else if self.sharing == Sharing::Alone
            && let Some(book) = self.known_book(org)
        {
            book.lock().booked_for_others(cost);
        }
    }

    /// What this process holds or has settled and not yet booked for `org`.
    #[must_use]
    pub fn in_use(&self, org: OrgId) -> Micro {
        self.known_book(org).map_or(Micro::ZERO, |book| book.lock().in_use())
    }

    fn is_silent(&self) -> bool {
        let beat = Duration::from_micros(self.beat_micros.load(Ordering::Acquire));
        self.clock.monotonic().saturating_sub(beat) > SILENT_AFTER
    }

    pub(super) fn known_book(&self, org: OrgId) -> Option<Arc<OrgBook>> {
        self.books
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&org)
            .cloned()
    }

    pub(super) fn book(&self, org: OrgId) -> Arc<OrgBook> {
        self.known_book(org).unwrap_or_else(|| {
            let mut books = self.books.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(books.entry(org).or_insert_with(|| {
                Arc::new(OrgBook {
                    book: Mutex::new(Book::default()),
                })
            }))
        })
    }
}

/// Credit set aside for one generation. Dropping it releases it; [`Hold::settle`] turns it into a cost.
#[must_use = "a hold that is dropped is released"]
pub struct Hold {
    book: Arc<OrgBook>,
    amount: Micro,
}

impl Hold {
    /// What was set aside.
    #[must_use]
    pub const fn amount(&self) -> Micro {
        self.amount
    }

    /// Ends the hold with what the generation really cost; the applier books it. Call it once the closing record stands in
    /// the spool: what is settled here is only taken off again when the applier has booked it.
    pub fn settle(mut self, cost: Micro) {
        self.book.lock().settle(self.amount, cost);
        self.amount = Micro::ZERO;
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if self.amount != Micro::ZERO {
            self.book.lock().release(self.amount);
        }
    }
}
