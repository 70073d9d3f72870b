//! Backups: at one moment, complete or none, from either database into either.
#![expect(clippy::disallowed_methods, reason = "a test looks at files as they lie")]

mod schema;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base::clock::{Clock, TravellingClock};
use store::backup::{BackupError, BackupReader, BackupWriter, Restored};
use store::days::{Days, Place};
use store::db::migrate::{Migrations, migrate};
use store::db::{Db, DbError, DbOptions, Dialect, Statement, Value};

use crate::db::both::{Fresh, both_databases};
use schema::{DAY_STEPS, DAY_TABLES, FIRST_DAY, KEEP, MAIN, MAIN_TABLES, NEWER};

const PARENT: Statement = Statement::common("parent", "INSERT INTO parent (id, name, best) VALUES ($1, $2, $3)");
const CHILD: Statement = Statement::common("child", "INSERT INTO child (id, parent_id, amount) VALUES ($1, $2, $3)");
const BEST: Statement = Statement::common("best", "UPDATE parent SET best = $2 WHERE id = $1");
const MOVE: Statement = Statement::common("move", "UPDATE child SET amount = amount + $2 WHERE id = $1");
const ALL: Statement = Statement::common(
    "all",
    "SELECT parent.id, parent.name, parent.best, child.id, child.amount FROM parent \
     JOIN child ON child.parent_id = parent.id ORDER BY child.id",
);
const SUM: Statement = Statement::common("sum", "SELECT CAST(SUM(amount) AS BIGINT), COUNT(*) FROM child");
const EVENT: Statement = Statement::common("event", "INSERT INTO event (day, id, sealed) VALUES ($1, $2, $3)");
const EVENTS: Statement = Statement::common("events", "SELECT id, sealed FROM event WHERE day = $1 ORDER BY id");

async fn fill(db: &Db) {
    migrate(db, &MAIN).await.unwrap();
    db.transaction("fill", |tx| async move {
        tx.execute(&PARENT, vec![[1; 16].into(), "ä'€".into(), Value::Null])
            .await?;
        let children = (0..3000_i64).map(|n| vec![n.into(), [1; 16].into(), (n - 1500).into()]);
        tx.execute_many(&CHILD, children.collect()).await?;
        // A circle: the parent's best child.
        tx.execute(&BEST, vec![[1; 16].into(), 7_i64.into()]).await
    })
    .await
    .unwrap();
}

fn clock() -> TravellingClock {
    TravellingClock::new(FIRST_DAY.start().plus(Duration::from_secs(60)))
}

fn place(fresh: &Fresh) -> Place {
    match fresh.db.dialect() {
        Dialect::Sqlite => Place::Folder(fresh.folder().join("days")),
        Dialect::Postgres => Place::Database(fresh.db.clone()),
    }
}

async fn days(fresh: &Fresh, clock: &TravellingClock) -> Days {
    let clock: Arc<dyn Clock> = Arc::new(clock.clone());
    let days = Days::open(place(fresh), DAY_STEPS, Some(KEEP), clock, DbOptions::default())
        .await
        .unwrap();
    days.migrate().await.unwrap();
    days
}

/// A backup of main tables and two days.
async fn back_up(fresh: &Fresh, folder: &Path) {
    fill(&fresh.db).await;
    let days = days(fresh, &clock()).await;
    for ahead in 0..2 {
        let day = FIRST_DAY.plus_days(ahead);
        let db = days.writer(day).await.unwrap();
        for n in 0..=ahead {
            let n = u8::try_from(n).unwrap();
            db.execute(&EVENT, vec![day.into(), [n; 16].into(), vec![n; 700_000].into()])
                .await
                .unwrap();
        }
    }
    let mut writer = BackupWriter::create(folder).unwrap();
    assert_eq!(writer.copy(&fresh.db, &MAIN, MAIN_TABLES).await.unwrap(), 3002);
    for day in days.list().await.unwrap() {
        writer.copy_day(&days, day, DAY_TABLES).await.unwrap().unwrap();
    }
    let manifest = writer
        .finish(BTreeMap::from([("id".to_owned(), "bak_1".to_owned())]))
        .unwrap();
    assert_eq!((manifest.rows(), manifest.days().len()), (3005, 2));
    days.close().await;
}

async fn restore(fresh: &Fresh, reader: &BackupReader, clock: &TravellingClock) -> Restored {
    assert_eq!(reader.restore(&fresh.db, &MAIN).await.unwrap(), 3002);
    let clock: Arc<dyn Clock> = Arc::new(clock.clone());
    reader
        .restore_days(&place(fresh), DAY_STEPS, Some(KEEP), &clock, DbOptions::default())
        .await
        .unwrap()
}

/// All that is in a database, as it reads.
async fn content(fresh: &Fresh, days: &Days) -> Vec<Vec<Value>> {
    let mut rows = fresh.db.query(&ALL, vec![]).await.unwrap();
    for day in days.list().await.unwrap() {
        let db = days.reader(day).await.unwrap().unwrap();
        rows.extend(db.query(&EVENTS, vec![day.into()]).await.unwrap());
    }
    rows.into_iter().map(store::db::Row::into_values).collect()
}

both_databases! {
    async fn a_backup_restores_into_either_database(fresh: &Fresh) {
        let folder = fresh.folder().join("backup");
        back_up(fresh, &folder).await;
        let reader = BackupReader::open(&folder).await.unwrap();
        assert_eq!(reader.manifest().about["id"], "bak_1");
        let original = days(fresh, &clock()).await;
        let before = content(fresh, &original).await;
        assert_eq!(before.len(), 3003);
        original.close().await;

        for target in [Some(Fresh::sqlite().await), Fresh::postgres().await].into_iter().flatten() {
            let restored = restore(&target, &reader, &clock()).await;
            assert_eq!(restored, Restored { days: 2, ended: 0, rows: 3 });
            let target_days = days(&target, &clock()).await;
            assert!(content(&target, &target_days).await == before, "into {:?}", target.db.dialect());
            assert!(matches!(reader.restore(&target.db, &MAIN).await, Err(BackupError::NotEmpty { .. })));
            let dangling = target.db.execute(&CHILD, vec![9999_i64.into(), [9; 16].into(), 0_i64.into()]).await;
            assert!(matches!(dangling, Err(DbError::Constraint { .. })), "foreign keys hold again");
            target_days.close().await;
            target.end().await;
        }
    }

    async fn a_day_that_has_ended_is_neither_copied_nor_brought_back(fresh: &Fresh) {
        let folder = fresh.folder().join("backup");
        back_up(fresh, &folder).await;
        let later = clock();
        later.set(FIRST_DAY.plus_days(29).start());
        let mut second = BackupWriter::create(&fresh.folder().join("second")).unwrap();
        let ended = days(fresh, &later).await;
        assert_eq!(second.copy_day(&ended, FIRST_DAY, DAY_TABLES).await.unwrap(), None);
        assert_eq!(second.copy_day(&ended, FIRST_DAY.plus_days(1), DAY_TABLES).await.unwrap(), Some(2));
        ended.close().await;

        let target = Fresh::sqlite().await;
        let reader = BackupReader::open(&folder).await.unwrap();
        assert_eq!(restore(&target, &reader, &later).await, Restored { days: 1, ended: 1, rows: 2 });
        target.end().await;
    }

    async fn a_copy_is_of_one_moment_while_others_write(fresh: &Fresh) {
        fill(&fresh.db).await;
        let (db, ended) = (fresh.db.clone(), Arc::new(AtomicBool::new(false)));
        let end = Arc::clone(&ended);
        let moving = tokio::spawn(async move {
            let mut moves = 0;
            while !end.load(Ordering::Relaxed) {
                let (from, to) = (moves % 3000, (moves * 7 + 1500) % 3000);
                db.transaction("move", |tx| async move {
                    tx.execute(&MOVE, vec![from.into(), (-5_i64).into()]).await?;
                    tx.execute(&MOVE, vec![to.into(), 5_i64.into()]).await
                }).await.unwrap();
                moves += 1;
            }
            moves
        });
        let before = fresh.db.query_one(&SUM, vec![]).await.unwrap().integer(0).unwrap();
        for round in 0..3 {
            let folder = fresh.folder().join(format!("backup-{round}"));
            let mut writer = BackupWriter::create(&folder).unwrap();
            writer.copy(&fresh.db, &MAIN, MAIN_TABLES).await.unwrap();
            writer.finish(BTreeMap::new()).unwrap();
            let target = Fresh::sqlite().await;
            BackupReader::open(&folder).await.unwrap().restore(&target.db, &MAIN).await.unwrap();
            let sum = target.db.query_one(&SUM, vec![]).await.unwrap();
            assert_eq!((sum.integer(0).unwrap(), sum.integer(1).unwrap()), (before, 3000));
            target.end().await;
        }
        ended.store(true, Ordering::Relaxed);
        assert!(moving.await.unwrap() > 0, "someone wrote meanwhile");
    }

    async fn a_backup_of_an_older_schema_is_restored_and_then_brought_up_to_date(fresh: &Fresh) {
        let folder = fresh.folder().join("backup");
        back_up(fresh, &folder).await;
        let reader = BackupReader::open(&folder).await.unwrap();
        let target = Fresh::sqlite().await;
        reader.restore(&target.db, &NEWER).await.unwrap();
        assert_eq!(migrate(&target.db, &NEWER).await.unwrap(), 1);
        let older = Migrations { schema: "main", steps: &[] };
        let empty = Fresh::sqlite().await;
        assert!(matches!(reader.restore(&empty.db, &older).await, Err(BackupError::Newer { found: 1, known: 0, .. })));
        target.end().await;
        empty.end().await;
    }
}

#[tokio::test]
async fn a_folder_that_is_no_whole_backup_is_refused() {
    let fresh = Fresh::sqlite().await;
    let folder = fresh.folder().join("backup");
    back_up(&fresh, &folder).await;
    assert!(matches!(
        BackupWriter::create(&folder),
        Err(BackupError::Occupied { .. })
    ));

    let mut looked = 0;
    let names: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    for path in names
        .iter()
        .filter(|path| path.extension().is_some_and(|end| end == "rows"))
    {
        looked += 1;
        let whole = std::fs::read(path).unwrap();
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 1;
        for wrong in [&flipped, &whole[..whole.len() - 1], &[&whole[..], b"x"].concat()[..]] {
            std::fs::write(path, wrong).unwrap();
            assert!(matches!(
                BackupReader::open(&folder).await,
                Err(BackupError::Damaged { .. })
            ));
        }
        std::fs::write(path, whole).unwrap();
    }
    assert_eq!(looked, 4);
    BackupReader::open(&folder).await.unwrap();
    let manifest = folder.join("manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("main.parent.rows", "../parent.rows")).unwrap();
    assert!(matches!(
        BackupReader::open(&folder).await,
        Err(BackupError::NoBackup { .. })
    ));
    std::fs::remove_file(&manifest).unwrap();
    assert!(matches!(
        BackupReader::open(&folder).await,
        Err(BackupError::NoBackup { .. })
    ));
    fresh.end().await;
}
