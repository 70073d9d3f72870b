//! Values, parameters and errors mean the same on both databases.

use store::db::{Db, DbError, Rule, Statement, Value};

use super::both::{Fresh, both_databases, run};

const SWAP: Statement = Statement::pair(
    "swap",
    "SELECT $2 || $1, $1 || $2",
    "SELECT $2::text || $1::text, $1::text || $2::text",
);
const PUT: Statement = Statement::common(
    "put",
    "INSERT INTO kinds (id, number, words, bytes) VALUES ($1, $2, $3, $4) RETURNING number",
);
const ALL: Statement = Statement::common("all", "SELECT id, number, words, bytes FROM kinds ORDER BY id");

/// Both dialects' tables of the same columns.
pub(super) async fn kinds(db: &Db) {
    let (text, strict) = match db.dialect() {
        store::db::Dialect::Sqlite => ("BLOB", " STRICT"),
        store::db::Dialect::Postgres => ("BYTEA", ""),
    };
    let number = if strict.is_empty() { "BIGINT" } else { "INTEGER" };
    run(
        db,
        format!(
            "CREATE TABLE kinds (id {text} PRIMARY KEY, number {number} NOT NULL UNIQUE CHECK (number <> 13), words TEXT, bytes {text}){strict}"
        ),
    )
    .await;
}

fn row(id: u8, number: i64) -> Vec<Value> {
    vec![[id; 16].into(), number.into(), "ä'€\u{1F600}".into(), Value::Null]
}

both_databases! {
    async fn a_parameter_is_bound_by_its_number(fresh: &Fresh) {
        let row = fresh.db.query_one(&SWAP, vec!["one".into(), "two".into()]).await.unwrap();
        assert_eq!((row.text(0).unwrap(), row.text(1).unwrap()), ("twoone", "onetwo"));
    }

    async fn values_come_back_as_they_went_in(fresh: &Fresh) {
        kinds(&fresh.db).await;
        let returned = fresh.db.query_one(&PUT, row(1, i64::MAX)).await.unwrap();
        assert_eq!(returned.integer(0).unwrap(), i64::MAX);
        let changed = fresh.db.execute(&PUT, vec![[2; 16].into(), i64::MIN.into(), Value::Null, vec![0_u8, 255].into()]).await.unwrap();
        assert_eq!(changed, 1);
        let rows = fresh.db.query(&ALL, vec![]).await.unwrap();
        assert_eq!(rows[0].text(2).unwrap(), "ä'€\u{1F600}");
        assert_eq!(rows[0].optional_blob(3).unwrap(), None);
        assert_eq!(rows[1].integer(1).unwrap(), i64::MIN);
        assert_eq!(rows[1].blob(3).unwrap(), [0, 255]);
    }

    async fn a_broken_rule_is_told_by_its_kind_and_without_values(fresh: &Fresh) {
        kinds(&fresh.db).await;
        fresh.db.execute(&PUT, row(1, 4711)).await.unwrap();
        for (values, expected) in [
            (row(1, 5), Rule::Unique),
            (row(2, 4711), Rule::Unique),
            (row(3, 13), Rule::Check),
            (vec![[4; 16].into(), Value::Null, Value::Null, Value::Null], Rule::NotNull),
        ] {
            let error = fresh.db.execute(&PUT, values).await.unwrap_err();
            assert!(matches!(&error, DbError::Constraint { rule, .. } if *rule == expected), "{error:?}");
            assert!(!format!("{error} {error:?}").contains("4711"), "{error:?}");
        }
    }

    async fn a_value_of_the_wrong_kind_is_an_error_that_does_not_show_it(fresh: &Fresh) {
        kinds(&fresh.db).await;
        let error = fresh.db.execute(&PUT, vec![[1; 16].into(), "secret word".into(), Value::Null, Value::Null]).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
        let few = fresh.db.execute(&PUT, vec![Value::Null]).await;
        assert!(few.is_err());
    }

    async fn one_row_means_one(fresh: &Fresh) {
        kinds(&fresh.db).await;
        assert!(matches!(fresh.db.query_one(&ALL, vec![]).await, Err(DbError::RowCount { found: 0, .. })));
        fresh.db.execute(&PUT, row(1, 1)).await.unwrap();
        fresh.db.execute(&PUT, row(2, 2)).await.unwrap();
        assert!(matches!(fresh.db.query_optional(&ALL, vec![]).await, Err(DbError::RowCount { found: 2, .. })));
    }

    async fn a_statement_is_checked_without_running(fresh: &Fresh) {
        kinds(&fresh.db).await;
        fresh.db.check(&PUT).await.unwrap();
        fresh.db.check(&ALL).await.unwrap();
        assert!(fresh.db.check(&Statement::common("bad", "SELECT nothing FROM kinds")).await.is_err());
        assert!(fresh.db.query(&ALL, vec![]).await.unwrap().is_empty());
    }

    async fn a_closed_database_says_so(fresh: &Fresh) {
        kinds(&fresh.db).await;
        fresh.db.close().await;
        assert_eq!(fresh.db.query(&ALL, vec![]).await.unwrap_err(), DbError::Closed);
        assert_eq!(fresh.db.execute(&PUT, row(1, 1)).await.unwrap_err(), DbError::Closed);
    }
}
