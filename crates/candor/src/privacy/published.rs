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
    edition: ArcSwap<Edition>,
    serves: AtomicBool,
}

/// A page, and what it was made from.
#[derive(Debug, Clone)]
pub struct Edition {
    /// What it was made from.
    pub parts: Arc<Parts>,
    /// It.
    pub page: Arc<Page>,
}

impl Edition {
    async fn make(parts: Parts, db: &Db) -> Result<Self, PublishError> {
        // keeps P-1.1: what is shown is what the document yields.
        let mut page = parts.making().page(None)?;
        if base::planted::is("page_drifts") {
            drift(&mut page);
        }
        let page = versions::dated(db, page).await?;
        Ok(Self {
            parts: Arc::new(parts),
            page: Arc::new(page),
        })
    }

    async fn ran(self, db: &Db, now: Timestamp) -> Result<Self, DbError> {
        let page = Page::clone(&self.page);
        Ok(Self {
            page: Arc::new(versions::ran(db, page, now).await?),
            ..self
        })
    }
}

impl Published {
    /// Makes the page, and dates it if it has run here.
    ///
    /// # Errors
    /// The words of the page are wrong, or those of the database.
    pub async fn open(parts: Parts, db: &Db) -> Result<Self, PublishError> {
        Ok(Self {
            edition: ArcSwap::from_pointee(Edition::make(parts, db).await?),
            serves: AtomicBool::new(false),
        })
    }

    /// Notes that this process serves by the page, and dates it.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn serve(&self, db: &Db, now: Timestamp) -> Result<(), DbError> {
        let edition = Edition::clone(&self.edition.load());
        self.edition.store(Arc::new(edition.ran(db, now).await?));
        self.serves.store(true, Ordering::Release);
        Ok(())
    }

    /// Shows from now on that these are the recipients, before anything is sent to a new one.
    ///
    /// # Errors
    /// As [`Published::open`]; the page stays as it was.
    pub async fn rename(&self, named: Vec<NamedRecipient>, db: &Db, now: Timestamp) -> Result<(), PublishError> {
        let edition = self.edition.load_full();
        if edition.parts.named == named {
            return Ok(());
        }
        let parts = Parts {
            named,
            ..Parts::clone(&edition.parts)
        };
        let edition = Edition::make(parts, db).await?.ran(db, now).await?;
        self.edition.store(Arc::new(edition));
        Ok(())
    }

    /// The page, and what it was made from.
    #[must_use]
    pub fn edition(&self) -> Arc<Edition> {
        self.edition.load_full()
    }

    /// The page.
    #[must_use]
    pub fn page(&self) -> Arc<Page> {
        self.edition.load().page.clone()
    }

    /// What it is made from.
    #[must_use]
    pub fn parts(&self) -> Arc<Parts> {
        self.edition.load().parts.clone()
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
