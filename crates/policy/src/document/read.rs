//! From the folder's texts to the document.
//!
//! Promises: every file is built in; an error names the file and the place in it.
//! Leaves out: whether what was read makes sense together (see [`super::check`]).

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{
    BasisEntry, CategoryEntry, Controller, Document, Promise, PurposeEntry, RecipientEntry, RightEntry, Section,
    WordsFile,
};
use crate::parameters::Parameter;

/// The texts of the folder.
#[derive(Debug, Clone)]
pub struct Sources {
    /// `policy.yaml`
    pub policy: &'static str,
    /// `categories.yaml`
    pub categories: &'static str,
    /// `purposes.yaml`
    pub purposes: &'static str,
    /// `recipients.yaml`
    pub recipients: &'static str,
    /// `rights.yaml`
    pub rights: &'static str,
    /// The files of `promises/`, with their names.
    pub promises: &'static [(&'static str, &'static str)],
    /// The files of `page/`.
    pub words: &'static [WordsFile],
}

macro_rules! promises {
    ($($name:literal,)+) => {
        &[$((concat!("promises/", $name), include_str!(concat!("../../../../policy/promises/", $name))),)+]
    };
}

macro_rules! words {
    ($language:literal: $lead:literal, $($section:literal: $name:literal,)+) => {
        &[
            words!(@file $language, $lead, None),
            $(words!(@file $language, $name, Some($section)),)+
        ]
    };
    (@file $language:literal, $name:literal, $section:expr) => {
        WordsFile {
            file: concat!("page/", $language, "/", $name),
            language: $language,
            section: $section,
            text: include_str!(concat!("../../../../policy/page/", $language, "/", $name)),
        }
    };
}

/// The folder as it was when the program was built.
pub const SOURCES: Sources = Sources {
    policy: include_str!("../../../../policy/policy.yaml"),
    categories: include_str!("../../../../policy/categories.yaml"),
    purposes: include_str!("../../../../policy/purposes.yaml"),
    recipients: include_str!("../../../../policy/recipients.yaml"),
    rights: include_str!("../../../../policy/rights.yaml"),
    promises: promises![
        "01-about.yaml",
        "02-collected.yaml",
        "03-used.yaml",
        "04-lawful.yaml",
        "05-recipients.yaml",
        "06-kept.yaml",
        "07-rights.yaml",
        "08-protected.yaml",
        "09-where.yaml",
        "10-children.yaml",
        "11-changes.yaml",
        "12-contact.yaml",
        "13-models.yaml",
    ],
    words: words!["en": "00-lead.md",
        1: "01-about.md",
        2: "02-collected.md",
        3: "03-used.md",
        4: "04-lawful.md",
        5: "05-recipients.md",
        6: "06-kept.md",
        7: "07-rights.md",
        8: "08-protected.md",
        9: "09-where.md",
        10: "10-children.md",
        11: "11-changes.md",
        12: "12-contact.md",
        13: "13-models.md",
    ],
};

/// A file of the folder can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("policy/{file}: {what}")]
pub struct DocumentError {
    /// Which file.
    pub file: String,
    /// Where in it, and what is wrong.
    pub what: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFile {
    version: String,
    controller: Controller,
    sections: Vec<Section>,
    parameters: Vec<Parameter>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CategoriesFile {
    categories: Vec<CategoryEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PurposesFile {
    bases: Vec<BasisEntry>,
    purposes: Vec<PurposeEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecipientsFile {
    recipients: Vec<RecipientEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RightsFile {
    rights: Vec<RightEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PromisesFile {
    section: u8,
    promises: Vec<Promise>,
}

pub(super) fn read(sources: &Sources) -> Result<Document, DocumentError> {
    let policy: PolicyFile = file("policy.yaml", sources.policy)?;
    let categories: CategoriesFile = file("categories.yaml", sources.categories)?;
    let purposes: PurposesFile = file("purposes.yaml", sources.purposes)?;
    let recipients: RecipientsFile = file("recipients.yaml", sources.recipients)?;
    let rights: RightsFile = file("rights.yaml", sources.rights)?;
    let mut promises = Vec::new();
    for (name, text) in sources.promises {
        let section: PromisesFile = file(name, text)?;
        if let Some(stray) = section
            .promises
            .iter()
            .find(|promise| promise.id.section != section.section)
        {
            let what = format!("{} stands in the file of section {}", stray.id, section.section);
            return Err(DocumentError {
                file: (*name).to_owned(),
                what,
            });
        }
        promises.extend(section.promises);
    }
    Ok(Document {
        version: policy.version,
        controller: policy.controller,
        sections: policy.sections,
        parameters: policy.parameters,
        categories: categories.categories,
        bases: purposes.bases,
        purposes: purposes.purposes,
        recipients: recipients.recipients,
        rights: rights.rights,
        promises,
        words: sources.words.to_vec(),
    })
}

fn file<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, DocumentError> {
    serde_saphyr::from_str(text).map_err(|error| DocumentError {
        file: name.to_owned(),
        what: error.to_string(),
    })
}
