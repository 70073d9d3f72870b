//! Twin migrations, and the live catalogue.

use policy::inventory::{Kind, Null};
use store::db::Statement;
use store::db::migrate::{MigrateError, Migration, Migrations, migrate, pending};

use super::both::{Fresh, both_databases};

const FIRST: Migration = Migration {
    version: 1,
    name: "people",
    sqlite: "CREATE TABLE person (id BLOB PRIMARY KEY, born INTEGER, name TEXT NOT NULL) STRICT; CREATE INDEX n ON person (name);",
    postgres: "CREATE TABLE person (id BYTEA PRIMARY KEY, born BIGINT, name TEXT NOT NULL); CREATE INDEX n ON person (name);",
};
const SECOND: Migration = Migration {
    version: 2,
    name: "cities",
    sqlite: "CREATE TABLE city (id INTEGER PRIMARY KEY) STRICT",
    postgres: "CREATE TABLE city (id BIGINT PRIMARY KEY)",
};
const BROKEN: Migration = Migration {
    version: 2,
    name: "broken",
    sqlite: "CREATE TABLE half (id INTEGER) STRICT; CREATE TABLE person (id INTEGER)",
    postgres: "CREATE TABLE half (id BIGINT); CREATE TABLE person (id BIGINT)",
};

const ONE: Migrations = Migrations {
    schema: "main",
    steps: &[FIRST],
};
const TWO: Migrations = Migrations {
    schema: "main",
    steps: &[FIRST, SECOND],
};
const HALF: Migrations = Migrations {
    schema: "main",
    steps: &[FIRST, BROKEN],
};
const OTHER: Migrations = Migrations {
    schema: "other",
    steps: &[Migration { version: 1, ..SECOND }],
};

both_databases! {
    async fn each_step_is_taken_once_and_schemas_do_not_mix(fresh: &Fresh) {
        assert_eq!(pending(&fresh.db, &TWO).await.unwrap().len(), 2);
        assert_eq!(migrate(&fresh.db, &ONE).await.unwrap(), 1);
        assert_eq!(pending(&fresh.db, &TWO).await.unwrap().len(), 1);
        assert_eq!(migrate(&fresh.db, &OTHER).await.unwrap(), 1);
        assert_eq!(migrate(&fresh.db, &ONE).await.unwrap(), 0);
        assert!(matches!(migrate(&fresh.db, &Migrations { schema: "main", steps: &[] }).await, Err(MigrateError::Newer { .. })));
    }

    async fn processes_that_start_together_take_each_step_once(fresh: &Fresh) {
        let starts = (0..6).map(|_| { let db = fresh.db.clone(); tokio::spawn(async move { migrate(&db, &TWO).await.unwrap() }) });
        let starts: Vec<_> = starts.collect();
        let mut taken = 0;
        for start in starts {
            taken += start.await.unwrap();
        }
        assert_eq!(taken, 2);
    }

    async fn a_step_that_fails_leaves_nothing_of_itself(fresh: &Fresh) {
        migrate(&fresh.db, &ONE).await.unwrap();
        assert!(migrate(&fresh.db, &HALF).await.is_err());
        let catalogue = fresh.db.catalogue().await.unwrap();
        assert!(catalogue.iter().all(|column| column.table == "person"), "{catalogue:?}");
        assert_eq!(migrate(&fresh.db, &TWO).await.unwrap(), 1);
    }

    async fn the_catalogue_lists_every_column_alike(fresh: &Fresh) {
        migrate(&fresh.db, &TWO).await.unwrap();
        let catalogue = fresh.db.catalogue().await.unwrap();
        let short: Vec<_> = catalogue.iter().map(|c| (c.table.as_str(), c.column.as_str(), c.kind, c.null)).collect();
        assert_eq!(short, [
            ("city", "id", Some(Kind::Integer), Null::Never),
            ("person", "born", Some(Kind::Integer), Null::Allowed),
            ("person", "id", Some(Kind::Blob), Null::Never),
            ("person", "name", Some(Kind::Text), Null::Never),
        ]);
    }

    async fn the_drivers_statements_prepare(fresh: &Fresh) {
        migrate(&fresh.db, &ONE).await.unwrap();
        let mut checked = 0;
        for statement in store::db::STATEMENTS {
            fresh.db.check(statement).await.unwrap();
            checked += 1;
        }
        assert!(checked >= 5, "{checked}");
        assert!(fresh.db.check(&Statement::common("planted", "SELECT gone FROM person")).await.is_err());
    }
}
