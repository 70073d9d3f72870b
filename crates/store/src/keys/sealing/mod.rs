//! Sealing: from a person's key and a day's key to the bytes of one column of one record.
//!
//! ```text
//! PRK  = HKDF-extract(salt = K_day, ikm = K_subject)              losing either key ends the record
//! key  = HKDF-expand(PRK, table | column | row)                   one key a record and column
//! seal = AES-256-GCM(key, nonce, AAD = table | column | row | subject | format)
//! ```
//! Each part of the context carries its length, so that no two contexts read alike. A sealed piece is
//! `format (1 byte) | ciphertext | tag (16 bytes)`. Pieces of large content follow the STREAM construction: the nonce is
//! seven zeros, the piece's number (big-endian) and a flag on the last piece, so that pieces can neither be swapped,
//! dropped nor cut off unseen. A constant prefix is sound because the key belongs to this record alone.
//!
//! Promises: nothing is allocated but the output; keys and their schedules are wiped when dropped; a number is sealed
//! once by a key (a second time would be a nonce used twice, and panics instead).
//!
//! Leaves out: where keys come from (`keyring`, `facade`). A *column that is rewritten in place* must not be sealed by
//! number: its key would meet the same nonce again; such values take [`RecordKey::seal_fresh`].

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU64, Ordering};

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, KeyInit, Nonce, Tag};
use base::ids::SubjectId;
use base::random::Random;
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::compress::{self, ExpandError};

/// Bytes that sealing adds to a piece: the format byte and the tag.
pub const SEAL_OVERHEAD_BYTES: usize = 1 + TAG_BYTES;

/// Length of each key in this module.
pub const KEY_BYTES: usize = 32;

const TAG_BYTES: usize = 16;
const NONCE_BYTES: usize = 12;

/// A piece sealed as it came.
const FORMAT_PLAIN: u8 = 1;
/// A piece that went through [`compress::append`] first.
const FORMAT_COMPRESSED: u8 = 2;
/// A value under a random nonce that stands between the format byte and the ciphertext.
const FORMAT_FRESH: u8 = 3;

/// Whether a piece is the last one of its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Last {
    /// Nothing follows it.
    Yes,
    /// More pieces follow, or the end is written by another piece.
    No,
}

/// Why sealed bytes did not open.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum OpenError {
    /// Too short to hold a format byte and a tag.
    #[error("sealed bytes are too short")]
    Truncated,
    /// The first byte names a format that this version does not know.
    #[error("sealed bytes have the unknown format {0}")]
    UnknownFormat(u8),
    /// Another key, another place, or changed bytes: which of them cannot be told.
    #[error("sealed bytes do not open here: they were changed, or belong to another row, person or day")]
    Refused,
    /// They opened, but what was compressed does not expand.
    #[error(transparent)]
    Expand(#[from] ExpandError),
}

/// A pseudorandom key from which each record's key is expanded, bound to one person. Its state is wiped when dropped.
pub(super) struct Root {
    subject: SubjectId,
    prk: Hkdf<Sha256>,
}

impl Root {
    /// HKDF-extract of a person's key under a salt: the day's key, or a constant for what lives as long as the account.
    pub(super) fn extract(subject: SubjectId, salt: &[u8], subject_key: &[u8; KEY_BYTES]) -> Self {
        Self {
            subject,
            prk: Hkdf::new(Some(salt), subject_key),
        }
    }

    pub(super) fn subject(&self) -> SubjectId {
        self.subject
    }

    pub(super) fn record(&self, table: &str, column: &str, row: &[u8]) -> RecordKey {
        let lengths = [table.len(), column.len(), row.len()].map(length_prefix);
        let place: [&[u8]; 6] = [
            &lengths[0],
            table.as_bytes(),
            &lengths[1],
            column.as_bytes(),
            &lengths[2],
            row,
        ];
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        self.prk
            .expand_multi_info(&place, &mut *key)
            .expect("32 bytes are within what HKDF yields");
        RecordKey {
            cipher: Aes256Gcm::new((&*key).into()),
            context: Context::new(&place, self.subject),
            next_number: AtomicU64::new(0),
        }
    }
}

fn length_prefix(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes()
}

/// The key of one column of one record. Seals and opens its pieces.
pub struct RecordKey {
    cipher: Aes256Gcm,
    context: Context,
    /// The lowest piece number not yet given to the cipher by this value.
    next_number: AtomicU64,
}

impl RecordKey {
    /// Seals one piece and appends it to `out`: `plaintext.len() +` [`SEAL_OVERHEAD_BYTES`].
    ///
    /// # Panics
    /// When numbers do not rise: a number that is sealed twice would give the content away.
    pub fn seal_append(&self, number: u32, last: Last, plaintext: &[u8], out: &mut Vec<u8>) {
        self.seal_joined_append(number, last, [plaintext], out);
    }

    /// As [`Self::seal_append`], for a piece whose parts lie in different places: a large prompt is copied once, into `out`.
    ///
    /// # Panics
    /// When numbers do not rise: a number that is sealed twice would give the content away.
    pub fn seal_joined_append<const N: usize>(&self, number: u32, last: Last, parts: [&[u8]; N], out: &mut Vec<u8>) {
        out.reserve(parts.iter().map(|part| part.len()).sum::<usize>() + SEAL_OVERHEAD_BYTES);
        let start = out.len();
        out.push(FORMAT_PLAIN);
        for part in parts {
            out.extend_from_slice(part);
        }
        self.seal_tail(number, last, out, start);
    }

    /// Compresses one piece straight into `out` and seals it there: at most one byte more than [`Self::seal_append`].
    ///
    /// # Panics
    /// When numbers do not rise: a number that is sealed twice would give the content away.
    pub fn seal_compressed_append(&self, number: u32, last: Last, plaintext: &[u8], out: &mut Vec<u8>) {
        out.reserve(compress::room_for(plaintext.len()) + SEAL_OVERHEAD_BYTES);
        let start = out.len();
        out.push(FORMAT_COMPRESSED);
        compress::append(plaintext, out);
        self.seal_tail(number, last, out, start);
    }

    /// Seals one value under a random nonce, for columns that are written again in place (an e-mail address, a name).
    pub fn seal_fresh(&self, random: &dyn Random, plaintext: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(plaintext.len() + SEAL_OVERHEAD_BYTES + NONCE_BYTES);
        let nonce = base::random::bytes::<NONCE_BYTES>(random);
        out.push(FORMAT_FRESH);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(plaintext);
        self.encrypt_tail(&nonce, FORMAT_FRESH, &mut out, 1 + NONCE_BYTES);
        out
    }

    /// Opens one piece, and expands it if it was compressed. `number` and `last` must be those it was sealed with; for
    /// [`Self::seal_fresh`] they say nothing.
    ///
    /// # Errors
    /// [`OpenError`]; [`OpenError::Refused`] covers every wrong key, place, number and changed byte alike.
    pub fn open(&self, number: u32, last: Last, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        let (&format, body) = sealed.split_first().ok_or(OpenError::Truncated)?;
        let numbered = stream_nonce(number, last);
        match format {
            FORMAT_PLAIN => self.decrypt(&numbered, format, body),
            FORMAT_COMPRESSED => {
                let packed = Zeroizing::new(self.decrypt(&numbered, format, body)?);
                Ok(compress::expand(&packed, compress::MAX_COMPRESSED_INPUT_BYTES)?)
            }
            FORMAT_FRESH => {
                let (nonce, body) = body.split_first_chunk::<NONCE_BYTES>().ok_or(OpenError::Truncated)?;
                self.decrypt(nonce, format, body)
            }
            other => Err(OpenError::UnknownFormat(other)),
        }
    }

    /// Seals what stands behind the format byte at `start`.
    fn seal_tail(&self, number: u32, last: Last, out: &mut Vec<u8>, start: usize) {
        let next = self.next_number.load(Ordering::Relaxed);
        assert!(
            u64::from(number) >= next,
            "piece {number} would be sealed after piece {}",
            next.saturating_sub(1)
        );
        self.next_number.store(u64::from(number) + 1, Ordering::Relaxed);
        let format = out[start];
        self.encrypt_tail(&stream_nonce(number, last), format, out, start + 1);
    }

    fn encrypt_tail(&self, nonce: &[u8; NONCE_BYTES], format: u8, out: &mut Vec<u8>, from: usize) {
        let context = self.context.with_format(format);
        let tag = self
            .cipher
            .encrypt_inout_detached(&Nonce::from(*nonce), context.bytes(), out[from..].as_mut().into())
            .expect("a piece is far below the 64 GiB that GCM takes");
        out.extend_from_slice(&tag);
    }

    fn decrypt(&self, nonce: &[u8; NONCE_BYTES], format: u8, body: &[u8]) -> Result<Vec<u8>, OpenError> {
        let (ciphertext, tag) = body.split_last_chunk::<TAG_BYTES>().ok_or(OpenError::Truncated)?;
        let context = self.context.with_format(format);
        let mut plain = ciphertext.to_vec();
        self.cipher
            .decrypt_inout_detached(
                &Nonce::from(*nonce),
                context.bytes(),
                plain.as_mut_slice().into(),
                &Tag::from(*tag),
            )
            .map_err(|_| OpenError::Refused)?;
        Ok(plain)
    }
}

/// STREAM's nonce: seven zeros, the number, the flag on the last piece.
fn stream_nonce(number: u32, last: Last) -> [u8; NONCE_BYTES] {
    let mut nonce = [0; NONCE_BYTES];
    nonce[7..11].copy_from_slice(&number.to_be_bytes());
    nonce[11] = match last {
        Last::Yes => 1,
        Last::No => 0,
    };
    nonce
}

/// The associated data of a record, kept in place so that sealing does not allocate. The last byte is the format.
#[derive(Clone)]
struct Context {
    bytes: [u8; Context::ROOM_BYTES],
    length: usize,
}

impl Context {
    /// Room for two names and a row id as they are; a longer context is replaced by its SHA-256, which binds as well.
    const ROOM_BYTES: usize = 112;

    fn new(place: &[&[u8]], subject: SubjectId) -> Self {
        let mut context = Self {
            bytes: [0; Self::ROOM_BYTES],
            length: 0,
        };
        let subject = subject.as_bytes();
        if place.iter().map(|part| part.len()).sum::<usize>() + subject.len() < Self::ROOM_BYTES {
            for part in place {
                context.push(part);
            }
        } else {
            let digest = place.iter().fold(Sha256::new(), Sha256::chain_update).finalize();
            context.push(&digest);
        }
        context.push(subject);
        context
    }

    fn push(&mut self, part: &[u8]) {
        self.bytes[self.length..self.length + part.len()].copy_from_slice(part);
        self.length += part.len();
    }

    fn with_format(&self, format: u8) -> Self {
        let mut whole = self.clone();
        whole.push(&[format]);
        whole
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}
