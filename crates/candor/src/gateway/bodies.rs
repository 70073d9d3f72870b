//! How much memory the bodies of requests take together.
//!
//! Promises: however many clients send slowly, large bodies hold no more than `limits.bodies`, from their first bytes until
//! nothing refers to them. Small ones, which are most, are not counted: connections bound them.

use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Up to this size a body is not counted.
const UNCOUNTED_BYTES: u64 = 16 * 1024;

/// The memory for bodies.
#[derive(Debug)]
pub struct Bodies {
    most_bytes: u64,
    held_bytes: Arc<AtomicU64>,
}

/// There is no room for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// What one body holds; given back when it is dropped.
#[derive(Debug)]
pub struct Holding<'b> {
    bodies: &'b Bodies,
    held: Option<Held>,
}

#[derive(Debug)]
struct Held {
    all: Arc<AtomicU64>,
    bytes: u64,
}

impl Bodies {
    /// Room for so many bytes.
    pub fn new(most_bytes: u64) -> Self {
        Self {
            most_bytes,
            held_bytes: Arc::default(),
        }
    }

    /// For a body that begins.
    pub fn begin(&self) -> Holding<'_> {
        Holding {
            bodies: self,
            held: None,
        }
    }
}

impl Holding<'_> {
    /// The body has so many bytes now.
    ///
    /// # Errors
    /// If all bodies together would hold more than they may.
    pub fn grow(&mut self, bytes: u64) -> Result<(), Full> {
        if bytes <= UNCOUNTED_BYTES {
            return Ok(());
        }
        let held = self.held.get_or_insert_with(|| Held {
            all: Arc::clone(&self.bodies.held_bytes),
            bytes: 0,
        });
        let more = bytes.saturating_sub(held.bytes);
        held.bytes += more;
        let all = held.all.fetch_add(more, Ordering::Relaxed) + more;
        if all > self.bodies.most_bytes {
            Err(Full)
        } else {
            Ok(())
        }
    }

    /// The whole body, which holds its room as long as anything refers to it.
    pub fn hold(self, whole: Bytes) -> Bytes {
        match self.held {
            None => whole,
            Some(held) => Bytes::from_owner(Whole { whole, _held: held }),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.all.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

struct Whole {
    whole: Bytes,
    _held: Held,
}

impl AsRef<[u8]> for Whole {
    fn as_ref(&self) -> &[u8] {
        &self.whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_bodies_share_what_there_is_and_give_it_back_with_their_last_reference() {
        let bodies = Bodies::new(300_000);
        let mut first = bodies.begin();
        assert_eq!((first.grow(100_000), first.grow(200_000)), (Ok(()), Ok(())));
        let whole = first.hold(Bytes::from(vec![1; 200_000]));
        let part = whole.slice(10..20);
        drop(whole);
        let mut second = bodies.begin();
        assert_eq!(second.grow(200_000), Err(Full), "a part refers to the first one");
        drop(second);
        assert_eq!(&part[..], [1; 10]);
        drop(part);
        assert_eq!(bodies.begin().grow(300_000), Ok(()));
        assert_eq!(bodies.held_bytes.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn small_bodies_are_not_counted() {
        let bodies = Bodies::new(0);
        assert_eq!(bodies.begin().grow(UNCOUNTED_BYTES), Ok(()));
    }
}
