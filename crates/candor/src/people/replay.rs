//! What is done again after a backup was restored: keys that were revoked since, people who were erased since.
//!
//! Promises: both are safe to repeat. Leaves out: where the lists come from (`backups`), erasure by itself.

use ::store::keys::KeysError;
use base::ids::{KeyId, SubjectId};
use base::time::{Day, Timestamp};

use super::{People, PeopleError, store};
use crate::privacy::gate::ProcessingState;

/// Whether the keyring at hand opens the people of a restored backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Opened {
    /// People whose keys could be unwrapped.
    pub people: u64,
    /// People whose keys can't: their week has ended, or it is another keyring.
    pub dead: u64,
}

impl People {
    /// Revokes keys again; how many were live.
    pub async fn revoke_again(&self, revoked: &[(KeyId, Timestamp)]) -> Result<u64, PeopleError> {
        let again = store::revoke_again(&self.db, revoked).await?;
        self.refresh().await?;
        Ok(again)
    }

    /// Takes the keys from people who were erased, as `is_erased` tells from what stands for them in tombstones; how many.
    /// Without their key nothing of theirs can be read; their account is frozen.
    pub async fn erase_again(&self, is_erased: impl Fn([u8; 32]) -> bool) -> Result<u64, PeopleError> {
        let mut again = 0;
        for subject in self.subjects().await? {
            if is_erased(self.keys.tombstone(subject)?) {
                store::set_state(&self.db, subject, ProcessingState::Frozen).await?;
                self.keys.remove_subject(subject).await?;
                again += 1;
            }
        }
        self.refresh().await?;
        Ok(again)
    }

    /// Tries everybody's key.
    pub async fn try_keys(&self, today: Day) -> Result<Opened, PeopleError> {
        let mut opened = Opened::default();
        for subject in self.subjects().await? {
            match self.keys.day_keys(subject, today).await {
                Ok(_) => opened.people += 1,
                Err(KeysError::Unwrappable(_) | KeysError::NoSuchSubject) => opened.dead += 1,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(opened)
    }

    async fn subjects(&self) -> Result<Vec<SubjectId>, PeopleError> {
        Ok(store::states(&self.db).await?.into_keys().collect())
    }
}
