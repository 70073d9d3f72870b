//! Time limits, and what only PostgreSQL gets wrong.

use std::time::Duration;

use store::db::{DbError, DbOptions, Statement};

use super::both::{Fresh, both_databases, run};

const FOREVER: Statement = Statement::pair(
    "forever",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n",
    "SELECT pg_sleep(600)::text",
);
const ONE: Statement = Statement::pair("one", "SELECT 1", "SELECT 1::bigint");

both_databases! {
    async fn a_statement_that_runs_too_long_is_stopped_and_the_connection_lives(fresh: &Fresh) {
        let options = DbOptions { readers: 1, connections: 1, statement_limit: Duration::from_millis(100), ..DbOptions::default() };
        let db = fresh.again(options).await;
        let error = db.query(&FOREVER, vec![]).await.unwrap_err();
        assert!(matches!(error, DbError::TimedOut { .. }), "{error:?}");
        assert_eq!(db.query_one(&ONE, vec![]).await.unwrap().integer(0).unwrap(), 1);
        db.close().await;
    }

    async fn a_dropped_query_frees_its_connection(fresh: &Fresh) {
        let db = fresh.again(DbOptions { readers: 1, connections: 1, statement_limit: Duration::from_millis(500), ..DbOptions::default() }).await;
        tokio::time::timeout(Duration::from_millis(50), db.query(&FOREVER, vec![])).await.unwrap_err();
        assert_eq!(db.query_one(&ONE, vec![]).await.unwrap().integer(0).unwrap(), 1);
        db.close().await;
    }
}

#[tokio::test]
async fn a_sum_must_be_cast_and_a_changed_plan_is_made_anew_on_postgres() {
    let Some(fresh) = Fresh::postgres().await else { return };
    run(&fresh.db, "CREATE TABLE t (a BIGINT)").await;
    let sum = Statement::common("sum", "SELECT SUM(a) FROM t");
    let error = fresh.db.check(&sum).await.unwrap_err().to_string();
    assert!(error.contains("CAST(… AS BIGINT)"), "{error}");
    let cast = Statement::common("cast", "SELECT CAST(SUM(a) AS BIGINT) FROM t");
    fresh.db.check(&cast).await.unwrap();

    let all = Statement::common("all", "SELECT * FROM t");
    fresh.db.query(&all, vec![]).await.unwrap();
    run(&fresh.db, "ALTER TABLE t ADD COLUMN b BIGINT").await;
    run(&fresh.db, "INSERT INTO t VALUES (1, 2)").await;
    assert_eq!(fresh.db.query(&all, vec![]).await.unwrap()[0].integer(1).unwrap(), 2);
    fresh.end().await;
}
