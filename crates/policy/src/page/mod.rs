//! The page that people read, as data: every word, number and row of it, made from the document.
//!
//! Promises: a page is made from the document, the numbers in force, the inventory and what the operator configured, and
//! from nothing else; [`Page::hash`] covers all of them, so that two pages with one hash say the same; each promise and
//! each clause has an anchor.
//! Leaves out: HTML (the program's templates), when a page first ran (the program's records), whether promises are kept
//! (its evidence).

mod anchor;
mod check;
mod derived;
mod hash;
mod making;
mod markdown;
mod phrases;
mod rows;
mod table;
mod words;

use base::time::Timestamp;
use serde::Serialize;

pub use anchor::{clause_anchor, promise_anchor};
pub use hash::PolicyHash;
pub use making::{Making, PageError};
pub use rows::{CookieRow, DataRow, Evidence, NamedRecipient, NumberRow, PurposeRow, RecipientRow, RightRow, Stricter};
pub use table::{Cell, Listing, Table, TableRow};
pub use words::{Block, Span};

use crate::document::{Document, Kind, PromiseId};

/// The whole page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page {
    /// The document's version.
    pub version: String,
    /// Of the document and of everything that [`Content`] holds.
    pub hash: PolicyHash,
    /// When it was last updated.
    pub updated: Updated,
    /// What it says.
    pub content: Content,
}

/// When a page was last updated: computed, never written down by anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Updated {
    /// An instance began to run by this page at this moment, and has not run by another one since.
    FirstRan(Timestamp),
    /// No instance has run by it: it is a draft.
    NotYet,
}

/// What the page says. All of it is covered by the hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Content {
    /// Its language, as a BCP 47 tag.
    pub language: &'static str,
    /// Its heading.
    pub title: String,
    /// Who answers for the data.
    pub operator: Operator,
    /// What stands above the sections.
    pub lead: Vec<Block>,
    /// The sections, in their order.
    pub sections: Vec<Section>,
    /// Every kind of data.
    pub data: Vec<DataRow>,
    /// Every purpose.
    pub purposes: Vec<PurposeRow>,
    /// Everybody who may receive anything.
    pub recipients: Vec<RecipientRow>,
    /// Every number.
    pub numbers: Vec<NumberRow>,
    /// What you can ask for.
    pub rights: Vec<RightRow>,
    /// Every cookie.
    pub cookies: Vec<CookieRow>,
}

/// Who answers for the data. There is no default: an operator that has not named itself is shown as such.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Operator {
    /// Its name.
    pub name: Option<String>,
    /// Its postal address.
    pub address: Option<String>,
    /// Where people write to.
    pub privacy_contact: Option<String>,
}

impl Operator {
    /// Has it said all three?
    #[must_use]
    pub const fn is_named(&self) -> bool {
        self.name.is_some() && self.address.is_some() && self.privacy_contact.is_some()
    }
}

/// A section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// Its number.
    pub number: u8,
    /// Its anchor: `section-6`.
    pub anchor: String,
    /// Its heading.
    pub title: String,
    /// What stands above its clauses.
    pub lead: Vec<Block>,
    /// Its points.
    pub clauses: Vec<Clause>,
}

/// A point of a section: what we say to a clause of the policy that this one answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Clause {
    /// The point, as `6/1`.
    pub id: String,
    /// Its anchor: `clause-6.1`.
    pub anchor: String,
    /// Its heading.
    pub heading: String,
    /// What is said.
    pub words: Vec<Block>,
    /// The promises that answer it first. One that answers two points stands under the first of them.
    pub promises: Vec<Promised>,
    /// Promises that answer it too and stand elsewhere.
    pub see: Vec<PromiseId>,
}

/// A promise on the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Promised {
    /// Its number.
    pub id: PromiseId,
    /// Its anchor: `P-6.1`.
    pub anchor: String,
    /// How it is kept.
    pub kinds: Vec<Kind>,
    /// Its words, with the numbers in force.
    pub words: Vec<Span>,
    /// Names of the kinds of data that it is about; `None`: all.
    pub data: Option<Vec<String>>,
    /// Is it in force?
    pub state: Standing,
}

/// Is a promise in force? Whether one that is, is kept, only evidence says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Not yet.
    Planned {
        /// What has to be built first, in words.
        awaits: String,
    },
    /// It is.
    InForce(Evidence),
}

#[derive(Serialize)]
struct Published<'a> {
    version: &'a str,
    hash: &'a PolicyHash,
    updated: Updated,
    document: &'a Document,
    page: &'a Content,
}

impl Page {
    /// Every promise, in the order of the sections.
    pub fn promises(&self) -> impl Iterator<Item = &Promised> {
        let clauses = self.content.sections.iter().flat_map(|section| &section.clauses);
        clauses.flat_map(|clause| &clause.promises)
    }

    /// The hash of what this page says now: its own, unless somebody changed it after it was made.
    #[must_use]
    pub fn recomputed(&self, document: &Document) -> PolicyHash {
        PolicyHash::of(document, &self.content)
    }

    /// A table of the page, for whoever shows it.
    #[must_use]
    pub fn table(&self, listing: Listing) -> Table {
        table::of(&self.content, listing)
    }

    /// The page as JSON, with the document that it was made from: whoever takes `document` and `page` out of it, as compact JSON
    /// in this order, has what the hash is of.
    #[must_use]
    pub fn json(&self, document: &Document) -> String {
        let published = Published {
            version: &self.version,
            hash: &self.hash,
            updated: self.updated,
            document,
            page: &self.content,
        };
        serde_json::to_string(&published).expect("structs with texts as keys are always JSON")
    }

    /// The day of the last update, as people write it: `2026-11-25`.
    #[must_use]
    pub fn updated_day(&self) -> Option<String> {
        match self.updated {
            Updated::FirstRan(at) => Some(at.day().to_string()),
            Updated::NotYet => None,
        }
    }
}
