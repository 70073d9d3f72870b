//! The schemas of the program: their migrations, and every table that is declared.
//!
//! Promises: one migration a database, side by side; a domain's tables get here by its `TABLES` alone.
//! Leaves out: running them (`instance`), the key store's schema (`store::keys`).

use policy::inventory::Table;
use store::db::migrate::{Migration, Migrations};

use crate::{money, people, records};

/// The schema of the main database.
pub const MAIN: Migrations = Migrations {
    schema: "main",
    steps: &[Migration {
        version: 1,
        name: "ground floor",
        sqlite: include_str!("../migrations/sqlite/main/0001_ground_floor.sql"),
        postgres: include_str!("../migrations/postgres/main/0001_ground_floor.sql"),
    }],
};

/// The steps of a day's partition.
pub const DAY_STEPS: &[Migration] = &[Migration {
    version: 1,
    name: "generation log",
    sqlite: include_str!("../migrations/sqlite/day/0001_generation_log.sql"),
    postgres: include_str!("../migrations/postgres/day/0001_generation_log.sql"),
}];

/// Every declared table, of all stores.
#[must_use]
pub fn tables() -> Vec<&'static Table> {
    [
        people::tables::TABLES,
        money::tables::TABLES,
        records::tables::TABLES,
        store::keys::TABLES,
    ]
    .concat()
}
