//! The rows of the page's tables, each with its meaning.
//!
//! Promises: every row is computed from the document, the inventory and the configuration.
//! Leaves out: how rows are shown (see [`super::table`]).

use serde::Serialize;

use crate::category::Category;
use crate::purpose::{LawfulBasis, Purpose};

/// A kind of data: what it is, what for, on what ground, from where, how long, who gets it, and what you can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DataRow {
    /// Which.
    pub category: Category,
    /// Its anchor: `data-contact`.
    pub anchor: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub holds: String,
    /// Where it comes from.
    pub source: String,
    /// What this version holds of it: tables and files. Empty: nothing is held.
    pub places: Vec<String>,
    /// What it is used for.
    pub purposes: Vec<Purpose>,
    /// On what grounds, in the order of the purposes, each once.
    pub bases: Vec<LawfulBasis>,
    /// How long it is kept, in words; one entry for each way to end.
    pub kept: Vec<String>,
    /// Who may receive it: names of recipients.
    pub recipients: Vec<String>,
    /// What you can ask for: names of rights.
    pub rights: Vec<String>,
    /// How it is encrypted at rest, in words.
    pub sealed: Vec<String>,
}

/// A purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PurposeRow {
    /// Which.
    pub purpose: Purpose,
    /// Its name.
    pub name: String,
    /// What it is.
    pub why: String,
    /// Its ground.
    pub basis: LawfulBasis,
    /// The ground in words.
    pub basis_words: String,
    /// Names of the kinds of data that are used for it.
    pub data: Vec<String>,
    /// What becomes of it if you say no, in words.
    pub refusal: String,
}

/// Who may receive something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecipientRow {
    /// Its id in the document.
    pub id: String,
    /// What it is.
    pub name: String,
    /// `processor` or `controller`, in words.
    pub role: String,
    /// Those that this instance was configured with.
    pub named: Vec<NamedRecipient>,
    /// Names of the kinds of data that it may receive.
    pub receives: Vec<String>,
    /// Names of the purposes.
    pub purposes: Vec<String>,
    /// Is it used by this version at all?
    pub in_use: bool,
}

/// A recipient by name, as the operator configured it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NamedRecipient {
    /// The recipient's id in the document.
    pub recipient: String,
    /// Its name.
    pub name: String,
    /// The host that is called.
    pub host: String,
    /// Where it works, if the operator said so.
    pub region: Option<String>,
    /// Why the way there is not encrypted, if it isn't.
    pub unencrypted: Option<String>,
}

/// A number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NumberRow {
    /// Its key in the document.
    pub key: String,
    /// Its value in force, in words.
    pub value: String,
    /// What it means.
    pub means: String,
    /// The promise it belongs to.
    pub promise: crate::document::PromiseId,
    /// What was promised to everybody, if this instance is stricter.
    pub stricter: Option<Stricter>,
}

/// An operator's own, stricter number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stricter {
    /// What the document says.
    pub than: String,
}

/// A right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RightRow {
    /// Its id in the document.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it gives you.
    pub gives: String,
    /// Where the law says so.
    pub law: String,
    /// The grounds on which it rests; empty: all.
    pub bases: Vec<LawfulBasis>,
    /// The promise that says how you use it.
    pub promise: crate::document::PromiseId,
}

/// A cookie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CookieRow {
    /// Its name.
    pub name: String,
    /// Why it is needed.
    pub why: String,
    /// How long it lives, in words.
    pub lives: String,
}

/// How a promise in force is kept, looked at, and shown to be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// Names of the functions that keep it.
    pub controls: Vec<String>,
    /// Names of the probes.
    pub probes: Vec<String>,
    /// Names of the breaches that are planted to see whether the probes look.
    pub planted_breaches: Vec<String>,
    /// An observation older than this is stale: `1 day`.
    pub fresh_for: String,
    /// The version since which it has been in force.
    pub since: String,
}
