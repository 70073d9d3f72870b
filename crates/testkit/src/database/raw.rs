//! PostgreSQL's own bytes: heap, indexes, TOAST, statistics and write-ahead log, as they lie on its disk.
//!
//! Promises: what was written before the call is on the disk (a checkpoint comes first). Read through SQL by a superuser, since
//! the files belong to another user.
//! Leaves out: other databases of the cluster, but for the log, which they share.

use tokio_postgres::{Client, NoTls};

use super::{Database, off_runtime};
use crate::scan::{Needle, Scan};

/// Files of this database: of each relation and of the statistics.
const FILES: &str = "SELECT c.relname::text, pg_relation_filepath(c.oid) FROM pg_class c \
     WHERE c.relfilenode <> 0 AND pg_relation_filepath(c.oid) IS NOT NULL \
     AND (c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) OR c.relname IN ('pg_statistic', 'pg_largeobject') \
     OR c.relnamespace = 'pg_toast'::regnamespace) ORDER BY 1";

/// Segments of the log that hold what was written since a place, also those that are kept for reuse.
const LOG: &str = "SELECT 'pg_wal/' || name FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$' AND name >= $1 \
     AND name <= pg_walfile_name(pg_current_wal_lsn()) ORDER BY 1";

impl Database {
    /// The place in PostgreSQL's log at this moment, for [`Database::scan_log`]; nothing for SQLite.
    #[must_use]
    pub fn log_place(&self) -> String {
        self.ask(async |client| {
            let row = client
                .query_one("SELECT pg_walfile_name(pg_current_wal_lsn())", &[])
                .await;
            row.expect("a superuser may ask").get(0)
        })
        .unwrap_or_default()
    }

    /// Scans the files of PostgreSQL's tables, indexes and statistics; looks at nothing for SQLite, whose files are in the folder.
    #[must_use]
    pub fn scan_tables(&self, needles: &[Needle]) -> Scan {
        let needles = needles.to_vec();
        let scan = self.ask(async move |client| {
            client
                .batch_execute("CHECKPOINT")
                .await
                .expect("a superuser may checkpoint");
            let mut scan = Scan::default();
            for row in client.query(FILES, &[]).await.expect("the catalogue can be read") {
                let (name, path): (String, String) = (row.get(0), row.get(1));
                let bytes = read(client, &path).await;
                scan = scan.and(Scan::bytes_for(&format!("postgresql/{name}"), &bytes, &needles));
            }
            scan
        });
        scan.unwrap_or_default()
    }

    /// Scans PostgreSQL's write-ahead log since `place`.
    #[must_use]
    pub fn scan_log(&self, place: &str, needles: &[Needle]) -> Scan {
        let (place, needles) = (place.to_owned(), needles.to_vec());
        let scan = self.ask(async move |client| {
            let mut scan = Scan::default();
            for row in client
                .query(LOG, &[&place])
                .await
                .expect("a superuser may list the log")
            {
                let path: String = row.get(0);
                let bytes = read(client, &path).await;
                scan = scan.and(Scan::bytes_for(&path, &bytes, &needles));
            }
            scan
        });
        scan.unwrap_or_default()
    }

    fn ask<T: Send + 'static>(&self, question: impl AsyncFnOnce(&Client) -> T + Send + 'static) -> Option<T> {
        let url = self.url()?;
        Some(off_runtime(move || {
            crate::block_on(async {
                let (client, connection) = tokio_postgres::connect(&url, NoTls)
                    .await
                    .expect("the database was made for this test");
                let driver = tokio::spawn(connection);
                let answer = question(&client).await;
                drop(client);
                drop(driver.await);
                answer
            })
        }))
    }
}

/// A file's bytes; none if it ended meanwhile.
async fn read(client: &Client, path: &str) -> Vec<u8> {
    let row = client
        .query_one("SELECT pg_read_binary_file($1, 0, 1 << 29, true)", &[&path])
        .await;
    row.expect("a superuser may read the server's files")
        .get::<_, Option<Vec<u8>>>(0)
        .unwrap_or_default()
}
