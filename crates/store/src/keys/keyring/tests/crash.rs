//! A crash at each step of making a key, of ending one, and of a start.

use super::*;

/// Runs `act` with a crash at every one of its steps, for several seeds and both kinds of crash, and hands the world that
/// the next process finds to `check`. Returns how many crashes there were.
fn crash_at_each_step(act: impl Fn(&World, &Keyring), check: impl Fn(&World, [u8; KEY_BYTES])) -> usize {
    let mut crashes = 0;
    for (copies, crash) in [Copies::One, Copies::Two]
        .into_iter()
        .flat_map(|copies| [(copies, Crash::Killed), (copies, Crash::PowerCut)])
    {
        for seed in 0..6 {
            for step in 1.. {
                let (mut world, keyring, key) = World::with_a_day(copies, seed);
                world.disk.crash_at(step);
                act(&world, &keyring);
                if !world.disk.crashed() {
                    assert!(step > 2, "the act has steps to crash at");
                    break;
                }
                world.restart(crash);
                check(&world, key);
                crashes += 1;
            }
        }
    }
    crashes
}

#[test]
fn a_crash_at_any_step_of_making_a_key_leaves_a_keyring_that_opens() {
    let crashes = crash_at_each_step(
        |world, keyring| {
            let _ = world.ensure(keyring, NEXT_DAY);
        },
        |world, key| {
            let keyring = world.open().unwrap();
            assert_eq!(*keyring.get(DAY).unwrap().bytes(), key);
            let made = world.ensure(&keyring, NEXT_DAY).unwrap();
            assert_eq!(*world.open().unwrap().get(NEXT_DAY).unwrap().bytes(), made);
        },
    );
    assert!(crashes >= 60, "{crashes} crashes");
}

#[test]
fn a_key_that_was_handed_out_survives_a_power_cut_at_any_later_step() {
    let crashes = crash_at_each_step(
        |world, keyring| {
            let _ = keyring.end(NEXT_DAY, now());
            let _ = world.ensure(keyring, WEEK);
        },
        |world, key| assert_eq!(*world.open().unwrap().get(DAY).unwrap().bytes(), key),
    );
    assert!(crashes >= 60, "{crashes} crashes");
}

#[test]
fn a_crash_at_any_step_of_ending_is_finished_or_undone_and_never_half() {
    let crashes = crash_at_each_step(
        |_, keyring| {
            let _ = keyring.end(DAY, now());
        },
        |world, key| {
            let keyring = world.open().unwrap();
            let found = world.files_with(&key);
            match keyring.get(DAY) {
                Some(live) => {
                    assert_eq!(*live.bytes(), key);
                    assert_eq!(found, world.paths().len());
                    assert_eq!(keyring.end(DAY, now()).unwrap(), End::Destroyed);
                }
                None => assert!(keyring.has_ended(DAY)),
            }
            assert_eq!(world.files_with(&key), 0);
        },
    );
    assert!(crashes >= 100, "{crashes} crashes");
}

#[test]
fn a_crash_while_a_start_repairs_is_repaired_by_the_next_start() {
    let mut crashes = 0;
    for seed in 0..40 {
        let (mut world, keyring, key) = World::with_a_day(Copies::Two, seed);
        world.disk.crash_at(1 + seed % 8);
        let _ = keyring.end(DAY, now());
        world.restart(Crash::PowerCut);
        world.disk.crash_at(1 + seed / 8);
        let _ = world.open();
        crashes += u32::from(world.disk.crashed());
        world.restart(Crash::PowerCut);
        let keyring = world.open().unwrap();
        let is_live = keyring.get(DAY).is_some();
        assert_eq!(world.files_with(&key), if is_live { 2 } else { 0 }, "seed {seed}");
    }
    assert!(crashes >= 10, "{crashes} crashes");
}

#[test]
fn a_crash_while_the_keyring_is_first_made_leaves_none_or_a_whole_one() {
    let mut crashes = 0;
    for (copies, seed) in [(Copies::One, 1), (Copies::One, 2), (Copies::Two, 3), (Copies::Two, 4)] {
        for step in 1..20 {
            let mut world = World::new(copies, seed);
            world.disk.crash_at(step);
            if world.open().is_ok() {
                break;
            }
            assert!(world.disk.crashed());
            world.restart(Crash::PowerCut);
            let keyring = world.open().unwrap();
            world.ensure(&keyring, DAY).unwrap();
            crashes += 1;
        }
    }
    assert!(crashes >= 20, "{crashes} crashes");
}

#[test]
fn a_mirror_that_is_added_later_gets_every_key_though_its_first_start_crashes() {
    let mut crashes = 0;
    for seed in 0..3 {
        for step in 1.. {
            let (mut world, keyring, key) = World::with_a_day(Copies::One, seed);
            drop(keyring);
            world.copies = Copies::Two;
            world.disk.crash_at(step);
            let opened = world.open();
            if !world.disk.crashed() {
                assert!(opened.is_ok() && world.files_with(&key) == 2);
                break;
            }
            world.restart(Crash::PowerCut);
            let strays = world
                .disk
                .files()
                .into_iter()
                .filter(|path| !world.paths().contains(path));
            for stray in strays {
                let bytes = read_file(&world.disk, &stray, u64::MAX).unwrap();
                assert!(
                    !bytes.chunks(BLOCK_BYTES).any(|block| block_holds(block, &key)),
                    "{stray:?}"
                );
            }
            assert_eq!(*world.open().unwrap().get(DAY).unwrap().bytes(), key);
            assert_eq!(world.files_with(&key), 2);
            crashes += 1;
        }
    }
    assert!(crashes >= 15, "{crashes} crashes");
}
