//! What opens where, and the bytes on disk.
#![expect(clippy::unwrap_used, reason = "tests")]

use base::random::SeededRandom;
use proptest::prelude::*;

use super::*;

const ALICE: SubjectId = SubjectId::from_bytes([1; 16]);
const BOB: SubjectId = SubjectId::from_bytes([2; 16]);
const ROW: &[u8] = &[7; 16];

fn root(subject: SubjectId, day_key: u8, subject_key: u8) -> Root {
    Root::extract(subject, &[day_key; KEY_BYTES], &[subject_key; KEY_BYTES])
}

fn meta_key() -> RecordKey {
    root(ALICE, 1, 2).record("generation", "meta", ROW)
}

fn sealed(key: &RecordKey, number: u32, last: Last, plain: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    key.seal_append(number, last, plain, &mut out);
    out
}

proptest! {
    #[test]
    fn every_piece_opens_to_what_was_sealed(
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..400), 1..6),
        head in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let key = meta_key();
        for (number, piece) in pieces.iter().enumerate() {
            let number = u32::try_from(number * 2).unwrap();
            let mut out = head.clone();
            key.seal_append(number, Last::No, piece, &mut out);
            prop_assert_eq!(out.len(), head.len() + piece.len() + SEAL_OVERHEAD_BYTES);
            prop_assert_eq!(&key.open(number, Last::No, &out[head.len()..]).unwrap(), piece);
            let mut out = head.clone();
            key.seal_compressed_append(number + 1, Last::Yes, piece, &mut out);
            prop_assert!(out.len() <= head.len() + piece.len() + SEAL_OVERHEAD_BYTES + 1);
            prop_assert_eq!(&key.open(number + 1, Last::Yes, &out[head.len()..]).unwrap(), piece);
        }
    }

    #[test]
    fn one_changed_bit_anywhere_is_refused(plain in prop::collection::vec(any::<u8>(), 0..200), place in any::<usize>(), bit in 0..8_u32) {
        let key = meta_key();
        let mut bytes = sealed(&key, 0, Last::Yes, &plain);
        let place = place % bytes.len();
        bytes[place] ^= 1_u8 << bit;
        prop_assert!(key.open(0, Last::Yes, &bytes).is_err());
    }

    #[test]
    fn arbitrary_bytes_never_open(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        prop_assert!(meta_key().open(0, Last::No, &bytes).is_err());
    }
}

#[test]
fn a_piece_opens_in_its_own_place_only() {
    let bytes = sealed(&meta_key(), 3, Last::No, b"what was asked");
    assert_eq!(meta_key().open(3, Last::No, &bytes).unwrap(), b"what was asked");
    let elsewhere = [
        ("other row", root(ALICE, 1, 2).record("generation", "meta", &[8; 16])),
        ("other column", root(ALICE, 1, 2).record("generation", "content", ROW)),
        ("other table", root(ALICE, 1, 2).record("usage", "meta", ROW)),
        ("other person's id", root(BOB, 1, 2).record("generation", "meta", ROW)),
        ("other day's key", root(ALICE, 9, 2).record("generation", "meta", ROW)),
        (
            "other person's key",
            root(ALICE, 1, 9).record("generation", "meta", ROW),
        ),
        ("names shifted", root(ALICE, 1, 2).record("generationm", "eta", ROW)),
    ];
    for (place, key) in elsewhere {
        assert_eq!(key.open(3, Last::No, &bytes), Err(OpenError::Refused), "{place}");
    }
    for (number, last) in [(2, Last::No), (4, Last::No), (3, Last::Yes)] {
        assert_eq!(
            meta_key().open(number, last, &bytes),
            Err(OpenError::Refused),
            "{number} {last:?}"
        );
    }
}

#[test]
fn a_place_with_long_names_binds_as_well() {
    let long = "a_name_that_is_much_longer_than_any_table_of_this_program_would_be_given_by_its_authors".repeat(2);
    let bytes = sealed(&root(ALICE, 1, 2).record(&long, "meta", ROW), 0, Last::Yes, b"text");
    assert_eq!(
        root(ALICE, 1, 2)
            .record(&long, "meta", ROW)
            .open(0, Last::Yes, &bytes)
            .unwrap(),
        b"text"
    );
    assert!(
        root(BOB, 1, 2)
            .record(&long, "meta", ROW)
            .open(0, Last::Yes, &bytes)
            .is_err()
    );
    assert!(
        root(ALICE, 1, 2)
            .record(&long, "meta", &[8; 16])
            .open(0, Last::Yes, &bytes)
            .is_err()
    );
}

#[test]
#[should_panic(expected = "piece 4 would be sealed after piece 4")]
fn a_number_is_never_sealed_twice_by_a_key() {
    let key = meta_key();
    sealed(&key, 4, Last::No, b"first");
    sealed(&key, 4, Last::No, b"second");
}

#[test]
fn a_value_written_again_in_place_meets_a_new_nonce() {
    let random = SeededRandom::new(1);
    let key = root(ALICE, 1, 2).record("account", "email", ROW);
    let (first, second) = (
        key.seal_fresh(&random, b"a@example.org"),
        key.seal_fresh(&random, b"a@example.org"),
    );
    assert_ne!(first, second);
    for bytes in [first, second] {
        assert_eq!(key.open(0, Last::Yes, &bytes).unwrap(), b"a@example.org");
        assert!(meta_key().open(0, Last::Yes, &bytes).is_err());
    }
}

/// Fixed bytes, computed by another implementation (Python, `cryptography`): the format on disk is final.
#[test]
fn the_format_on_disk_does_not_change() {
    let bytes = sealed(&meta_key(), 1, Last::Yes, b"candor");
    assert_eq!(hex(&bytes), "0192b8d2d26d416632d4c309f22beb612c3e3aca95ed6a");
    let fresh = root(ALICE, 1, 2)
        .record("account", "email", ROW)
        .seal_fresh(&SeededRandom::new(1), b"candor");
    assert_eq!(
        (fresh[0], fresh.len()),
        (FORMAT_FRESH, 6 + SEAL_OVERHEAD_BYTES + NONCE_BYTES)
    );
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
