//! The table of backups, column by column: its part of the data inventory.

use policy::inventory::{Column, Disposition, Kind, Null, Retention, Sealed, Store, SubjectPath, Table};
use policy::{Category, Purpose};

const NOBODY: &str = "about copies of the whole store, not about a person";

/// Backups that were made.
pub const BACKUP: Table = Table {
    name: "backup",
    store: Store::Main,
    subject_path: SubjectPath::None(NOBODY),
    purpose: Purpose::Operation,
    retention: Retention::Parameter("backup.dead"),
    disposition: Disposition::Retain(NOBODY),
    columns: &[
        operations("backup_id", Kind::Blob),
        operations("place", Kind::Text),
        operations("made_at", Kind::Integer),
        operations("restores_until", Kind::Integer),
        operations("dead_at", Kind::Integer),
    ],
};

/// All tables of backups.
pub const TABLES: &[&Table] = &[&BACKUP];

const fn operations(name: &'static str, kind: Kind) -> Column {
    Column {
        name,
        kind,
        null: Null::Never,
        category: Category::Operations,
        sealed: Sealed::No(NOBODY),
    }
}
