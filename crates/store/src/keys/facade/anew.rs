//! Wrapping anew: everybody's key under this week's, so that an older week's slot may end without taking a living person along.
//!
//! Promises: safe to stop anywhere and to repeat; a key that somebody else changed meanwhile is left as it is then; memory is bounded.
//! What was wrapped before stays in old copies and opens until its own week's slot ends.
//! Leaves out: when it is done, and the ending of weeks.

use base::ids::SubjectId;

use super::super::error::KeysError;
use super::super::slot::SlotName;
use super::super::{store, wrap};
use super::Keys;

/// What wrapping anew came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WrappedAnew {
    /// Keys that were wrapped under an older week and are under this one now.
    pub keys: u64,
    /// Keys that nobody can unwrap any more: the slot of their week has ended, or it is another keyring.
    pub dead: u64,
}

impl Keys {
    /// Wraps every person's key under this week's.
    ///
    /// # Errors
    /// Those of the key store, or there is no key of this week.
    pub async fn wrap_anew(&self) -> Result<WrappedAnew, KeysError> {
        let week = self.today().week();
        let wrapping = self.ensure(SlotName::Subject(week)).await?;
        let (mut done, mut last) = (WrappedAnew::default(), SubjectId::from_bytes([0; 16]));
        loop {
            let page = store::wrapped_before(&self.db, week, last).await?;
            let Some((subject, _)) = page.last() else {
                return Ok(done);
            };
            last = *subject;
            let mut anew = Vec::with_capacity(page.len());
            for (subject, old) in page {
                let key = self.keyring.get(SlotName::Subject(old.week));
                match key.and_then(|key| wrap::unwrap(&key, subject, &old)) {
                    Some(key) => {
                        let new = wrap::wrap(&wrapping, week, subject, &key, &*self.random);
                        anew.push(store::Rewrapped { subject, old, new });
                    }
                    None => done.dead += 1,
                }
            }
            done.keys += store::replace(&self.db, &anew).await?;
        }
    }
}
