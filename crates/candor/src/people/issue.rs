//! API keys: issued, listed, revoked.
//!
//! Promises: a token is shown once, to whoever made it; names are personal and sealed; a revoked key stays known as
//! revoked, so that its holder is told so.
//! Leaves out: what options of a key do (`options.rs`, gateway).

use base::ids::{KeyId, SubjectId};
use base::secret::Secret;
use base::time::Timestamp;
use policy::{Grant, Personal, Purpose};

use super::accounts::{Account, text};
use super::keys::{Caller, TokenHash, new_token};
use super::options::KeyOptions;
use super::store::{self, NewKeyRow};
use super::{People, PeopleError, checked_name};

/// Characters of a key's name at most.
pub const MAX_KEY_NAME: usize = 64;

const TABLE: &str = "api_key";
const NAME: &str = "name";

/// A key that was just made.
pub struct Issued {
    /// Its id.
    pub key: KeyId,
    /// Its secret: shown once.
    pub token: Secret,
}

/// A key as its owner sees it.
pub struct ShownKey {
    /// Its id.
    pub key: KeyId,
    /// Its name.
    pub name: Personal<String>,
    /// What it may be used for.
    pub options: KeyOptions,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

impl People {
    /// Makes a key. Without a name it is called `key-1`, `key-2` … ; a name may be used again once its key is revoked.
    pub async fn create_key(
        &self,
        account: Account,
        name: Option<&str>,
        options: impl Into<KeyOptions>,
    ) -> Result<Issued, PeopleError> {
        let (options, created_at) = (options.into(), self.clock.now());
        options.check()?;
        if options.is_expired(created_at) {
            return Err(PeopleError::EndsBeforeItBegins);
        }
        let (listed, grant) = self.list_keys(account, Purpose::Operation).await?;
        let is_taken = |name: &str| {
            let mut live = listed.iter().filter(|shown| shown.revoked_at.is_none());
            live.any(|shown| shown.name.open(&grant) == name)
        };
        let name = match name {
            Some(name) => {
                checked_name("key's name", MAX_KEY_NAME, name)?;
                if is_taken(name) {
                    return Err(PeopleError::KeyExists);
                }
                name.to_owned()
            }
            None => (1..)
                .map(|number: usize| format!("key-{number}"))
                .find(|name| !is_taken(name))
                .expect("an account has a bounded number of keys"),
        };
        let token = new_token(&*self.random);
        let key = KeyId::new(&*self.random);
        let sealed = self
            .keys
            .seal_for_subject(account.subject, TABLE, NAME, key.as_bytes(), name.as_bytes());
        let row = NewKeyRow {
            org: account.org,
            key,
            account: account.account,
            token_hash: TokenHash::of(token.expose()),
            name: sealed.await?,
            options,
            created_at,
        };
        store::add_key(&self.db, &row).await?;
        self.refresh().await?;
        Ok(Issued { key, token })
    }

    /// An account's keys, oldest first, their names opened for `purpose`.
    pub async fn list_keys(&self, account: Account, purpose: Purpose) -> Result<(Vec<ShownKey>, Grant), PeopleError> {
        let grant = self.grant(account.subject, purpose).await?;
        let mut shown = Vec::new();
        for row in store::keys_of(&self.db, account.account).await? {
            shown.push(ShownKey {
                key: row.key,
                name: self.open_name(account.subject, row.key, &row.name, &grant).await?,
                options: row.options,
                created_at: row.created_at,
                revoked_at: row.revoked_at,
            });
        }
        Ok((shown, grant))
    }

    /// Revokes the key of this name; every process refuses it within `auth.stale`.
    pub async fn revoke_key(&self, account: Account, name: &str) -> Result<KeyId, PeopleError> {
        let (listed, grant) = self.list_keys(account, Purpose::Operation).await?;
        let key = listed
            .iter()
            .filter(|shown| shown.revoked_at.is_none())
            .find(|shown| shown.name.open(&grant) == name)
            .map(|shown| shown.key)
            .ok_or(PeopleError::NoSuchKey)?;
        if store::revoke(&self.db, account.account, key, self.clock.now()).await? == 0 {
            return Err(PeopleError::NoSuchKey);
        }
        self.refresh().await?;
        Ok(key)
    }

    /// The name of the key that asks, for its own answer.
    pub async fn key_name(&self, caller: &Caller, grant: &Grant) -> Result<Personal<String>, PeopleError> {
        let sealed = store::key_name(&self.db, caller.org, caller.key)
            .await?
            .ok_or(PeopleError::NoSuchKey)?;
        self.open_name(caller.subject, caller.key, &sealed, grant).await
    }

    async fn open_name(
        &self,
        subject: SubjectId,
        key: KeyId,
        sealed: &[u8],
        grant: &Grant,
    ) -> Result<Personal<String>, PeopleError> {
        let opened = self
            .keys
            .open_for_subject(subject, TABLE, NAME, key.as_bytes(), sealed, grant)
            .await?;
        text(opened, grant)
    }
}
