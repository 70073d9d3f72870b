//! The spool on the operating system's disk, with its own thread.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base::clock::{Clock, SystemClock};
use base::ids::InstanceId;
use base::size::ByteSize;
use store::disk::{Disk, RealDisk};
use store::spool::{Applier, Batches, Durability, Kind, Money, Spool, SpoolOptions};

use super::{Bench, apply};

fn real_spool(folder: &Path, durability: Durability) -> Arc<Spool> {
    let options = SpoolOptions {
        durability,
        ..SpoolOptions::new(folder.to_owned(), ByteSize::from_mib(32))
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    Spool::open(
        options,
        Arc::new(RealDisk),
        InstanceId::new(&base::random::SystemRandom),
        clock,
    )
    .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_answer_is_synced_by_the_spools_own_thread_and_flush_waits_for_the_books() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::new();
    let spool = real_spool(folder.path(), Durability::Disk);
    let mut applier = Applier::new(Arc::clone(&spool), Batches::default());
    apply(&mut applier);
    for _ in 0..20 {
        let (slot, generation) = bench.stream(&spool);
        let closed = slot.close(bench.frame(Kind::Close, generation, 100)).unwrap();
        let wait = closed
            .synced
            .expect("with durability disk there is something to wait for")
            .wait();
        tokio::time::timeout(Duration::from_secs(20), wait)
            .await
            .unwrap()
            .unwrap();
    }
    assert_eq!(spool.progress().borrow().synced_seq, 20);
    let flushing = tokio::spawn({
        let spool = Arc::clone(&spool);
        async move { spool.flush().await }
    });
    let driver = tokio::task::spawn_blocking(move || {
        let recorded = apply(&mut applier).len();
        applier.finish().unwrap();
        recorded
    });
    tokio::time::timeout(Duration::from_secs(20), flushing)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(driver.await.unwrap(), 20);
    assert_eq!(RealDisk.list(folder.path()).unwrap(), Vec::<PathBuf>::new());
}

#[test]
fn a_living_process_keeps_its_segments_and_a_dead_ones_are_adopted() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::new();
    let first = real_spool(folder.path(), Durability::Process);
    let (slot, generation) = bench.stream(&first);
    let closed = bench.generation();
    let close = bench.frame(Kind::Close, closed, 100);
    first.reserve().unwrap().close(close).unwrap();
    let second = real_spool(folder.path(), Durability::Process);
    let mut applier = Applier::new(Arc::clone(&second), Batches::default());
    assert!(apply(&mut applier).is_empty(), "the first process lives");
    drop(applier);
    drop(second);
    // Killed: nothing is told to the open stream. (Dropping the slot would settle it.)
    let lock = std::mem::ManuallyDrop::new(slot);
    let copy = tempfile::tempdir().unwrap();
    copy_segments(folder.path(), copy.path());
    let third = real_spool(copy.path(), Durability::Process);
    let mut applier = Applier::new(third, Batches::default());
    let recorded = apply(&mut applier);
    assert!(matches!(recorded[&generation].0, Money::Interrupted { .. }));
    assert!(matches!(recorded[&closed].0, Money::Closed(_)));
    applier.finish().unwrap();
    assert_eq!(RealDisk.list(copy.path()).unwrap(), Vec::<PathBuf>::new());
    drop(std::mem::ManuallyDrop::into_inner(lock));
}

fn copy_segments(from: &Path, to: &Path) {
    for path in RealDisk.list(from).unwrap() {
        let bytes = store::disk::read_file(&RealDisk, &path, 64 << 20).unwrap();
        RealDisk
            .create(&to.join(path.file_name().unwrap()))
            .unwrap()
            .write_all_at(&bytes, 0)
            .unwrap();
    }
}
