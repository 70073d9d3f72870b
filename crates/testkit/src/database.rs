//! A fresh, empty database for one test.

mod raw;

use std::path::{Path, PathBuf};

use base::random::{SystemRandom, bytes};
use tempfile::TempDir;
use tokio_postgres::NoTls;

/// The environment variable with the address of a PostgreSQL where tests make their databases.
pub const POSTGRES: &str = "CANDOR_TEST_POSTGRES";
/// Set to 1 to leave out what needs PostgreSQL.
pub const SQLITE_ONLY: &str = "CANDOR_TEST_SQLITE_ONLY";

/// A database that ends with this value.
#[derive(Debug)]
pub enum Database {
    /// A folder for files.
    Sqlite(TempDir),
    /// A database of its own in the test's PostgreSQL.
    Postgres {
        /// Where databases are made: the address of [`POSTGRES`].
        server: String,
        /// Its name.
        name: String,
        /// A folder for what lies beside it (spool, keyring).
        folder: TempDir,
    },
}

impl Database {
    /// SQLite in a fresh folder.
    ///
    /// # Panics
    /// If no folder can be made.
    #[must_use]
    pub fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().expect("a temporary folder can be made"))
    }

    /// A fresh database in PostgreSQL; none where the caller of the tests left PostgreSQL out on purpose.
    ///
    /// # Panics
    /// If nobody said where PostgreSQL is, or it refuses.
    #[must_use]
    pub fn postgres() -> Option<Self> {
        let server = match std::env::var(POSTGRES) {
            Ok(server) => server,
            Err(_) if std::env::var(SQLITE_ONLY).is_ok_and(|value| value == "1") => {
                eprintln!("left out: {SQLITE_ONLY}=1");
                return None;
            }
            Err(_) => panic!(
                "{POSTGRES} is not set: run ./test, which starts PostgreSQL, or set it to postgres://USER@HOST:PORT/postgres, \
                 or leave these tests out with {SQLITE_ONLY}=1"
            ),
        };
        let name = format!("candor_test_{:032x}", u128::from_be_bytes(bytes(&SystemRandom)));
        command(&server, &format!("CREATE DATABASE {name}"));
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        Some(Self::Postgres { server, name, folder })
    }

    /// The address for `database.url`; none for SQLite, which has its files in the data folder.
    #[must_use]
    pub fn url(&self) -> Option<String> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres { server, name, .. } => Some(with_name(server, name)),
        }
    }

    /// A fresh folder that ends with the database.
    #[must_use]
    pub fn folder(&self) -> &Path {
        match self {
            Self::Sqlite(folder) | Self::Postgres { folder, .. } => folder.path(),
        }
    }

    /// Every byte that PostgreSQL holds of this database, as rows in text form; nothing for SQLite, whose bytes are in the folder.
    /// (PostgreSQL's own files belong to another user, so a scanner can't read them.)
    #[must_use]
    pub fn dump(&self) -> Vec<u8> {
        let Some(url) = self.url() else { return Vec::new() };
        off_runtime(move || crate::block_on(dump(&url)))
    }

    /// A file that stands for the database in messages.
    #[must_use]
    pub fn name(&self) -> PathBuf {
        match self {
            Self::Sqlite(folder) => folder.path().to_owned(),
            Self::Postgres { name, .. } => PathBuf::from(name),
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Self::Postgres { server, name, .. } = self {
            command(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// The address with another database.
fn with_name(server: &str, name: &str) -> String {
    let (address, query) = server
        .split_once('?')
        .map_or((server, None), |(address, query)| (address, Some(query)));
    let host = address.rsplit_once('/').map_or(address, |(host, _)| host);
    match query {
        Some(query) => format!("{host}/{name}?{query}"),
        None => format!("{host}/{name}"),
    }
}

fn command(server: &str, statement: &str) {
    let (server, statement) = (server.to_owned(), statement.to_owned());
    off_runtime(move || {
        crate::block_on(async {
            let (client, connection) = tokio_postgres::connect(&server, NoTls)
                .await
                .unwrap_or_else(|error| panic!("{POSTGRES}={server} does not answer: {error}"));
            let driver = tokio::spawn(connection);
            client
                .batch_execute(&statement)
                .await
                .unwrap_or_else(|error| panic!("{statement}: {error}"));
            drop(client);
            drop(driver.await);
        });
    });
}

/// Runs `body` on a thread of its own, since the caller may be inside a runtime already.
fn off_runtime<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::spawn(body)
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

async fn dump(url: &str) -> Vec<u8> {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .expect("the database was made above");
    let driver = tokio::spawn(connection);
    let tables = client
        .query("SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'", &[])
        .await
        .expect("the catalogue can be read");
    let mut dump = Vec::new();
    for table in tables {
        let table: String = table.get(0);
        // Binary columns read as hexadecimal there, which the scanner knows.
        let rows = client
            .query(&format!("SELECT t::text FROM {table} t"), &[])
            .await
            .expect("a table can be read");
        for row in rows {
            let text: String = row.get(0);
            dump.extend_from_slice(text.as_bytes());
            dump.push(b'\n');
        }
    }
    drop(client);
    drop(driver.await);
    dump
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_in_an_address_is_replaced_and_the_rest_stays() {
        assert_eq!(with_name("postgres://u:p@h:1/postgres", "x"), "postgres://u:p@h:1/x");
        assert_eq!(
            with_name("postgres://h/postgres?sslmode=disable", "x"),
            "postgres://h/x?sslmode=disable"
        );
    }

    #[test]
    fn a_database_is_fresh_and_gone_afterwards() {
        let Some(database) = Database::postgres() else { return };
        let url = database.url().expect("PostgreSQL has an address");
        command(
            &url,
            "CREATE TABLE planted (a text); INSERT INTO planted VALUES ('canary')",
        );
        assert!(String::from_utf8_lossy(&database.dump()).contains("canary"));
        drop(database);
        assert!(std::panic::catch_unwind(|| command(&url, "SELECT 1")).is_err());
    }
}
