//! The operator's keys for a provider: which one takes the next request, which ones rest.
//!
//! Promises: one key is taken without counting or locking; several take turns by their weights, those that rest left out; a rest
//! steers and never refuses: where all rest, the one whose turn it is goes. Leaves out: what a key may do at one model alone
//! (`gateway::routing::Route`).

use crate::gateway::rest::Rest;
use crate::gateway::turns::{Schedule, Turns};
use base::clock::Clock;
use base::secret::Secret;
use http::header::{HeaderName, HeaderValue, InvalidHeaderValue};
use std::num::NonZeroU32;

/// A key holds characters that no header can carry.
pub type UnfitKey = InvalidHeaderValue;

/// Keys as the configuration has them, each with its weight.
#[derive(Default)]
pub struct ProviderKeys(Vec<(Secret, NonZeroU32)>);

impl ProviderKeys {
    /// Keys in the order in which they were written.
    pub fn new(keys: impl IntoIterator<Item = (Secret, NonZeroU32)>) -> Self {
        Self(keys.into_iter().collect())
    }

    /// As they go out: in the header `name`, behind `scheme`.
    ///
    /// # Errors
    /// If a key holds characters that no header can carry.
    pub(super) fn sent_as(self, name: &HeaderName, scheme: &str) -> Result<SentKeys, UnfitKey> {
        let turns = Turns::new(Schedule::of(self.0.iter().map(|(_, weight)| *weight)));
        let keys = self.0.into_iter().map(|(secret, _)| {
            let mut value = HeaderValue::try_from(format!("{scheme}{}", secret.expose()))?;
            value.set_sensitive(true);
            Ok(Key {
                header: (name.clone(), value),
                secret,
                rest: Rest::default(),
            })
        });
        Ok(SentKeys {
            keys: keys.collect::<Result<_, UnfitKey>>()?,
            turns,
        })
    }
}

/// Keys as they go out.
pub struct SentKeys {
    keys: Vec<Key>,
    turns: Turns,
}

struct Key {
    header: (HeaderName, HeaderValue),
    secret: Secret,
    rest: Rest,
}

impl SentKeys {
    /// How many there are; a provider without a key counts as one with an empty one.
    pub fn count(&self) -> usize {
        self.keys.len().max(1)
    }

    /// Whose turn it is.
    pub fn turn(&self) -> usize {
        self.turns.take()
    }

    /// Does a key rest everywhere?
    pub fn rests(&self, key: usize, clock: &dyn Clock) -> bool {
        self.keys.get(key).is_some_and(|key| !key.rest.is_over(clock))
    }

    /// The rest of a key that the provider refused altogether.
    pub fn rest(&self, key: usize) -> Option<&Rest> {
        self.keys.get(key).map(|key| &key.rest)
    }

    pub(super) fn header(&self, key: usize) -> Option<&(HeaderName, HeaderValue)> {
        self.keys.get(key).map(|key| &key.header)
    }

    pub(super) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| key.secret.expose())
    }
}
