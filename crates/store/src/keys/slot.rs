//! The bytes of a slot: one 4 KiB block that holds one key, or the trace of one that ended.
//!
//! A block is eight copies of one 512-byte record, each with its own checksum, and each write of a block carries a higher
//! generation. So a write that was torn anywhere leaves at least one whole record, and one rule reads every block after
//! every crash: **the newest whole record is the truth**, of the block and its mirror together. A slot that was being
//! made was not used yet; a slot that was ending goes on to end; a live slot that lost sectors heals.
//!
//! ```text
//! 0 magic and version (8) · 8 keyring id (16) · 24 slot (4) · 28 state (1) · 29 kind (1) · 30 zero (2)
//! 32 number of day, week or year (8) · 40 generation (8) · 48 time of the write, µs (8) · 56 key (32) · 88 zeros
//! 480 SHA-256 of the 480 bytes before (32)                                     all integers little-endian
//! ```
//! Promises: only a live record holds a key: `ending` and `free` have zeros in its place, so that each of the two writes
//! that end a slot overwrites the key. A free record goes on to name what it held last, so that an ended key is not made
//! again.
//!
//! Leaves out: files and the order of writes: `keyring`.

use std::fmt;

use base::time::{Day, Timestamp, Week};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::sealing::KEY_BYTES;

/// Bytes of a slot in the file.
pub(super) const BLOCK_BYTES: usize = 4096;

/// Slots in a keyring. The limits of [`SlotName::limit`] add up to less.
pub(super) const SLOT_COUNT: usize = 512;

const SECTOR_BYTES: usize = 512;
const CHECKED_BYTES: usize = SECTOR_BYTES - 32;
const MAGIC: &[u8; 8] = b"CDRKEY\x00\x01";

/// Which key a slot holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SlotName {
    /// `K_day`: what a day records; ends with the day's promise.
    Day(Day),
    /// `W_subject`: wraps the keys of persons; one a week.
    Subject(Week),
    /// `K_index`: finds e-mail addresses; one a week, ends with its `W_subject`.
    Index(Week),
    /// `K_year`: the invoice archive of a fiscal year.
    Year(i32),
    /// `K_tomb`: names the erased in tombstones.
    Tomb,
}

impl SlotName {
    /// How many slots of this kind a keyring holds at most.
    pub(super) fn limit(self) -> usize {
        match self {
            Self::Day(_) => 192,
            Self::Subject(_) | Self::Index(_) => 64,
            Self::Year(_) => 16,
            Self::Tomb => 1,
        }
    }

    pub(super) fn is_same_kind(self, other: Self) -> bool {
        self.code().0 == other.code().0
    }

    fn code(self) -> (u8, i64) {
        match self {
            Self::Day(day) => (1, day.number().into()),
            Self::Subject(week) => (2, week.number().into()),
            Self::Index(week) => (3, week.number().into()),
            Self::Year(year) => (4, year.into()),
            Self::Tomb => (5, 0),
        }
    }

    fn from_code(kind: u8, number: i64) -> Option<Self> {
        let number = i32::try_from(number).ok()?;
        match kind {
            1 => Some(Self::Day(Day::from_number(number))),
            2 => Some(Self::Subject(Week::from_number(number))),
            3 => Some(Self::Index(Week::from_number(number))),
            4 => Some(Self::Year(number)),
            5 if number == 0 => Some(Self::Tomb),
            _ => None,
        }
    }
}

impl fmt::Display for SlotName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => write!(f, "key of the day {day}"),
            Self::Subject(week) => write!(f, "wrapping key of the week of {}", week.first_day()),
            Self::Index(week) => write!(f, "index key of the week of {}", week.first_day()),
            Self::Year(year) => write!(f, "key of the year {year}"),
            Self::Tomb => f.write_str("key of the tombstones"),
        }
    }
}

/// 32 random bytes. Wiped when dropped; prints nothing.
#[derive(Clone)]
pub(super) struct SlotKey(Zeroizing<[u8; KEY_BYTES]>);

impl SlotKey {
    pub(super) fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(super) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

impl fmt::Debug for SlotKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<key>")
    }
}

impl PartialEq for SlotKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_slice().ct_eq(other.0.as_slice()).into()
    }
}

/// The states of a slot.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum State {
    /// Holds nothing; names the key that ended here last.
    Free { held: Option<SlotName> },
    /// Holds a key.
    Live { name: SlotName, key: SlotKey },
    /// Its key is to be overwritten; found at a start, it is overwritten again.
    Ending { name: SlotName },
}

/// One record: a state with the generation of the write that made it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Record {
    pub(super) keyring: [u8; 16],
    pub(super) generation: u64,
    pub(super) written_at: Timestamp,
    pub(super) state: State,
}

/// What a block says.
#[derive(Debug, PartialEq)]
pub(super) struct Reading {
    /// The newest whole record, if there is one.
    pub(super) newest: Option<Record>,
    /// Whether all eight copies are that record.
    pub(super) is_uniform: bool,
}

/// A record with a right checksum that this version cannot read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FromNewerVersion;

impl Record {
    /// The block that holds this record in slot `index`.
    pub(super) fn block(&self, index: usize) -> Zeroizing<Vec<u8>> {
        let (state, kind, number, key) = match &self.state {
            State::Free { held } => {
                let (kind, number) = held.map_or((0, 0), SlotName::code);
                (0, kind, number, None)
            }
            State::Live { name, key } => (1, name.code().0, name.code().1, Some(key)),
            State::Ending { name } => (2, name.code().0, name.code().1, None),
        };
        let mut sector = Zeroizing::new([0; SECTOR_BYTES]);
        sector[..8].copy_from_slice(MAGIC);
        sector[8..24].copy_from_slice(&self.keyring);
        sector[24..28].copy_from_slice(&slot_number(index));
        sector[28] = state;
        sector[29] = kind;
        sector[32..40].copy_from_slice(&number.to_le_bytes());
        sector[40..48].copy_from_slice(&self.generation.to_le_bytes());
        sector[48..56].copy_from_slice(&self.written_at.as_micros().to_le_bytes());
        if let Some(key) = key {
            sector[56..88].copy_from_slice(key.bytes());
        }
        let checksum = Sha256::digest(&sector[..CHECKED_BYTES]);
        sector[CHECKED_BYTES..].copy_from_slice(&checksum);
        let mut block = Zeroizing::new(Vec::with_capacity(BLOCK_BYTES));
        for _ in 0..BLOCK_BYTES / SECTOR_BYTES {
            block.extend_from_slice(&*sector);
        }
        block
    }
}

/// Reads the block of slot `index`.
pub(super) fn read_block(block: &[u8], index: usize) -> Result<Reading, FromNewerVersion> {
    let (first, others) = block.split_at(SECTOR_BYTES.min(block.len()));
    let mut newest = read_sector(first, index)?;
    let mut is_uniform = newest.is_some() && block.len() == BLOCK_BYTES;
    for sector in others.chunks(SECTOR_BYTES).filter(|sector| *sector != first) {
        is_uniform = false;
        let record = read_sector(sector, index)?;
        if record.as_ref().map(|record| record.generation) > newest.as_ref().map(|record| record.generation) {
            newest = record;
        }
    }
    Ok(Reading { newest, is_uniform })
}

/// A whole record, or `None` for anything else.
fn read_sector(sector: &[u8], index: usize) -> Result<Option<Record>, FromNewerVersion> {
    if sector.len() != SECTOR_BYTES
        || sector[..6] != MAGIC[..6]
        || sector[24..28] != slot_number(index)
        || *Sha256::digest(&sector[..CHECKED_BYTES]) != sector[CHECKED_BYTES..]
    {
        return Ok(None);
    }
    let name = SlotName::from_code(sector[29], i64::from_le_bytes(field(sector, 32)));
    let state = match (sector[28], name) {
        (0, held) if held.is_some() || sector[29] == 0 => State::Free { held },
        (1, Some(name)) => State::Live {
            name,
            key: SlotKey::new(field(sector, 56)),
        },
        (2, Some(name)) => State::Ending { name },
        _ => return Err(FromNewerVersion),
    };
    if sector[..8] != *MAGIC {
        return Err(FromNewerVersion);
    }
    Ok(Some(Record {
        keyring: field(sector, 8),
        generation: u64::from_le_bytes(field(sector, 40)),
        written_at: Timestamp::from_micros(i64::from_le_bytes(field(sector, 48))),
        state,
    }))
}

fn field<const N: usize>(sector: &[u8], from: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&sector[from..from + N]);
    bytes
}

fn slot_number(index: usize) -> [u8; 4] {
    u32::try_from(index).expect("a keyring has 512 slots").to_le_bytes()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    fn record(generation: u64, state: State) -> Record {
        Record {
            keyring: [3; 16],
            generation,
            written_at: Timestamp::from_micros(1_700_000_000_000_000),
            state,
        }
    }

    fn live(name: SlotName, key: u8) -> State {
        State::Live {
            name,
            key: SlotKey::new([key; KEY_BYTES]),
        }
    }

    fn states() -> impl Strategy<Value = State> {
        let name = prop_oneof![
            (-30_000_i32..60_000).prop_map(|day| SlotName::Day(Day::from_number(day))),
            (0_i32..9000).prop_map(|week| SlotName::Subject(Week::from_number(week))),
            (0_i32..9000).prop_map(|week| SlotName::Index(Week::from_number(week))),
            (1970_i32..2300).prop_map(SlotName::Year),
            Just(SlotName::Tomb),
        ];
        (name, 0..4, any::<u8>()).prop_map(|(name, state, key)| match state {
            0 => State::Free { held: None },
            1 => State::Free { held: Some(name) },
            2 => State::Ending { name },
            _ => live(name, key),
        })
    }

    proptest! {
        #[test]
        fn a_block_reads_as_it_was_written_and_only_in_its_own_slot(state in states(), index in 0..SLOT_COUNT, generation in any::<u64>()) {
            let record = record(generation, state);
            let block = record.block(index);
            prop_assert_eq!(block.len(), BLOCK_BYTES);
            prop_assert_eq!(read_block(&block, index), Ok(Reading { newest: Some(record), is_uniform: true }));
            prop_assert_eq!(read_block(&block, index + 1), Ok(Reading { newest: None, is_uniform: false }));
        }

        #[test]
        fn a_write_torn_anywhere_leaves_the_old_or_the_new_record(
            old in states(), new in states(), tear in 0..=BLOCK_BYTES, garbage in 0_usize..SECTOR_BYTES,
        ) {
            let (old, new) = (record(6, old), record(7, new));
            let mut block = old.block(1).to_vec();
            block[..tear].copy_from_slice(&new.block(1)[..tear]);
            let rotten = tear.saturating_sub(1).min(BLOCK_BYTES - garbage)..(tear + garbage).min(BLOCK_BYTES);
            block[rotten].fill(0xee);
            let reading = read_block(&block, 1).unwrap();
            let newest = reading.newest.unwrap();
            prop_assert!(newest == old || newest == new);
            if reading.is_uniform {
                prop_assert_eq!(&block, &*newest.block(1));
            }
        }

        #[test]
        fn arbitrary_bytes_are_no_record(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            prop_assert_eq!(read_block(&bytes, 0), Ok(Reading { newest: None, is_uniform: false }));
        }
    }

    #[test]
    fn only_a_live_record_holds_a_key() {
        let name = SlotName::Day(Day::from_number(20_000));
        let holds_key = |state| {
            record(2, state)
                .block(0)
                .windows(KEY_BYTES)
                .any(|bytes| bytes == [0xab; KEY_BYTES])
        };
        assert!(holds_key(live(name, 0xab)));
        assert!(!holds_key(State::Ending { name }));
        assert!(!holds_key(State::Free { held: Some(name) }));
    }

    #[test]
    fn a_record_of_a_newer_version_is_told_apart_from_a_torn_one() {
        let mut block = record(1, State::Free { held: None }).block(0).to_vec();
        block[29] = 77;
        let checksum = Sha256::digest(&block[..CHECKED_BYTES]);
        block[CHECKED_BYTES..SECTOR_BYTES].copy_from_slice(&checksum);
        assert_eq!(read_block(&block, 0), Err(FromNewerVersion));
    }

    #[test]
    fn the_limits_of_all_kinds_fit_into_the_keyring_and_cover_the_promises() {
        let kinds = [
            SlotName::Day(Day::from_number(0)),
            SlotName::Subject(Week::from_number(0)),
            SlotName::Index(Week::from_number(0)),
            SlotName::Year(2026),
            SlotName::Tomb,
        ];
        assert!(kinds.iter().map(|kind| kind.limit()).sum::<usize>() <= SLOT_COUNT);
    }
}
