//! The page by which this process runs, beside everything that it is made from.
//!
//! Promises: a page is made once, and dated from what is noted of its first run; what it is made from stays at hand, so that
//! it can be made again and compared at any time; reading it never waits.
//! Leaves out: where its parts come from (`instance::page`), how it is shown (`pages`).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;
use base::time::Timestamp;
use policy::page::{Making, NamedRecipient, Operator, Page, PageError};
use policy::{Document, Inventory, Parameters};
use store::db::{Db, DbError};

use super::versions;

/// What a page is made from.
#[derive(Debug, Clone)]
pub struct Parts {
    /// What is promised.
    pub document: Arc<Document>,
    /// The numbers in force.
    pub parameters: Parameters,
    /// What is held.
    pub inventory: Inventory,
    /// Who answers for the data.
    pub operator: Operator,
    /// Recipients by name.
    pub named: Vec<NamedRecipient>,
}

impl Parts {
    /// The same, for whoever makes a page of them.
    #[must_use]
    pub fn making(&self) -> Making<'_> {
        Making {
            document: &self.document,
            parameters: &self.parameters,
            inventory: &self.inventory,
            operator: &self.operator,
            named: &self.named,
        }
    }
}

/// The page of a process.
#[derive(Debug)]
pub struct Published {
    parts: Parts,
    page: ArcSwap<Page>,
    serves: AtomicBool,
}

impl Published {
    /// Makes the page, and dates it if it has run here.
    ///
    /// # Errors
    /// The words of the page are wrong, or those of the database.
    pub async fn open(parts: Parts, db: &Db) -> Result<Self, PublishError> {
        // keeps P-1.1: what is shown is what the document yields.
        let mut page = parts.making().page(None)?;
        if base::planted::is("page_drifts") {
            drift(&mut page);
        }
        let page = versions::dated(db, page).await?;
        Ok(Self {
            parts,
            page: ArcSwap::from_pointee(page),
            serves: AtomicBool::new(false),
        })
    }

    /// Notes that this process serves by the page, and dates it.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn serve(&self, db: &Db, now: Timestamp) -> Result<(), DbError> {
        let page = Page::clone(&self.page.load());
        self.page.store(Arc::new(versions::ran(db, page, now).await?));
        self.serves.store(true, Ordering::Release);
        Ok(())
    }

    /// The page.
    #[must_use]
    pub fn page(&self) -> Arc<Page> {
        self.page.load_full()
    }

    /// What it is made from.
    #[must_use]
    pub const fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Does this process show it to people?
    #[must_use]
    pub fn serves(&self) -> bool {
        self.serves.load(Ordering::Acquire)
    }
}

/// What becomes of a page that somebody edits by hand: another number than the program obeys.
pub fn drift(page: &mut Page) {
    for number in &mut page.content.numbers {
        number.value.push_str(" or so");
    }
}

/// There is no page.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// Its words can't be made.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}
