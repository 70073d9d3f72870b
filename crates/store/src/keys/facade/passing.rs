//! Keys from the key store, past the caches.
//!
//! Promises: whoever goes over everybody once pushes no key out of memory that a request needs, and leaves none there.

use base::ids::SubjectId;
use base::time::Day;

use super::{Keys, Root, SUBJECT_SALT, SlotName, SubjectKey};
use crate::keys::day::DayKeys;
use crate::keys::error::KeysError;
use crate::keys::{store, wrap};

impl Keys {
    /// As [`Keys::day_keys`], for work that meets each person once: it neither looks into the caches nor fills them.
    ///
    /// # Errors
    /// [`KeysError::DayEnded`], [`KeysError::NoSuchSubject`]; others when something is broken.
    pub async fn day_keys_in_passing(&self, subject: SubjectId, day: Day) -> Result<DayKeys, KeysError> {
        let day_key = self.day_key(day).await?;
        let subject_key = self.load_subject_key(subject).await?;
        Ok(DayKeys::new(subject, day, day_key.bytes(), subject_key.key.bytes()))
    }

    pub(super) async fn load_subject_key(&self, subject: SubjectId) -> Result<SubjectKey, KeysError> {
        let wrapped = store::find(&self.db, subject).await?.ok_or(KeysError::NoSuchSubject)?;
        let wrapping = self
            .keyring
            .get(SlotName::Subject(wrapped.week))
            .ok_or(KeysError::Unwrappable(wrapped.week))?;
        let key = wrap::unwrap(&wrapping, subject, &wrapped).ok_or(KeysError::Unwrappable(wrapped.week))?;
        let root = Root::extract(subject, SUBJECT_SALT, key.bytes());
        Ok(SubjectKey { key, root })
    }
}
