//! Reading the log: receipts, lists, sums of keys.
//!
//! Promises: nothing is opened without a grant for the person; a day that ended shows nothing, even before it is swept; only
//! the owner's rows are found, because the tag is part of the question.
//! Leaves out: HTTP, names of keys.

use ::store::keys::{DayKeys, KeysError, Last};
use base::ids::{GenerationId, KeyId};
use base::money::{Currency, Micro};
use base::time::{Day, Timestamp};
use policy::{Grant, Personal};
use serde::Serialize;

use super::closing::{self, Meta, Side, sealed};
use super::receipt::Receipt;
use super::recording::Kept;
use super::{Owner, Records, RecordsError, UsageSum, store};

/// Receipts of one page at most.
pub const MAX_PAGE: usize = 100;

/// A page of receipts, newest first.
pub struct Page {
    /// The receipts.
    pub receipts: Personal<Vec<Meta>>,
    /// Are there older ones?
    pub has_more: More,
}

/// Is there more behind a page?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum More {
    /// Yes.
    Yes,
    /// No.
    No,
}

/// A receipt as `/api/usage/generations` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Its id.
    pub receipt: GenerationId,
    /// The model as the client called it.
    pub model: String,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// Its tokens.
    pub usage: ListedUsage,
    /// What it cost.
    pub cost_micro: Micro,
    /// In which currency.
    pub currency: Currency,
}

/// Tokens as they are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ListedUsage {
    /// Of the prompt.
    pub input_tokens: u64,
    /// Of the answer.
    pub output_tokens: u64,
}

impl From<&Meta> for Listed {
    fn from(meta: &Meta) -> Self {
        Self {
            receipt: meta.id,
            model: meta.model.clone(),
            created_at: meta.created_at,
            usage: ListedUsage {
                input_tokens: meta.usage.input_tokens,
                output_tokens: meta.usage.output_tokens,
            },
            cost_micro: meta.cost_micro,
            currency: meta.currency,
        }
    }
}

/// A piece of what was said.
pub struct Said {
    /// By whom.
    pub side: Side,
    /// Of which type.
    pub media_type: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Records {
    /// What happened to a generation. None if it isn't there (any more), or not this owner's.
    pub async fn receipt(
        &self,
        id: GenerationId,
        owner: Owner,
        grant: &Grant,
    ) -> Result<Option<Personal<Receipt>>, RecordsError> {
        let Some((db, keys)) = self.open_day(id.day(), owner, grant).await? else {
            return Ok(None);
        };
        let Some(marked) = store::receipt(&db, id, keys.owner_tag(owner.org)).await? else {
            return Ok(None);
        };
        let (meta, (kept, _)) = (open_meta(&keys, id, &marked)?, Kept::of(&marked)?);
        Ok(Some(Personal::new(Receipt::new(meta, kept, self.days.end(id.day())))))
    }

    /// Prompt and answer of a generation, piece by piece. None if none are kept (any more), or it is not this owner's.
    pub async fn content(
        &self,
        id: GenerationId,
        owner: Owner,
        grant: &Grant,
    ) -> Result<Option<Personal<Vec<Said>>>, RecordsError> {
        let Some((db, keys)) = self.open_day(id.day(), owner, grant).await? else {
            return Ok(None);
        };
        let Some(content) = store::content(&db, id, keys.owner_tag(owner.org)).await? else {
            return Ok(None);
        };
        Ok(Some(Personal::new(open_content(&keys, id, &content)?)))
    }

    /// An owner's receipts, newest first, after the one that the last page ended with.
    pub async fn generations(
        &self,
        owner: Owner,
        grant: &Grant,
        limit: usize,
        after: Option<GenerationId>,
    ) -> Result<Page, RecordsError> {
        let wanted = limit.clamp(1, MAX_PAGE);
        let mut receipts = Vec::new();
        let mut days = self.days.list().await?;
        days.retain(|day| after.is_none_or(|after| *day <= after.day()));
        for day in days.into_iter().rev() {
            let Some((db, keys)) = self.open_day(day, owner, grant).await? else {
                continue;
            };
            let tag = keys.owner_tag(owner.org);
            let before = match after.filter(|after| after.day() == day) {
                // An id that isn't there (any more) is no reason to begin again at the newest.
                Some(after) => store::place(&db, after, tag).await?.unwrap_or(0),
                None => i64::MAX,
            };
            for (id, sealed) in store::newest(&db, day, tag, before, wanted + 1 - receipts.len()).await? {
                receipts.push(open_meta(&keys, id, &sealed)?);
            }
            if receipts.len() > wanted {
                break;
            }
        }
        let has_more = if receipts.len() > wanted { More::Yes } else { More::No };
        receipts.truncate(wanted);
        Ok(Page {
            receipts: Personal::new(receipts),
            has_more,
        })
    }

    /// What keys used on all days that are still there. Later their use is part of the bill alone.
    pub async fn usage(&self, keys: &[KeyId]) -> Result<Vec<(KeyId, UsageSum)>, RecordsError> {
        let mut sums: Vec<(KeyId, UsageSum)> = keys.iter().map(|key| (*key, UsageSum::default())).collect();
        for day in self.days.list().await? {
            let Some(db) = self.days.reader(day).await? else {
                continue;
            };
            for (key, sum) in &mut sums {
                let tag = match self.keys.key_tag(day, *key) {
                    Ok(tag) => tag,
                    Err(KeysError::DayEnded(_)) => break,
                    Err(error) => return Err(error.into()),
                };
                if let Some(of_day) = store::key_usage(&db, day, tag).await? {
                    sum.add(&of_day);
                }
            }
        }
        Ok(sums)
    }

    /// The day's database and the keys that open the owner's rows in it; none if day or person has ended.
    async fn open_day(
        &self,
        day: Day,
        owner: Owner,
        grant: &Grant,
    ) -> Result<Option<(::store::db::Db, std::sync::Arc<DayKeys>)>, RecordsError> {
        if grant.subject() != owner.subject {
            return Err(RecordsError::OtherGrant);
        }
        let Some(db) = self.days.reader(day).await? else {
            return Ok(None);
        };
        match self.keys.day_keys(owner.subject, day).await {
            Ok(keys) => Ok(Some((db, keys))),
            Err(KeysError::NoSuchSubject | KeysError::DayEnded(_) | KeysError::DayAhead(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn open_meta(keys: &DayKeys, id: GenerationId, marked: &[u8]) -> Result<Meta, RecordsError> {
    let (_, bytes) = Kept::of(marked)?;
    let key = keys.record(sealed::TABLE, sealed::META, id.as_bytes());
    Ok(Meta::from_json(&key.open(0, Last::Yes, bytes)?)?)
}

fn open_content(keys: &DayKeys, id: GenerationId, content: &[u8]) -> Result<Vec<Said>, RecordsError> {
    let key = keys.record(sealed::TABLE, sealed::CONTENT, id.as_bytes());
    let mut said: Vec<Said> = Vec::new();
    for (number, part) in (0_u32..).zip(closing::parts(content)) {
        let plain = key.open(number, Last::No, part?.1)?;
        let (side, media_type, bytes) = closing::split_content(&plain)?;
        match said.iter_mut().rfind(|piece| piece.side == side) {
            Some(before) if media_type.is_empty() || before.media_type == media_type => {
                before.bytes.extend_from_slice(bytes);
            }
            _ => said.push(Said {
                side,
                media_type: media_type.to_owned(),
                bytes: bytes.to_vec(),
            }),
        }
    }
    Ok(said)
}
