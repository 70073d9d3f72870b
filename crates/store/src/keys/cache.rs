//! Keys in memory: bounded in number, with a stated life, wiped when they go.
//!
//! Promises: a look-up takes one short lock of a shard and no other; an entry lives [`IDLE_LIFE`] from its last use; a full
//! shard gives up the entry that was used longest ago. What is handed out lives as long as its holder (a request).
//!
//! Leaves out: loading; time, which callers pass in (monotonic, so that setting the clock neither kills nor revives).

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a key stays in memory after its last use.
pub const IDLE_LIFE: Duration = Duration::from_mins(10);

const SHARDS: usize = 16;

pub(super) struct Cache<K, V> {
    shards: [Mutex<HashMap<K, Entry<V>>>; SHARDS],
    shard_limit: usize,
}

struct Entry<V> {
    value: Arc<V>,
    used_at: Duration,
}

/// What a key of a cache must give: a byte that is evenly spread, to choose the shard.
pub(super) trait Spread: Hash + Eq + Copy {
    fn spread(&self) -> u8;
}

impl<K: Spread, V> Cache<K, V> {
    /// At most `limit` entries, rounded up to a multiple of the shards.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            shard_limit: limit.div_ceil(SHARDS),
        }
    }

    pub(super) fn get(&self, key: K, now: Duration) -> Option<Arc<V>> {
        let mut shard = self.shard(key);
        let entry = shard.get_mut(&key)?;
        if entry.is_idle(now) {
            shard.remove(&key);
            return None;
        }
        entry.used_at = now;
        Some(Arc::clone(&entry.value))
    }

    pub(super) fn put(&self, key: K, value: Arc<V>, now: Duration) {
        let mut shard = self.shard(key);
        if shard.len() >= self.shard_limit && !shard.contains_key(&key) {
            shard.retain(|_, entry| !entry.is_idle(now));
            if shard.len() >= self.shard_limit
                && let Some(oldest) = shard.iter().min_by_key(|(_, entry)| entry.used_at).map(|(key, _)| *key)
            {
                shard.remove(&oldest);
            }
        }
        shard.insert(key, Entry { value, used_at: now });
    }

    /// Drops what `is_ended` names.
    pub(super) fn drop_if(&self, is_ended: impl Fn(&K) -> bool) {
        for shard in &self.shards {
            locked(shard).retain(|key, _| !is_ended(key));
        }
    }

    /// Drops what was not used for [`IDLE_LIFE`], and tells how many are left.
    pub(super) fn drop_idle(&self, now: Duration) -> usize {
        let kept = self.shards.iter().map(|shard| {
            let mut shard = locked(shard);
            shard.retain(|_, entry| !entry.is_idle(now));
            shard.len()
        });
        kept.sum()
    }

    fn shard(&self, key: K) -> MutexGuard<'_, HashMap<K, Entry<V>>> {
        locked(&self.shards[usize::from(key.spread()) % SHARDS])
    }
}

impl<V> Entry<V> {
    fn is_idle(&self, now: Duration) -> bool {
        now.saturating_sub(self.used_at) >= IDLE_LIFE
    }
}

fn locked<T>(shard: &Mutex<T>) -> MutexGuard<'_, T> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Spread for u32 {
        fn spread(&self) -> u8 {
            self.to_le_bytes()[0]
        }
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn an_entry_lives_ten_minutes_from_its_last_use() {
        let cache = Cache::new(100);
        cache.put(1_u32, Arc::new('a'), seconds(0));
        assert_eq!(cache.get(1, seconds(599)).as_deref(), Some(&'a'));
        assert_eq!(cache.get(1, seconds(1198)).as_deref(), Some(&'a'));
        assert_eq!(cache.get(1, seconds(1798)).as_deref(), None);
        cache.put(2, Arc::new('b'), seconds(0));
        assert_eq!(cache.drop_idle(seconds(599)), 1);
        assert_eq!(cache.drop_idle(seconds(600)), 0);
    }

    #[test]
    fn a_full_shard_gives_up_what_was_used_longest_ago() {
        let cache = Cache::new(2 * SHARDS);
        let in_one_shard = |number: u32| number * 256;
        for number in 0..2 {
            cache.put(in_one_shard(number), Arc::new(number), seconds(number.into()));
        }
        cache.get(in_one_shard(0), seconds(5));
        cache.put(in_one_shard(2), Arc::new(2), seconds(6));
        assert!(cache.get(in_one_shard(0), seconds(7)).is_some());
        assert!(cache.get(in_one_shard(1), seconds(7)).is_none());
        for number in 0..10_000 {
            cache.put(number, Arc::new(number), seconds(8));
        }
        assert!(cache.drop_idle(seconds(8)) <= 2 * SHARDS);
    }

    #[test]
    fn what_is_dropped_is_freed_unless_a_request_holds_it() {
        let cache = Cache::new(10);
        let value = Arc::new('a');
        let seen = Arc::downgrade(&value);
        cache.put(1_u32, value, seconds(0));
        let held = cache.get(1, seconds(1));
        cache.drop_if(|key| *key == 1);
        assert!(cache.get(1, seconds(1)).is_none() && seen.upgrade().is_some());
        drop(held);
        assert!(seen.upgrade().is_none());
    }
}
