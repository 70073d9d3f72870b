//! The table of the key store, column by column: its part of the data inventory, and the steps that make it.
//!
//! Leaves out: the keyring file, which is declared as a file by the program.

use policy::inventory::{Column, Disposition, Kind, Null, Retention, Sealed, Store, SubjectPath, Table};
use policy::{Category, Purpose};

use crate::db::migrate::{Migration, Migrations};

/// The schema of the key store.
pub const MIGRATIONS: Migrations = Migrations {
    schema: "keys",
    steps: &[Migration {
        version: 1,
        name: "subject key",
        sqlite: include_str!("../../migrations/sqlite/keys/0001_subject_key.sql"),
        postgres: include_str!("../../migrations/postgres/keys/0001_subject_key.sql"),
    }],
};

/// One key a person, wrapped under the key of a week.
pub const SUBJECT_KEY: Table = Table {
    name: "subject_key",
    store: Store::Keys,
    subject_path: SubjectPath::Column("subject_id"),
    purpose: Purpose::Operation,
    retention: Retention::WhileAccount,
    disposition: Disposition::Erase,
    columns: &[
        Column {
            name: "subject_id",
            kind: Kind::Blob,
            null: Null::Never,
            category: Category::Identifiers,
            sealed: Sealed::No("a random id, by which the key is found"),
        },
        Column {
            name: "week",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Operations,
            sealed: Sealed::No("names the wrapping key; the same for all who were wrapped that week"),
        },
        Column {
            name: "wrapped",
            kind: Kind::Blob,
            null: Null::Never,
            category: Category::Keys,
            sealed: Sealed::No("encrypted under the wrapping key of the week, which is in no database and no backup"),
        },
        Column {
            name: "created_at",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Account,
            sealed: Sealed::No("needed to count keys that were never wrapped anew"),
        },
    ],
};

/// All tables of the key store.
pub const TABLES: &[&Table] = &[&SUBJECT_KEY];
