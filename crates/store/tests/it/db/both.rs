//! Runs one test body on SQLite and on PostgreSQL, with a `Db` open on it.

use std::path::Path;

use store::db::{DatabaseUrl, Db, DbOptions, Statement};
use testkit::Database;

/// A database of a test's own, gone with it.
pub(crate) struct Fresh {
    pub(crate) db: Db,
    database: Database,
}

impl Fresh {
    pub(crate) async fn sqlite() -> Self {
        Self::open(Database::sqlite()).await
    }

    pub(crate) async fn postgres() -> Option<Self> {
        Some(Self::open(Database::postgres()?).await)
    }

    async fn open(database: Database) -> Self {
        Self {
            db: Db::open(&url(&database), DbOptions::default()).await.unwrap(),
            database,
        }
    }

    /// The same database through connections of its own.
    pub(crate) async fn again(&self, options: DbOptions) -> Db {
        Db::open(&url(&self.database), options).await.unwrap()
    }

    /// Where the test may put files; a SQLite database lies there, too.
    pub(crate) fn folder(&self) -> &Path {
        self.database.folder()
    }

    pub(crate) async fn end(self) {
        self.db.close().await;
    }
}

fn url(database: &Database) -> DatabaseUrl {
    let url = database
        .url()
        .unwrap_or_else(|| format!("sqlite:{}", database.folder().join("main.db").display()));
    url.parse().unwrap()
}

/// Runs a statement that exists only in a test.
pub(crate) async fn run(db: &Db, sql: impl Into<String>) {
    let sql: &'static str = Box::leak(sql.into().into_boxed_str());
    db.execute(&Statement::common("test", sql), Vec::new()).await.unwrap();
}

/// Runs an `async fn(&Fresh)` once on each database.
macro_rules! both_databases {
    ($($(#[$meta:meta])* async fn $name:ident($fresh:ident: &Fresh) $body:block)+) => {
        $(mod $name {
            use super::*;

            async fn body($fresh: &Fresh) $body

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                let fresh = Fresh::sqlite().await;
                body(&fresh).await;
                fresh.end().await;
            }

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                if let Some(fresh) = Fresh::postgres().await {
                    body(&fresh).await;
                    fresh.end().await;
                }
            }
        })+
    };
}

pub(crate) use both_databases;
