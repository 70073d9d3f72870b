//! Credit on the request's path: holding, settling and releasing in memory; leases come from the database beside the path.
//!
//! Promises: `reserve`, `settle` and dropping a hold never wait for anything but a short lock.
//! Leaves out: the rules (`book.rs`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use base::clock::Clock;
use base::ids::OrgId;
use base::money::Micro;

use super::book::Book;
pub use super::book::NoCredit;

/// The credit of all organisations that this process served lately.
pub struct Credit {
    books: RwLock<HashMap<OrgId, Arc<OrgBook>>>,
    clock: Arc<dyn Clock>,
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
    /// Sets `amount` aside for a generation of `org`.
    pub fn reserve(&self, org: OrgId, amount: Micro) -> Result<Hold, NoCredit> {
        let book = self.book(org);
        book.lock().reserve(amount, || self.clock.monotonic())?;
        Ok(Hold { book, amount })
    }

    fn book(&self, org: OrgId) -> Arc<OrgBook> {
        if let Some(book) = self.books.read().unwrap_or_else(PoisonError::into_inner).get(&org) {
            return Arc::clone(book);
        }
        let mut books = self.books.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(books.entry(org).or_insert_with(|| {
            Arc::new(OrgBook {
                book: Mutex::new(Book::default()),
            })
        }))
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
