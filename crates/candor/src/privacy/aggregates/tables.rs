//! The tables of released aggregates, column by column: their part of the data inventory.
//!
//! Promises: no id, no time finer than the day, no exact number: everything that depends on what people did went through
//! `selection.rs`.

use policy::inventory::{Column, Disposition, Kind, Null, Retention, Sealed, Store, SubjectPath, Table};
use policy::{Category, Purpose};

const NOBODY: &str = "counts over many accounts, with noise: about nobody";

/// Days that were released, one row each: what an account may show of that day is spent.
pub const AGGREGATE_RELEASE: Table = Table {
    name: "aggregate_release",
    store: Store::Main,
    subject_path: SubjectPath::None(NOBODY),
    purpose: Purpose::Improvement,
    retention: Retention::Evidence,
    disposition: Disposition::Retain(NOBODY),
    columns: &[
        aggregates("day", Kind::Integer),
        aggregates("k", Kind::Integer),
        aggregates("epsilon", Kind::Integer),
        aggregates("cells", Kind::Integer),
        aggregates("currency", Kind::Text),
        aggregates("digest", Kind::Blob),
        aggregates("withdrawn", Kind::Integer),
    ],
};

/// Released cells.
pub const AGGREGATE_CELL: Table = Table {
    name: "aggregate_cell",
    store: Store::Main,
    subject_path: SubjectPath::None(NOBODY),
    purpose: Purpose::Improvement,
    retention: Retention::Evidence,
    disposition: Disposition::Retain(NOBODY),
    columns: &[
        aggregates("day", Kind::Integer),
        aggregates("model", Kind::Text),
        aggregates("provider", Kind::Text),
        aggregates("ending", Kind::Text),
        aggregates("accounts", Kind::Integer),
        aggregates("requests", Kind::Integer),
        aggregates("input_tokens", Kind::Integer),
        aggregates("output_tokens", Kind::Integer),
        aggregates("cost", Kind::Integer),
    ],
};

/// All tables of aggregates.
pub const TABLES: &[&Table] = &[&AGGREGATE_RELEASE, &AGGREGATE_CELL];

const fn aggregates(name: &'static str, kind: Kind) -> Column {
    Column {
        name,
        kind,
        null: Null::Never,
        category: Category::Aggregates,
        sealed: Sealed::No(NOBODY),
    }
}
