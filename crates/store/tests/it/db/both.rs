//! Runs one test body on SQLite and on PostgreSQL.

use std::sync::atomic::{AtomicU32, Ordering};

use store::db::{DatabaseUrl, Db, DbOptions, Statement};

/// A database of a test's own, gone with it.
pub(crate) struct Fresh {
    pub(crate) db: Db,
    pub(crate) folder: tempfile::TempDir,
    url: DatabaseUrl,
    server: Option<(Db, String)>,
}

impl Fresh {
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("main.db").display())
            .parse()
            .unwrap();
        let db = Db::open(&url, DbOptions::default()).await.unwrap();
        Self {
            db,
            folder,
            url,
            server: None,
        }
    }

    pub(crate) async fn postgres() -> Option<Self> {
        let address = server_address()?;
        let few = DbOptions {
            connections: 2,
            ..DbOptions::default()
        };
        let server = Db::open(&address.parse().unwrap(), few).await.unwrap();
        let name = unique_name();
        run(&server, format!("CREATE DATABASE {name}")).await;
        let url = database_url(&address, &name);
        let db = Db::open(&url, DbOptions::default()).await.unwrap();
        Some(Self {
            db,
            folder: tempfile::tempdir().unwrap(),
            url,
            server: Some((server, name)),
        })
    }

    /// The same database through connections of its own.
    pub(crate) async fn again(&self, options: DbOptions) -> Db {
        Db::open(&self.url, options).await.unwrap()
    }

    pub(crate) async fn end(self) {
        self.db.close().await;
        if let Some((server, name)) = self.server {
            run(&server, format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
    }
}

/// The test server, or none if only SQLite was asked for. Never skips silently.
#[expect(
    clippy::disallowed_methods,
    reason = "tests are told of their server by the environment"
)]
fn server_address() -> Option<String> {
    if let Ok(address) = std::env::var("CANDOR_TEST_POSTGRES") {
        return Some(address);
    }
    assert!(
        std::env::var("CANDOR_TEST_SQLITE_ONLY").is_ok_and(|only| only == "1"),
        "set CANDOR_TEST_POSTGRES to a server's URL (./test does), or CANDOR_TEST_SQLITE_ONLY=1"
    );
    None
}

fn database_url(address: &str, name: &str) -> DatabaseUrl {
    let (base, _) = address.rsplit_once('/').unwrap();
    format!("{base}/{name}").parse().unwrap()
}

fn unique_name() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let random = base::random::bytes::<6>(&base::random::SystemRandom);
    let random: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("store_{random}_{}", NUMBER.fetch_add(1, Ordering::Relaxed))
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
