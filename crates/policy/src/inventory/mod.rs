//! What is held where: every table column by column, every log field, metric label, file, outgoing host and address.
//!
//! Promises: all parts of a declaration are required and can stand in a constant; [`Inventory::check`] refuses one that
//! contradicts itself; [`compare`] finds every difference between declared and live tables, with the lines to paste.
//! Leaves out: reading a live catalogue (the store's), acting on a declaration (retention, rights, the page).

mod check;
mod compare;
mod route;

pub use check::{Checked, Fault, Where};
pub use compare::{Mismatch, compare};
pub use route::{Admits, Method, Processing, Route};

use crate::category::Category;
use crate::purpose::Purpose;

/// A table: what it is for, whose it is, when its rows end.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// As in the migrations.
    pub name: &'static str,
    /// The database in which it lies.
    pub store: Store,
    /// The way from a row to the person it is about.
    pub subject_path: SubjectPath,
    /// What its rows are needed for.
    pub purpose: Purpose,
    /// When its rows end by themselves.
    pub retention: Retention,
    /// What becomes of a person's rows when the person is erased.
    pub disposition: Disposition,
    /// All of its columns.
    pub columns: &'static [Column],
}

/// Where a table lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Store {
    /// The main database.
    Main,
    /// One partition a day; the day's end ends it.
    Day,
    /// The key store.
    Keys,
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// As in the migrations.
    pub name: &'static str,
    /// The type of its values.
    pub kind: Kind,
    /// May a value be missing?
    pub null: Null,
    /// What kind of data it holds.
    pub category: Category,
    /// The keys without which it can't be read.
    pub sealed: Sealed,
}

/// The types that a column may have, on both databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// 64 bits: numbers, amounts, moments in microseconds, days.
    Integer,
    /// UTF-8.
    Text,
    /// Bytes: ids, digests, sealed values.
    Blob,
}

impl Kind {
    /// The kind of a SQL type's name, as SQLite (STRICT) and PostgreSQL call it; `None` for all others.
    #[must_use]
    pub fn from_sql_type(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "integer" | "int" | "bigint" | "int8" => Some(Self::Integer),
            "text" => Some(Self::Text),
            "blob" | "bytea" => Some(Self::Blob),
            _ => None,
        }
    }
}

/// May a value be missing?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Null {
    /// NOT NULL.
    Never,
    /// NULL is a value.
    Allowed,
}

/// Which keys a value at rest is sealed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealed {
    /// In the clear, and why that is right.
    No(&'static str),
    /// With the person's key: alive as long as the account.
    Subject,
    /// With the person's and the day's key: losing either ends it.
    SubjectDay,
    /// With the fiscal year's key: the archive that the law demands.
    Year,
}

/// The way from a row to its person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectPath {
    /// This column holds the subject's id (or a tag from which the person's rows are found).
    Column(&'static str),
    /// This column points to a row of that table, which knows the way.
    Via {
        /// The column of this table.
        column: &'static str,
        /// The table whose rows it names.
        table: &'static str,
    },
    /// It is about nobody, and why.
    None(&'static str),
}

/// When a row ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// So many days as the policy document's parameter says.
    Parameter(&'static str),
    /// With the account.
    WhileAccount,
    /// With the fiscal year and as many more as the parameter says.
    FiscalYearPlus(&'static str),
    /// Kept: it proves something and holds no personal data.
    Evidence,
}

/// What becomes of a person's rows at erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// They are deleted.
    Erase,
    /// They stay, without what these columns hold.
    Anonymise(&'static [&'static str]),
    /// They stay as they are, and which law or need says so.
    Retain(&'static str),
    /// They can't be found by person, and why: told on the page.
    Unreachable(&'static str),
}

/// A field that a log line may have; any other is dropped.
#[derive(Debug, Clone, Copy)]
pub struct LogField {
    /// As in `tracing` events.
    pub name: &'static str,
    /// What kind of data it holds: never a personal one.
    pub category: Category,
    /// Why the line needs it.
    pub why: &'static str,
}

/// A label of a metric and all the values it can have.
#[derive(Debug, Clone, Copy)]
pub struct MetricLabel {
    /// The metric's name.
    pub metric: &'static str,
    /// The label's name.
    pub label: &'static str,
    /// What it can be: closed by an enum, a configured list or a small range, in words.
    pub values: &'static str,
    /// What kind of data it holds: never a personal one.
    pub category: Category,
}

/// A file, or a family of files with one pattern, below the data folder or beside the keyring.
#[derive(Debug, Clone, Copy)]
pub struct File {
    /// The path, with `<…>` where it varies.
    pub path: &'static str,
    /// The most sensitive kind of data in it.
    pub category: Category,
    /// The keys without which what is personal in it can't be read.
    pub sealed: Sealed,
    /// What it is needed for.
    pub purpose: Purpose,
    /// When it ends.
    pub retention: Retention,
    /// What becomes of a person's part at erasure.
    pub disposition: Disposition,
}

impl File {
    /// Is it a database, whose tables are declared column by column?
    #[must_use]
    pub fn is_database(&self) -> bool {
        self.path.ends_with(".db")
    }
}

/// A host to which something may be sent.
#[derive(Debug, Clone, Copy)]
pub struct Host {
    /// The host's name, or in words where the configuration names it.
    pub name: &'static str,
    /// The recipient's id in `policy/recipients.yaml`.
    pub recipient: &'static str,
    /// What it gets.
    pub categories: &'static [Category],
    /// What for.
    pub purpose: Purpose,
}

/// A cookie; one that isn't declared can't be set.
#[derive(Debug, Clone, Copy)]
pub struct Cookie {
    /// Its name.
    pub name: &'static str,
    /// Why it is needed.
    pub why: &'static str,
    /// How long it lives, in words.
    pub lives: &'static str,
}

/// Everything that is declared.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    /// Tables of all stores.
    pub tables: Vec<&'static Table>,
    /// Fields of log lines.
    pub log_fields: Vec<&'static LogField>,
    /// Labels of metrics.
    pub metric_labels: Vec<&'static MetricLabel>,
    /// Files.
    pub files: Vec<&'static File>,
    /// Outgoing hosts.
    pub hosts: Vec<&'static Host>,
    /// Addresses that answer.
    pub routes: Vec<&'static Route>,
    /// Cookies.
    pub cookies: Vec<&'static Cookie>,
}

impl Inventory {
    /// The declared tables of one store, for [`compare`].
    #[must_use]
    pub fn tables_of(&self, store: Store) -> Vec<&'static Table> {
        self.tables
            .iter()
            .copied()
            .filter(|table| table.store == store)
            .collect()
    }
}

/// A column as a live database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveColumn {
    /// The table's name.
    pub table: String,
    /// The column's name.
    pub column: String,
    /// Its type; `None` for one that no column may have ([`Kind::from_sql_type`]).
    pub kind: Option<Kind>,
    /// Whether a value may be missing.
    pub null: Null,
}
