//! Versions of the policy by which this installation has run: when the page was last updated.
//!
//! Promises: a version is noted when a process first serves by it, and its moment never changes afterwards, so that nobody
//! dates a page by hand; what is noted holds nothing about a person.
//! Leaves out: what a version says (the page), showing differences, publishing.

pub mod store;
pub mod tables;

use ::store::db::{Db, DbError};
use base::time::Timestamp;
use policy::page::{Page, PolicyHash, Updated};

/// A version that has run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Of everything that its page says.
    pub hash: PolicyHash,
    /// The document's version.
    pub version: String,
    /// When a process first served by it.
    pub first_ran_at: Timestamp,
}

/// Dates a page: with the moment at which it first ran here; as a draft if it never has.
///
/// # Errors
/// Those of the database.
// keeps P-11.2: the one place where a page gets its date.
pub async fn dated(db: &Db, mut page: Page) -> Result<Page, DbError> {
    let known = store::find(db, page.hash).await?;
    page.updated = match known {
        Some(version) if !base::planted::is("undated_page") => Updated::FirstRan(version.first_ran_at),
        _ => Updated::NotYet,
    };
    Ok(page)
}

/// Notes that a process serves by this page, from `now` on if none did before, and dates it.
///
/// # Errors
/// Those of the database.
pub async fn ran(db: &Db, page: Page, now: Timestamp) -> Result<Page, DbError> {
    store::note(db, page.hash, &page.version, now).await?;
    dated(db, page).await
}
