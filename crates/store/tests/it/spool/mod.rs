//! The spool through its public face: what fits, what is refused, what comes back, on the faulty disk and the real one.

mod real;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base::clock::TravellingClock;
use base::ids::{GenerationId, InstanceId};
use base::random::SeededRandom;
use base::size::ByteSize;
use base::time::{Day, Timestamp};
use store::disk::{Crash, Disk, Fault, FaultyDisk, Operation};
use store::spool::{
    Applier, Background, Batches, Frame, FullReason, Kept, Kind, Money, Slot, Spool, SpoolOptions, Step,
};

const FOLDER: &str = "/spool";

struct Bench {
    disk: FaultyDisk,
    clock: TravellingClock,
    random: SeededRandom,
}

impl Bench {
    fn new() -> Self {
        Self {
            disk: FaultyDisk::new(1),
            clock: TravellingClock::new(Timestamp::from_micros(1_800_000_000_000_000)),
            random: SeededRandom::new(1),
        }
    }

    fn spool(&self, limit: ByteSize) -> Arc<Spool> {
        let options = SpoolOptions {
            background: Background::Manual,
            segment: Some(ByteSize::from_kib(16)),
            ..SpoolOptions::new(PathBuf::from(FOLDER), limit)
        };
        let instance = InstanceId::new(&self.random);
        Spool::open(
            options,
            Arc::new(self.disk.clone()),
            instance,
            Arc::new(self.clock.clone()),
        )
        .unwrap()
    }

    fn generation(&self) -> GenerationId {
        GenerationId::for_day(Day::from_number(20_000), &self.random)
    }

    fn frame(&self, kind: Kind, generation: GenerationId, sealed: usize) -> Frame {
        let mut frame = Frame::new(kind, generation);
        frame.buffer().extend(b"money");
        frame.end_money();
        frame.buffer().extend(std::iter::repeat_n(7, sealed));
        frame
    }

    fn stream(&self, spool: &Arc<Spool>) -> (Slot, GenerationId) {
        let mut slot = spool.reserve().unwrap();
        let generation = self.generation();
        slot.append(self.frame(Kind::Open, generation, 10)).unwrap();
        (slot, generation)
    }
}

/// Applies until nothing is left; what was recorded, with the number of its pieces.
fn apply(applier: &mut Applier) -> BTreeMap<GenerationId, (Money, usize)> {
    let mut recorded = BTreeMap::new();
    loop {
        match applier.next_step().unwrap() {
            Step::Idle => return recorded,
            Step::Mark { .. } => applier.marked(0),
            Step::Day(batch) => {
                for settled in batch.settled {
                    let before = recorded.insert(settled.generation, (settled.money, settled.pieces.len()));
                    assert!(before.is_none(), "{} came twice", settled.generation);
                }
                applier.done();
            }
            Step::Main(_) => applier.done(),
        }
    }
}

#[test]
fn a_full_disk_drops_content_keeps_every_closing_and_then_refuses_until_there_is_room() {
    let bench = Bench::new();
    bench.disk.set_capacity(64 * 1024);
    let spool = bench.spool(ByteSize::from_mib(4));
    let mut applier = Applier::new(Arc::clone(&spool), Batches::default());
    let mut streams: Vec<_> = (0..4).map(|_| bench.stream(&spool)).collect();
    let mut dropped = 0;
    for round in 0..100 {
        let (slot, generation) = &mut streams[round % 4];
        let kept = slot.append(bench.frame(Kind::Piece, *generation, 2000)).unwrap();
        dropped += usize::from(kept == Kept::No);
    }
    assert!(dropped > 50, "only {dropped} pieces were dropped");
    let mut more = Vec::new();
    let full = loop {
        match spool.reserve() {
            Ok(slot) => more.push(slot),
            Err(full) => break full,
        }
    };
    assert_eq!(full.reason, FullReason::DiskFull);
    assert!(full.retry_after > Duration::ZERO);
    assert!(spool.ready(), "a full disk is not a failing one");
    drop(more);
    let mut closed = 0;
    for (slot, generation) in streams {
        let end = slot.close(bench.frame(Kind::Close, generation, 3900)).unwrap();
        assert_eq!(end.kept, Kept::No);
        closed += 1;
    }
    spool.tick();
    assert_eq!(apply(&mut applier).len(), closed);
    bench.disk.set_capacity(u64::MAX);
    bench.clock.advance(Duration::from_secs(1));
    assert!(spool.reserve().is_ok());
}

#[test]
fn above_the_limit_no_slot_is_given_and_dropped_slots_give_their_room_back() {
    let bench = Bench::new();
    let spool = bench.spool(ByteSize::from_kib(512));
    let fill = || {
        let mut slots = Vec::new();
        loop {
            match spool.reserve() {
                Ok(slot) => slots.push(slot),
                Err(full) => return (slots, full),
            }
        }
    };
    let (first, full) = fill();
    assert_eq!(full.reason, FullReason::Limit);
    assert!(
        first.len() >= 8,
        "an eighth of 512 KiB holds more than {} slots",
        first.len()
    );
    assert!(spool.used_bytes() <= 512 * 1024 / 8);
    let count = first.len();
    drop(first);
    assert_eq!(fill().0.len(), count);
}

#[test]
fn reserving_does_no_system_call_while_there_is_room() {
    let bench = Bench::new();
    let spool = bench.spool(ByteSize::from_mib(4));
    let before = bench.disk.steps();
    let slots: Vec<_> = (0..3).map(|_| spool.reserve().unwrap()).collect();
    assert_eq!(bench.disk.steps(), before);
    drop(slots);
    assert_eq!(bench.disk.steps(), before);
}

#[test]
fn an_answer_with_its_end_is_one_write() {
    let bench = Bench::new();
    let spool = bench.spool(ByteSize::from_mib(4));
    let generation = bench.generation();
    let mut frame = bench.frame(Kind::Piece, generation, 500);
    frame.then(Kind::Close);
    frame.buffer().extend(b"sum");
    frame.end_money();
    let slot = spool.reserve().unwrap();
    let before = bench.disk.steps();
    let closed = slot.close(frame).unwrap();
    assert_eq!(bench.disk.steps() - before, 1);
    assert_eq!((closed.seq, closed.kept), (1, Kept::Yes));
    spool.tick();
    let mut applier = Applier::new(spool, Batches::default());
    assert_eq!(
        apply(&mut applier)[&generation],
        (Money::Closed(b"sum".to_vec().into()), 1)
    );
}

/// A fixed script of streams; returns those whose end was confirmed.
fn run_script(bench: &Bench, spool: &Arc<Spool>) -> Vec<GenerationId> {
    let mut delivered = Vec::new();
    for round in 0..12 {
        let Ok(mut slot) = spool.reserve() else {
            spool.tick();
            continue;
        };
        let generation = bench.generation();
        if slot.append(bench.frame(Kind::Open, generation, 800)).is_ok() {
            slot.append(bench.frame(Kind::Piece, generation, 1500)).unwrap();
            if round % 4 != 3 && slot.close(bench.frame(Kind::Close, generation, 200)).is_ok() {
                delivered.push(generation);
            }
        }
        if round % 2 == 1 {
            spool.tick();
        }
    }
    delivered
}

#[test]
fn a_write_or_sync_that_fails_at_any_n_stops_new_work_until_a_probe_succeeds_and_loses_nothing() {
    let faults = [
        Fault::Error(io::ErrorKind::Other),
        Fault::Short,
        Fault::Torn,
        Fault::DoneButFailed,
    ];
    let (mut failed, mut stopped) = (0, 0);
    for operation in [Operation::Write, Operation::Sync] {
        for fault in faults {
            for nth in 1..40 {
                let bench = Bench::new();
                let spool = bench.spool(ByteSize::from_kib(512));
                bench.disk.fail(operation, nth, 2, fault);
                let delivered = run_script(&bench, &spool);
                failed += usize::from(bench.disk.count(operation) > nth);
                if !spool.ready() {
                    stopped += 1;
                    assert_eq!(spool.reserve().unwrap_err().reason, FullReason::Unwritable);
                }
                bench.disk.heal();
                bench.clock.advance(Duration::from_secs(1));
                spool.tick();
                assert!(spool.ready(), "{operation:?} {nth} {fault:?}: still failing");
                assert!(spool.reserve().is_ok());
                // What is synced now must survive the power.
                let after = bench.disk.restart(Crash::PowerCut);
                drop(spool);
                let after = Bench { disk: after, ..bench };
                let mut applier = Applier::new(after.spool(ByteSize::from_kib(512)), Batches::default());
                let recorded = apply(&mut applier);
                for generation in &delivered {
                    let found = recorded.get(generation).map(|(money, _)| money);
                    assert!(
                        matches!(found, Some(Money::Closed(_))),
                        "{operation:?} {nth} {fault:?}: {generation} {found:?}"
                    );
                }
            }
        }
    }
    assert!(failed > 150, "only {failed} runs met their fault");
    assert!(stopped > 10, "only {stopped} runs ended unwritable");
}

#[test]
fn a_slow_stream_is_carried_forward_so_that_the_segments_behind_it_can_go() {
    let bench = Bench::new();
    let spool = bench.spool(ByteSize::from_kib(512));
    let mut applier = Applier::new(Arc::clone(&spool), Batches::default());
    let (mut slow, slow_generation) = bench.stream(&spool);
    slow.append(bench.frame(Kind::Piece, slow_generation, 100)).unwrap();
    let mut recorded = BTreeMap::new();
    for _ in 0..400 {
        let (mut slot, generation) = bench.stream(&spool);
        assert_eq!(
            slot.append(bench.frame(Kind::Piece, generation, 3000)).unwrap(),
            Kept::Yes
        );
        slot.close(bench.frame(Kind::Close, generation, 100)).unwrap();
        spool.tick();
        recorded.append(&mut apply(&mut applier));
    }
    assert!(applier.carried() > 0);
    assert!(spool.used_bytes() <= 512 * 1024);
    slow.close(bench.frame(Kind::Close, slow_generation, 100)).unwrap();
    spool.tick();
    recorded.append(&mut apply(&mut applier));
    assert_eq!(recorded.len(), 401);
    assert_eq!(recorded[&slow_generation].1, 2, "its pieces came with it, once each");
}

#[test]
fn with_nothing_left_to_apply_the_last_segment_goes_after_a_while_and_no_age_is_told() {
    let bench = Bench::new();
    let spool = bench.spool(ByteSize::from_mib(4));
    let mut applier = Applier::new(Arc::clone(&spool), Batches::default());
    let (slot, generation) = bench.stream(&spool);
    slot.close(bench.frame(Kind::Close, generation, 100)).unwrap();
    bench.clock.advance(Duration::from_secs(5));
    assert_eq!(spool.oldest_segment_age(), Duration::from_secs(5));
    spool.tick();
    assert_eq!(apply(&mut applier).len(), 1);
    assert_eq!(spool.oldest_segment_age(), Duration::ZERO);
    let first = bench
        .disk
        .files()
        .into_iter()
        .find(|file| file.to_string_lossy().ends_with("-0000000000.seg"));
    let first = first.expect("the first segment is there");
    for _ in 0..3 {
        bench.clock.advance(Duration::from_secs(61));
        assert!(apply(&mut applier).is_empty());
        spool.tick();
    }
    assert!(
        !bench.disk.files().contains(&first),
        "sealed content is kept no longer than it is needed"
    );
    applier.finish().unwrap();
    assert_eq!(bench.disk.list(Path::new(FOLDER)).unwrap(), Vec::<PathBuf>::new());
}

#[test]
fn a_bit_that_rots_costs_its_own_record_and_no_other() {
    let bench = Bench::new();
    let spool = bench.spool(ByteSize::from_mib(4));
    let streams: Vec<_> = (0..3).map(|_| bench.stream(&spool)).collect();
    let generations: Vec<_> = streams.iter().map(|(_, generation)| *generation).collect();
    for (slot, generation) in streams {
        slot.close(bench.frame(Kind::Close, generation, 500)).unwrap();
    }
    let segment = bench
        .disk
        .files()
        .into_iter()
        .find(|file| file.to_string_lossy().ends_with("-0000000000.seg"))
        .unwrap();
    // Header of the segment, three heads of 52 + 4 + 5 + 10 bytes, the header and some payload of the first closing.
    bench.disk.tear(&segment, 64 + 3 * 71 + 52 + 100, &[0]);
    let disk = bench.disk.restart(Crash::Killed);
    drop(spool);
    let after = Bench { disk, ..bench };
    let mut applier = Applier::new(after.spool(ByteSize::from_mib(4)), Batches::default());
    let recorded = apply(&mut applier);
    assert_eq!(applier.damaged(), 1);
    assert!(matches!(recorded[&generations[0]].0, Money::Interrupted { .. }));
    assert!(matches!(recorded[&generations[1]].0, Money::Closed(_)));
    assert!(matches!(recorded[&generations[2]].0, Money::Closed(_)));
}
