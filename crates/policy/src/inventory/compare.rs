//! Declared tables against live ones, both ways.
//!
//! Promises: every live column that is not declared, every declared one that isn't there and every difference of type is
//! told; the text of a mismatch holds the Rust lines to paste into `tables.rs`. What only a person can answer
//! (category, sealing, the way to the subject) is left open in them, so that they don't compile unanswered.
//! Leaves out: order of columns, indexes, constraints.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use super::{Column, Kind, LiveColumn, Null, Table};

/// A difference between the declaration and the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// A live table that nobody declared, with its columns.
    UndeclaredTable {
        /// Its name.
        table: String,
        /// Its columns.
        columns: Vec<LiveColumn>,
    },
    /// A declared table that isn't there.
    MissingTable {
        /// Its name.
        table: &'static str,
    },
    /// A live column that nobody declared.
    UndeclaredColumn(LiveColumn),
    /// A declared column that isn't there.
    MissingColumn {
        /// Its table.
        table: &'static str,
        /// Its name.
        column: &'static str,
    },
    /// A column whose type or NULL differs.
    Different {
        /// As it is.
        live: LiveColumn,
        /// The kind that was declared.
        kind: Kind,
        /// The NULL that was declared.
        null: Null,
    },
    /// A table that was declared twice.
    DeclaredTwice {
        /// Its name.
        table: &'static str,
    },
}

/// All differences, by table. Pass the tables and the columns of one store.
#[must_use]
pub fn compare(declared: &[&Table], live: &[LiveColumn]) -> Vec<Mismatch> {
    let mut live_tables: BTreeMap<&str, Vec<&LiveColumn>> = BTreeMap::new();
    for column in live {
        live_tables.entry(&column.table).or_default().push(column);
    }
    let mut mismatches = Vec::new();
    let mut seen = BTreeSet::new();
    for table in declared {
        if !seen.insert(table.name) {
            mismatches.push(Mismatch::DeclaredTwice { table: table.name });
            continue;
        }
        match live_tables.remove(table.name) {
            Some(columns) => compare_columns(table, &columns, &mut mismatches),
            None => mismatches.push(Mismatch::MissingTable { table: table.name }),
        }
    }
    for (table, columns) in live_tables {
        let columns = columns.into_iter().cloned().collect();
        mismatches.push(Mismatch::UndeclaredTable {
            table: table.to_owned(),
            columns,
        });
    }
    mismatches
}

fn compare_columns(table: &Table, live: &[&LiveColumn], mismatches: &mut Vec<Mismatch>) {
    let declared = |name: &str| table.columns.iter().find(|column| column.name == name);
    for column in live {
        match declared(&column.column) {
            None => mismatches.push(Mismatch::UndeclaredColumn((*column).clone())),
            Some(Column { kind, null, .. }) if Some(*kind) != column.kind || *null != column.null => {
                mismatches.push(Mismatch::Different {
                    live: (*column).clone(),
                    kind: *kind,
                    null: *null,
                });
            }
            Some(_) => {}
        }
    }
    for column in table.columns {
        if !live.iter().any(|live| live.column == column.name) {
            mismatches.push(Mismatch::MissingColumn {
                table: table.name,
                column: column.name,
            });
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UndeclaredTable { table, columns } => {
                write!(
                    f,
                    "table `{table}` is in the database and not in the inventory; declare it in a `tables.rs`:\n{}",
                    table_lines(table, columns)
                )
            }
            Self::MissingTable { table } => {
                write!(
                    f,
                    "table `{table}` is in the inventory and not in the database; write its migration or remove its declaration"
                )
            }
            Self::UndeclaredColumn(live) => {
                write!(
                    f,
                    "column `{}.{}` is in the database and not in the inventory; add to the columns of `{}`:\n{}",
                    live.table,
                    live.column,
                    live.table,
                    column_line(live)
                )
            }
            Self::MissingColumn { table, column } => {
                write!(
                    f,
                    "column `{table}.{column}` is in the inventory and not in the database; write its migration or remove its declaration"
                )
            }
            Self::Different { live, kind, null } => {
                write!(
                    f,
                    "column `{}.{}` is declared as kind: {}, null: {} and is in the database as:\n    kind: {}, null: {},",
                    live.table,
                    live.column,
                    kind_text(Some(*kind)),
                    null_text(*null),
                    kind_text(live.kind),
                    null_text(live.null)
                )
            }
            Self::DeclaredTwice { table } => write!(f, "table `{table}` is declared twice; remove one declaration"),
        }
    }
}

fn table_lines(table: &str, columns: &[LiveColumn]) -> String {
    let constant = table.to_ascii_uppercase();
    let mut lines = format!(
        "pub const {constant}: Table = Table {{\n    name: \"{table}\",\n    store: Store::/* Main, Day or Keys */,\n    \
         subject_path: SubjectPath::/* Column(…), Via {{ … }} or None(\"why\") */,\n    purpose: Purpose::/* which */,\n    \
         retention: Retention::/* which */,\n    disposition: Disposition::/* which */,\n    columns: &[\n"
    );
    for column in columns {
        writeln!(lines, "    {}", column_line(column)).expect("writing into a String can't fail");
    }
    lines.push_str("    ],\n};");
    lines
}

fn column_line(live: &LiveColumn) -> String {
    format!(
        "    Column {{ name: \"{}\", kind: {}, null: {}, category: Category::/* which */, sealed: Sealed::/* which */ }},",
        live.column,
        kind_text(live.kind),
        null_text(live.null)
    )
}

const fn kind_text(kind: Option<Kind>) -> &'static str {
    match kind {
        Some(Kind::Integer) => "Kind::Integer",
        Some(Kind::Text) => "Kind::Text",
        Some(Kind::Blob) => "Kind::Blob",
        None => "Kind::/* none: a type that no column may have */",
    }
}

const fn null_text(null: Null) -> &'static str {
    match null {
        Null::Never => "Null::Never",
        Null::Allowed => "Null::Allowed",
    }
}
