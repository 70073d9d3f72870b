//! The hash of a page.
//!
//! Promises: it is the SHA-256 of the compact JSON `{"document":…,"page":…}` that [`super::Page::json`] shows, so that
//! anybody can compute it again.
//! Leaves out: date and version of the program: a page that says the same has the same hash.

use std::fmt;

use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use super::Content;
use crate::document::Document;

/// A SHA-256, shown in hex.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyHash([u8; 32]);

/// What is hashed.
#[derive(Serialize)]
struct Hashed<'a> {
    document: &'a Document,
    page: &'a Content,
}

impl PolicyHash {
    /// Of a document and of the page that was made from it.
    pub(super) fn of(document: &Document, page: &Content) -> Self {
        let hashed =
            serde_json::to_vec(&Hashed { document, page }).expect("structs with texts as keys are always JSON");
        Self(Sha256::digest(hashed).into())
    }

    /// From its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first 12 digits, for people to compare at a glance.
    #[must_use]
    pub fn short(&self) -> String {
        self.to_string()[..12].to_owned()
    }
}

impl fmt::Display for PolicyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PolicyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for PolicyHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
