//! Ending days: here, and in every process that shares the keyring.
//!
//! Promises: whatever ends is dropped from the caches before its slot is overwritten, and a load that raced with it does
//! not bring it back.
//! Leaves out: when a day ends (privacy).

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use base::time::Day;

use super::super::error::KeysError;
use super::super::keyring::{End, Keyring};
use super::super::slot::SlotName;
use super::Keys;

impl Keys {
    /// Ends a day: drops its keys from memory, then overwrites its slot in the keyring and the mirror.
    ///
    /// # Errors
    /// Those of the keyring: the day is then unusable here and *not* destroyed; call it again.
    // keeps P-13.3: backups carry no slot, so a copy of the day dies with it.
    pub async fn end_day(&self, day: Day) -> Result<End, KeysError> {
        // keeps P-13.3: without the slot no copy of anything that the day sealed opens.
        let forget = || {
            self.ends.fetch_add(1, Ordering::SeqCst);
            self.days.drop_if(|(_, cached)| *cached == day);
        };
        forget();
        let ended = self.end(SlotName::Day(day)).await;
        // A load that began before the slot was ended may have come to its end since.
        forget();
        ended
    }

    /// Drops from memory what another process ended, as the keyring says: a process that shares it learns of an end by
    /// this alone. To be called each minute; how many days' keys are live.
    ///
    /// # Errors
    /// Those of the keyring.
    pub async fn follow_ends(&self) -> Result<usize, KeysError> {
        self.change_keyring(Keyring::refresh).await?;
        let live: HashSet<Day> = self.live_days().into_iter().collect();
        self.ends.fetch_add(1, Ordering::SeqCst);
        self.days.drop_if(|(_, day)| !live.contains(day));
        Ok(live.len())
    }

    /// The days whose keys are live, in order.
    pub fn live_days(&self) -> Vec<Day> {
        let day = |name| match name {
            SlotName::Day(day) => Some(day),
            SlotName::Subject(_) | SlotName::Index(_) | SlotName::Year(_) | SlotName::Tomb => None,
        };
        self.live().into_iter().filter_map(day).collect()
    }

    async fn end(&self, name: SlotName) -> Result<End, KeysError> {
        let now = self.clock.now();
        self.change_keyring(move |keyring| keyring.end(name, now)).await
    }
}
