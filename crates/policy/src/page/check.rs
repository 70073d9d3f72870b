//! Gaps in the page.
//!
//! Promises: every point of every section has a heading and words of its own, words answer no point that isn't there, every
//! table stands somewhere, and no link leads nowhere on the page; every kind of data about people has a purpose, a ground
//! and an end.
//! Leaves out: whether words are good, or true.

use std::collections::BTreeSet;

use super::making::{Making, PageError};
use super::words::{Block, Span};
use super::{Clause, Listing, Page};
use crate::inventory::Checked;

impl Making<'_> {
    /// Looks for gaps.
    #[must_use]
    pub fn check(&self) -> Checked {
        let mut checked = Checked::default();
        match self.page(None) {
            Ok(page) => {
                self.check_parts(&mut checked);
                check_page(&page, &mut checked);
                self.check_addresses(&page, &mut checked);
            }
            Err(PageError { file, what }) => checked.fault(file, what),
        }
        checked
    }

    /// A link to a page of the program leads to an address that answers. Without any address declared there is nothing to compare.
    fn check_addresses(&self, page: &Page, checked: &mut Checked) {
        let routes = &self.inventory.routes;
        let links = blocks(page).flat_map(spans).filter_map(href);
        for link in links.filter(|link| link.starts_with('/') && !routes.is_empty()) {
            checked.examined += 1;
            if !routes.iter().any(|route| route.path == link) {
                checked.fault(link, "the page links to it, and nothing answers there");
            }
        }
    }

    /// Words for a point that isn't there would never be shown.
    fn check_parts(&self, checked: &mut Checked) {
        for section in &self.document.sections {
            let Ok(words) = self.words(Some(section.number)) else {
                continue;
            };
            let mut seen = BTreeSet::new();
            for part in &words.parts {
                checked.examined += 1;
                let place = format!("section {}", section.number);
                if !section.clauses.contains(&part.clause) {
                    checked.fault(
                        &place,
                        format!("there are words for {}, which is no point of it", part.clause),
                    );
                }
                if !seen.insert(&part.clause) {
                    checked.fault(&place, format!("there are words for {} twice", part.clause));
                }
            }
        }
    }
}

fn check_page(page: &Page, checked: &mut Checked) {
    let content = &page.content;
    let clauses = content.sections.iter().flat_map(|section| &section.clauses);
    for clause in clauses.clone() {
        checked.examined += 1;
        if clause.heading.trim().is_empty() || clause.words.is_empty() {
            checked.fault(&clause.id, "the page has no words for this point");
        }
    }
    let blocks: Vec<&Block> = blocks(page).collect();
    for listing in Listing::ALL {
        checked.examined += 1;
        if blocks.iter().filter(|block| ***block == Block::Table(listing)).count() != 1 {
            checked.fault(format!("table {}", listing.name()), "it must stand on the page once");
        }
    }
    let anchors = anchors(page);
    for link in blocks.into_iter().flat_map(spans).filter_map(href) {
        checked.examined += 1;
        if link.strip_prefix('#').is_some_and(|anchor| !anchors.contains(anchor)) {
            checked.fault(link, "the page links to it, and there is no such anchor");
        }
    }
    for row in content.data.iter().filter(|row| row.category.is_personal()) {
        checked.examined += 1;
        if row.purposes.is_empty() || row.bases.is_empty() || row.kept.is_empty() || row.rights.is_empty() {
            checked.fault(&row.name, "it needs a purpose, a ground, an end and rights");
        }
    }
}

fn blocks(page: &Page) -> impl Iterator<Item = &Block> {
    let sections = page.content.sections.iter().flat_map(|section| {
        let clauses = section.clauses.iter().flat_map(|clause: &Clause| &clause.words);
        section.lead.iter().chain(clauses)
    });
    page.content.lead.iter().chain(sections)
}

/// Everything that a link on the page can lead to.
fn anchors(page: &Page) -> BTreeSet<String> {
    let sections = page.content.sections.iter();
    let mut anchors: BTreeSet<String> = page.promises().map(|promise| promise.anchor.clone()).collect();
    for section in sections {
        anchors.insert(section.anchor.clone());
        anchors.extend(section.clauses.iter().map(|clause| clause.anchor.clone()));
    }
    for listing in Listing::ALL {
        anchors.extend(page.table(listing).rows.into_iter().filter_map(|row| row.anchor));
    }
    anchors
}

fn spans(block: &Block) -> Vec<&Span> {
    match block {
        Block::Paragraph(spans) => spans.iter().collect(),
        Block::List(items) => items.iter().flatten().collect(),
        Block::Table(_) => Vec::new(),
    }
}

fn href(span: &Span) -> Option<&str> {
    match span {
        Span::Link { href, .. } => Some(href),
        _ => None,
    }
}
