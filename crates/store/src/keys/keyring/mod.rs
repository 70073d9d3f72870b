//! The keyring: 512 slots in one small file, overwritten in place, and its mirror.
//!
//! Promises: a key is used only after its slot was written, synced and read back, in the file and the mirror. A key is
//! destroyed only when [`Keyring::end`] says so: then its bytes are gone from both. [`Keyring::open`] finishes whatever a
//! crash interrupted, by the rule of `slot` (the newest whole record is the truth), or refuses to start: a slot that
//! can't be read may have been live, and going on without it would lose what it seals unseen.
//!
//! Several processes may share a keyring: whoever changes it holds the lock beside the file and reads it again first.
//!
//! Leaves out: when a key is made or ended (`facade`), leases between processes, protection against theft (a later
//! wrapping of the file), and copy-on-write disks, which may keep an overwritten block.

mod error;
mod file;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use base::random::{self, Random};
use base::time::Timestamp;
use zeroize::Zeroizing;

use super::slot::{BLOCK_BYTES, Reading, Record, SLOT_COUNT, SlotKey, SlotName, State};
use crate::disk::{Disk, DiskLock};

pub use error::KeyringError;
use file::{KeyringFile, lock, make, open_existing};

/// How the keyring was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// There was none: this is a new one, and losing it loses all that is sealed.
    New,
    /// It was there, or its mirror was.
    Existing,
}

/// What ending a key came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It was overwritten in this call.
    Destroyed,
    /// There is no such key.
    NotThere,
}

/// The keyring of a process.
pub struct Keyring {
    disk: Arc<dyn Disk>,
    copies: Vec<KeyringFile>,
    /// Held by whoever changes the files, so that readers of `slots` never wait for a disk.
    writing: Mutex<()>,
    slots: RwLock<Vec<Record>>,
}

impl Keyring {
    /// Opens the keyring and its mirror, makes what is missing and finishes what a crash interrupted.
    ///
    /// # Errors
    /// [`KeyringError`]: see its variants; [`KeyringError::Busy`] passes by itself.
    pub fn open(
        disk: &Arc<dyn Disk>,
        path: &Path,
        mirror: Option<&Path>,
        random: &dyn Random,
        now: Timestamp,
    ) -> Result<(Self, Found), KeyringError> {
        let _lock = lock(&**disk, path)?;
        let paths: Vec<&Path> = [Some(path), mirror].into_iter().flatten().collect();
        let files = paths
            .iter()
            .map(|path| open_existing(&**disk, path))
            .collect::<Result<Vec<_>, _>>()?;
        let (keyring, found) = match files.iter().flatten().next() {
            Some(present) => (present.keyring()?, Found::Existing),
            None => (random::bytes(random), Found::New),
        };
        let copies = paths
            .iter()
            .zip(files)
            .map(|(path, file)| file.map_or_else(|| make(&**disk, path, keyring, now), Ok));
        let copies = copies.collect::<Result<Vec<_>, _>>()?;
        let keyring = Self {
            disk: Arc::clone(disk),
            copies,
            writing: Mutex::new(()),
            slots: RwLock::new(Vec::new()),
        };
        keyring.read_again()?;
        keyring.finish_endings(now)?;
        Ok((keyring, found))
    }

    /// The key of that name, if it is live.
    pub(super) fn get(&self, name: SlotName) -> Option<SlotKey> {
        self.slots().iter().find_map(|slot| match &slot.state {
            State::Live { name: held, key } if *held == name => Some(key.clone()),
            State::Live { .. } | State::Free { .. } | State::Ending { .. } => None,
        })
    }

    /// The names of all live keys, in order.
    pub fn live(&self) -> Vec<SlotName> {
        let mut names: Vec<SlotName> = self.slots().iter().filter_map(live_name).collect();
        names.sort_unstable();
        names
    }

    /// The key of that name; made now if there is none.
    ///
    /// # Errors
    /// [`KeyringError::Ended`] when it was there once; others when it can't be made safely.
    pub(super) fn ensure(&self, name: SlotName, random: &dyn Random, now: Timestamp) -> Result<SlotKey, KeyringError> {
        if let Some(key) = self.get(name) {
            return Ok(key);
        }
        let _writing = self.writing();
        let _lock = self.lock()?;
        self.read_again()?;
        if let Some(key) = self.get(name) {
            return Ok(key);
        }
        if self.has_ended(name) {
            return Err(KeyringError::Ended(name));
        }
        self.make(name, random, now)
    }

    /// Makes a key of that name although one has ended; nothing if it is live.
    ///
    /// # Errors
    /// When it can't be made safely.
    pub(super) fn renew(&self, name: SlotName, random: &dyn Random, now: Timestamp) -> Result<(), KeyringError> {
        let _writing = self.writing();
        let _lock = self.lock()?;
        self.read_again()?;
        match self.get(name) {
            Some(_) => Ok(()),
            None => self.make(name, random, now).map(drop),
        }
    }

    fn make(&self, name: SlotName, random: &dyn Random, now: Timestamp) -> Result<SlotKey, KeyringError> {
        let index = self.slot_for(name)?;
        let key = SlotKey::new(random::bytes(random));
        self.write(index, State::Live { name, key: key.clone() }, now)?;
        Ok(key)
    }

    /// Ends a key: writes that it is ending, overwrites it, and reads back that its bytes are gone, in the file and the
    /// mirror. May be called again after an error, and goes on then.
    ///
    /// # Errors
    /// When a copy can't be written. The key is then no longer used by this process, and *not* destroyed.
    pub fn end(&self, name: SlotName, now: Timestamp) -> Result<End, KeyringError> {
        let _writing = self.writing();
        let _lock = self.lock()?;
        self.read_again()?;
        let is_named = |slot: &Record| matches!(slot.state, State::Live { name: held, .. } | State::Ending { name: held } if held == name);
        let Some(index) = self.slots().iter().position(is_named) else {
            return Ok(End::NotThere);
        };
        self.end_slot(index, name, now)?;
        Ok(End::Destroyed)
    }

    /// Takes over what other processes that share the keyring made and ended.
    ///
    /// # Errors
    /// When a copy can't be read, or another process is changing it ([`KeyringError::Busy`]).
    pub fn refresh(&self) -> Result<(), KeyringError> {
        let _writing = self.writing();
        let _lock = self.lock()?;
        self.read_again()
    }

    /// Whether a free slot goes on to name this key as ended.
    pub fn has_ended(&self, name: SlotName) -> bool {
        self.slots().iter().any(|slot| match slot.state {
            State::Free { held } => held == Some(name),
            State::Ending { name: held } => held == name,
            State::Live { .. } => false,
        })
    }

    fn end_slot(&self, index: usize, name: SlotName, now: Timestamp) -> Result<(), KeyringError> {
        // From here on it is not handed out any more, whatever the disk says.
        self.forget(index, name);
        self.write(index, State::Ending { name }, now)?;
        self.write(index, State::Free { held: Some(name) }, now)
    }

    /// The slot that was freed longest ago, so that the trace of what ended stays for long.
    fn slot_for(&self, name: SlotName) -> Result<usize, KeyringError> {
        let slots = self.slots();
        let count = slots
            .iter()
            .filter_map(live_name)
            .filter(|held| held.is_same_kind(name))
            .count();
        let limit = name.limit();
        if count >= limit {
            return Err(KeyringError::TooMany { name, limit });
        }
        let free = slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| matches!(slot.state, State::Free { .. }));
        free.min_by_key(|(_, slot)| slot.generation)
            .map(|(index, _)| index)
            .ok_or(KeyringError::TooMany {
                name,
                limit: SLOT_COUNT,
            })
    }

    /// Writes, syncs and reads back a slot, one copy after the other, and only then lets it be seen.
    fn write(&self, index: usize, state: State, now: Timestamp) -> Result<(), KeyringError> {
        let record = self.with_slots(|slots| {
            let generation = slots.iter().map(|slot| slot.generation).max().unwrap_or(0) + 1;
            // Taken even if the write fails, so that no two contents ever share a generation.
            slots[index].generation = generation;
            Record {
                keyring: slots[index].keyring,
                generation,
                written_at: now,
                state,
            }
        });
        let block = [(index, record.block(index))];
        for copy in &self.copies {
            copy.write_blocks(&block)?;
        }
        self.with_slots(|slots| slots[index] = record);
        Ok(())
    }

    fn finish_endings(&self, now: Timestamp) -> Result<(), KeyringError> {
        let ending = |(index, slot): (usize, &Record)| match slot.state {
            State::Ending { name } => Some((index, name)),
            State::Free { .. } | State::Live { .. } => None,
        };
        let unfinished: Vec<_> = self.slots().iter().enumerate().filter_map(ending).collect();
        for (index, name) in unfinished {
            self.end_slot(index, name, now)?;
        }
        Ok(())
    }

    /// Reads all copies, takes the newest whole record of each slot and writes it where it doesn't stand yet.
    fn read_again(&self) -> Result<(), KeyringError> {
        let mut buffer = Zeroizing::new([0; BLOCK_BYTES]);
        let found = (0..SLOT_COUNT)
            .map(|index| self.newest_of(index, &mut buffer))
            .collect::<Result<Vec<_>, _>>()?;
        if found.iter().any(|(newest, _)| newest.keyring != found[0].0.keyring) {
            return Err(self.mixed());
        }
        let last = found.iter().map(|(newest, _)| newest.generation).max().unwrap_or(0);
        let mut records: Vec<Record> = Vec::with_capacity(SLOT_COUNT);
        let mut repairs = Vec::new();
        for (index, (newest, is_everywhere)) in found.into_iter().enumerate() {
            let known = self.slots().get(index).cloned();
            // A write whose sync failed, here or in a process that is dead, may stand in the page cache and nowhere else.
            // Such a process can have left one: its next change would have repaired it.
            let is_doubtful = known
                .as_ref()
                .map_or(newest.generation == last && last > 0, |known| *known != newest);
            if is_doubtful || !is_everywhere {
                repairs.push((index, newest.block(index)));
            }
            records.push(match known {
                // This process tried to end it and couldn't write that down: it stays out of use here.
                Some(known) if known.generation > newest.generation && matches!(known.state, State::Ending { .. }) => {
                    known
                }
                Some(known) => Record {
                    generation: newest.generation.max(known.generation),
                    ..newest
                },
                None => newest,
            });
        }
        for copy in &self.copies {
            copy.write_blocks(&repairs)?;
        }
        self.with_slots(|slots| *slots = records);
        Ok(())
    }

    /// The newest whole record of one slot, and whether it stands in every copy already.
    fn newest_of(&self, index: usize, buffer: &mut [u8; BLOCK_BYTES]) -> Result<(Record, bool), KeyringError> {
        let readings = self.copies.iter().map(|copy| copy.read_block(index, buffer));
        let readings = readings.collect::<Result<Vec<_>, _>>()?;
        let records = || readings.iter().filter_map(|reading| reading.newest.as_ref());
        let newest = records().max_by_key(|record| record.generation);
        let newest = newest.ok_or_else(|| self.copies[0].unreadable(index))?;
        if records().any(|record| record.keyring != newest.keyring) {
            return Err(self.mixed());
        }
        let is_here = |reading: &Reading| reading.is_uniform && reading.newest.as_ref() == Some(newest);
        Ok((newest.clone(), readings.iter().all(is_here)))
    }

    fn mixed(&self) -> KeyringError {
        KeyringError::Mixed {
            path: self.copies[0].path.clone(),
        }
    }

    /// Drops a key from memory.
    fn forget(&self, index: usize, name: SlotName) {
        self.with_slots(|slots| slots[index].state = State::Ending { name });
    }

    fn slots(&self) -> std::sync::RwLockReadGuard<'_, Vec<Record>> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn with_slots<T>(&self, change: impl FnOnce(&mut Vec<Record>) -> T) -> T {
        change(&mut self.slots.write().unwrap_or_else(PoisonError::into_inner))
    }

    fn writing(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> Result<Box<dyn DiskLock>, KeyringError> {
        lock(&*self.disk, &self.copies[0].path)
    }
}

fn live_name(slot: &Record) -> Option<SlotName> {
    match slot.state {
        State::Live { name, .. } => Some(name),
        State::Free { .. } | State::Ending { .. } => None,
    }
}
