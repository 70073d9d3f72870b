//! Reading a whole day once, owner by owner: for what is counted of it before it is dropped.
//!
//! Promises: works on days that have ended, which nobody else sees any more; nothing is opened without a grant; memory grows
//! with the owners of the day (16 bytes each), not with its rows; the keys that requests need are not pushed out of memory.
//! Leaves out: who the owners are (people), what is counted (privacy).

use std::collections::HashSet;

use ::store::days::DaysError;
use ::store::keys::{DayKeys, KeysError, Last};
use base::ids::GenerationId;
use base::money::{Currency, Micro};
use base::time::Day;
use policy::Grant;
use serde::Deserialize;

use super::closing::{ClosingError, Status, TokenUsage, sealed};
use super::recording::Kept;
use super::{Owner, Records, RecordsError, store};

/// Tags that one look reads.
const TAGS_PAGE: u32 = 4_096;
/// Rows that one look reads and opens before others have their turn: a few milliseconds.
const ROWS_PAGE: u32 = 512;

/// A day that is being counted.
pub struct WholeDay<'a> {
    records: &'a Records,
    read: store::DayRead,
    tags: HashSet<[u8; 16]>,
}

/// What is counted of a generation. Borrowed from its opened receipt, so that nothing else is copied out of it.
#[derive(Debug, Deserialize)]
pub struct Generation<'a> {
    /// How it ended.
    pub status: Status,
    /// The model as the client called it, without characters that JSON escapes.
    #[serde(borrow)]
    pub model: std::borrow::Cow<'a, str>,
    /// The provider that answered.
    #[serde(borrow)]
    pub provider: Option<std::borrow::Cow<'a, str>>,
    /// Its tokens.
    pub usage: TokenUsage,
    /// What it cost.
    pub cost_micro: Micro,
    /// In which currency.
    pub currency: Currency,
}

/// How many of an owner's rows there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OwnerRows {
    /// Counted.
    pub counted: u64,
    /// Without a receipt, or with one that doesn't open.
    pub damaged: u64,
}

impl Records {
    /// Begins to read a day that has ended. None if there is no partition of it.
    ///
    /// # Errors
    /// Those of the day partitions; [`DaysError::NotEnded`] while rows may still come.
    pub async fn whole_day(&self, day: Day) -> Result<Option<WholeDay<'_>>, RecordsError> {
        if self.days.reader(day).await?.is_some() {
            let end = self.days.end(day);
            return Err(DaysError::NotEnded { day, end }.into());
        }
        let Some(db) = self.days.remaining(day).await? else {
            return Ok(None);
        };
        let read = store::DayRead { db, day };
        let mut tags = HashSet::new();
        let mut after = Vec::new();
        loop {
            let page = read.owner_tags(&after, TAGS_PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.to_vec();
            tags.extend(page);
        }
        Ok(Some(WholeDay {
            records: self,
            read,
            tags,
        }))
    }
}

impl WholeDay<'_> {
    /// Rows that were written into the day, by whomever.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn rows(&self) -> Result<u64, RecordsError> {
        Ok(self.read.written().await?)
    }

    /// Whether anything of this owner is in the day. Never, once the day's key is gone.
    ///
    /// # Errors
    /// Those of the keys.
    pub fn has(&self, owner: Owner) -> Result<bool, RecordsError> {
        match self.records.keys.owner_tag(self.read.day, owner.org, owner.subject) {
            Ok(tag) => Ok(self.tags.contains(&tag)),
            Err(KeysError::DayEnded(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Shows every generation of an owner to `see`.
    ///
    /// # Errors
    /// The grant is for somebody else, or database or keys fail. A row that doesn't open is left out and counted.
    pub async fn of_owner(
        &self,
        owner: Owner,
        grant: &Grant,
        see: &mut (dyn FnMut(&Generation<'_>) + Send),
    ) -> Result<OwnerRows, RecordsError> {
        if grant.subject() != owner.subject {
            return Err(RecordsError::OtherGrant);
        }
        let mut rows = OwnerRows::default();
        let keys = match self
            .records
            .keys
            .day_keys_in_passing(owner.subject, self.read.day)
            .await
        {
            Ok(keys) => keys,
            Err(KeysError::NoSuchSubject | KeysError::DayEnded(_)) => return Ok(rows),
            Err(error) => return Err(error.into()),
        };
        let tag = keys.owner_tag(owner.org);
        let mut after = 0;
        loop {
            let page = self.read.of_owner(tag, after, ROWS_PAGE).await?;
            let Some((_, last, _)) = page.last() else {
                return Ok(rows);
            };
            after = *last;
            for (id, _, meta) in &page {
                match meta.as_deref().map(|meta| show(&keys, *id, meta, see)) {
                    Some(Ok(())) => rows.counted += 1,
                    Some(Err(_)) | None => rows.damaged += 1,
                }
            }
            tokio::task::yield_now().await;
        }
    }
}

fn show(
    keys: &DayKeys,
    id: GenerationId,
    marked: &[u8],
    see: &mut (dyn FnMut(&Generation<'_>) + Send),
) -> Result<(), RecordsError> {
    let (_, meta) = Kept::of(marked)?;
    let plain = keys
        .record(sealed::TABLE, sealed::META, id.as_bytes())
        .open(0, Last::Yes, meta)?;
    let generation: Generation<'_> = serde_json::from_slice(&plain).map_err(|_| ClosingError::Damaged)?;
    see(&generation);
    Ok(())
}
