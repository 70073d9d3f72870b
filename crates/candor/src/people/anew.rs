//! Keys and look-ups under this week's keys, so that nobody is lost when an older week's end.
//!
//! Promises: safe to stop anywhere and to repeat. Leaves out: when it is done, and the ending of weeks.

use ::store::keys::KeysError;
use policy::Purpose;

use super::accounts::{EMAIL, TABLE, text};
use super::store::anew as store;
use super::{Email, People, PeopleError};

/// What was brought under this week's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Anew {
    /// People's keys.
    pub keys: u64,
    /// Addresses by which accounts are found.
    pub addresses: u64,
    /// People whose keys can't be unwrapped any more.
    pub dead: u64,
}

impl People {
    /// Wraps everybody's key and makes everybody's look-up under this week's keys.
    pub async fn wrap_anew(&self) -> Result<Anew, PeopleError> {
        let wrapped = self.keys.wrap_anew().await?;
        Ok(Anew {
            keys: wrapped.keys,
            addresses: self.index_anew().await?,
            dead: wrapped.dead,
        })
    }

    async fn index_anew(&self) -> Result<u64, PeopleError> {
        let week = self.clock.now().day().week();
        let (mut done, mut last) = (0, None);
        loop {
            let page = store::indexed_before(&self.db, week, last).await?;
            let Some(row) = page.last() else {
                return Ok(done);
            };
            last = Some(row.account);
            let mut anew = Vec::with_capacity(page.len());
            for row in page {
                let grant = self.grant(row.subject, Purpose::Operation).await?;
                let id = row.account.as_bytes();
                let opened = self
                    .keys
                    .open_for_subject(row.subject, TABLE, EMAIL, id, &row.email, &grant);
                let address = match opened.await {
                    Ok(opened) => Email::parse(text(opened, &grant)?.open(&grant))?,
                    // Nothing of theirs can be read any more, and nobody has to find it.
                    Err(KeysError::Unwrappable(_) | KeysError::NoSuchSubject) => continue,
                    Err(error) => return Err(error.into()),
                };
                anew.push((row.account, self.keys.email_index(&address.normalised())?));
            }
            done += store::index_anew(&self.db, &anew).await?;
        }
    }
}
