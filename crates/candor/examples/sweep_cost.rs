//! What the end of a day costs: by how many rows expire and how many stay, and what those feel who write and read meanwhile.
//!
//! `cargo run -p candor --example sweep_cost -- 10000000` on SQLite, with CANDOR_TEST_POSTGRES on PostgreSQL too. SQLite and the
//! kernel do the work, so that a debug build tells the same as a release.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a measuring tool prints its table and reads its argument and the system's clock"
)]
#![expect(clippy::expect_used, reason = "a measuring tool stops at the first error")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use base::clock::{Clock, TravellingClock};
use base::random::{Random, SystemRandom};
use base::time::Day;
use candor::privacy::retention::Sweep;
use candor::schema;
use store::days::{Days, Place};
use store::db::migrate::migrate;
use store::db::{Db, DbOptions, Statement};
use store::disk::{Disk, RealDisk};
use store::keys::{Keys, open_keyring};
use testkit::Database;

/// Rows of an ordinary day beside the large one.
const FEW: u64 = 100_000;
/// Rows that one statement makes.
const CHUNK: u64 = 500_000;
/// Rows of one transaction of whoever writes meanwhile, as the applier does.
const BATCH: u64 = 100;
/// How long is written and read before and after the sweep.
const AROUND: Duration = Duration::from_millis(500);

const FILL: Statement = Statement::pair(
    "fill",
    "WITH RECURSIVE n (i) AS (SELECT $3 UNION ALL SELECT i + 1 FROM n WHERE i < $4)
     INSERT INTO generation (day, id, place, owner_tag, meta, content)
     SELECT $1, randomblob(16), i, randomblob(16), randomblob($2), NULL FROM n",
    "INSERT INTO generation (day, id, place, owner_tag, meta, content)
     SELECT $1, decode(md5(random()::text), 'hex'), i, decode(md5(random()::text), 'hex'), decode(repeat(md5(random()::text), CAST($2 AS INT) / 16), 'hex'), NULL
     FROM generate_series(CAST($3 AS BIGINT), CAST($4 AS BIGINT)) AS n (i)",
);
const READ: Statement = Statement::common(
    "read",
    "SELECT place, meta FROM generation WHERE day = $1 AND owner_tag = $2",
);
/// Bytes of a sealed description.
const META_BYTES: i64 = 256;

fn main() {
    let rows = std::env::args().nth(1).map_or(Ok(1_000_000), |rows| rows.parse());
    let rows: u64 = rows.expect("how many rows the large day has, as a number");
    println!(
        "| database | expires, rows | stays, rows | sweep, ms | a batch of {BATCH} meanwhile, median / longest, ms | a look-up meanwhile, median / longest, ms |"
    );
    println!("|---|---|---|---|---|---|");
    for database in [Some(Database::sqlite()), Database::postgres()].into_iter().flatten() {
        testkit::block_on(measure(&database, rows));
    }
}

async fn measure(database: &Database, many: u64) {
    let clock = TravellingClock::new("2026-11-25T12:00:00Z".parse().expect("a moment"));
    let ground = Ground::open(database, &clock).await;
    let first = clock.now().day();
    // Each day ends with what is listed after it still there.
    let days = [
        (first, FEW),
        (first.plus_days(1), many),
        (first.plus_days(2), FEW),
        (first.plus_days(3), FEW),
    ];
    for (day, rows) in days {
        clock.set(day.start().plus(Duration::from_hours(12)));
        ground.keys.prepare().await.expect("keys");
        fill(&ground.days, day, rows).await;
    }
    for (number, (day, rows)) in days[..3].iter().enumerate() {
        clock.set(ground.days.end(*day));
        ground.keys.prepare().await.expect("keys");
        let today = clock.now().day();
        let stop = Arc::new(AtomicBool::new(false));
        fill(&ground.days, today, BATCH).await;
        let writing = tokio::spawn(write(ground.days.clone(), today, stop.clone()));
        let reading = tokio::spawn(read(ground.days.clone(), today, stop.clone()));
        testkit::wait::pass(AROUND);
        let sweep = ground.sweep(&clock);
        let began = Instant::now();
        let swept = sweep.run().await.expect("a sweep");
        let took = began.elapsed();
        assert!(
            swept.left.is_empty() && swept.ended.iter().any(|ended| ended.day == *day),
            "{swept:?}"
        );
        testkit::wait::pass(AROUND);
        stop.store(true, Ordering::SeqCst);
        let (writes, reads) = (writing.await.expect("writes"), reading.await.expect("reads"));
        let stays: u64 = days[number + 1..].iter().map(|(_, rows)| rows).sum();
        println!(
            "| {} | {rows} | {stays} | {} | {} | {} |",
            if database.url().is_some() {
                "PostgreSQL"
            } else {
                "SQLite"
            },
            took.as_millis(),
            spread(writes),
            spread(reads)
        );
    }
    ground.days.close().await;
}

struct Ground {
    days: Arc<Days>,
    keys: Arc<Keys>,
}

impl Ground {
    async fn open(database: &Database, clock: &TravellingClock) -> Self {
        let options = DbOptions {
            statement_limit: Duration::from_mins(10),
            ..DbOptions::default()
        };
        let folder = database.folder();
        let place = match database.url() {
            None => Place::Folder(folder.join("days")),
            Some(url) => {
                let db = Db::open(&url.parse().expect("an address"), options)
                    .await
                    .expect("a database");
                Place::Database(db)
            }
        };
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let keep = Some(policy::Days::new(KEEP));
        let days = Days::open(place, schema::DAY_STEPS, keep, shared.clone(), options)
            .await
            .expect("days");
        days.migrate().await.expect("the schema");
        Self {
            days: Arc::new(days),
            keys: Arc::new(keys(folder, shared).await),
        }
    }

    fn sweep(&self, clock: &TravellingClock) -> Sweep {
        Sweep::new(
            self.days.clone(),
            self.keys.clone(),
            Some(policy::Days::new(KEEP)),
            Arc::new(clock.clone()),
        )
    }
}

/// Any number that the policy allows measures the same.
const KEEP: u32 = 30;

async fn keys(folder: &Path, clock: Arc<dyn Clock>) -> Keys {
    let url = format!("sqlite:{}", folder.join("keys.db").display());
    let db = Db::open(&url.parse().expect("an address"), DbOptions::default())
        .await
        .expect("a key store");
    migrate(&db, &store::keys::MIGRATIONS).await.expect("its schema");
    let (disk, random): (Arc<dyn Disk>, Arc<dyn Random>) = (Arc::new(RealDisk), Arc::new(SystemRandom));
    let opened = open_keyring(&disk, &folder.join("keyring"), None, &*random, &*clock).await;
    let (keyring, found) = opened.expect("a keyring");
    Keys::open(keyring, found, db, clock, random).await.expect("keys")
}

async fn fill(days: &Days, day: Day, rows: u64) {
    let db = days.writer(day).await.expect("a partition");
    let mut from = 1;
    while from <= rows {
        let to = rows.min(from + CHUNK - 1);
        add(&db, day, from, to).await;
        from = to + 1;
    }
}

async fn add(db: &Db, day: Day, from: u64, to: u64) {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let values = vec![day.into(), META_BYTES.into(), number(from).into(), number(to).into()];
    db.execute(&FILL, values).await.expect("rows");
}

async fn write(days: Arc<Days>, day: Day, stop: Arc<AtomicBool>) -> Vec<Duration> {
    let (mut took, mut from) = (Vec::new(), BATCH + 1);
    let mut pace = tokio::time::interval(Duration::from_millis(5));
    while !stop.load(Ordering::SeqCst) {
        let began = Instant::now();
        let db = days.writer(day).await.expect("a partition");
        add(&db, day, from, from + BATCH - 1).await;
        took.push(began.elapsed());
        from += BATCH;
        pace.tick().await;
    }
    took
}

async fn read(days: Arc<Days>, day: Day, stop: Arc<AtomicBool>) -> Vec<Duration> {
    let mut took = Vec::new();
    let mut pace = tokio::time::interval(Duration::from_millis(2));
    while !stop.load(Ordering::SeqCst) {
        let began = Instant::now();
        let db = days.reader(day).await.expect("a partition").expect("of today");
        db.query(&READ, vec![day.into(), [7; 16].into()])
            .await
            .expect("a look-up");
        took.push(began.elapsed());
        pace.tick().await;
    }
    took
}

fn spread(mut took: Vec<Duration>) -> String {
    took.sort_unstable();
    let micros = |at: usize| took.get(at).map_or(0, Duration::as_micros);
    let (median, longest) = (micros(took.len() / 2), micros(took.len().saturating_sub(1)));
    format!(
        "{}.{} / {} ({})",
        median / 1000,
        median % 1000 / 100,
        longest / 1000,
        took.len()
    )
}
