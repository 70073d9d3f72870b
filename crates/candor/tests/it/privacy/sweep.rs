//! Days of the generation log end: on time, whatever the clock does, and for good.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base::clock::{Clock, TravellingClock};
use base::ids::GenerationId;
use base::money::Micro;
use base::time::{Day, Timestamp};
use candor::money::credit::Sharing;
use candor::privacy::retention::{Part, ReleaseError, Statistics, Sweep, SweepError, Swept};
use store::keys::KeysError;
use testkit::{Database, both_databases};

use crate::ground::{Ground, Process, Said, User};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_hours(24);

/// An installation with a log over several days.
pub(super) struct Log {
    pub(super) ground: Arc<Ground>,
    pub(super) process: Process,
    pub(super) ada: User,
    pub(super) written: Vec<(Day, GenerationId)>,
    kept: Option<u32>,
}

impl Log {
    pub(super) async fn begin(database: &Database, start: &str, kept: Option<u32>) -> Self {
        let clock = TravellingClock::new(start.parse::<Timestamp>().unwrap());
        let ground = Arc::new(Ground::open(database, clock, kept).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        let ada = process.user("ada@example.org", "10.00").await;
        Self {
            ground,
            process,
            ada,
            written: Vec::new(),
            kept,
        }
    }

    /// A generation on each of so many days, from today on.
    pub(super) async fn write(&mut self, days: usize) {
        for _ in 0..days {
            self.ground.keys.prepare().await.unwrap();
            self.process.people.poll().await.unwrap();
            let id = self.process.generate(&self.ada, Said::USUAL).await;
            self.process.apply().await;
            self.written.push((id.day(), id));
            self.ground.clock.advance(DAY);
        }
    }

    /// What a process that starts now sweeps with.
    pub(super) fn sweep(&self) -> Sweep {
        let Ground { days, keys, clock, .. } = &*self.ground;
        let kept = self.kept.map(policy::Days::new);
        Sweep::new(Arc::clone(days), Arc::clone(keys), kept, Arc::new(clock.clone()))
    }

    /// The process dies and another one starts at this moment.
    pub(super) async fn restart(self, database: &Database) -> Self {
        let Self {
            ground,
            ada,
            written,
            kept,
            process,
        } = self;
        let clock = ground.clock.clone();
        drop(process);
        drop(ground);
        let ground = Arc::new(Ground::open(database, clock, kept).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        process.people.poll().await.unwrap();
        Self {
            ground,
            process,
            ada,
            written,
            kept,
        }
    }

    /// Whether a person sees this generation.
    pub(super) async fn is_seen(&self, id: GenerationId) -> bool {
        let grant = self.process.grant(&self.ada);
        let receipt = self
            .process
            .records
            .receipt(id, self.ada.owner(), &grant)
            .await
            .unwrap();
        receipt.is_some()
    }

    /// Days with a partition, and days with a key.
    pub(super) async fn there(&self) -> (Vec<Day>, Vec<Day>) {
        self.ground.keys.follow_ends().await.unwrap();
        (self.ground.days.list().await.unwrap(), self.ground.keys.live_days())
    }

    /// Asserts that nothing of a day is left and nothing of it opens.
    pub(super) async fn assert_gone(&self, day: Day) {
        let (partitions, keys) = self.there().await;
        assert!(
            !partitions.contains(&day) && !keys.contains(&day),
            "{day}: {partitions:?}, {keys:?}"
        );
        let opened = self.ground.keys.day_keys(self.ada.account.subject, day).await;
        assert!(matches!(opened, Err(KeysError::DayEnded(_))));
        assert!(self.ground.days.remaining(day).await.unwrap().is_none());
    }
}

fn days(swept: &Swept) -> Vec<Day> {
    swept.ended.iter().map(|ended| ended.day).collect()
}

both_databases! {
    async fn a_day_is_seen_until_a_second_before_its_end_hidden_from_it_on_and_swept_then(database) {
        for (start, kept) in [("2026-11-25T12:00:00Z", 30), ("2028-02-27T12:00:00Z", 3), ("2028-03-25T23:59:59Z", 7), ("2029-12-31T00:00:00Z", 3)] {
            let fresh = another(&database);
            let mut log = Log::begin(&fresh, start, Some(kept)).await;
            log.write(1).await;
            let (day, id) = log.written[0];
            let end = day.plus_days(i32::try_from(kept).unwrap() - 1).start();
            assert_eq!(log.ground.days.end(day), end);

            log.ground.clock.set(end.minus(SECOND));
            log.process.people.poll().await.unwrap();
            assert!(log.is_seen(id).await, "{start}");
            assert!(!days(&log.sweep().run().await.unwrap()).contains(&day), "{start}");
            assert!(log.is_seen(id).await, "{start}");

            log.ground.clock.set(end);
            assert!(!log.is_seen(id).await, "{start}: hidden at its end with the sweep off");
            assert!(log.there().await.0.contains(&day));
            let sweep = log.sweep();
            assert_eq!(sweep.seconds_past_cutoff(), None, "nobody has looked, so nobody says that all is well");
            assert!(sweep.outlook().await.unwrap().due.iter().any(|due| (due.day, due.partition, due.key) == (day, Part::Over, Part::Over)));
            log.ground.clock.advance(SECOND);
            assert_eq!(sweep.seconds_past_cutoff(), Some(1));
            let swept = sweep.run().await.unwrap();
            let ended = swept.ended.iter().find(|ended| ended.day == day).unwrap();
            assert!(ended.removed > 0 && ended.keys_destroyed == 1 && ended.ended_at == end, "{ended:?}");
            assert_eq!((swept.left.len(), sweep.seconds_past_cutoff()), (0, Some(0)));
            log.assert_gone(day).await;
            assert!(!log.is_seen(id).await);
        }
    }

    async fn a_sweep_that_was_missed_for_a_week_ends_all_of_it_and_nothing_else(database) {
        let mut log = Log::begin(&database, "2026-11-25T12:00:00Z", Some(30)).await;
        log.write(10).await;
        let first = log.written[0].0;
        log.ground.clock.set(log.ground.days.end(first.plus_days(6)).plus(DAY / 2));
        log.process.people.poll().await.unwrap();
        let swept = log.sweep().run().await.unwrap();
        let ended = days(&swept);
        assert_eq!(ended[ended.len() - 7..], (0..7).map(|ahead| first.plus_days(ahead)).collect::<Vec<_>>());
        assert_eq!((swept.partitions, swept.left.len()), (10, 0));
        for (number, (day, id)) in log.written.iter().enumerate() {
            assert_eq!(log.is_seen(*id).await, number >= 7, "{day}");
        }
        for (day, _) in &log.written[..7] {
            log.assert_gone(*day).await;
        }
        let again = log.sweep().run().await.unwrap();
        assert!(again.ended.is_empty() && again.partitions == 3, "a second sweep looks and does nothing: {again:?}");
        let spent = Said::USUAL_COST.get() * 10;
        assert_eq!(log.process.balance(&log.ada).await, Micro::new(10_000_000 - spent), "the books stay");
    }

    async fn a_wall_that_jumps_inside_a_process_destroys_nothing_and_one_across_a_restart_is_believed(database) {
        let mut log = Log::begin(&database, "2026-11-25T12:00:00Z", Some(30)).await;
        log.write(2).await;
        let (day, id) = log.written[0];
        let now = log.ground.clock.now();
        let sweep = log.sweep();
        log.ground.clock.advance_wall(DAY * 400);
        assert!(!log.is_seen(id).await, "what is hidden by a wrong clock can be shown again");
        assert!(matches!(sweep.run().await, Err(SweepError::Parted(_))));
        assert_eq!(sweep.clock_alarm().map(|parted| parted.by), Some(DAY * 400));
        assert_eq!(log.there().await.0.len(), 2);

        log.ground.clock.set(now.minus(DAY * 400));
        assert!(matches!(sweep.run().await, Err(SweepError::Parted(_))), "back is no better");
        log.ground.clock.advance_wall(DAY * 400);
        assert!(sweep.run().await.unwrap().ended.iter().all(|ended| ended.day < day));
        assert!(log.is_seen(id).await && sweep.clock_alarm().is_none(), "nothing was lost");
        drop(sweep);

        log.ground.clock.advance_wall(DAY * 400);
        let mut log = log.restart(&database).await;
        assert_eq!(days(&log.sweep().run().await.unwrap())[..2], [day, day.plus_days(1)]);
        log.assert_gone(day).await;
        log.ground.clock.set(now);
        log = log.restart(&database).await;
        assert!(!log.is_seen(id).await, "what ended stays ended when the clock goes back");
        assert!(log.ground.days.writer(day).await.is_err());
        log.process.generate(&log.ada, Said::USUAL).await;
        log.process.apply().await;
        assert_eq!(log.process.balance(&log.ada).await, Micro::new(10_000_000 - 3 * Said::USUAL_COST.get()), "and it serves again");
    }

    async fn what_the_spool_holds_of_a_day_that_was_swept_is_booked_and_not_kept(database) {
        let mut log = Log::begin(&database, "2026-11-25T12:00:00Z", Some(30)).await;
        log.write(1).await;
        let late = log.process.generate(&log.ada, Said::USUAL).await;
        log.ground.clock.set(log.ground.days.end(late.day()));
        log.sweep().run().await.unwrap();
        log.process.apply().await;
        assert_eq!(log.process.balance(&log.ada).await, Micro::new(10_000_000 - 2 * Said::USUAL_COST.get()));
        log.assert_gone(late.day()).await;
    }

    async fn a_reader_that_holds_a_day_reads_nothing_after_the_sweep_and_does_not_hold_it_up(database) {
        let mut log = Log::begin(&database, "2026-11-25T12:00:00Z", Some(30)).await;
        log.write(1).await;
        let day = log.written[0].0;
        let held = log.ground.days.reader(day).await.unwrap().unwrap();
        let rows = || held.query(&ROWS, vec![day.into()]);
        assert_eq!(rows().await.unwrap()[0].integer(0).unwrap(), 1);
        log.ground.clock.set(log.ground.days.end(day));
        assert_eq!(log.sweep().run().await.unwrap().left, []);
        assert!(rows().await.map_or(true, |rows| rows[0].integer(0).unwrap() == 0));
        log.assert_gone(day).await;
    }

    async fn where_nothing_is_kept_there_is_no_partition_and_the_keys_of_today_live(database) {
        let mut log = Log::begin(&database, "2026-11-25T23:59:50Z", Some(3)).await;
        log.write(1).await;
        let before = log.written[0].0;
        let day = log.ground.today();
        log.kept = None;
        let log = log.restart(&database).await;
        log.ground.keys.prepare().await.unwrap();
        assert_eq!(days(&log.sweep().run().await.unwrap()), [before], "what was kept before goes at once");
        log.process.generate(&log.ada, Said::USUAL).await;
        log.process.apply().await;
        assert_eq!(log.there().await.0, []);
        assert_eq!(log.process.balance(&log.ada).await, Micro::new(10_000_000 - 2 * Said::USUAL_COST.get()));
        assert!(log.there().await.1.contains(&day), "a request that runs over midnight still closes under its day's key");
        log.ground.clock.set(day.plus_days(2).start());
        log.sweep().run().await.unwrap();
        log.assert_gone(day).await;
    }

    async fn what_may_stay_is_computed_while_the_rows_are_there_and_never_holds_a_day_up_for_long(database) {
        let mut log = Log::begin(&database, "2026-11-25T12:00:00Z", Some(30)).await;
        log.write(2).await;
        let (first, second) = (log.written[0].0, log.written[1].0);
        let rows = Arc::new(AtomicUsize::new(0));
        let (seen, store) = (rows.clone(), log.ground.days.clone());
        let counts = log.sweep().with_release(Box::new(move |day| {
            let (seen, store) = (seen.clone(), store.clone());
            Box::pin(async move {
                let db = store.remaining(day).await.unwrap().unwrap();
                let found = db.query(&ROWS, vec![day.into()]).await.unwrap()[0].integer(0).unwrap();
                seen.fetch_add(usize::try_from(found).unwrap(), Ordering::SeqCst);
                Ok(())
            })
        }));
        log.ground.clock.set(log.ground.days.end(first));
        let swept = counts.run().await.unwrap();
        assert_eq!(swept.ended.last().map(|ended| (ended.day, &ended.statistics)), Some((first, &Statistics::Released)));
        assert_eq!(rows.load(Ordering::SeqCst), 1);

        let fails = log.sweep().with_release(Box::new(|_| Box::pin(async { Err(ReleaseError("no room".to_owned())) })));
        log.ground.clock.set(log.ground.days.end(second).plus(DAY / 2 - SECOND));
        let swept = fails.run().await.unwrap();
        assert!(swept.ended.is_empty() && swept.left[0].why.contains("no room"), "{swept:?}");
        assert!(log.there().await.0.contains(&second), "there is time to try again");
        log.ground.clock.advance(SECOND);
        let swept = fails.run().await.unwrap();
        assert_eq!(swept.ended[0].statistics, Statistics::GivenUp("no room".to_owned()));
        log.assert_gone(second).await;
    }
}

const ROWS: store::db::Statement =
    store::db::Statement::common("test.rows", "SELECT COUNT(*) FROM generation WHERE day = $1");

/// A fresh database of the same kind.
fn another(database: &Database) -> Database {
    match database.url() {
        None => Database::sqlite(),
        Some(_) => Database::postgres().unwrap(),
    }
}
