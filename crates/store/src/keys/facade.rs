//! [`Keys`]: the one face of keyring, key store and caches.
//!
//! Promises: what a model request needs is answered from memory ([`Keys::cached_day_keys`]); a day's key is made only around
//! its day and never again after its end; whatever ends is dropped from the caches before its slot is overwritten, and
//! a load that raced with it does not bring it back.
//!
//! Leaves out: retention's numbers, when keys are wrapped anew, leases between processes.

mod anew;
mod ends;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base::clock::Clock;
use base::ids::{KeyId, OrgId, SubjectId};
use base::random::{self, Random};
use base::time::{Day, Week};
use hmac::Mac;
use policy::{Grant, Personal};

pub use anew::WrappedAnew;

use super::cache::{Cache, Spread};
use super::day::{DayKeys, DayTags, TAG_BYTES, keyed};
use super::error::KeysError;
use super::keyring::{Found, Keyring, KeyringError};
use super::opening::{BUSY_ATTEMPTS, BUSY_PAUSE};
use super::sealing::{KEY_BYTES, Last, Root};
use super::slot::{SlotKey, SlotName};
use super::{store, wrap};
use crate::db::Db;

mod passing;

/// Persons and days whose keys are in memory at most; each takes about half a kilobyte.
pub const CACHED_DAY_KEYS: usize = 16_384;

/// Persons whose own keys are in memory at most.
pub const CACHED_SUBJECTS: usize = 16_384;

/// Separates what lives as long as the account from what a day seals.
const SUBJECT_SALT: &[u8] = b"candor subject 1";

/// The keys of an instance.
pub struct Keys {
    keyring: Arc<Keyring>,
    db: Db,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    days: Cache<(SubjectId, Day), DayKeys>,
    subjects: Cache<SubjectId, SubjectKey>,
    /// Counts what ended, so that a load that began before puts nothing back.
    ends: AtomicU64,
}

struct SubjectKey {
    key: SlotKey,
    root: Root,
}

impl Keys {
    /// Joins an opened keyring and a migrated key store, and prepares what the coming hours need.
    ///
    /// # Errors
    /// [`KeysError::KeyringLost`] when the keyring is new and the key store is not empty.
    pub async fn open(
        keyring: Keyring,
        found: Found,
        db: Db,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, KeysError> {
        if found == Found::New && !store::is_empty(&db).await? {
            return Err(KeysError::KeyringLost);
        }
        let keys = Self {
            keyring: Arc::new(keyring),
            db,
            clock,
            random,
            days: Cache::new(CACHED_DAY_KEYS),
            subjects: Cache::new(CACHED_SUBJECTS),
            ends: AtomicU64::new(0),
        };
        keys.prepare().await?;
        Ok(keys)
    }

    /// Makes the keys of today, tomorrow, this week and next, and that of the tombstones, so that no request waits for a
    /// slot to be synced. To be called at least once a day.
    ///
    /// # Errors
    /// Those of the keyring.
    pub async fn prepare(&self) -> Result<(), KeysError> {
        let today = self.today();
        let tomorrow = today.plus_days(1);
        let weeks = [today.week(), tomorrow.week()];
        for day in [today, tomorrow] {
            self.ensure_day(day).await?;
        }
        for name in weeks
            .map(SlotName::Subject)
            .into_iter()
            .chain(weeks.map(SlotName::Index))
        {
            self.ensure(name).await?;
        }
        self.ensure(SlotName::Tomb).await?;
        Ok(())
    }

    /// The names of all live keys of the keyring.
    pub fn live(&self) -> Vec<SlotName> {
        self.keyring.live()
    }

    // --- a day ---------------------------------------------------------------------------------------------------

    /// The keys of a person on a day, if they are in memory: what a request's path uses.
    pub fn cached_day_keys(&self, subject: SubjectId, day: Day) -> Option<Arc<DayKeys>> {
        self.days.get((subject, day), self.clock.monotonic())
    }

    /// The keys of a person on a day, from the key store if they are not in memory.
    ///
    /// # Errors
    /// [`KeysError::DayEnded`], [`KeysError::NoSuchSubject`]; others when something is broken.
    pub async fn day_keys(&self, subject: SubjectId, day: Day) -> Result<Arc<DayKeys>, KeysError> {
        if let Some(keys) = self.cached_day_keys(subject, day) {
            return Ok(keys);
        }
        let ends = self.ends.load(Ordering::SeqCst);
        let day_key = self.day_key(day).await?;
        let subject_key = self.subject_key(subject).await?;
        let keys = Arc::new(DayKeys::new(subject, day, day_key.bytes(), subject_key.key.bytes()));
        self.days.put((subject, day), Arc::clone(&keys), self.clock.monotonic());
        if self.ends.load(Ordering::SeqCst) != ends {
            self.days.drop_if(|key| *key == (subject, day));
        }
        Ok(keys)
    }

    /// The tag by which a person's rows of a day are found, for the organisation that pays.
    ///
    /// # Errors
    /// [`KeysError::DayEnded`] when the day has no key.
    pub fn owner_tag(&self, day: Day, org: OrgId, subject: SubjectId) -> Result<[u8; TAG_BYTES], KeysError> {
        Ok(self.day_tags(day)?.owner(org, subject))
    }

    /// The tag that stands for an API key in a day's file.
    ///
    /// # Errors
    /// [`KeysError::DayEnded`] when the day has no key.
    pub fn key_tag(&self, day: Day, key: KeyId) -> Result<[u8; TAG_BYTES], KeysError> {
        Ok(self.day_tags(day)?.key(key))
    }

    // --- a person ------------------------------------------------------------------------------------------------

    /// Makes the key of a new person.
    ///
    /// # Errors
    /// [`KeysError::SubjectExists`]; others when something is broken.
    pub async fn new_subject(&self, subject: SubjectId) -> Result<(), KeysError> {
        let week = self.today().week();
        let wrapping = self.ensure(SlotName::Subject(week)).await?;
        let key = SlotKey::new(random::bytes(&*self.random));
        let wrapped = wrap::wrap(&wrapping, week, subject, &key, &*self.random);
        match store::insert(&self.db, subject, &wrapped, self.clock.now()).await {
            Err(error) if error.is_duplicate() => Err(KeysError::SubjectExists),
            Err(error) => Err(error.into()),
            Ok(()) => Ok(()),
        }
    }

    /// Whether the person has a key.
    ///
    /// # Errors
    /// Those of the key store.
    pub async fn subject_exists(&self, subject: SubjectId) -> Result<bool, KeysError> {
        Ok(store::find(&self.db, subject).await?.is_some())
    }

    /// Takes a person's key out of the key store and out of memory; whether there was one. Its wrap is *destroyed* only
    /// when the key of the week it was wrapped under ends, because copies of the database hold it until then.
    ///
    /// # Errors
    /// Those of the key store.
    pub async fn remove_subject(&self, subject: SubjectId) -> Result<bool, KeysError> {
        let was_there = store::delete(&self.db, subject).await?;
        self.ends.fetch_add(1, Ordering::SeqCst);
        self.subjects.drop_if(|cached| *cached == subject);
        self.days.drop_if(|(cached, _)| *cached == subject);
        Ok(was_there)
    }

    /// Seals one value of a person that lives as long as the account. May be written again in place.
    ///
    /// # Errors
    /// [`KeysError::NoSuchSubject`]; others when something is broken.
    pub async fn seal_for_subject(
        &self,
        subject: SubjectId,
        table: &'static str,
        column: &'static str,
        row: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, KeysError> {
        let key = self.subject_key(subject).await?;
        Ok(key.root.record(table, column, row).seal_fresh(&*self.random, plain))
    }

    /// Opens what [`Self::seal_for_subject`] sealed.
    ///
    /// # Errors
    /// [`KeysError::OtherGrant`]; [`KeysError::NoSuchSubject`]; [`KeysError::Open`] for another row or changed bytes.
    pub async fn open_for_subject(
        &self,
        subject: SubjectId,
        table: &'static str,
        column: &'static str,
        row: &[u8],
        sealed: &[u8],
        grant: &Grant,
    ) -> Result<Personal<Vec<u8>>, KeysError> {
        if grant.subject() != subject {
            return Err(KeysError::OtherGrant);
        }
        let key = self.subject_key(subject).await?;
        Ok(Personal::new(key.root.record(table, column, row).open(
            0,
            Last::Yes,
            sealed,
        )?))
    }

    // --- look-ups ------------------------------------------------------------------------------------------------

    /// What to store so that an e-mail address is found again: under the newest week's index key, with the week.
    ///
    /// # Errors
    /// When there is no index key at all: [`Self::prepare`] never ran.
    pub fn email_index(&self, normalised: &str) -> Result<(Week, [u8; KEY_BYTES]), KeysError> {
        let this_week = self.today().week();
        let found = self
            .email_indexes(normalised)
            .into_iter()
            .rfind(|(week, _)| *week <= this_week);
        found.ok_or_else(|| KeyringError::Ended(SlotName::Index(this_week)).into())
    }

    /// What an e-mail address may be stored as: one value for each week whose index key lives, in their order.
    pub fn email_indexes(&self, normalised: &str) -> Vec<(Week, [u8; KEY_BYTES])> {
        let indexed = |name| match name {
            SlotName::Index(week) => {
                let key = self.keyring.get(name)?;
                let mac = keyed(key.bytes())
                    .chain_update(b"email")
                    .chain_update(normalised.as_bytes());
                Some((week, mac.finalize().into_bytes().into()))
            }
            SlotName::Day(_) | SlotName::Subject(_) | SlotName::Year(_) | SlotName::Tomb => None,
        };
        self.keyring.live().into_iter().filter_map(indexed).collect()
    }

    /// What stands for an erased person in a tombstone.
    ///
    /// # Errors
    /// When there is no such key: [`Self::prepare`] never ran.
    pub fn tombstone(&self, subject: SubjectId) -> Result<[u8; KEY_BYTES], KeysError> {
        let key = self
            .keyring
            .get(SlotName::Tomb)
            .ok_or(KeyringError::Ended(SlotName::Tomb))?;
        Ok(keyed(key.bytes())
            .chain_update(b"subject")
            .chain_update(subject.as_bytes())
            .finalize()
            .into_bytes()
            .into())
    }

    // --- memory --------------------------------------------------------------------------------------------------

    /// Drops keys that were idle for [`IDLE_LIFE`](super::cache::IDLE_LIFE); how many are left. To be called each minute.
    pub fn drop_idle(&self) -> usize {
        let now = self.clock.monotonic();
        self.days.drop_idle(now) + self.subjects.drop_idle(now)
    }

    fn today(&self) -> Day {
        self.clock.now().day()
    }

    /// A day's key: made only for yesterday (a request accepted before midnight), today and tomorrow.
    async fn day_key(&self, day: Day) -> Result<SlotKey, KeysError> {
        let name = SlotName::Day(day);
        if let Some(key) = self.keyring.get(name) {
            return Ok(key);
        }
        match day.days_since(self.today()) {
            -1..=1 => self.ensure(name).await.map_err(|error| match error {
                KeysError::Keyring(KeyringError::Ended(_)) => KeysError::DayEnded(day),
                other => other,
            }),
            2.. => Err(KeysError::DayAhead(day)),
            _ => Err(KeysError::DayEnded(day)),
        }
    }

    fn day_tags(&self, day: Day) -> Result<DayTags, KeysError> {
        let key = self.keyring.get(SlotName::Day(day)).ok_or(KeysError::DayEnded(day))?;
        Ok(DayTags::new(key.bytes()))
    }

    async fn subject_key(&self, subject: SubjectId) -> Result<Arc<SubjectKey>, KeysError> {
        if let Some(key) = self.subjects.get(subject, self.clock.monotonic()) {
            return Ok(key);
        }
        let ends = self.ends.load(Ordering::SeqCst);
        let key = Arc::new(self.load_subject_key(subject).await?);
        self.subjects.put(subject, Arc::clone(&key), self.clock.monotonic());
        if self.ends.load(Ordering::SeqCst) != ends {
            self.subjects.drop_if(|cached| *cached == subject);
        }
        Ok(key)
    }

    async fn ensure(&self, name: SlotName) -> Result<SlotKey, KeysError> {
        if let Some(key) = self.keyring.get(name) {
            return Ok(key);
        }
        let (random, now) = (Arc::clone(&self.random), self.clock.now());
        self.change_keyring(move |keyring| keyring.ensure(name, &*random, now))
            .await
    }

    /// Today or tomorrow can only have ended by a clock that was days ahead. A new key then: what the old one sealed is gone
    /// either way, and nobody could be served until the clock has caught up.
    async fn ensure_day(&self, day: Day) -> Result<(), KeysError> {
        let name = SlotName::Day(day);
        match self.ensure(name).await {
            Err(KeysError::Keyring(KeyringError::Ended(_))) => {
                tracing::warn!(day = %day, "this day's key had ended, by a clock that was ahead: a new one is made");
                let (random, now) = (Arc::clone(&self.random), self.clock.now());
                self.change_keyring(move |keyring| keyring.renew(name, &*random, now))
                    .await
            }
            made => made.map(drop),
        }
    }

    /// Runs a change off the runtime's threads, and again while another process holds the keyring.
    async fn change_keyring<T: Send + 'static>(
        &self,
        change: impl Fn(&Keyring) -> Result<T, KeyringError> + Send + Clone + 'static,
    ) -> Result<T, KeysError> {
        for _ in 1..BUSY_ATTEMPTS {
            let (keyring, change) = (Arc::clone(&self.keyring), change.clone());
            match tokio::task::spawn_blocking(move || change(&keyring)).await {
                Ok(Err(KeyringError::Busy(_))) => tokio::time::sleep(BUSY_PAUSE).await,
                Ok(result) => return Ok(result?),
                Err(stopped) => match stopped.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(_) => return Err(KeysError::Stopping),
                },
            }
        }
        Ok(change(&self.keyring)?)
    }
}

impl Spread for SubjectId {
    fn spread(&self) -> u8 {
        self.as_bytes()[0]
    }
}

impl Spread for (SubjectId, Day) {
    fn spread(&self) -> u8 {
        self.0.spread()
    }
}
