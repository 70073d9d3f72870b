//! The table of evidence, column by column: its part of the data inventory.

use policy::inventory::{Column, Disposition, Kind, Null, Retention, Sealed, Store, SubjectPath, Table};
use policy::{Category, Purpose};

const NOBODY: &str = "counts, days and names of tables that a probe looked at, nothing of a person";

/// What probes saw: equal looks in a row are one row.
pub const OBSERVATION: Table = Table {
    name: "observation",
    store: Store::Main,
    subject_path: SubjectPath::None(NOBODY),
    purpose: Purpose::Operation,
    retention: Retention::Evidence,
    disposition: Disposition::Retain(NOBODY),
    columns: &[
        operations("probe", Kind::Text, Null::Never),
        operations("number", Kind::Integer, Null::Never),
        operations("outcome", Kind::Text, Null::Never),
        operations("why", Kind::Text, Null::Allowed),
        operations("considered", Kind::Integer, Null::Never),
        operations("figure", Kind::Text, Null::Allowed),
        operations("since", Kind::Integer, Null::Never),
        operations("at", Kind::Integer, Null::Never),
        operations("looks", Kind::Integer, Null::Never),
    ],
};

/// All tables of evidence.
pub const TABLES: &[&Table] = &[&OBSERVATION];

const fn operations(name: &'static str, kind: Kind, null: Null) -> Column {
    Column {
        name,
        kind,
        null,
        category: Category::Operations,
        sealed: Sealed::No(NOBODY),
    }
}
