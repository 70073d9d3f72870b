//! What a SQLite file holds and allows.
#![expect(clippy::disallowed_methods, reason = "a test looks at files as they lie")]

use std::path::Path;

use bytes::Bytes;
use store::db::{Db, DbError, DbOptions, SqliteProfile, Statement};

use super::both::{Fresh, run};

/// Every file of a folder that holds these bytes, after a look at all of them.
fn files_with(folder: &Path, needle: &[u8]) -> Vec<String> {
    let mut looked = 0;
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            looked += 1;
            let bytes = std::fs::read(&path).unwrap();
            if bytes.windows(needle.len()).any(|window| window == needle) {
                found.push(path.file_name().unwrap().to_string_lossy().into_owned());
            }
        }
    }
    assert!(looked > 0, "no file to look at");
    found.sort();
    found
}

#[tokio::test]
async fn a_deleted_row_is_gone_from_all_bytes_once_the_log_is_truncated() {
    let fresh = Fresh::sqlite().await;
    run(
        &fresh.db,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, words TEXT NOT NULL) STRICT",
    )
    .await;
    run(&fresh.db, "CREATE INDEX words ON t (words)").await;
    let canary = "canary-7f3a9c".repeat(700);
    let put = Statement::common("put", "INSERT INTO t (words) VALUES ($1)");
    fresh.db.execute(&put, vec![canary.as_str().into()]).await.unwrap();
    fresh.db.execute(&put, vec!["canary-7f3a9c".into()]).await.unwrap();
    fresh.db.truncate_log().await.unwrap();
    assert_eq!(
        files_with(fresh.folder(), b"canary-7f3a9c"),
        ["main.db"],
        "found before it is deleted"
    );

    run(&fresh.db, "DELETE FROM t").await;
    fresh.db.truncate_log().await.unwrap();
    assert!(files_with(fresh.folder(), b"canary-7f3a9c").is_empty());
    fresh.end().await;
}

const PUT: Statement = Statement::common("put", "INSERT INTO t (id, bytes) VALUES ($1, $2)");
const ALL: Statement = Statement::common("all", "SELECT bytes FROM t ORDER BY id");

async fn day_file(folder: &Path) -> Db {
    let db = Db::open_sqlite(&folder.join("day.db"), SqliteProfile::DAY, DbOptions::default()).await;
    db.unwrap()
}

async fn blobs(db: &Db) -> Vec<Vec<u8>> {
    let rows = db.query(&ALL, Vec::new()).await.unwrap();
    rows.into_iter().map(|mut row| row.take_blob(0).unwrap()).collect()
}

#[tokio::test]
async fn large_blobs_lie_beside_a_day_file_and_nobody_sees_it() {
    let folder = tempfile::tempdir().unwrap();
    let db = day_file(folder.path()).await;
    run(
        &db,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT",
    )
    .await;
    let large = b"canary-7f3a9c".repeat(200_000);
    // One that looks like what stands in a cell instead of a blob that lies aside.
    let like = [&b"\0aside\x01\0"[..], &[0; 12]].concat();
    let pieces = vec![Bytes::from_static(b"canary-7f3a9c"), Bytes::from(vec![7; 5000])];
    let written = [b"short".to_vec(), like, large, pieces.concat(), Vec::new()];
    db.transaction("put", |tx| {
        let (pieces, written) = (pieces.clone(), &written);
        async move {
            for (id, blob) in (0_i64..).zip(written) {
                let value = if id == 3 {
                    pieces.clone().into()
                } else {
                    blob.clone().into()
                };
                tx.execute(&PUT, vec![id.into(), value]).await?;
            }
            let inside = tx.query(&ALL, Vec::new()).await?;
            assert!(
                inside
                    .iter()
                    .zip(written)
                    .all(|(row, blob)| row.blob(0).unwrap() == blob),
                "before they are written"
            );
            Ok::<_, DbError>(())
        }
    })
    .await
    .unwrap();
    assert_eq!(blobs(&db).await, written);
    assert_eq!(files_with(folder.path(), b"canary-7f3a9c"), ["day.db-aside"]);
    db.close().await;
    assert_eq!(blobs(&day_file(folder.path()).await).await, written);
}

#[tokio::test]
async fn what_a_transaction_left_aside_that_did_not_commit_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let db = day_file(folder.path()).await;
    run(
        &db,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT",
    )
    .await;
    let blob = |byte: u8| vec![byte; 3 << 20];
    db.execute(&PUT, vec![0.into(), blob(1).into()]).await.unwrap();
    let failed = db.transaction("put", |tx| {
        let lost = blob(2);
        async move {
            tx.execute(&PUT, vec![1.into(), lost.into()]).await?;
            tx.execute(&PUT, vec![0.into(), vec![3].into()]).await
        }
    });
    assert!(matches!(failed.await, Err::<u64, _>(DbError::Constraint { .. })));
    db.execute(&PUT, vec![1.into(), blob(4).into()]).await.unwrap();
    assert_eq!(blobs(&db).await, [blob(1), blob(4)]);
    let aside = std::fs::read(folder.path().join("day.db-aside")).unwrap();
    assert!(!aside.contains(&2), "the room of what was rolled back was used");
    db.close().await;
}

#[tokio::test]
async fn files_are_for_their_owner_only_and_gone_from_the_descriptors_when_closed() {
    use std::os::unix::fs::PermissionsExt;
    let fresh = Fresh::sqlite().await;
    run(&fresh.db, "CREATE TABLE t (a INTEGER) STRICT").await;
    let mut looked = 0;
    for entry in std::fs::read_dir(fresh.folder()).unwrap() {
        looked += 1;
        assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(looked, 3, "the file, its log and the log's index");
    let open = || {
        let links = std::fs::read_dir("/proc/self/fd")
            .unwrap()
            .filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok());
        links.filter(|link| link.starts_with(fresh.folder())).count()
    };
    assert!(open() > 0);
    fresh.db.close().await;
    assert_eq!(open(), 0);
    let left: Vec<_> = std::fs::read_dir(fresh.folder()).unwrap().collect();
    assert_eq!(left.len(), 1, "the last connection removes log and index");
    fresh.end().await;
}

#[tokio::test]
async fn a_second_database_can_not_be_attached() {
    let fresh = Fresh::sqlite().await;
    let attach = Statement::common("attach", "ATTACH DATABASE ':memory:' AS other");
    let error = fresh.db.execute(&attach, vec![]).await.unwrap_err().to_string();
    assert!(error.contains("attached"), "{error}");
    fresh.end().await;
}

#[tokio::test]
async fn a_reader_refuses_to_write() {
    let fresh = Fresh::sqlite().await;
    run(&fresh.db, "CREATE TABLE t (a INTEGER) STRICT").await;
    let hidden = Statement::common("hidden", "WITH x AS (SELECT 1) SELECT * FROM x");
    assert_eq!(fresh.db.query(&hidden, vec![]).await.unwrap().len(), 1);
    let pragma = Statement::common("pragma", "SELECT query_only FROM pragma_query_only");
    assert_eq!(
        fresh.db.query_one(&pragma, vec![]).await.unwrap().integer(0).unwrap(),
        1
    );
    fresh.end().await;
}
