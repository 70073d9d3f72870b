//! Transactions: all or nothing, run again, rolled back when dropped.

use std::sync::atomic::{AtomicU32, Ordering};

use store::db::{DbError, Statement, Value};

use super::both::{Fresh, both_databases, run};

const PUT: Statement = Statement::common("put", "INSERT INTO t (id, amount) VALUES ($1, $2)");
const READ: Statement = Statement::common("read", "SELECT amount FROM t WHERE id = $1");
const SET: Statement = Statement::common("set", "UPDATE t SET amount = $2 WHERE id = $1");
const COUNT: Statement = Statement::common("count", "SELECT COUNT(*) FROM t");

async fn table(fresh: &Fresh) {
    run(
        &fresh.db,
        "CREATE TABLE t (id BIGINT PRIMARY KEY, amount BIGINT NOT NULL)",
    )
    .await;
}

both_databases! {
    async fn concurrent_read_and_write_loses_no_update(fresh: &Fresh) {
        table(fresh).await;
        fresh.db.execute(&PUT, vec![1_i64.into(), 0_i64.into()]).await.unwrap();
        let add = |by: i64| {
            let db = fresh.db.clone();
            tokio::spawn(async move {
                for _ in 0..20 {
                    db.transaction("add", |tx| async move {
                        let amount = tx.query_one(&READ, vec![1_i64.into()]).await?.integer(0)?;
                        tx.execute(&SET, vec![1_i64.into(), (amount + by).into()]).await?;
                        Ok::<_, DbError>(())
                    })
                    .await
                    .unwrap();
                }
            })
        };
        let tasks: Vec<_> = (1..=4).map(add).collect();
        for task in tasks {
            task.await.unwrap();
        }
        let amount = fresh.db.query_one(&READ, vec![1_i64.into()]).await.unwrap().integer(0).unwrap();
        assert_eq!(amount, 20 * (1 + 2 + 3 + 4));
        let figures = fresh.db.figures()["add"];
        assert_eq!((figures.calls, figures.failures), (80, 0));
    }

    async fn a_failed_body_leaves_nothing(fresh: &Fresh) {
        table(fresh).await;
        let result = fresh.db.transaction("fails", |tx| async move {
            tx.execute(&PUT, vec![1_i64.into(), 1_i64.into()]).await?;
            Err::<(), _>(DbError::Closed)
        }).await;
        assert_eq!(result, Err(DbError::Closed));
        assert_eq!(fresh.db.figures()["fails"].failures, 1);
        assert_eq!(fresh.db.query_one(&COUNT, vec![]).await.unwrap().integer(0).unwrap(), 0);
    }

    async fn a_dropped_transaction_leaves_nothing_and_blocks_nobody(fresh: &Fresh) {
        table(fresh).await;
        let entered = &tokio::sync::Notify::new();
        let stuck = fresh.db.transaction("stuck", |tx| async move {
            tx.execute(&PUT, vec![1_i64.into(), 1_i64.into()]).await?;
            entered.notify_one();
            std::future::pending::<Result<(), DbError>>().await
        });
        tokio::select! {
            _ = stuck => panic!("it never ends"),
            () = entered.notified() => {}
        }
        fresh.db.transaction("next", |tx| async move { tx.execute(&PUT, vec![1_i64.into(), 2_i64.into()]).await }).await.unwrap();
        assert_eq!(fresh.db.query_one(&READ, vec![1_i64.into()]).await.unwrap().integer(0).unwrap(), 2);
    }

    async fn many_rows_go_in_at_once_or_not_at_all(fresh: &Fresh) {
        table(fresh).await;
        let rows = &|range: std::ops::Range<i64>| range.map(|id| vec![id.into(), 1_i64.into()]).collect::<Vec<Vec<Value>>>();
        let put = fresh.db.transaction("many", |tx| async move { tx.execute_many(&PUT, rows(0..1000)).await }).await.unwrap();
        assert_eq!(put, 1000);
        let error = fresh.db.transaction("many", |tx| async move { tx.execute_many(&PUT, rows(999..2000)).await }).await.unwrap_err();
        assert!(error.is_duplicate(), "{error}");
        assert_eq!(fresh.db.query_one(&COUNT, vec![]).await.unwrap().integer(0).unwrap(), 1000);
    }
}

#[tokio::test]
async fn a_transaction_that_met_another_runs_again_on_postgres() {
    let Some(fresh) = Fresh::postgres().await else { return };
    table(&fresh).await;
    fresh.db.execute(&PUT, vec![1_i64.into(), 0_i64.into()]).await.unwrap();
    let (db, attempts) = (&fresh.db, &AtomicU32::new(0));
    db.transaction("meets", |tx| async move {
        let amount = tx.query_one(&READ, vec![1_i64.into()]).await?.integer(0)?;
        if attempts.fetch_add(1, Ordering::Relaxed) == 0 {
            db.execute(&SET, vec![1_i64.into(), 100_i64.into()]).await?;
        }
        tx.execute(&SET, vec![1_i64.into(), (amount + 1).into()]).await
    })
    .await
    .unwrap();
    assert_eq!(attempts.load(Ordering::Relaxed), 2);
    assert_eq!(db.figures()["meets"].conflicts, 1);
    assert_eq!(
        db.query_one(&READ, vec![1_i64.into()])
            .await
            .unwrap()
            .integer(0)
            .unwrap(),
        101
    );
    fresh.end().await;
}

#[tokio::test]
async fn a_transaction_whose_handle_is_kept_is_rolled_back() {
    let fresh = Fresh::sqlite().await;
    table(&fresh).await;
    let kept = &std::sync::Mutex::new(None);
    let result = fresh.db.transaction("keeps", |tx| async move {
        tx.execute(&PUT, vec![1_i64.into(), 1_i64.into()]).await?;
        *kept.lock().unwrap() = Some(tx);
        Ok(())
    });
    let result: Result<(), DbError> = result.await;
    assert!(matches!(result, Err(DbError::TransactionEnded { .. })), "{result:?}");
    kept.lock().unwrap().take();
    assert_eq!(fresh.db.query_one(&COUNT, vec![]).await.unwrap().integer(0).unwrap(), 0);
    fresh.end().await;
}
