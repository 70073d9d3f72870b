//! What sealing costs on a request's path: nanoseconds a call, best of many rounds. Run it optimised:
//! `cargo run -p store --example sealing_cost --config 'profile.dev.package.store.opt-level=3'` (a release build is
//! nearer to the truth by another tenth).
#![expect(
    clippy::print_stdout,
    clippy::disallowed_macros,
    reason = "a measuring tool prints its table"
)]
#![expect(clippy::expect_used, reason = "a measuring tool stops at the first error")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use base::clock::{Clock, SystemClock};
use base::ids::{OrgId, SubjectId};
use base::random::{Random, SystemRandom};
use store::db::{Db, DbOptions, migrate};
use store::disk::{Disk, FaultyDisk};
use store::keys::{Keyring, Keys, Last, MIGRATIONS, compress};

const ROUNDS: usize = 60;
const CALLS: usize = 200;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime starts");
    runtime.block_on(measure());
}

async fn measure() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let disk: Arc<dyn Disk> = Arc::new(FaultyDisk::new(1));
    let url = format!("sqlite:{}", folder.path().join("keys.db").display())
        .parse()
        .expect("a URL");
    let db = Db::open(&url, DbOptions::default()).await.expect("a database");
    migrate::migrate(&db, &MIGRATIONS).await.expect("a schema");
    let (keyring, found) = Keyring::open(&disk, "/keyring".as_ref(), None, &*random, clock.now()).expect("a keyring");
    let keys = Keys::open(keyring, found, db, Arc::clone(&clock), random)
        .await
        .expect("keys");
    let (subject, org, day) = (
        SubjectId::from_bytes([1; 16]),
        OrgId::from_bytes([2; 16]),
        clock.now().day(),
    );
    keys.new_subject(subject).await.expect("a person");
    let of_day = keys.day_keys(subject, day).await.expect("keys of the day");
    let row = [9; 16];

    println!("{:<44}{:>10}", "call", "ns");
    let show = |name: &str, nanos: u128| println!("{name:<44}{nanos:>10}");
    show(
        "cached_day_keys",
        best(&*clock, || drop(black_box(keys.cached_day_keys(subject, day)))),
    );
    show("owner_tag", best(&*clock, || _ = black_box(of_day.owner_tag(org))));
    show(
        "record (one expand, key schedule)",
        best(&*clock, || {
            drop(black_box(of_day.record("generation", "content", &row)));
        }),
    );
    for (name, size) in [
        ("256 B", 256),
        ("1 KB", 1024),
        ("32 KB", 32 * 1024),
        ("128 KB", 128 * 1024),
    ] {
        let prose = prose(size);
        let mut out = Vec::with_capacity(size * 2 + 64);
        let mut number = 0;
        let key = of_day.record("generation", "content", &row);
        let seal = best(&*clock, || {
            out.clear();
            key.seal_append(number, Last::No, &prose, &mut out);
            number += 1;
        });
        show(&format!("seal_append, {name}"), seal);
        let packed = best(&*clock, || {
            out.clear();
            compress::append(&prose, &mut out);
        });
        show(&format!("compress::append, {name} -> {} B", out.len()), packed);
        let both = best(&*clock, || {
            out.clear();
            key.seal_compressed_append(number, Last::No, &prose, &mut out);
            number += 1;
        });
        show(&format!("seal_compressed_append, {name}"), both);
        let last = number - 1;
        let opened = best(&*clock, || drop(black_box(key.open(last, Last::No, &out))));
        show(&format!("open and expand, {name}"), opened);
    }
}

/// The fastest round's mean.
fn best(clock: &dyn Clock, mut call: impl FnMut()) -> u128 {
    let rounds = (0..ROUNDS).map(|_| {
        let start = clock.monotonic();
        (0..CALLS).for_each(|_| call());
        clock.monotonic() - start
    });
    rounds.min().unwrap_or(Duration::ZERO).as_nanos() / CALLS as u128
}

/// Text with the variety of a chat: words of a small vocabulary in a pseudorandom order.
fn prose(bytes: usize) -> Vec<u8> {
    const WORDS: [&str; 40] = [
        "the", "a", "of", "and", "to", "in", "is", "that", "it", "was", "for", "on", "are", "with", "as", "his",
        "they", "be", "at", "one", "have", "this", "from", "or", "had", "by", "hot", "but", "some", "what", "there",
        "we", "can", "out", "other", "were", "function", "return", "gateway", "privacy",
    ];
    let mut text = Vec::with_capacity(bytes + 16);
    let mut state = 1_u64;
    while text.len() < bytes {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let word = WORDS[usize::try_from(state >> 33).unwrap_or(0) % WORDS.len()];
        text.extend_from_slice(word.as_bytes());
        text.extend_from_slice(if state.is_multiple_of(11) { b"_x7, " } else { b" " });
    }
    text.truncate(bytes);
    text
}
