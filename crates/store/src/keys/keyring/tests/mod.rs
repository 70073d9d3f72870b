//! The keyring over a disk that fails: a crash at each step, torn blocks, lost mirrors.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use base::random::SeededRandom;
use base::time::{Day, Timestamp, Week};

use super::super::sealing::KEY_BYTES;
use super::super::slot::{BLOCK_BYTES, SlotName};
use super::{End, Found, Keyring, KeyringError};
use crate::disk::{Crash, Disk, Fault, FaultyDisk, Operation, read_file};

mod crash;

const DAY: SlotName = SlotName::Day(Day::from_number(20_000));
const NEXT_DAY: SlotName = SlotName::Day(Day::from_number(20_001));
const WEEK: SlotName = SlotName::Subject(Week::from_number(2_857));

fn now() -> Timestamp {
    Timestamp::from_micros(1_728_000_000_000_000)
}

fn path() -> PathBuf {
    PathBuf::from("/keys/keyring")
}

fn mirror() -> PathBuf {
    PathBuf::from("/elsewhere/keyring")
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Copies {
    One,
    Two,
}

struct World {
    disk: FaultyDisk,
    copies: Copies,
    random: SeededRandom,
}

impl World {
    fn new(copies: Copies, seed: u64) -> Self {
        Self {
            disk: FaultyDisk::new(seed),
            copies,
            random: SeededRandom::new(seed),
        }
    }

    /// A world whose keyring holds the key of [`DAY`]. Made once a kind and copied: each crash begins with one.
    fn with_a_day(copies: Copies, seed: u64) -> (Self, Keyring, [u8; KEY_BYTES]) {
        static MADE: [OnceLock<(FaultyDisk, [u8; KEY_BYTES])>; 2] = [const { OnceLock::new() }; 2];
        let (disk, key) = MADE[usize::from(copies == Copies::Two)].get_or_init(|| {
            let world = Self::new(copies, 0);
            let key = world.ensure(&world.open().unwrap(), DAY).unwrap();
            (world.disk, key)
        });
        let world = Self {
            disk: disk.copied(seed),
            copies,
            random: SeededRandom::new(seed + 1000),
        };
        let keyring = world.open().unwrap();
        (world, keyring, *key)
    }

    fn open(&self) -> Result<Keyring, KeyringError> {
        self.open_and_tell().map(|(keyring, _)| keyring)
    }

    fn open_and_tell(&self) -> Result<(Keyring, Found), KeyringError> {
        let disk: Arc<dyn Disk> = Arc::new(self.disk.clone());
        let mirror = (self.copies == Copies::Two).then(mirror);
        Keyring::open(&disk, &path(), mirror.as_deref(), &self.random, now())
    }

    fn ensure(&self, keyring: &Keyring, name: SlotName) -> Result<[u8; KEY_BYTES], KeyringError> {
        keyring.ensure(name, &self.random, now()).map(|key| *key.bytes())
    }

    fn restart(&mut self, crash: Crash) {
        self.disk = self.disk.restart(crash);
    }

    fn paths(&self) -> Vec<PathBuf> {
        match self.copies {
            Copies::One => vec![path()],
            Copies::Two => vec![path(), mirror()],
        }
    }

    /// In how many files the bytes of a key stand, anywhere.
    fn files_with(&self, key: &[u8; KEY_BYTES]) -> usize {
        let holds = |path: &PathBuf| {
            let bytes = read_file(&self.disk, path, u64::MAX).unwrap();
            assert_eq!(bytes.len(), 512 * BLOCK_BYTES, "the scan looks at a whole file");
            bytes.chunks(BLOCK_BYTES).any(|block| block_holds(block, key))
        };
        self.paths().iter().filter(|path| holds(path)).count()
    }
}

/// Looks at every byte of a block, but once only at what repeats itself: the crash tests read gigabytes.
fn block_holds(block: &[u8], key: &[u8]) -> bool {
    let (first, others) = block.split_at(512);
    let repeats = others.chunks(512).all(|sector| sector == first);
    let looked_at = if repeats { &block[..512 + key.len()] } else { block };
    looked_at.contains(&key[0])
        && looked_at
            .windows(key.len())
            .any(|window| window[0] == key[0] && window == key)
}

fn each_world(mut check: impl FnMut(World)) {
    for copies in [Copies::One, Copies::Two] {
        check(World::new(copies, 1));
    }
}

#[test]
fn a_key_is_the_same_after_a_restart_and_is_in_every_copy() {
    each_world(|mut world| {
        let (keyring, found) = world.open_and_tell().unwrap();
        assert_eq!(found, Found::New);
        let keys = [DAY, NEXT_DAY, WEEK, SlotName::Year(2026), SlotName::Tomb]
            .map(|name| (name, world.ensure(&keyring, name).unwrap()));
        world.restart(Crash::PowerCut);
        let (keyring, found) = world.open_and_tell().unwrap();
        assert_eq!(found, Found::Existing);
        for (name, key) in keys {
            assert_eq!(*keyring.get(name).unwrap().bytes(), key);
            assert_eq!(world.ensure(&keyring, name).unwrap(), key);
            assert_eq!(world.files_with(&key), world.paths().len());
        }
        assert_eq!(keyring.live().len(), 5);
    });
}

#[test]
fn an_ended_key_is_gone_from_the_file_and_the_mirror_and_never_made_again() {
    each_world(|mut world| {
        let keyring = world.open().unwrap();
        let (key, other) = (
            world.ensure(&keyring, DAY).unwrap(),
            world.ensure(&keyring, NEXT_DAY).unwrap(),
        );
        assert_eq!(world.files_with(&key), world.paths().len());
        assert_eq!(keyring.end(DAY, now()).unwrap(), End::Destroyed);
        assert_eq!(keyring.end(DAY, now()).unwrap(), End::NotThere);
        world.restart(Crash::PowerCut);
        assert_eq!(world.files_with(&key), 0);
        assert_eq!(world.files_with(&other), world.paths().len());
        let keyring = world.open().unwrap();
        assert!(keyring.get(DAY).is_none());
        assert!(keyring.has_ended(DAY));
        assert!(matches!(world.ensure(&keyring, DAY), Err(KeyringError::Ended(name)) if name == DAY));
    });
}

#[test]
fn a_failing_disk_is_told_and_the_same_call_succeeds_when_it_heals() {
    let faults = [
        (Operation::Write, Fault::Error(std::io::ErrorKind::StorageFull)),
        (Operation::Write, Fault::Torn),
        (Operation::Write, Fault::DoneButFailed),
        (Operation::Sync, Fault::Error(std::io::ErrorKind::Other)),
        (Operation::Read, Fault::Error(std::io::ErrorKind::Other)),
    ];
    let mut failures = 0;
    for (operation, fault) in faults {
        for nth in 1..=6 {
            let (mut world, keyring, ended) = World::with_a_day(Copies::Two, nth);
            world.disk.fail(operation, nth, 1, fault);
            let made = world.ensure(&keyring, NEXT_DAY);
            let end = keyring.end(DAY, now());
            failures += usize::from(made.is_err()) + usize::from(end.is_err());
            world.disk.heal();
            if end.is_err() && operation != Operation::Read {
                assert!(keyring.get(DAY).is_none(), "a key that is ending is out of use at once");
            }
            let made = world.ensure(&keyring, NEXT_DAY).unwrap();
            if end.is_err() {
                // `NotThere` when the failed call had come to its end.
                keyring.end(DAY, now()).unwrap();
            }
            world.restart(Crash::PowerCut);
            let keyring = world.open().unwrap();
            assert_eq!(
                *keyring.get(NEXT_DAY).unwrap().bytes(),
                made,
                "{operation:?} {fault:?} {nth}"
            );
            assert_eq!(world.files_with(&ended), 0, "{operation:?} {fault:?} {nth}");
        }
    }
    assert!(failures >= 20, "{failures} failures");
}

#[test]
fn a_key_is_not_in_use_before_the_mirror_has_it_too() {
    let world = World::new(Copies::Two, 1);
    let keyring = world.open().unwrap();
    world
        .disk
        .fail(Operation::Write, 2, 1, Fault::Error(std::io::ErrorKind::StorageFull));
    let error = world.ensure(&keyring, DAY).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the keyring /elsewhere/keyring can't be written: no storage space"
    );
    assert!(keyring.get(DAY).is_none());
}

#[test]
fn a_torn_live_slot_comes_from_the_mirror_or_stops_the_start() {
    for (copies, opens) in [(Copies::Two, true), (Copies::One, false)] {
        let world = World::new(copies, 1);
        let key = world.ensure(&world.open().unwrap(), DAY).unwrap();
        let place = read_file(&world.disk, &path(), u64::MAX)
            .unwrap()
            .windows(KEY_BYTES)
            .position(|bytes| bytes == key)
            .unwrap();
        let slot = place / BLOCK_BYTES;
        world.disk.tear(&path(), slot * BLOCK_BYTES, &[0xee; BLOCK_BYTES]);
        match world.open() {
            Ok(keyring) if opens => {
                assert_eq!(*keyring.get(DAY).unwrap().bytes(), key);
                assert_eq!(world.files_with(&key), 2);
            }
            Err(KeyringError::Unreadable { slot: found, .. }) if !opens => assert_eq!(found, slot),
            other => panic!("{copies:?}: {:?}", other.map(|_| ())),
        }
    }
}

#[test]
fn a_lost_file_comes_back_from_the_mirror_and_a_lost_mirror_from_the_file() {
    for lost in [path(), mirror()] {
        let world = World::new(Copies::Two, 1);
        let key = world.ensure(&world.open().unwrap(), DAY).unwrap();
        world.disk.remove(&lost).unwrap();
        let (keyring, found) = world.open_and_tell().unwrap();
        assert_eq!(found, Found::Existing);
        assert_eq!(*keyring.get(DAY).unwrap().bytes(), key);
        assert_eq!(world.files_with(&key), 2);
    }
}

#[test]
fn an_old_copy_put_back_does_not_bring_an_ended_key_back() {
    let world = World::new(Copies::Two, 1);
    let keyring = world.open().unwrap();
    let key = world.ensure(&keyring, DAY).unwrap();
    let old = read_file(&world.disk, &path(), u64::MAX).unwrap();
    keyring.end(DAY, now()).unwrap();
    world.disk.tear(&path(), 0, &old);
    assert_eq!(world.files_with(&key), 1);
    assert!(world.open().unwrap().get(DAY).is_none());
    assert_eq!(world.files_with(&key), 0);
}

#[test]
fn the_mirror_of_another_keyring_is_refused() {
    let world = World::new(Copies::Two, 1);
    world.open().unwrap();
    let other = World::new(Copies::One, 2);
    other.open().unwrap();
    let foreign = read_file(&other.disk, &path(), u64::MAX).unwrap();
    world.disk.tear(&mirror(), 0, &foreign);
    assert!(matches!(world.open().map(|_| ()), Err(KeyringError::Mixed { .. })));
}

#[test]
fn two_processes_with_one_keyring_agree_on_every_key() {
    let world = World::new(Copies::Two, 1);
    let (one, two) = (world.open().unwrap(), world.open().unwrap());
    let key = world.ensure(&one, DAY).unwrap();
    assert_eq!(world.ensure(&two, DAY).unwrap(), key);
    let next = world.ensure(&two, NEXT_DAY).unwrap();
    assert_eq!(world.ensure(&one, NEXT_DAY).unwrap(), next);
    two.end(DAY, now()).unwrap();
    assert!(matches!(world.ensure(&two, DAY), Err(KeyringError::Ended(_))));
    assert_eq!(world.files_with(&key), 0);
    let held = world.disk.lock(Path::new("/keys/keyring.lock")).unwrap().unwrap();
    assert!(matches!(world.ensure(&one, WEEK), Err(KeyringError::Busy(_))));
    drop(held);
    world.ensure(&one, WEEK).unwrap();
}

#[test]
fn the_keyring_holds_many_days_and_refuses_more_than_its_bound() {
    let world = World::new(Copies::One, 1);
    let keyring = world.open().unwrap();
    let day = |number: i32| SlotName::Day(Day::from_number(20_000 + number));
    for number in 0..192 {
        world.ensure(&keyring, day(number)).unwrap();
    }
    assert!(matches!(
        world.ensure(&keyring, day(192)),
        Err(KeyringError::TooMany { limit: 192, .. })
    ));
    world.ensure(&keyring, WEEK).unwrap();
    keyring.end(day(0), now()).unwrap();
    world.ensure(&keyring, day(192)).unwrap();
    assert_eq!(keyring.live().len(), 193);
}
