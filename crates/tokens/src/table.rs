//! The tokens of an encoding, as the build wrote them.

use crate::Encoding;
use crate::hash::{NUMBER_BITS, first_slot, hash, tag};

/// Longer than any token.
const LONGEST_TOKEN_BYTES: usize = 128;

/// All tokens of an encoding.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table {
    /// All tokens, one behind the other in the order of their numbers.
    bytes: &'static [u8],
    /// Where each ends.
    ends: &'static [[u8; 4]],
    /// Finds numbers; see [`crate::hash`].
    slots: &'static [[u8; 4]],
}

macro_rules! table {
    ($name:literal) => {
        Table {
            bytes: include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".bytes")),
            ends: words(include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".ends"))),
            slots: words(include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".slots"))),
        }
    };
}

static O200K: Table = table!("o200k");
static CL100K: Table = table!("cl100k");

const fn words(bytes: &'static [u8]) -> &'static [[u8; 4]] {
    bytes.as_chunks().0
}

/// The table of an encoding.
pub(crate) const fn of(encoding: Encoding) -> &'static Table {
    match encoding {
        Encoding::O200k => &O200K,
        Encoding::Cl100k => &CL100K,
    }
}

impl Table {
    /// The number of the token that has these bytes: the lower, the sooner it is merged.
    pub(crate) fn number(&self, bytes: &[u8]) -> Option<u32> {
        if bytes.len() > LONGEST_TOKEN_BYTES {
            return None;
        }
        let hash = hash(bytes);
        let (tag, mut slot) = (tag(hash), first_slot(hash, self.slots.len()));
        loop {
            let held = u32::from_le_bytes(self.slots[slot]);
            if held == 0 {
                return None;
            }
            let number = (held & ((1 << NUMBER_BITS) - 1)) - 1;
            if held & !((1 << NUMBER_BITS) - 1) == tag && self.token(number) == bytes {
                return Some(number);
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }

    fn token(&self, number: u32) -> &'static [u8] {
        let end = |number: usize| u32::from_le_bytes(self.ends[number]) as usize;
        let number = number as usize;
        let start = if number == 0 { 0 } else { end(number - 1) };
        &self.bytes[start..end(number)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_token_is_found_by_its_bytes_and_is_no_longer_than_is_looked_at() {
        for (encoding, count) in [(Encoding::O200k, 199_998), (Encoding::Cl100k, 100_256)] {
            let table = of(encoding);
            assert_eq!(table.ends.len(), count);
            for number in (0_u32..).take(count) {
                let token = table.token(number);
                assert!((1..=LONGEST_TOKEN_BYTES).contains(&token.len()), "{token:?}");
                assert_eq!(table.number(token), Some(number), "{token:?}");
            }
            assert_eq!(table.number(b""), None);
            assert_eq!(table.number(&[b'~'; 127]), None);
        }
    }

    #[test]
    fn no_search_is_long() {
        for encoding in [Encoding::O200k, Encoding::Cl100k] {
            let longest = of(encoding).slots.split(|slot| *slot == [0; 4]).map(<[_]>::len).max();
            assert!(longest.is_some_and(|longest| longest < 64), "{longest:?}");
        }
    }
}
