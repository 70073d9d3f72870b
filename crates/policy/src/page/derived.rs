//! The rows of the page's tables, computed.
//!
//! Promises: a kind of data has the purposes and ends of the document, and what is held of it is read off the inventory.
//! Leaves out: whether both agree (see [`crate::Document::check_inventory`]).

use std::collections::BTreeSet;

use super::making::Making;
use super::phrases;
use super::rows::{CookieRow, DataRow, NamedRecipient, NumberRow, PurposeRow, RecipientRow, RightRow, Stricter};
use crate::category::Category;
use crate::document::{CategoryEntry, PurposeEntry, Use};
use crate::purpose::{LawfulBasis, Purpose};

/// Every kind of data, in the document's order.
pub(super) fn data_rows(making: &Making<'_>) -> Vec<DataRow> {
    making
        .document
        .categories
        .iter()
        .map(|entry| data_row(making, entry))
        .collect()
}

fn data_row(making: &Making<'_>, entry: &CategoryEntry) -> DataRow {
    let bases: Vec<LawfulBasis> = distinct(entry.purposes.iter().filter_map(|purpose| making.basis(*purpose)));
    let receives = |id: Category| {
        let recipients = making.document.recipients.iter();
        recipients
            .filter(|recipient| recipient.receives.contains(&id) && recipient.state == Use::InUse)
            .map(|recipient| recipient.name.clone())
            .collect()
    };
    let rights = making
        .document
        .rights
        .iter()
        .filter(|right| entry.id.is_personal() && right.bases.iter().any(|basis| bases.contains(basis)));
    let (places, sealed) = held(making, entry.id);
    DataRow {
        category: entry.id,
        anchor: format!("data-{}", entry.id.id().replace('_', "-")),
        name: entry.name.clone(),
        holds: entry.holds.clone(),
        source: entry.source.clone(),
        places,
        purposes: entry.purposes.clone(),
        bases: bases.clone(),
        kept: distinct(
            entry
                .kept
                .iter()
                .map(|kept| phrases::kept(kept, making.document, making.parameters)),
        ),
        recipients: receives(entry.id),
        rights: rights.map(|right| right.name.clone()).collect(),
        sealed,
    }
}

/// Tables and files that hold this kind, and how it is encrypted in them.
fn held(making: &Making<'_>, category: Category) -> (Vec<String>, Vec<String>) {
    let mut places = Vec::new();
    let mut sealed = Vec::new();
    for table in &making.inventory.tables {
        let columns = table.columns.iter().filter(|column| column.category == category);
        let ways: Vec<_> = columns
            .map(|column| phrases::sealed(column.sealed).to_owned())
            .collect();
        if !ways.is_empty() {
            places.push(table.name.to_owned());
            sealed.extend(ways);
        }
    }
    for file in making.inventory.files.iter().filter(|file| file.category == category) {
        // A database is told table by table.
        if !file.is_database() {
            places.push(file.path.to_owned());
            sealed.push(phrases::sealed(file.sealed).to_owned());
        }
    }
    (places, distinct(sealed))
}

impl Making<'_> {
    pub(super) fn basis(&self, purpose: Purpose) -> Option<LawfulBasis> {
        let entry = self.document.purposes.iter().find(|entry| entry.id == purpose)?;
        Some(entry.basis)
    }

    pub(super) fn category_names(&self, categories: &[Category]) -> Vec<String> {
        let entries = self.document.categories.iter();
        entries
            .filter(|entry| categories.contains(&entry.id))
            .map(|entry| entry.name.clone())
            .collect()
    }

    fn purpose_names(&self, purposes: &[Purpose]) -> Vec<String> {
        let entries = self.document.purposes.iter();
        entries
            .filter(|entry| purposes.contains(&entry.id))
            .map(|entry| entry.name.clone())
            .collect()
    }

    pub(super) fn purpose_rows(&self) -> Vec<PurposeRow> {
        let row = |entry: &PurposeEntry| {
            let basis = self.document.bases.iter().find(|basis| basis.id == entry.basis);
            let used = self.document.categories.iter();
            let used: Vec<String> = used
                .filter(|category| category.purposes.contains(&entry.id))
                .map(|category| category.name.clone())
                .collect();
            PurposeRow {
                purpose: entry.id,
                name: entry.name.clone(),
                why: entry.why.clone(),
                basis: entry.basis,
                basis_words: basis.map_or_else(String::new, |basis| format!("{} ({})", basis.name, basis.law)),
                data: used,
                refusal: basis.map_or_else(String::new, |basis| basis.refusal.clone()),
            }
        };
        self.document.purposes.iter().map(row).collect()
    }

    pub(super) fn recipient_rows(&self) -> Vec<RecipientRow> {
        let named = |id: &str| -> Vec<NamedRecipient> {
            let named = self.named.iter().filter(|named| named.recipient == id);
            named.cloned().collect()
        };
        let rows = self.document.recipients.iter().map(|entry| RecipientRow {
            id: entry.id.clone(),
            name: entry.name.clone(),
            role: phrases::role(entry.role).to_owned(),
            named: named(&entry.id),
            receives: self.category_names(&entry.receives),
            purposes: self.purpose_names(&entry.purposes),
            in_use: entry.state == Use::InUse,
        });
        rows.collect()
    }

    pub(super) fn number_rows(&self) -> Vec<NumberRow> {
        let rows = self.document.parameters.iter().map(|parameter| {
            let value = self.parameters.value(&parameter.key).unwrap_or(parameter.value);
            NumberRow {
                key: parameter.key.clone(),
                value: value.words(),
                means: parameter.means.clone(),
                promise: parameter.promise,
                stricter: (value != parameter.value).then(|| Stricter {
                    than: parameter.value.words(),
                }),
            }
        });
        rows.collect()
    }

    pub(super) fn right_rows(&self) -> Vec<RightRow> {
        let rows = self.document.rights.iter().map(|right| RightRow {
            id: right.id.clone(),
            name: right.name.clone(),
            gives: right.gives.clone(),
            law: right.law.clone(),
            bases: right.bases.clone(),
            promise: right.promise,
        });
        rows.collect()
    }

    pub(super) fn cookie_rows(&self) -> Vec<CookieRow> {
        let rows = self.inventory.cookies.iter().map(|cookie| CookieRow {
            name: cookie.name.to_owned(),
            why: cookie.why.to_owned(),
            lives: cookie.lives.to_owned(),
        });
        rows.collect()
    }
}

/// Each once, in the order in which they first came.
fn distinct<T: Ord + Clone>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut seen = BTreeSet::new();
    values.into_iter().filter(|value| seen.insert(value.clone())).collect()
}
