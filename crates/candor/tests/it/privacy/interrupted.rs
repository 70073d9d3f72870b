//! A sweep that is interrupted anywhere is brought to its end by the next one.

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use base::time::Day;
use candor::money::credit::Sharing;
use candor::privacy::retention::{DayEnded, Part, Statistics, Step, Sweep, Swept};
use store::disk::{Disk, RealDisk};
use testkit::both_databases;

use super::sweep::Log;
use crate::ground::{Ground, Process};

const START: &str = "2026-11-25T12:00:00Z";

fn nothing_yet(day: Day, log: &Log) -> DayEnded {
    DayEnded {
        day,
        ended_at: log.ground.days.end(day),
        removed: 0,
        keys_destroyed: 0,
        statistics: Statistics::Nothing,
    }
}

/// Polls until it has waited `waits` times, then drops it: what a process that dies at that await leaves to others.
async fn dies_after(waits: usize, sweep: &Sweep) -> Option<Swept> {
    let mut run = pin!(sweep.run());
    let mut waited = 0;
    std::future::poll_fn(|context| match run.as_mut().poll(context) {
        Poll::Ready(swept) => Poll::Ready(Some(swept.unwrap())),
        Poll::Pending if waited == waits => Poll::Ready(None),
        Poll::Pending => {
            waited += 1;
            Poll::Pending
        }
    })
    .await
}

both_databases! {
    async fn after_each_step_of_a_days_end_a_restart_brings_it_to_its_end(database) {
        let mut log = Log::begin(&database, START, Some(30)).await;
        log.write(Step::ALL.len() + 2).await;
        let last = log.written[Step::ALL.len()].0;
        log.ground.clock.set(log.ground.days.end(last));
        for (done, (day, _)) in log.written.clone().into_iter().enumerate().take(Step::ALL.len() + 1) {
            let sweep = log.sweep();
            let due = sweep.outlook().await.unwrap().due;
            let remains = due.into_iter().find(|due| due.day == day).unwrap();
            assert_eq!((remains.partition, remains.key), (Part::Over, Part::Over));
            let mut ended = nothing_yet(day, &log);
            for step in &Step::ALL[..done] {
                sweep.step(&remains, *step, &mut ended).await.unwrap();
            }
            assert_eq!((ended.removed > 0, ended.keys_destroyed > 0), (done > 1, done > 2), "{done} steps");
            log = log.restart(&database).await;
        }
        let swept = log.sweep().run().await.unwrap();
        assert_eq!(swept.left, []);
        for (day, id) in &log.written[..=Step::ALL.len()] {
            assert!(!log.is_seen(*id).await);
            log.assert_gone(*day).await;
        }
        assert!(log.is_seen(log.written[Step::ALL.len() + 1].1).await, "the next day lives");
    }

    async fn a_sweep_that_dies_at_any_await_hurts_no_living_day_and_leaves_nothing_that_the_next_one_misses(database) {
        let mut log = Log::begin(&database, START, Some(30)).await;
        log.write(8).await;
        let over = 6;
        log.ground.clock.set(log.ground.days.end(log.written[over - 1].0));
        let (mut deaths, mut finished) = (0, None);
        for waits in 0..400 {
            finished = dies_after(waits, &log.sweep()).await;
            if finished.is_some() {
                break;
            }
            deaths += 1;
            for (_, id) in &log.written[over..] {
                assert!(log.is_seen(*id).await, "a living day after {waits} awaits");
            }
            if waits % 5 == 0 {
                log = log.restart(&database).await;
            }
        }
        assert!(deaths > 3, "it died {deaths} times");
        assert_eq!(finished.unwrap().left, []);
        for (day, _) in &log.written[..over] {
            log.assert_gone(*day).await;
        }
        assert_eq!(log.there().await.0.len(), 2);
    }

    async fn two_processes_that_sweep_at_once_end_each_day_and_neither_fails(database) {
        let mut log = Log::begin(&database, START, Some(30)).await;
        log.write(6).await;
        let over = 5;
        let clock = log.ground.clock.clone();
        clock.set(log.ground.days.end(log.written[over - 1].0));
        // On SQLite one process owns the folder: two sweeps of it are two tasks. On PostgreSQL it has connections and a keyring of its own.
        let other = match database.url() {
            None => log.ground.clone(),
            Some(_) => Arc::new(Ground::open(&database, clock.clone(), Some(30)).await),
        };
        let theirs = Sweep::new(other.days.clone(), other.keys.clone(), Some(policy::Days::new(30)), Arc::new(clock));
        let ours = log.sweep();
        let (ours, theirs) = tokio::join!(ours.run(), theirs.run());
        let (ours, theirs) = (ours.unwrap(), theirs.unwrap());
        assert_eq!((ours.left, theirs.left), (vec![], vec![]));
        for (day, _) in &log.written[..over] {
            assert!(ours.ended.iter().chain(&theirs.ended).any(|ended| ended.day == *day && ended.keys_destroyed == 1), "{day}");
            log.assert_gone(*day).await;
        }
        assert_eq!(other.days.list().await.unwrap(), [log.written[over].0]);
    }

    async fn what_a_killed_process_left_in_the_spool_is_booked_after_its_days_were_swept(database) {
        let mut log = Log::begin(&database, START, Some(30)).await;
        log.write(1).await;
        let money = log.process.balance(&log.ada).await;
        log.process.generate(&log.ada, crate::ground::Said::USUAL).await;
        let late = log.ground.today();
        log.ground.clock.advance(Duration::from_millis(50));
        log.process.spool.tick();
        log.ground.copy_spool("left");
        log.ground.clock.set(log.ground.days.end(late).plus(Duration::from_hours(24 * 20)));
        log.sweep().run().await.unwrap();
        log.assert_gone(late).await;
        assert!(RealDisk.list(&database.folder().join("left")).unwrap().len() > 1);
        let heir = Process::start_at(&log.ground, Sharing::Shared, "left").await;
        heir.apply().await;
        assert!(heir.balance(&log.ada).await < money, "delivered is booked");
        log.assert_gone(late).await;
    }
}
