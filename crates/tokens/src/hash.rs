//! Where a token stands in its table: shared by the build, which writes the tables, and the program, which reads them.

/// A slot holds 0, or a token's number plus one below, and bits of its hash above so that most wrong slots are told by them.
pub(crate) const NUMBER_BITS: u32 = 18;

/// FNV-1a, mixed so that the high bits depend on all of the low ones.
pub(crate) fn hash(token: &[u8]) -> u64 {
    let fnv = token.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (fnv ^ (fnv >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The first slot to look at in a table of `slots`, a power of two.
pub(crate) fn first_slot(hash: u64, slots: usize) -> usize {
    usize::try_from(hash >> 40).unwrap_or(0) & (slots - 1)
}

/// What a slot holds above its number.
pub(crate) fn tag(hash: u64) -> u32 {
    u32::try_from(hash & u64::from(u32::MAX >> NUMBER_BITS)).unwrap_or(0) << NUMBER_BITS
}
