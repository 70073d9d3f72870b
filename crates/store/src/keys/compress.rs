//! Compression of what is about to be sealed: LZ4 blocks behind a byte that names the format.
//!
//! Promises: no allocation beyond the output buffer (the table of each thread is made once), incompressible and
//! short input costs one byte, and expansion never writes more than the caller's bound.
//!
//! Leaves out: dictionaries and streams. Each piece stands alone, so that each can be opened alone. Compressing before
//! sealing lets the stored length tell a little about the content; only the operator's disk sees that length.

use std::cell::RefCell;

use lz4_flex::block::{CompressTable, compress_into_with_table, decompress_into, get_maximum_output_size};

/// Below this many bytes compression is not tried: the gain is less than its cost.
pub const WORTH_TRYING_BYTES: usize = 128;

/// Largest input that [`append`] compresses and that [`expand`] agrees to return; longer input is stored.
pub const MAX_COMPRESSED_INPUT_BYTES: usize = 64 * 1024 * 1024;

const STORED: u8 = 0;
const LZ4: u8 = 1;
const LZ4_HEAD_BYTES: usize = 1 + size_of::<u32>();

/// Why compressed bytes could not be expanded.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ExpandError {
    /// The bytes end before the format says so.
    #[error("compressed bytes end too early")]
    Truncated,
    /// The first byte names a format that this version does not know.
    #[error("compressed bytes have the unknown format {0}")]
    UnknownFormat(u8),
    /// The content would be longer than the caller allows.
    #[error("content of {length} bytes is longer than the {limit} bytes allowed here")]
    TooLong {
        /// Length the bytes claim.
        length: usize,
        /// What the caller allows.
        limit: usize,
    },
    /// The block is not valid LZ4 or does not have the length it claims.
    #[error("compressed bytes are not a valid block")]
    Invalid,
}

/// Appends `plain` to `out`, compressed if that makes it shorter: a format byte (0 stored, 1 LZ4), for LZ4 the length of
/// `plain` as little-endian `u32`, then the bytes.
pub fn append(plain: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    if (WORTH_TRYING_BYTES..=MAX_COMPRESSED_INPUT_BYTES).contains(&plain.len())
        && let Ok(plain_length) = u32::try_from(plain.len())
    {
        out.resize(start + LZ4_HEAD_BYTES + get_maximum_output_size(plain.len()), 0);
        out[start] = LZ4;
        out[start + 1..start + LZ4_HEAD_BYTES].copy_from_slice(&plain_length.to_le_bytes());
        let block_length = compress_with_thread_table(plain, &mut out[start + LZ4_HEAD_BYTES..]);
        if let Some(block_length) = block_length.filter(|length| LZ4_HEAD_BYTES + length <= plain.len()) {
            out.truncate(start + LZ4_HEAD_BYTES + block_length);
            return;
        }
        out.truncate(start);
    }
    out.reserve(1 + plain.len());
    out.push(STORED);
    out.extend_from_slice(plain);
}

/// The most bytes that [`append`] may need while it works: reserve this once, and `append` does not allocate.
pub const fn room_for(plain_length: usize) -> usize {
    LZ4_HEAD_BYTES + get_maximum_output_size(plain_length)
}

/// Returns what [`append`] was given.
///
/// # Errors
/// [`ExpandError`] when the bytes are not whole, or when the content is longer than `limit` bytes.
pub fn expand(packed: &[u8], limit: usize) -> Result<Vec<u8>, ExpandError> {
    let (&format, rest) = packed.split_first().ok_or(ExpandError::Truncated)?;
    match format {
        STORED if rest.len() > limit => Err(ExpandError::TooLong {
            length: rest.len(),
            limit,
        }),
        STORED => Ok(rest.to_vec()),
        LZ4 => {
            let (length, block) = rest.split_first_chunk::<4>().ok_or(ExpandError::Truncated)?;
            let length = u32::from_le_bytes(*length) as usize;
            let limit = limit.min(MAX_COMPRESSED_INPUT_BYTES);
            if length > limit {
                return Err(ExpandError::TooLong { length, limit });
            }
            let mut plain = vec![0; length];
            match decompress_into(block, &mut plain) {
                Ok(written) if written == length => Ok(plain),
                Ok(_) | Err(_) => Err(ExpandError::Invalid),
            }
        }
        other => Err(ExpandError::UnknownFormat(other)),
    }
}

/// Compresses with this thread's table. Two tables, because the small one (8 KiB to clear) serves only below 64 KiB and
/// the library never goes back from the large one.
fn compress_with_thread_table(plain: &[u8], out: &mut [u8]) -> Option<usize> {
    const SMALL_TABLE_LIMIT_BYTES: usize = u16::MAX as usize;
    thread_local! {
        static SMALL: RefCell<CompressTable> = RefCell::new(CompressTable::small());
        static LARGE: RefCell<CompressTable> = RefCell::new(CompressTable::large());
    }
    let table = if plain.len() < SMALL_TABLE_LIMIT_BYTES {
        &SMALL
    } else {
        &LARGE
    };
    table.with_borrow_mut(|table| compress_into_with_table(plain, out, table).ok())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    fn packed(plain: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        append(plain, &mut out);
        out
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out_again(plain in prop::collection::vec(any::<u8>(), 0..2000), repeat in 1_usize..60) {
            let plain = plain.repeat(repeat);
            let packed = packed(&plain);
            prop_assert!(packed.len() <= plain.len() + 1);
            prop_assert_eq!(expand(&packed, plain.len()).unwrap(), plain);
        }

        #[test]
        fn expanding_arbitrary_bytes_never_panics_and_keeps_the_bound(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(plain) = expand(&bytes, 1000) {
                prop_assert!(plain.len() <= 1000);
            }
        }
    }

    #[test]
    fn prose_gets_shorter_and_noise_costs_one_byte() {
        let prose = "The gateway seals each piece before it is written. ".repeat(100);
        assert!(packed(prose.as_bytes()).len() < prose.len() / 4);
        let noise: Vec<u8> = (0..4096_u32)
            .flat_map(|i| i.wrapping_mul(2_654_435_761).rotate_left(11).to_le_bytes())
            .collect();
        let noise: Vec<u8> = noise
            .iter()
            .scan(7_u8, |state, byte| {
                *state = state.wrapping_mul(31) ^ byte;
                Some(*state)
            })
            .collect();
        assert!(packed(&noise).len() <= noise.len() + 1);
    }

    #[test]
    fn appending_leaves_what_stood_there_and_does_not_allocate_when_room_was_made() {
        let plain = "again and again ".repeat(5000);
        let mut out = b"head".to_vec();
        out.reserve(room_for(plain.len()));
        let before = out.as_ptr();
        append(plain.as_bytes(), &mut out);
        assert_eq!(out.as_ptr(), before);
        assert_eq!(&out[..4], b"head");
        assert_eq!(expand(&out[4..], plain.len()).unwrap(), plain.as_bytes());
    }

    #[test]
    fn a_claim_beyond_the_bound_is_refused_before_any_memory_is_taken() {
        let mut bomb = vec![LZ4];
        bomb.extend_from_slice(&u32::MAX.to_le_bytes());
        assert!(matches!(expand(&bomb, usize::MAX), Err(ExpandError::TooLong { .. })));
        let plain = vec![b'a'; 5000];
        assert_eq!(
            expand(&packed(&plain), 4999),
            Err(ExpandError::TooLong {
                length: 5000,
                limit: 4999
            })
        );
        assert_eq!(expand(&[], 10), Err(ExpandError::Truncated));
        assert_eq!(expand(&[9, 1], 10), Err(ExpandError::UnknownFormat(9)));
    }
}
