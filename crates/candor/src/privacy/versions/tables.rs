//! The table of versions, column by column: its part of the data inventory.

use policy::inventory::{Column, Disposition, Kind, Null, Retention, Sealed, Store, SubjectPath, Table};
use policy::{Category, Purpose};

const NOBODY: &str = "which policy ran since when, nothing of a person";

/// Versions of the policy by which this installation has run.
pub const POLICY_VERSION: Table = Table {
    name: "policy_version",
    store: Store::Main,
    subject_path: SubjectPath::None(NOBODY),
    purpose: Purpose::Operation,
    retention: Retention::Evidence,
    disposition: Disposition::Retain(NOBODY),
    columns: &[
        evidence("hash", Kind::Blob),
        evidence("version", Kind::Text),
        evidence("first_ran_at", Kind::Integer),
    ],
};

/// All tables of versions.
pub const TABLES: &[&Table] = &[&POLICY_VERSION];

const fn evidence(name: &'static str, kind: Kind) -> Column {
    Column {
        name,
        kind,
        null: Null::Never,
        category: Category::Evidence,
        sealed: Sealed::No(NOBODY),
    }
}
