//! From the document to the page.
//!
//! Promises: every promise stands on the page once, under the first point that it answers; every point of every section
//! has a heading and words; what can't be resolved is an error with file and line, and no page.
//! Leaves out: looking for contradictions (see [`crate::document`] and [`crate::inventory`]).

use base::time::Timestamp;

use super::anchor::{clause_anchor, promise_anchor};
use super::derived::data_rows;
use super::hash::PolicyHash;
use super::phrases;
use super::rows::{Evidence, NamedRecipient};
use super::words::{self, Block, Span, Words};
use super::{Clause, Content, Operator, Page, Promised, Section, Standing, Updated};
use crate::document::{self, Document, Promise, Scope, State, WordsFile};
use crate::inventory::Inventory;
use crate::parameters::Parameters;

/// The one language of this version.
const LANGUAGE: &str = "en";

/// What a page is made of.
#[derive(Debug, Clone, Copy)]
pub struct Making<'a> {
    /// What is promised.
    pub document: &'a Document,
    /// The numbers in force.
    pub parameters: &'a Parameters,
    /// What is held.
    pub inventory: &'a Inventory,
    /// Who answers for the data.
    pub operator: &'a Operator,
    /// Recipients by name.
    pub named: &'a [NamedRecipient],
}

/// The words of the page can't be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("policy/{file}: {what}")]
pub struct PageError {
    /// The file of the folder `policy/`.
    pub file: String,
    /// Where in it, and what is wrong.
    pub what: String,
}

impl Making<'_> {
    /// The page, last updated when `first_ran` says; without it, a draft.
    pub fn page(&self, first_ran: Option<Timestamp>) -> Result<Page, PageError> {
        let content = self.content()?;
        Ok(Page {
            version: self.document.version.clone(),
            hash: PolicyHash::of(self.document, &content),
            updated: first_ran.map_or(Updated::NotYet, Updated::FirstRan),
            content,
        })
    }

    fn content(&self) -> Result<Content, PageError> {
        let Words { lead, parts } = self.words(None)?;
        if let Some(part) = parts.first() {
            return Err(PageError {
                file: format!("page/{LANGUAGE}"),
                what: format!("{} belongs to a section", part.clause),
            });
        }
        let sections = self.document.sections.iter().map(|section| self.section(section));
        Ok(Content {
            language: LANGUAGE,
            title: phrases::TITLE.to_owned(),
            operator: self.operator.clone(),
            lead,
            sections: sections.collect::<Result<_, _>>()?,
            data: data_rows(self),
            purposes: self.purpose_rows(),
            recipients: self.recipient_rows(),
            numbers: self.number_rows(),
            rights: self.right_rows(),
            cookies: self.cookie_rows(),
        })
    }

    fn section(&self, section: &document::Section) -> Result<Section, PageError> {
        let Words { lead, parts } = self.words(Some(section.number))?;
        let clause = |id: &String| {
            let part = parts.iter().find(|part| part.clause == *id);
            let (heading, words) = part.map_or_else(
                || (String::new(), Vec::new()),
                |part| (part.heading.clone(), part.blocks.clone()),
            );
            self.clause(id, heading, words)
        };
        Ok(Section {
            number: section.number,
            anchor: format!("section-{}", section.number),
            title: section.title.clone(),
            lead,
            clauses: section.clauses.iter().map(clause).collect::<Result<_, _>>()?,
        })
    }

    fn clause(&self, id: &str, heading: String, words: Vec<Block>) -> Result<Clause, PageError> {
        let answers = |promise: &&Promise| promise.clauses.iter().any(|clause| clause == id);
        let is_first = |promise: &&Promise| promise.clauses.first().is_some_and(|clause| clause == id);
        let (first, other): (Vec<&Promise>, Vec<&Promise>) =
            self.document.promises.iter().filter(answers).partition(is_first);
        Ok(Clause {
            id: id.to_owned(),
            anchor: clause_anchor(id),
            heading,
            words,
            promises: first
                .into_iter()
                .map(|promise| self.promised(promise))
                .collect::<Result<_, _>>()?,
            see: other.into_iter().map(|promise| promise.id).collect(),
        })
    }

    fn promised(&self, promise: &Promise) -> Result<Promised, PageError> {
        let words = words::spans(&promise.text, &|key| self.resolve(key)).map_err(|what| PageError {
            file: format!("promises, {}", promise.id),
            what,
        })?;
        let data = match &promise.scope {
            Scope::All => None,
            Scope::Only(categories) => Some(self.category_names(categories)),
        };
        Ok(Promised {
            id: promise.id,
            anchor: promise_anchor(promise.id),
            kinds: promise.kinds.clone(),
            words,
            data,
            state: standing(&promise.state),
        })
    }

    pub(super) fn words(&self, section: Option<u8>) -> Result<Words, PageError> {
        let wanted = |file: &&WordsFile| file.language == LANGUAGE && file.section == section;
        let file = self.document.words.iter().find(wanted).ok_or_else(|| PageError {
            file: format!("page/{LANGUAGE}"),
            what: format!("there are no words for section {section:?}"),
        })?;
        words::read(file.text, &|key| self.resolve(key)).map_err(|error| PageError {
            file: file.file.to_owned(),
            what: format!("line {}: {}", error.line, error.what),
        })
    }

    /// What a key in braces stands for.
    fn resolve(&self, key: &str) -> Option<Span> {
        let said = |value: &Option<String>| match value {
            Some(value) => Span::Text(value.clone()),
            None => Span::Strong(phrases::NOT_NAMED.to_owned()),
        };
        match key {
            "operator.name" => Some(said(&self.operator.name)),
            "operator.address" => Some(said(&self.operator.address)),
            "operator.privacy_contact" => Some(said(&self.operator.privacy_contact)),
            _ => self.parameters.words(key).map(|text| Span::Number {
                key: key.to_owned(),
                text,
            }),
        }
    }
}

fn standing(state: &State) -> Standing {
    match state {
        State::Planned { awaits, .. } => Standing::Planned { awaits: awaits.clone() },
        State::InForce {
            controls,
            probes,
            planted_breaches,
            evidence,
            since,
        } => Standing::InForce(Evidence {
            controls: controls.clone(),
            probes: probes.clone(),
            planted_breaches: planted_breaches.clone(),
            fresh_for: evidence.freshness.words(),
            since: since.clone(),
        }),
    }
}
