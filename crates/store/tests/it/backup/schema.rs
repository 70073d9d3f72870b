//! A small schema with a circle of foreign keys, a seed row of its migration, and a day table.

use base::time::Day;
use policy::inventory::{Column, Disposition, Kind, Null, Retention, Sealed, Store, SubjectPath, Table};
use policy::{Category, Purpose};
use store::db::migrate::{Migration, Migrations};

pub(super) const FIRST_DAY: Day = Day::from_number(20_783);
pub(super) const KEEP: policy::Days = policy::Days::new(30);

const FIRST: Migration = Migration {
    version: 1,
    name: "families",
    sqlite: "CREATE TABLE parent (id BLOB PRIMARY KEY, name TEXT NOT NULL, best INTEGER REFERENCES child (id)) STRICT; \
             CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id BLOB NOT NULL REFERENCES parent (id), amount INTEGER NOT NULL) STRICT; \
             INSERT INTO parent (id, name) VALUES (x'00', 'seed');",
    postgres: "CREATE TABLE parent (id BYTEA PRIMARY KEY, name TEXT NOT NULL, best BIGINT); \
               CREATE TABLE child (id BIGINT PRIMARY KEY, parent_id BYTEA NOT NULL REFERENCES parent (id), amount BIGINT NOT NULL); \
               ALTER TABLE parent ADD FOREIGN KEY (best) REFERENCES child (id); \
               INSERT INTO parent (id, name) VALUES ('\\x00', 'seed');",
};
const SECOND: Migration = Migration {
    version: 2,
    name: "cities",
    sqlite: "CREATE TABLE city (id INTEGER PRIMARY KEY) STRICT",
    postgres: "CREATE TABLE city (id BIGINT PRIMARY KEY)",
};

pub(super) const MAIN: Migrations = Migrations {
    schema: "main",
    steps: &[FIRST],
};
pub(super) const NEWER: Migrations = Migrations {
    schema: "main",
    steps: &[FIRST, SECOND],
};
pub(super) const DAY_STEPS: &[Migration] = &[Migration {
    version: 1,
    name: "events",
    sqlite: "CREATE TABLE event (day INTEGER NOT NULL, id BLOB NOT NULL, sealed BLOB, PRIMARY KEY (day, id)) STRICT",
    postgres: "CREATE TABLE event (day BIGINT NOT NULL, id BYTEA NOT NULL, sealed BYTEA, PRIMARY KEY (day, id)) PARTITION BY RANGE (day)",
}];

const fn column(name: &'static str, kind: Kind) -> Column {
    Column {
        name,
        kind,
        null: Null::Allowed,
        category: Category::Operations,
        sealed: Sealed::No("a test"),
    }
}

const fn table(name: &'static str, store: Store, columns: &'static [Column]) -> Table {
    Table {
        name,
        store,
        subject_path: SubjectPath::None("a test"),
        purpose: Purpose::Operation,
        retention: Retention::Evidence,
        disposition: Disposition::Retain("a test"),
        columns,
    }
}

const PARENT: Table = table(
    "parent",
    Store::Main,
    &[
        column("id", Kind::Blob),
        column("name", Kind::Text),
        column("best", Kind::Integer),
    ],
);
const CHILD: Table = table(
    "child",
    Store::Main,
    &[
        column("id", Kind::Integer),
        column("parent_id", Kind::Blob),
        column("amount", Kind::Integer),
    ],
);
const EVENT: Table = table(
    "event",
    Store::Day,
    &[
        column("day", Kind::Integer),
        column("id", Kind::Blob),
        column("sealed", Kind::Blob),
    ],
);

/// The child first, against the order of the keys.
pub(super) const MAIN_TABLES: &[&Table] = &[&CHILD, &PARENT];
pub(super) const DAY_TABLES: &[&Table] = &[&EVENT];
