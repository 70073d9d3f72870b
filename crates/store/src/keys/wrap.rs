//! Wrapping: a person's key as it stands in the key store.
//!
//! `format (1 byte) | nonce (12) | ciphertext (32) | tag (16)`, AES-256-GCM under the week's `W_subject`, the nonce random,
//! AAD = `subject_key | subject id | week | format`. So a wrap opens for its own person and week only.
//!
//! Leaves out: wrapping anew (`facade::anew`), which wraps the same key again under a later week.

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, KeyInit, Nonce, Tag};
use base::ids::SubjectId;
use base::random::{self, Random};
use base::time::Week;

use super::sealing::KEY_BYTES;
use super::slot::SlotKey;

/// Length of a wrapped key.
pub(super) const WRAPPED_BYTES: usize = 1 + NONCE_BYTES + KEY_BYTES + TAG_BYTES;

const FORMAT: u8 = 1;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
const LABEL: &[u8; 11] = b"subject_key";
const CONTEXT_BYTES: usize = LABEL.len() + 16 + size_of::<i32>() + 1;

/// A wrapped key and the week whose key opens it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wrapped {
    pub(super) week: Week,
    pub(super) bytes: [u8; WRAPPED_BYTES],
}

/// Wraps a person's key under a week's.
pub(super) fn wrap(wrapping: &SlotKey, week: Week, subject: SubjectId, key: &SlotKey, random: &dyn Random) -> Wrapped {
    let nonce = random::bytes::<NONCE_BYTES>(random);
    let mut bytes = [0; WRAPPED_BYTES];
    bytes[0] = FORMAT;
    bytes[1..=NONCE_BYTES].copy_from_slice(&nonce);
    let (body, tag) = bytes[1 + NONCE_BYTES..].split_at_mut(KEY_BYTES);
    body.copy_from_slice(key.bytes());
    let made = Aes256Gcm::new(wrapping.bytes().into())
        .encrypt_inout_detached(&Nonce::from(nonce), &context(subject, week), body.into())
        .expect("32 bytes are within what GCM takes");
    tag.copy_from_slice(&made);
    Wrapped { week, bytes }
}

/// Unwraps it; `None` when it was wrapped for another person, another week, under another key, or was changed.
pub(super) fn unwrap(wrapping: &SlotKey, subject: SubjectId, wrapped: &Wrapped) -> Option<SlotKey> {
    let (&format, rest) = wrapped.bytes.split_first()?;
    let (nonce, rest) = rest.split_first_chunk::<NONCE_BYTES>()?;
    let (body, tag) = rest.split_first_chunk::<KEY_BYTES>()?;
    let tag: [u8; TAG_BYTES] = tag.try_into().ok()?;
    if format != FORMAT {
        return None;
    }
    let mut key = zeroize::Zeroizing::new(*body);
    Aes256Gcm::new(wrapping.bytes().into())
        .decrypt_inout_detached(
            &Nonce::from(*nonce),
            &context(subject, wrapped.week),
            key.as_mut_slice().into(),
            &Tag::from(tag),
        )
        .ok()?;
    Some(SlotKey::new(*key))
}

fn context(subject: SubjectId, week: Week) -> [u8; CONTEXT_BYTES] {
    let mut context = [0; CONTEXT_BYTES];
    context[..11].copy_from_slice(LABEL);
    context[11..27].copy_from_slice(subject.as_bytes());
    context[27..31].copy_from_slice(&week.number().to_le_bytes());
    context[31] = FORMAT;
    context
}

#[cfg(test)]
mod tests {
    use base::random::SeededRandom;

    use super::*;

    #[test]
    fn a_wrap_opens_for_its_person_week_and_key_alone() {
        let (alice, bob) = (SubjectId::from_bytes([1; 16]), SubjectId::from_bytes([2; 16]));
        let (week, next) = (Week::from_number(2900), Week::from_number(2901));
        let (wrapping, key) = (SlotKey::new([3; KEY_BYTES]), SlotKey::new([4; KEY_BYTES]));
        let wrapped = wrap(&wrapping, week, alice, &key, &SeededRandom::new(1));
        assert_eq!(unwrap(&wrapping, alice, &wrapped), Some(key));
        assert_eq!(unwrap(&wrapping, bob, &wrapped), None);
        assert_eq!(unwrap(&SlotKey::new([5; KEY_BYTES]), alice, &wrapped), None);
        assert_eq!(unwrap(&wrapping, alice, &Wrapped { week: next, ..wrapped }), None);
        for place in 0..WRAPPED_BYTES {
            let mut changed = wrapped;
            changed.bytes[place] ^= 1;
            assert_eq!(unwrap(&wrapping, alice, &changed), None, "byte {place}");
        }
    }

    /// Fixed bytes, computed by another implementation (Python, `cryptography`): the format on disk is final.
    #[test]
    fn the_format_on_disk_does_not_change() {
        let mut wrapped = Wrapped {
            week: Week::from_number(2900),
            bytes: [0; WRAPPED_BYTES],
        };
        let known = "01090909090909090909090909000c69df8a79486d8e0a6c57a3b1b25a90ba7e84a6f85f2a8e4e6a2e31cec2de6d8acb2c106bac8893386b3064fe20f0";
        for (byte, digits) in wrapped.bytes.iter_mut().zip(known.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).unwrap_or(""), 16).unwrap_or(0);
        }
        let key = unwrap(&SlotKey::new([3; KEY_BYTES]), SubjectId::from_bytes([1; 16]), &wrapped);
        assert_eq!(key, Some(SlotKey::new([4; KEY_BYTES])));
    }
}
