//! The schemas of the program: their migrations, and every table that is declared.
//!
//! Promises: one migration a database, side by side; a domain's tables get here by its `TABLES` alone.
//! Leaves out: running them (`instance`).

use policy::inventory::Table;
use store::db::migrate::{Migration, Migrations};

use crate::privacy::{aggregates, evidence, versions};
use crate::{backups, money, people, records};

/// The schema of the main database.
pub const MAIN: Migrations = Migrations {
    schema: "main",
    steps: &[
        Migration {
            version: 1,
            name: "ground floor",
            sqlite: include_str!("../migrations/sqlite/main/0001_ground_floor.sql"),
            postgres: include_str!("../migrations/postgres/main/0001_ground_floor.sql"),
        },
        Migration {
            version: 2,
            name: "backup",
            sqlite: include_str!("../migrations/sqlite/main/0002_backup.sql"),
            postgres: include_str!("../migrations/postgres/main/0002_backup.sql"),
        },
        Migration {
            version: 3,
            name: "observation",
            sqlite: include_str!("../migrations/sqlite/main/0003_observation.sql"),
            postgres: include_str!("../migrations/postgres/main/0003_observation.sql"),
        },
        Migration {
            version: 4,
            name: "policy version",
            sqlite: include_str!("../migrations/sqlite/main/0004_policy_version.sql"),
            postgres: include_str!("../migrations/postgres/main/0004_policy_version.sql"),
        },
        Migration {
            version: 5,
            name: "aggregates",
            sqlite: include_str!("../migrations/sqlite/main/0005_aggregates.sql"),
            postgres: include_str!("../migrations/postgres/main/0005_aggregates.sql"),
        },
        Migration {
            version: 6,
            name: "key options",
            sqlite: include_str!("../migrations/sqlite/main/0006_key_options.sql"),
            postgres: include_str!("../migrations/postgres/main/0006_key_options.sql"),
        },
    ],
};

/// The steps of a day's partition.
pub const DAY_STEPS: &[Migration] = &[Migration {
    version: 1,
    name: "generation log",
    sqlite: include_str!("../migrations/sqlite/day/0001_generation_log.sql"),
    postgres: include_str!("../migrations/postgres/day/0001_generation_log.sql"),
}];

/// The schema of the key store: `store`'s own.
pub const KEYS: Migrations = Migrations {
    schema: "keys",
    steps: &[Migration {
        version: 1,
        name: "subject key",
        sqlite: include_str!("../../store/migrations/sqlite/keys/0001_subject_key.sql"),
        postgres: include_str!("../../store/migrations/postgres/keys/0001_subject_key.sql"),
    }],
};

/// Every declared table, of all stores.
#[must_use]
pub fn tables() -> Vec<&'static Table> {
    [
        people::tables::TABLES,
        money::tables::TABLES,
        records::tables::TABLES,
        backups::tables::TABLES,
        aggregates::tables::TABLES,
        evidence::tables::TABLES,
        versions::tables::TABLES,
        store::keys::TABLES,
    ]
    .concat()
}
