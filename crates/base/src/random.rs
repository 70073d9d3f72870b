//! Where randomness comes from: the system's generator, or a seed in tests and simulations.
//!
//! Promises: one object fills all keys and ids, so that a seeded run repeats itself byte for byte.
//! Leaves out: distributions, shuffling: whoever needs one derives it from bytes.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};

/// Fills buffers with random bytes. Handed down as `&dyn Random` or `Arc<dyn Random>`.
pub trait Random: Send + Sync {
    /// Overwrites all of `buffer`.
    fn fill(&self, buffer: &mut [u8]);
}

/// `N` random bytes.
#[must_use]
pub fn bytes<const N: usize>(random: &dyn Random) -> [u8; N] {
    let mut bytes = [0; N];
    random.fill(&mut bytes);
    bytes
}

/// The operating system's generator: for keys, ids and tokens of real people.
///
/// Ids, of which each request takes one, come from a store of system randomness that each thread keeps, because a system call
/// for sixteen bytes costs as much as all the rest of an id. What was taken is wiped; keys and tokens never come from there.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

/// Up to so many bytes are an id.
const ID_BYTES: usize = 16;
const STORE_BYTES: usize = 512;

thread_local! {
    static STORE: RefCell<([u8; STORE_BYTES], usize)> = const { RefCell::new(([0; STORE_BYTES], 0)) };
}

impl Random for SystemRandom {
    /// Panics if the system has no randomness: then no key may be made at all.
    fn fill(&self, buffer: &mut [u8]) {
        if buffer.len() > ID_BYTES {
            return from_system(buffer);
        }
        STORE.with_borrow_mut(|(store, left)| {
            if *left < buffer.len() {
                from_system(store);
                *left = STORE_BYTES;
            }
            let taken = &mut store[*left - buffer.len()..*left];
            buffer.copy_from_slice(taken);
            taken.fill(0);
            *left -= buffer.len();
        });
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the system's randomness"
)]
fn from_system(buffer: &mut [u8]) {
    getrandom::fill(buffer).expect("the operating system's random generator answers once the system is up");
}

/// A repeatable generator (SplitMix64, Steele et al. 2014). Never for keys of real people: its state is one number.
#[derive(Debug)]
pub struct SeededRandom {
    state: AtomicU64,
}

impl SeededRandom {
    const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

    /// The same seed gives the same bytes, whoever asks in the same order.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self {
            state: AtomicU64::new(seed),
        }
    }

    /// The next number.
    pub fn next_u64(&self) -> u64 {
        let mut mixed = self
            .state
            .fetch_add(Self::STEP, Ordering::Relaxed)
            .wrapping_add(Self::STEP);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound` (0 if that is 0). The bias is below 2^-32 for bounds below 2^32: fine for a simulation.
    pub fn below(&self, bound: u64) -> u64 {
        let wide = u128::from(self.next_u64()) * u128::from(bound);
        u64::try_from(wide >> 64).expect("the upper half of a 128-bit product fits 64 bits")
    }
}

impl Random for SeededRandom {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            chunk.copy_from_slice(&self.next_u64().to_le_bytes()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_itself_and_follows_the_published_sequence() {
        // Reference values of SplitMix64 for seed 1234567 (Vigna's splitmix64.c, as printed by Rosetta Code).
        let random = SeededRandom::new(1_234_567);
        assert_eq!(random.next_u64(), 6_457_827_717_110_365_317);
        assert_eq!(random.next_u64(), 3_203_168_211_198_807_973);
        assert_eq!(bytes::<21>(&SeededRandom::new(7)), bytes::<21>(&SeededRandom::new(7)));
        assert_ne!(bytes::<21>(&SeededRandom::new(7)), bytes::<21>(&SeededRandom::new(8)));
        assert!((0..1000).all(|_| random.below(10) < 10));
        assert_eq!(random.below(0), 0);
    }

    #[test]
    fn the_system_gives_different_bytes_each_time() {
        assert_ne!(bytes::<16>(&SystemRandom), bytes::<16>(&SystemRandom));
    }
}
