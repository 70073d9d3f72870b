//! What a model request needs of the keys: the keys of one person on one day, and the day's tags.
//!
//! Promises: made once a person and day, then used by every request without a lock or a wait. The tags
//! `HMAC(K_day, …)` find rows while the day's key lives and mean nothing after it.
//!
//! Leaves out: how it is obtained and how long it is kept in memory: `facade`, `cache`.

use base::ids::{KeyId, OrgId, SubjectId};
use base::time::Day;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::sealing::{KEY_BYTES, RecordKey, Root};

/// Length of a tag as it stands in a column.
pub const TAG_BYTES: usize = 16;

/// The keys of one person on one day. Wiped when the last holder drops it.
pub struct DayKeys {
    day: Day,
    root: Root,
    tags: DayTags,
}

impl DayKeys {
    pub(super) fn new(subject: SubjectId, day: Day, day_key: &[u8; KEY_BYTES], subject_key: &[u8; KEY_BYTES]) -> Self {
        Self {
            day,
            root: Root::extract(subject, day_key, subject_key),
            tags: DayTags::new(day_key),
        }
    }

    /// The person whose keys these are.
    pub fn subject(&self) -> SubjectId {
        self.root.subject()
    }

    /// The day whose key is in them.
    pub fn day(&self) -> Day {
        self.day
    }

    /// The key of one column of one record of this person on this day.
    pub fn record(&self, table: &'static str, column: &'static str, row: &[u8]) -> RecordKey {
        self.root.record(table, column, row)
    }

    /// What stands in `owner_tag` of this person's rows of this day, for the organisation that pays.
    pub fn owner_tag(&self, org: OrgId) -> [u8; TAG_BYTES] {
        self.tags.owner(org, self.root.subject())
    }

    /// What stands for an API key in this day's file.
    pub fn key_tag(&self, key: KeyId) -> [u8; TAG_BYTES] {
        self.tags.key(key)
    }
}

/// HMAC under a day's key, truncated to 128 bits. The label and the lengths keep each kind of tag, and the day's use as
/// a salt (32 bytes), apart.
pub(super) struct DayTags {
    mac: Hmac<Sha256>,
}

impl DayTags {
    pub(super) fn new(day_key: &[u8; KEY_BYTES]) -> Self {
        Self { mac: keyed(day_key) }
    }

    pub(super) fn owner(&self, org: OrgId, subject: SubjectId) -> [u8; TAG_BYTES] {
        truncated(
            self.mac
                .clone()
                .chain_update(b"owner")
                .chain_update(org.as_bytes())
                .chain_update(subject.as_bytes()),
        )
    }

    pub(super) fn key(&self, key: KeyId) -> [u8; TAG_BYTES] {
        truncated(self.mac.clone().chain_update(b"key").chain_update(key.as_bytes()))
    }
}

/// HMAC-SHA-256 under a key of this module.
pub(super) fn keyed(key: &[u8; KEY_BYTES]) -> Hmac<Sha256> {
    <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length")
}

fn truncated(mac: Hmac<Sha256>) -> [u8; TAG_BYTES] {
    let whole = mac.finalize().into_bytes();
    let mut tag = [0; TAG_BYTES];
    tag.copy_from_slice(&whole[..TAG_BYTES]);
    tag
}
