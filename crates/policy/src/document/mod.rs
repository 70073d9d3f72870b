//! The policy document: what stands in the folder `policy/`, read and checked.
//!
//! Promises: the files are part of the program, so that what runs and what is promised have one origin; an unknown key
//! or a wrong value names its file and line; [`Document::check`] tells every contradiction at once and counts what it
//! looked at.
//! Leaves out: the page, publishing, comparing versions.

mod agree;
mod check;
mod evidence;
mod fact;
mod kept;
mod promise;
mod read;

use serde::{Deserialize, Serialize};

pub use evidence::{EvidenceRule, Hours, RedIf};
pub use fact::{Fact, Surface};
pub use kept::Kept;
pub use promise::{Grounds, Jurisdictions, Kind, Promise, PromiseId, PromiseIdError, Scope, State, Subject};
pub use read::{DocumentError, SOURCES, Sources};

use crate::category::Category;
use crate::parameters::Parameter;
use crate::purpose::{LawfulBasis, Purpose};

/// The whole document.
#[derive(Debug, Clone, Serialize)]
pub struct Document {
    /// Its version.
    pub version: String,
    /// Where the operator says who answers for the data.
    pub controller: Controller,
    /// The sections of the page, in their order.
    pub sections: Vec<Section>,
    /// Every number, as promised to everybody.
    pub parameters: Vec<Parameter>,
    /// Kinds of data.
    pub categories: Vec<CategoryEntry>,
    /// Legal grounds.
    pub bases: Vec<BasisEntry>,
    /// Purposes.
    pub purposes: Vec<PurposeEntry>,
    /// Who may receive anything.
    pub recipients: Vec<RecipientEntry>,
    /// What people can ask for.
    pub rights: Vec<RightEntry>,
    /// The promises, in the order of their ids.
    pub promises: Vec<Promise>,
    /// The page's words.
    pub words: Vec<WordsFile>,
}

impl Document {
    /// The document that was built in.
    pub fn embedded() -> Result<Self, DocumentError> {
        read::read(&SOURCES)
    }

    /// The promise with this id.
    #[must_use]
    pub fn promise(&self, id: PromiseId) -> Option<&Promise> {
        self.promises.iter().find(|promise| promise.id == id)
    }

    /// The keys of all parameters, as [`crate::Inventory::check`] wants them.
    #[must_use]
    pub fn parameter_keys(&self) -> Vec<&str> {
        self.parameters.iter().map(|parameter| parameter.key.as_str()).collect()
    }

    /// The ids of all recipients, as [`crate::Inventory::check`] wants them.
    #[must_use]
    pub fn recipient_ids(&self) -> Vec<&str> {
        self.recipients.iter().map(|recipient| recipient.id.as_str()).collect()
    }
}

/// Keys of the configuration under which the operator names itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Controller {
    /// The key for its name.
    pub name: String,
    /// The key for its postal address.
    pub address: String,
    /// The key for the address to which people write.
    pub privacy_contact: String,
}

/// A section of the page.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Its number.
    pub number: u8,
    /// Its heading.
    pub title: String,
    /// The points that its promises must answer.
    pub clauses: Vec<String>,
}

/// What the file says of a kind of data.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategoryEntry {
    /// Which.
    pub id: Category,
    /// Its name on the page.
    pub name: String,
    /// The nearest key of the fideslang taxonomy.
    pub fideslang: String,
    /// Where the data comes from.
    pub source: String,
    /// What it is, in a sentence.
    pub holds: String,
    /// All that it may be used for.
    pub purposes: Vec<Purpose>,
    /// All the ways in which it may be kept.
    pub kept: Vec<Kept>,
}

/// What the file says of a legal ground.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BasisEntry {
    /// Which.
    pub id: LawfulBasis,
    /// Its name on the page.
    pub name: String,
    /// Where the law says so.
    pub law: String,
    /// What becomes of a purpose that rests on it if a person says no.
    pub refusal: String,
}

/// What the file says of a purpose.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurposeEntry {
    /// Which.
    pub id: Purpose,
    /// Why it is lawful.
    pub basis: LawfulBasis,
    /// Its name on the page.
    pub name: String,
    /// What it is for, in a sentence.
    pub why: String,
}

/// What the file says of a recipient.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecipientEntry {
    /// Its id, by which hosts name it.
    pub id: String,
    /// Whom it acts for.
    pub role: Role,
    /// Its name on the page.
    pub name: String,
    /// Where the names of those that are meant come from.
    pub listed_by: String,
    /// What it may receive.
    pub receives: Vec<Category>,
    /// What for.
    pub purposes: Vec<Purpose>,
    /// Is it used already?
    pub state: Use,
}

/// What the file says of a right.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RightEntry {
    /// Its id.
    pub id: String,
    /// Its name on the page.
    pub name: String,
    /// What it gives.
    pub gives: String,
    /// Where the law says so.
    pub law: String,
    /// The grounds on which it can be used.
    pub bases: Vec<LawfulBasis>,
    /// The promise that says how.
    pub promise: PromiseId,
}

/// A file of the page's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WordsFile {
    /// Its path in the folder `policy/`.
    pub file: &'static str,
    /// Its language, as a BCP 47 tag.
    pub language: &'static str,
    /// The section whose words these are; `None`: what stands above all sections.
    pub section: Option<u8>,
    /// Its text.
    pub text: &'static str,
}

/// Whom a recipient acts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// For the operator.
    Processor,
    /// For itself.
    Controller,
}

/// Is something used already?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Use {
    /// By this version.
    InUse,
    /// By a later one.
    Planned,
}
