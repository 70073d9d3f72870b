//! Typed ids: 16 bytes inside, a prefixed text outside, as `acc_01h…`.
//!
//! Promises: an id of one kind never passes for another; one id has exactly one text (lower-case Crockford base32, 26
//! characters), so that texts can be compared; ids are random, so that they tell nothing, except that a generation's
//! begins with its day, so that a receipt names its partition.
//! Leaves out: order in time, check digits.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::random::{self, Random};
use crate::time::Day;

/// Characters of an id's text behind the prefix and `_`.
pub const TEXT_LENGTH: usize = 26;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A text that is not the id it should be. Holds no part of the text: what was pasted here may be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Another kind of id, or none.
    #[error("this is not the id that was expected: it begins with `{expected}_`")]
    Prefix {
        /// The prefix of the kind that was asked for.
        expected: &'static str,
    },
    /// Cut off or run together.
    #[error("an id of this kind is `{expected}_` and 26 characters")]
    Length {
        /// The prefix of the kind that was asked for.
        expected: &'static str,
    },
    /// A character that base32 doesn't know, or a first one above `7`.
    #[error(
        "an id of this kind is `{expected}_` and 26 of the characters 0-9 and a-z without i, l, o, u, the first at most 7"
    )]
    Character {
        /// The prefix of the kind that was asked for.
        expected: &'static str,
    },
}

/// What all kinds of id have in common, for code that stores or reads any of them.
pub trait TypedId: Copy + Eq + Ord + fmt::Display + fmt::Debug + Send + Sync + 'static {
    /// The three letters before the `_`.
    const PREFIX: &'static str;
    /// The id with these bytes.
    fn from_bytes(bytes: [u8; 16]) -> Self;
    /// Its bytes, as they are stored.
    fn as_bytes(&self) -> &[u8; 16];
}

macro_rules! typed_id {
    ($(#[$meta:meta])* $name:ident, $prefix:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// The three letters before the `_`.
            pub const PREFIX: &'static str = $prefix;

            /// The id with these bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// Its bytes, as they are stored.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl TypedId for $name {
            const PREFIX: &'static str = $prefix;

            fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl From<$name> for [u8; 16] {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_text($prefix, &self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_text($prefix, &self.0, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                read_text($prefix, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() { serializer.collect_str(self) } else { self.0.serialize(serializer) }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    let text = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
                    text.parse().map_err(de::Error::custom)
                } else {
                    <[u8; 16]>::deserialize(deserializer).map(Self)
                }
            }
        }
    };
}

macro_rules! random_id {
    ($(#[$meta:meta])* $name:ident, $prefix:literal) => {
        typed_id!($(#[$meta])* $name, $prefix);

        impl $name {
            /// A new random id.
            #[must_use]
            pub fn new(random: &dyn Random) -> Self {
                Self(random::bytes(random))
            }
        }
    };
}

random_id!(
    /// A login.
    AccountId, "acc");
random_id!(
    /// Who pays; every account has a personal one.
    OrgId, "org");
random_id!(
    /// A person: whose data it is.
    SubjectId, "sub");
random_id!(
    /// An API key (its row, never the secret).
    KeyId, "key");
random_id!(
    /// One run of the process: new at each start.
    InstanceId, "ins");
random_id!(
    /// Credit that a process holds for an organisation.
    LeaseId, "lse");
random_id!(
    /// A balanced entry of the ledger.
    PostingId, "pst");
random_id!(
    /// A backup in the inventory.
    BackupId, "bak");
typed_id!(
    /// One generation, its receipt and its record. The first four bytes are its day.
    GenerationId, "gen");

impl GenerationId {
    /// Flipping the sign bit lets the bytes sort as the days do.
    const SIGN: u32 = 0x8000_0000;

    /// A new id of a generation accepted on `day`: four bytes of day, twelve random.
    #[must_use]
    pub fn for_day(day: Day, random: &dyn Random) -> Self {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&(day.number().cast_unsigned() ^ Self::SIGN).to_be_bytes());
        random.fill(&mut bytes[4..]);
        Self(bytes)
    }

    /// The day of its acceptance, which names its partition.
    #[must_use]
    pub fn day(&self) -> Day {
        let [a, b, c, d, ..] = self.0;
        Day::from_number((u32::from_be_bytes([a, b, c, d]) ^ Self::SIGN).cast_signed())
    }
}

fn write_text(prefix: &str, bytes: &[u8; 16], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut number = u128::from_be_bytes(*bytes);
    let mut text = [0_u8; TEXT_LENGTH];
    for place in text.iter_mut().rev() {
        *place = ALPHABET[usize::try_from(number & 31).expect("five bits fit a usize")];
        number >>= 5;
    }
    f.write_str(prefix)?;
    f.write_str("_")?;
    f.write_str(std::str::from_utf8(&text).expect("the alphabet is ASCII"))
}

fn read_text(expected: &'static str, text: &str) -> Result<[u8; 16], IdError> {
    let rest = text
        .strip_prefix(expected)
        .and_then(|rest| rest.strip_prefix('_'))
        .ok_or(IdError::Prefix { expected })?;
    if rest.len() != TEXT_LENGTH {
        return Err(IdError::Length { expected });
    }
    if rest.as_bytes()[0] > b'7' {
        return Err(IdError::Character { expected });
    }
    let mut number = 0_u128;
    for byte in rest.bytes() {
        let digit = digit(byte).ok_or(IdError::Character { expected })?;
        number = number << 5 | u128::from(digit);
    }
    Ok(number.to_be_bytes())
}

/// The alphabet leaves out i, l, o and u.
const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'h' => Some(byte - b'a' + 10),
        b'j'..=b'k' => Some(byte - b'j' + 18),
        b'm'..=b'n' => Some(byte - b'm' + 20),
        b'p'..=b't' => Some(byte - b'p' + 22),
        b'v'..=b'z' => Some(byte - b'v' + 27),
        _ => None,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::SeededRandom;

    #[test]
    fn the_text_is_prefix_and_crockford_base32() {
        assert_eq!(
            AccountId::from_bytes([0; 16]).to_string(),
            "acc_00000000000000000000000000"
        );
        assert_eq!(
            KeyId::from_bytes([255; 16]).to_string(),
            "key_7zzzzzzzzzzzzzzzzzzzzzzzzz"
        );
        assert_eq!(
            format!("{:?}", OrgId::from_bytes([0; 16])),
            "org_00000000000000000000000000"
        );
    }

    #[test]
    fn another_kind_of_id_is_refused_with_the_prefix_that_was_expected() {
        let account = AccountId::new(&SeededRandom::new(1)).to_string();
        let error = account.parse::<OrgId>().unwrap_err();
        assert_eq!(error, IdError::Prefix { expected: "org" });
        assert!(error.to_string().contains("`org_`"));
    }

    #[test]
    fn a_damaged_text_is_refused() {
        let cases = [
            ("acc_0000000000000000000000000", IdError::Length { expected: "acc" }),
            ("acc_000000000000000000000000000", IdError::Length { expected: "acc" }),
            ("acc_80000000000000000000000000", IdError::Character { expected: "acc" }),
            ("acc_0000000000000000000000000U", IdError::Character { expected: "acc" }),
            ("acc_0000000000000000000000000A", IdError::Character { expected: "acc" }),
            ("acc00000000000000000000000000", IdError::Prefix { expected: "acc" }),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<AccountId>(), Err(expected), "{text}");
        }
    }

    #[test]
    fn the_alphabet_reads_back_as_it_was_written() {
        for (value, byte) in ALPHABET.iter().enumerate() {
            assert_eq!(digit(*byte).map(usize::from), Some(value));
        }
        assert_eq!((0..=255).filter(|byte| digit(*byte).is_some()).count(), 32);
    }

    #[test]
    fn a_generation_names_its_day_and_sorts_by_it() {
        let random = SeededRandom::new(3);
        let days = [
            Day::MIN,
            Day::from_number(-1),
            Day::from_number(0),
            Day::from_number(20_783),
            Day::MAX,
        ];
        let ids: Vec<_> = days.iter().map(|day| GenerationId::for_day(*day, &random)).collect();
        assert!(ids.is_sorted());
        for (day, id) in days.iter().zip(&ids) {
            assert_eq!(id.day(), *day);
            assert_eq!(id.to_string().parse::<GenerationId>().unwrap().day(), *day);
        }
    }

    proptest! {
        #[test]
        fn an_id_survives_its_text(bytes in any::<[u8; 16]>()) {
            let id = SubjectId::from_bytes(bytes);
            prop_assert_eq!(id.to_string().parse::<SubjectId>().unwrap(), id);
            prop_assert_eq!(id.to_string().len(), 30);
        }

        #[test]
        fn a_text_that_is_taken_is_the_only_text_of_its_id(text in "acc_[0-9a-zA-Z]{26}") {
            if let Ok(id) = text.parse::<AccountId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }
}
