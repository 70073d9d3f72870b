//! The domains of the books wired together over one database, with a travelling clock: what a process is made of below HTTP.

mod running;
mod said;

pub(crate) use running::{Process, User, email};
pub(crate) use said::Said;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base::clock::{Clock, TravellingClock};
use base::random::SystemRandom;
use base::time::{Day, Timestamp, Week};
use candor::schema;
use store::days::{Days, Place};
use store::db::migrate::{Migration, Migrations, migrate};
use store::db::{Db, DbOptions};
use store::disk::{Disk, RealDisk};
use store::keys::{End, IDLE_LIFE, Keys, SlotName, open_keyring};
use testkit::Database;

/// Days that a generation's record may live.
pub(crate) const KEPT_DAYS: u32 = 30;

const KEY_STORE: Migrations = Migrations {
    schema: "keys",
    steps: &[Migration {
        version: 1,
        name: "subject key",
        sqlite: include_str!("../../../../store/migrations/sqlite/keys/0001_subject_key.sql"),
        postgres: include_str!("../../../../store/migrations/postgres/keys/0001_subject_key.sql"),
    }],
};

/// What processes of one installation share.
pub(crate) struct Ground {
    pub(crate) clock: TravellingClock,
    pub(crate) db: Db,
    pub(crate) days: Arc<Days>,
    pub(crate) keys: Arc<Keys>,
    folder: PathBuf,
}

impl Ground {
    pub(crate) async fn new(database: &Database) -> Self {
        let clock = TravellingClock::new("2026-11-25T12:00:00Z".parse::<Timestamp>().unwrap());
        Self::open(database, clock, Some(KEPT_DAYS)).await
    }

    /// An installation that keeps the log so many days, or the same one again after a restart.
    pub(crate) async fn open(database: &Database, clock: TravellingClock, kept: Option<u32>) -> Self {
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let folder = database.folder().to_owned();
        let url = database
            .url()
            .unwrap_or_else(|| format!("sqlite:{}", folder.join("main.db").display()));
        let db = Db::open(&url.parse().unwrap(), DbOptions::default()).await.unwrap();
        migrate(&db, &schema::MAIN).await.unwrap();
        let place = match database.url() {
            None => Place::Folder(folder.join("days")),
            Some(_) => Place::Database(db.clone()),
        };
        let kept = kept.map(policy::Days::new);
        let days = Days::open(
            place,
            schema::DAY_STEPS,
            kept,
            Arc::clone(&shared),
            DbOptions::default(),
        );
        let days = days.await.unwrap();
        days.migrate().await.unwrap();
        let keys = open_keys(&folder, shared).await;
        Self {
            clock,
            db,
            days: Arc::new(days),
            keys: Arc::new(keys),
            folder,
        }
    }

    /// Copies the spool as it stands on the disk: what a killed process leaves.
    pub(crate) fn copy_spool(&self, to: &str) {
        std::fs::create_dir(self.folder.join(to)).unwrap();
        let mut copied = 0;
        for file in std::fs::read_dir(self.folder.join("spool")).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), self.folder.join(to).join(file.file_name())).unwrap();
            copied += 1;
        }
        assert!(copied > 0);
    }

    pub(crate) fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    /// Ends the slots of a week's keys, as they end some weeks later, and what of them is in memory.
    pub(crate) async fn end_week(&self, week: Week) {
        let disk: Arc<dyn Disk> = Arc::new(RealDisk);
        let opened = open_keyring(&disk, &self.folder.join("keyring"), None, &SystemRandom, &self.clock).await;
        let (keyring, _) = opened.unwrap();
        for slot in [SlotName::Subject(week), SlotName::Index(week)] {
            assert_eq!(keyring.end(slot, self.clock.now()).unwrap(), End::Destroyed);
        }
        self.keys.follow_ends().await.unwrap();
        self.clock.advance(IDLE_LIFE);
        assert_eq!(self.keys.drop_idle(), 0);
    }

    pub(crate) fn today(&self) -> Day {
        self.clock.now().day()
    }
}

async fn open_keys(folder: &Path, clock: Arc<dyn Clock>) -> Keys {
    let url = format!("sqlite:{}", folder.join("keys.db").display());
    let db = Db::open(&url.parse().unwrap(), DbOptions::default()).await.unwrap();
    migrate(&db, &KEY_STORE).await.unwrap();
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let opened = open_keyring(&disk, &folder.join("keyring"), None, &SystemRandom, &*clock).await;
    let (keyring, found) = opened.unwrap();
    Keys::open(keyring, found, db, clock, Arc::new(SystemRandom))
        .await
        .unwrap()
}

/// A statement of a test's own.
pub(crate) async fn number(db: &Db, statement: store::db::Statement, values: Vec<store::db::Value>) -> i64 {
    db.query_one(&statement, values).await.unwrap().integer(0).unwrap()
}
