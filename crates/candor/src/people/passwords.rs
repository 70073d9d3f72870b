//! Passwords: Argon2id, off the runtime's threads, a few at a time.
//!
//! Promises: memory for hashing is bounded whoever asks how often; neither password nor digest is ever shown.
//! Leaves out: sign-in, its limits, strength of passwords.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use base::random::{self, Random};
use base::secret::Secret;
use tokio::sync::Semaphore;

/// Hashes at the same time: each takes 19 MiB (OWASP's first choice of parameters, which are the library's own).
const AT_ONCE: usize = 2;
/// Bytes of a password at least (NIST SP 800-63B-4 asks for 15 where nothing else is asked).
pub const MIN_BYTES: usize = 8;
/// Bytes of a password at most.
pub const MAX_BYTES: usize = 1024;

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);

/// Why a password was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too short or long.
    #[error("a password has {MIN_BYTES} to {MAX_BYTES} bytes")]
    Length,
    /// The digest can't be computed or read.
    #[error("the password can't be hashed or checked")]
    Hash,
}

/// Is it the right one?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Right,
    /// No.
    Wrong,
}

/// The digest to store, in PHC form.
pub async fn hash(password: &Secret, random: &dyn Random) -> Result<Secret, PasswordError> {
    if !(MIN_BYTES..=MAX_BYTES).contains(&password.expose().len()) {
        return Err(PasswordError::Length);
    }
    let salt = random::bytes::<16>(random);
    let password = password.clone();
    off_the_runtime(move || {
        let hash: PasswordHash = argon2()
            .hash_password_with_salt(password.expose().as_bytes(), &salt)
            .map_err(|_| PasswordError::Hash)?;
        Ok(Secret::new(hash.to_string()))
    })
    .await
}

/// Compares a password with a stored digest; the digest's own parameters count.
pub async fn verify(password: &Secret, stored: &Secret) -> Result<Verdict, PasswordError> {
    if password.expose().len() > MAX_BYTES {
        return Ok(Verdict::Wrong);
    }
    let (password, stored) = (password.clone(), stored.clone());
    off_the_runtime(move || {
        let hash = PasswordHash::new(stored.expose()).map_err(|_| PasswordError::Hash)?;
        match argon2().verify_password(password.expose().as_bytes(), &hash) {
            Ok(()) => Ok(Verdict::Right),
            Err(argon2::password_hash::Error::PasswordInvalid) => Ok(Verdict::Wrong),
            Err(_) => Err(PasswordError::Hash),
        }
    })
    .await
}

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
) -> Result<T, PasswordError> {
    let turn = TURNS.acquire().await.expect("the semaphore is never closed");
    let result = tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| PasswordError::Hash)?;
    drop(turn);
    result
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use base::random::SeededRandom;

    use super::*;

    #[tokio::test]
    async fn the_right_password_is_told_from_others_by_its_digest() {
        let stored = hash(&"correct horse".into(), &SeededRandom::new(1)).await.unwrap();
        assert!(stored.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_eq!(verify(&"correct horse".into(), &stored).await, Ok(Verdict::Right));
        assert_eq!(verify(&"correct horsf".into(), &stored).await, Ok(Verdict::Wrong));
        assert_eq!(
            verify(&"correct horse".into(), &"nonsense".into()).await,
            Err(PasswordError::Hash)
        );
    }

    #[tokio::test]
    async fn too_short_and_too_long_ones_are_refused_before_any_work() {
        for wrong in ["seven77".to_owned(), "x".repeat(1025)] {
            let refused = hash(&wrong.into(), &SeededRandom::new(1)).await;
            assert_eq!(refused.err(), Some(PasswordError::Length));
        }
    }
}
