//! Day partitions on both databases.
#![expect(clippy::disallowed_methods, reason = "a test looks at files as they lie")]

use std::sync::Arc;
use std::time::Duration;

use base::clock::{Clock, TravellingClock};
use base::time::{Day, Timestamp};
use store::days::{Days, DaysError, Place};
use store::db::migrate::Migration;
use store::db::{Db, DbError, DbOptions, Dialect, Statement, Value};

use crate::db::both::{Fresh, both_databases, run};

const STEPS: &[Migration] = &[Migration {
    version: 1,
    name: "generations",
    sqlite: "CREATE TABLE generation (id BLOB NOT NULL, day INTEGER NOT NULL, seq INTEGER NOT NULL, owner_tag BLOB NOT NULL, \
             sealed BLOB, PRIMARY KEY (day, id)) STRICT; CREATE INDEX generation_owner ON generation (day, owner_tag, seq);",
    postgres: "CREATE TABLE generation (id BYTEA NOT NULL, day BIGINT NOT NULL, seq BIGINT NOT NULL, owner_tag BYTEA NOT NULL, \
               sealed BYTEA, PRIMARY KEY (day, id)) PARTITION BY RANGE (day); \
               CREATE INDEX generation_owner ON generation (day, owner_tag, seq);",
}];

const PUT: Statement = Statement::common(
    "put",
    "INSERT INTO generation (id, day, seq, owner_tag, sealed) VALUES ($1, $2, $3, $4, $5)",
);
const COUNT: Statement = Statement::common("count", "SELECT COUNT(*) FROM generation WHERE day = $1");

const KEEP: u32 = 30;
const FIRST: Day = Day::from_number(20_783);

/// Days that travel, on one of the databases.
struct Calendar {
    days: Days,
    clock: TravellingClock,
}

async fn calendar(fresh: &Fresh) -> Calendar {
    let clock = TravellingClock::new(FIRST.start().plus(Duration::from_secs(3600)));
    Calendar {
        days: open(fresh, Some(KEEP), &clock).await,
        clock,
    }
}

async fn open(fresh: &Fresh, keep: Option<u32>, clock: &TravellingClock) -> Days {
    let place = match fresh.db.dialect() {
        Dialect::Sqlite => Place::Folder(fresh.folder().join("days")),
        Dialect::Postgres => Place::Database(fresh.db.clone()),
    };
    let clock: Arc<dyn Clock> = Arc::new(clock.clone());
    let days = Days::open(place, STEPS, keep.map(policy::Days::new), clock, DbOptions::default())
        .await
        .unwrap();
    days.migrate().await.unwrap();
    assert_eq!(days.pending().await.unwrap(), 0);
    days
}

fn rows(day: Day, count: u8) -> Vec<Vec<Value>> {
    (0..count)
        .map(|n| {
            vec![
                [n; 16].into(),
                day.into(),
                i64::from(n).into(),
                [9; 16].into(),
                b"canary-7f3a9c".repeat(100).into(),
            ]
        })
        .collect()
}

async fn fill(days: &Days, day: Day, count: u8) -> u64 {
    let db = days.writer(day).await.unwrap();
    db.transaction(
        "fill",
        |tx| async move { tx.execute_many(&PUT, rows(day, count)).await },
    )
    .await
    .unwrap()
}

async fn count(db: &Db, day: Day) -> Result<i64, DbError> {
    db.query_one(&COUNT, vec![day.into()]).await?.integer(0)
}

both_databases! {
    async fn days_lie_apart_and_are_listed(fresh: &Fresh) {
        let Calendar { days, .. } = calendar(fresh).await;
        assert!(days.reader(FIRST).await.unwrap().is_none());
        for (ahead, number) in [(0, 3), (1, 5)] {
            assert_eq!(fill(&days, FIRST.plus_days(ahead), number).await, u64::from(number));
        }
        assert_eq!(days.list().await.unwrap(), [FIRST, FIRST.plus_days(1)]);
        let db = days.reader(FIRST.plus_days(1)).await.unwrap().unwrap();
        assert_eq!(count(&db, FIRST.plus_days(1)).await.unwrap(), 5);
        days.close().await;
    }

    async fn a_day_is_hidden_at_its_end_even_if_nothing_swept_it(fresh: &Fresh) {
        let Calendar { days, clock } = calendar(fresh).await;
        fill(&days, FIRST, 1).await;
        let end = FIRST.plus_days(29).start();
        assert_eq!(days.end(FIRST), end);
        clock.set(end.minus(Duration::from_micros(1)));
        assert!(days.reader(FIRST).await.unwrap().is_some());
        assert!(matches!(days.drop_day(FIRST).await, Err(DaysError::NotEnded { .. })));
        clock.set(end);
        assert!(days.reader(FIRST).await.unwrap().is_none());
        assert!(matches!(days.writer(FIRST).await, Err(DaysError::Ended { .. })));
        assert!(days.remaining(FIRST).await.unwrap().is_some(), "the sweep still counts it");
        days.close().await;
    }

    async fn a_dropped_day_never_returns(fresh: &Fresh) {
        let Calendar { days, clock } = calendar(fresh).await;
        fill(&days, FIRST, 4).await;
        fill(&days, FIRST.plus_days(1), 2).await;
        let held = days.reader(FIRST).await.unwrap().unwrap();
        clock.set(FIRST.plus_days(29).start());
        assert!(days.drop_day(FIRST).await.unwrap().removed > 0);
        assert!(!matches!(count(&held, FIRST).await, Ok(1..)), "whoever held it reads nothing");
        assert_eq!(days.list().await.unwrap(), [FIRST.plus_days(1)]);
        assert_eq!(days.drop_day(FIRST).await.unwrap().removed, 0, "safe to repeat");

        clock.set(FIRST.start());
        assert!(matches!(days.writer(FIRST).await, Err(DaysError::Ended { .. })), "also when the clock is set back");
        assert!(days.reader(FIRST).await.unwrap().is_none());
        days.close().await;
        let again = open(fresh, Some(KEEP), &clock).await;
        assert!(matches!(again.writer(FIRST).await, Err(DaysError::Ended { .. })), "also after a restart");
        let kept = again.reader(FIRST.plus_days(1)).await.unwrap().unwrap();
        assert_eq!(count(&kept, FIRST.plus_days(1)).await.unwrap(), 2);
        again.close().await;
    }

    async fn many_days_are_written_and_read_in_any_order(fresh: &Fresh) {
        let Calendar { days, .. } = calendar(fresh).await;
        for ahead in 0..20 {
            fill(&days, FIRST.plus_days(ahead), 2).await;
        }
        for ahead in (0..20).rev() {
            let db = days.reader(FIRST.plus_days(ahead)).await.unwrap().unwrap();
            assert_eq!(count(&db, FIRST.plus_days(ahead)).await.unwrap(), 2);
        }
        assert_eq!(days.list().await.unwrap().len(), 20);
        days.close().await;
    }

    async fn writers_that_come_together_make_a_day_once(fresh: &Fresh) {
        let Calendar { days, .. } = calendar(fresh).await;
        let days = Arc::new(days);
        let tasks: Vec<_> = (0..8_u8).map(|n| {
            let days = Arc::clone(&days);
            tokio::spawn(async move {
                let row = vec![[n; 16].into(), FIRST.into(), i64::from(n).into(), [9; 16].into(), Value::Null];
                days.writer(FIRST).await.unwrap().execute(&PUT, row).await.unwrap()
            })
        }).collect();
        for task in tasks {
            task.await.unwrap();
        }
        let db = days.reader(FIRST).await.unwrap().unwrap();
        assert_eq!(count(&db, FIRST).await.unwrap(), 8);
        days.close().await;
    }

    async fn where_nothing_is_kept_no_day_opens(fresh: &Fresh) {
        let clock = TravellingClock::new(FIRST.start());
        let days = open(fresh, None, &clock).await;
        assert!(!days.visible(FIRST, Timestamp::MIN));
        assert!(matches!(days.writer(FIRST).await, Err(DaysError::Ended { .. })));
        assert!(days.list().await.unwrap().is_empty());
    }

    async fn the_day_tables_are_in_the_catalogue_of_days_alone(fresh: &Fresh) {
        let Calendar { days, .. } = calendar(fresh).await;
        fill(&days, FIRST, 1).await;
        let names: Vec<String> = days.catalogue().await.unwrap().into_iter().map(|c| format!("{}.{}", c.table, c.column)).collect();
        assert_eq!(names, ["generation.day", "generation.id", "generation.owner_tag", "generation.sealed", "generation.seq"]);
        assert!(fresh.db.catalogue().await.unwrap().is_empty());
        days.close().await;
    }
}

fn open_descriptors(folder: &std::path::Path) -> usize {
    let links = std::fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok());
    links.filter(|link| link.starts_with(folder)).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_file_leaves_no_name_no_descriptor_and_stops_its_readers() {
    let fresh = Fresh::sqlite().await;
    let folder = fresh.folder().join("days");
    let Calendar { days, clock } = calendar(&fresh).await;
    fill(&days, FIRST, 200).await;
    clock.set(FIRST.plus_days(29).start());
    let endless = days.remaining(FIRST).await.unwrap().unwrap();
    let reading = tokio::spawn(async move {
        let forever =
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n, generation";
        endless.query(&Statement::common("forever", forever), vec![]).await
    });
    tokio::task::yield_now().await;
    assert!(open_descriptors(&folder) > 0);
    days.drop_day(FIRST).await.unwrap();
    assert_eq!(reading.await.unwrap().unwrap_err(), DbError::Closed);
    assert_eq!(open_descriptors(&folder), 0);
    let left: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["purged"], "only the note that it was dropped");
    fresh.end().await;
}

#[tokio::test]
async fn a_drop_that_a_crash_interrupted_is_finished_at_start() {
    let fresh = Fresh::sqlite().await;
    let folder = fresh.folder().join("days");
    let Calendar { days, clock } = calendar(&fresh).await;
    fill(&days, FIRST, 3).await;
    days.close().await;
    let file = folder.join(format!("{FIRST}.db"));
    let bytes = std::fs::read(&file).unwrap();
    clock.set(FIRST.plus_days(29).start());
    days.drop_day(FIRST).await.unwrap();
    // As if the crash had come between the note and the removal.
    std::fs::write(&file, bytes).unwrap();
    std::fs::write(folder.join(format!("{FIRST}.db-journal")), b"left").unwrap();
    let again = open(&fresh, Some(KEEP), &clock).await;
    assert!(again.list().await.unwrap().is_empty());
    assert!(!file.exists());
    fresh.end().await;
}

#[tokio::test]
async fn few_files_stay_open() {
    let fresh = Fresh::sqlite().await;
    let folder = fresh.folder().join("days");
    let Calendar { days, .. } = calendar(&fresh).await;
    for ahead in 0..12 {
        fill(&days, FIRST.plus_days(ahead), 1).await;
    }
    let open = open_descriptors(&folder);
    // Two connections a day: the file and its log for each, the log's index, and large blobs.
    assert!((1..=5 * 6).contains(&open), "{open} descriptors");
    fresh.end().await;
}

#[tokio::test]
async fn partitions_have_no_statistics_of_bytes_and_no_default() {
    let Some(fresh) = Fresh::postgres().await else { return };
    let Calendar { days, .. } = calendar(&fresh).await;
    days.create_ahead().await.unwrap();
    assert_eq!(days.list().await.unwrap().len(), 4);
    fill(&days, FIRST, 200).await;
    run(&fresh.db, "ANALYZE").await;
    let kept = Statement::common(
        "kept",
        "SELECT COUNT(*) FROM pg_stats WHERE tablename LIKE 'generation%' AND attname IN ('id', 'owner_tag', 'sealed')",
    );
    assert_eq!(fresh.db.query_one(&kept, vec![]).await.unwrap().integer(0).unwrap(), 0);
    let control = Statement::common(
        "control",
        "SELECT COUNT(*) FROM pg_stats WHERE tablename LIKE 'generation%' AND attname = 'seq'",
    );
    assert!(
        fresh.db.query_one(&control, vec![]).await.unwrap().integer(0).unwrap() > 0,
        "ANALYZE saw the rows"
    );
    let elsewhere = FIRST.plus_days(400);
    let error = fresh.db.execute(&PUT, rows(elsewhere, 1).remove(0)).await.unwrap_err();
    assert!(matches!(error, DbError::Constraint { .. }), "{error:?}");
    fresh.end().await;
}

#[tokio::test]
async fn a_partition_that_a_crash_left_detached_is_dropped_too() {
    let Some(fresh) = Fresh::postgres().await else { return };
    let Calendar { days, clock } = calendar(&fresh).await;
    fill(&days, FIRST, 2).await;
    let name = format!("generation_day_{}", FIRST.number());
    run(&fresh.db, format!("ALTER TABLE generation DETACH PARTITION {name}")).await;
    assert!(fresh.db.catalogue().await.unwrap().is_empty());
    assert_eq!(days.list().await.unwrap(), [FIRST]);
    clock.set(FIRST.plus_days(29).start());
    assert!(days.drop_day(FIRST).await.unwrap().removed > 0);
    assert!(days.list().await.unwrap().is_empty());
    fresh.end().await;
}
