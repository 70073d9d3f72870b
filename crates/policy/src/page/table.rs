//! The page's tables as captions, heads and cells, the same for every format.
//!
//! Promises: a table has a caption, and each row as many cells as there are columns.
//! Leaves out: how a format draws it.

use serde::Serialize;

use super::rows::{DataRow, NamedRecipient, NumberRow, PurposeRow, RecipientRow, RightRow};
use super::words::{Span, linked};
use super::{Content, phrases, promise_anchor};
use crate::document::PromiseId;
use crate::purpose::{LawfulBasis, Purpose};

/// Which table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Listing {
    /// Every kind of data.
    Data,
    /// Every purpose.
    Purposes,
    /// Everybody who may receive anything.
    Recipients,
    /// Every number.
    Numbers,
    /// What you can ask for.
    Rights,
    /// Every cookie.
    Cookies,
}

impl Listing {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Data,
        Self::Purposes,
        Self::Recipients,
        Self::Numbers,
        Self::Rights,
        Self::Cookies,
    ];

    /// As the page's words name it: `{table data}`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Purposes => "purposes",
            Self::Recipients => "recipients",
            Self::Numbers => "numbers",
            Self::Rights => "rights",
            Self::Cookies => "cookies",
        }
    }
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// The heads of its columns.
    pub columns: Vec<&'static str>,
    /// Its rows.
    pub rows: Vec<TableRow>,
}

/// A row: the first cell heads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRow {
    /// Its anchor, where something links to it.
    pub anchor: Option<String>,
    /// Its cells, one a column.
    pub cells: Vec<Cell>,
}

/// A cell: a few lines, each of a few spans.
pub type Cell = Vec<Vec<Span>>;

pub(super) fn of(content: &Content, listing: Listing) -> Table {
    match listing {
        Listing::Data => data(content),
        Listing::Purposes => purposes(content),
        Listing::Recipients => recipients(content),
        Listing::Numbers => numbers(content),
        Listing::Rights => rights(content),
        Listing::Cookies => cookies(content),
    }
}

fn data(content: &Content) -> Table {
    let purpose = |id: &Purpose| content.purposes.iter().find(|row| row.purpose == *id);
    let row = |row: &DataRow| TableRow {
        anchor: Some(row.anchor.clone()),
        cells: vec![
            vec![vec![Span::Strong(row.name.clone())], text(&row.holds)],
            one(&row.source),
            lines(row.purposes.iter().filter_map(purpose).map(|purpose| &purpose.name)),
            lines(names_of_bases(content, &row.bases)),
            lines(&row.kept),
            lines(&row.recipients),
            lines(&row.rights),
            if row.places.is_empty() {
                one(phrases::NOT_HELD)
            } else {
                lines(&row.sealed)
            },
        ],
    };
    Table {
        caption: "What is held, and how".to_owned(),
        columns: vec![
            "What",
            "From",
            "For",
            "Ground",
            "Kept",
            "Who gets it",
            "You can",
            "At rest",
        ],
        rows: content.data.iter().map(row).collect(),
    }
}

fn names_of_bases(content: &Content, bases: &[LawfulBasis]) -> Vec<String> {
    let words = |basis: &LawfulBasis| {
        let row = content.purposes.iter().find(|row| row.basis == *basis);
        row.map(|row| row.basis_words.clone())
    };
    bases.iter().filter_map(words).collect()
}

fn purposes(content: &Content) -> Table {
    let row = |row: &PurposeRow| TableRow {
        anchor: Some(format!("purpose-{}", row.purpose.id().replace('_', "-"))),
        cells: vec![
            vec![vec![Span::Strong(row.name.clone())], text(&row.why)],
            one(&row.basis_words),
            lines(&row.data),
            one(&row.refusal),
        ],
    };
    Table {
        caption: "What data is used for".to_owned(),
        columns: vec!["For", "Ground", "Data", "If you say no"],
        rows: content.purposes.iter().map(row).collect(),
    }
}

fn recipients(content: &Content) -> Table {
    let named = |named: &NamedRecipient| {
        let mut words = format!("{}: {}", named.name, named.host);
        if let Some(region) = &named.region {
            words.push_str(&format!(", {region}"));
        }
        if let Some(why) = &named.unencrypted {
            words.push_str(&format!(" (not encrypted on the way: {why})"));
        }
        words
    };
    let row = |row: &RecipientRow| TableRow {
        anchor: Some(format!("recipient-{}", row.id.replace('_', "-"))),
        cells: vec![
            vec![vec![Span::Strong(row.name.clone())], text(&row.role)],
            if row.in_use {
                lines(row.named.iter().map(named))
            } else {
                one("not used by this version")
            },
            lines(&row.receives),
            lines(&row.purposes),
        ],
    };
    Table {
        caption: "Who receives data".to_owned(),
        columns: vec!["Who", "Here", "Gets", "For"],
        rows: content.recipients.iter().map(row).collect(),
    }
}

fn numbers(content: &Content) -> Table {
    let row = |row: &NumberRow| {
        let mut value = vec![vec![Span::Number {
            key: row.key.clone(),
            text: row.value.clone(),
        }]];
        if let Some(stricter) = &row.stricter {
            value.push(text(&format!(
                "stricter than the {} promised to everybody",
                stricter.than
            )));
        }
        TableRow {
            anchor: Some(format!("number-{}", row.key)),
            cells: vec![value, one(&row.means), vec![vec![link(row.promise)]]],
        }
    };
    Table {
        caption: "Every number, as the program obeys it".to_owned(),
        columns: vec!["Number", "Means", "Promise"],
        rows: content.numbers.iter().map(row).collect(),
    }
}

fn rights(content: &Content) -> Table {
    let row = |row: &RightRow| TableRow {
        anchor: Some(format!("right-{}", row.id)),
        cells: vec![
            vec![vec![Span::Strong(row.name.clone())]],
            one(&row.gives),
            one(&row.law),
            lines(names_of_bases(content, &row.bases)),
            vec![vec![link(row.promise)]],
        ],
    };
    Table {
        caption: "What you can ask for".to_owned(),
        columns: vec!["You can", "That means", "Law", "Where the ground is", "Promise"],
        rows: content.rights.iter().map(row).collect(),
    }
}

fn cookies(content: &Content) -> Table {
    let rows = content.cookies.iter().map(|cookie| TableRow {
        anchor: None,
        cells: vec![
            vec![vec![Span::Code(cookie.name.clone())]],
            one(&cookie.why),
            one(&cookie.lives),
        ],
    });
    Table {
        caption: "Cookies".to_owned(),
        columns: vec!["Name", "Why", "Lives"],
        rows: rows.collect(),
    }
}

fn link(promise: PromiseId) -> Span {
    Span::Link {
        text: promise.to_string(),
        href: format!("#{}", promise_anchor(promise)),
    }
}

fn text(words: &str) -> Vec<Span> {
    linked(words)
}

fn one(words: &str) -> Cell {
    vec![text(words)]
}

/// A line each; a dash where there is none, so that no cell is empty.
fn lines<T: AsRef<str>>(words: impl IntoIterator<Item = T>) -> Cell {
    let lines: Cell = words.into_iter().map(|line| text(line.as_ref())).collect();
    if lines.is_empty() { one(phrases::NONE) } else { lines }
}
