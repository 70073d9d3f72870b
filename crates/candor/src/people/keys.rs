//! API keys: their tokens, and the look-up that every request begins with.
//!
//! Promises: a token is 256 random bits and kept as its SHA-256 alone; `find` neither waits nor allocates; a revoked key or
//! a frozen account is refused at once in the process that did it, and in every other within `auth.stale`, because a
//! snapshot that could not be confirmed for that long finds nobody.
//! Leaves out: reading the snapshot (`store.rs`), the headers a token comes in (gateway).

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use base::ids::{AccountId, KeyId, OrgId, SubjectId};
use base::random::{self, Random};
use base::secret::Secret;
use sha2::{Digest, Sha256};

use super::options::KeyOptions;

/// What every token begins with, so that scanners of repositories know it.
pub const TOKEN_PREFIX: &str = "cdr_";
/// Digits of base 62 that hold 256 bits.
const TOKEN_DIGITS: usize = 43;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// SHA-256 of a token: what is stored and looked up. A fast digest suffices, because there is nothing to guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The digest of `token`.
    #[must_use]
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    /// The digest with these bytes, as stored.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes, as stored.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A new token: shown once, never stored.
#[must_use]
pub fn new_token(random: &dyn Random) -> Secret {
    let mut number = random::bytes::<32>(random);
    let mut text = String::with_capacity(TOKEN_PREFIX.len() + TOKEN_DIGITS);
    text.push_str(TOKEN_PREFIX);
    for _ in 0..TOKEN_DIGITS {
        text.push(char::from(ALPHABET[divide_by_62(&mut number)]));
    }
    Secret::new(text)
}

/// Long division of a big-endian number; gives the remainder.
fn divide_by_62(number: &mut [u8; 32]) -> usize {
    let mut rest = 0_u16;
    for byte in number.iter_mut() {
        let part = rest << 8 | u16::from(*byte);
        *byte = u8::try_from(part / 62).expect("a remainder below 62 keeps the quotient below 256");
        rest = part % 62;
    }
    usize::from(rest)
}

/// Which kind of models a key may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Every model.
    All,
    /// Sandbox models alone.
    Sandbox,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::All, Self::Sandbox];

    /// As it is stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Sandbox => "sandbox",
        }
    }

    /// The scope with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name)
    }
}

/// Who asks, as the key says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The key.
    pub key: KeyId,
    /// Who pays.
    pub org: OrgId,
    /// Whose login the key belongs to.
    pub account: AccountId,
    /// Whose data it is.
    pub subject: SubjectId,
    /// What the key may be used for.
    pub options: KeyOptions,
}

/// Why nobody was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// No such key.
    #[error("this API key is not known")]
    Unknown,
    /// The key was revoked.
    #[error("this API key was revoked")]
    Revoked,
    /// The account was frozen.
    #[error("this account is frozen")]
    Frozen,
    /// What is known may be too old to be true.
    #[error("keys can't be checked at the moment")]
    Stale,
}

/// What a token leads to.
#[derive(Debug, Clone)]
pub(super) enum Standing {
    Live(Arc<Caller>),
    Revoked,
    Frozen,
}

/// Every key that was ever issued and not yet forgotten, by its digest.
pub(super) type Snapshot = HashMap<TokenHash, Standing>;

/// Finds callers by token from a snapshot.
pub struct Callers {
    snapshot: ArcSwap<Snapshot>,
    /// When the snapshot was last known to be true: microseconds of the monotonic clock, 0 for never.
    confirmed_micros: AtomicU64,
    stale_after: Duration,
}

impl Callers {
    /// Knows nobody until the first `replace`. `stale_after` is `auth.stale`.
    #[must_use]
    pub fn new(stale_after: Duration) -> Self {
        Self {
            snapshot: ArcSwap::default(),
            confirmed_micros: AtomicU64::new(0),
            stale_after,
        }
    }

    /// Who holds `token`. `now` is the monotonic clock.
    pub fn find(&self, token: &str, now: Duration) -> Result<Arc<Caller>, FindError> {
        if self.is_stale(now) {
            return Err(FindError::Stale);
        }
        if token.len() != TOKEN_PREFIX.len() + TOKEN_DIGITS || !token.starts_with(TOKEN_PREFIX) {
            return Err(FindError::Unknown);
        }
        match self.snapshot.load().get(&TokenHash::of(token)) {
            Some(Standing::Live(caller)) => Ok(Arc::clone(caller)),
            Some(Standing::Revoked) => Err(FindError::Revoked),
            Some(Standing::Frozen) => Err(FindError::Frozen),
            None => Err(FindError::Unknown),
        }
    }

    /// Was the snapshot not confirmed for longer than `auth.stale`?
    #[must_use]
    pub fn is_stale(&self, now: Duration) -> bool {
        let confirmed = self.confirmed_micros.load(Ordering::Acquire);
        confirmed == 0 || now.saturating_sub(Duration::from_micros(confirmed)) > self.stale_after
    }

    /// Takes over a snapshot that was true at `read_at` (the moment *before* it was read).
    pub(super) fn replace(&self, snapshot: Snapshot, read_at: Duration) {
        self.snapshot.store(Arc::new(snapshot));
        self.confirm(read_at);
    }

    /// The snapshot was still true at `read_at`.
    pub(super) fn confirm(&self, read_at: Duration) {
        let micros = u64::try_from(read_at.as_micros()).unwrap_or(u64::MAX).max(1);
        self.confirmed_micros.fetch_max(micros, Ordering::AcqRel);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::collections::HashSet;

    use base::random::SeededRandom;

    use super::*;

    const NOW: Duration = Duration::from_secs(10);

    fn caller(seed: u64) -> Arc<Caller> {
        let random = SeededRandom::new(seed);
        Arc::new(Caller {
            key: KeyId::new(&random),
            org: OrgId::new(&random),
            account: AccountId::new(&random),
            subject: SubjectId::new(&random),
            options: Scope::All.into(),
        })
    }

    fn callers_with(token: &Secret, standing: Standing) -> Callers {
        let callers = Callers::new(Duration::from_secs(2));
        callers.replace(HashMap::from([(TokenHash::of(token.expose()), standing)]), NOW);
        callers
    }

    #[test]
    fn a_token_is_a_prefix_and_43_digits_and_never_the_same() {
        let random = SeededRandom::new(1);
        let tokens: HashSet<String> = (0..1000).map(|_| new_token(&random).expose().to_owned()).collect();
        assert_eq!(tokens.len(), 1000);
        assert!(tokens.iter().all(|token| token.len() == 47
            && token.starts_with("cdr_")
            && token[4..].bytes().all(|byte| byte.is_ascii_alphanumeric())));
    }

    #[test]
    fn all_256_bits_are_in_the_token() {
        struct Fixed(u8);
        impl Random for Fixed {
            fn fill(&self, buffer: &mut [u8]) {
                buffer.fill(self.0);
            }
        }
        assert_eq!(new_token(&Fixed(0)).expose(), format!("cdr_{}", "0".repeat(43)));
        // 2^256 − 1 in base 62, least digit first, worked out with Python's integers.
        let most = "cdr_1pX8wOr5j2ACunjH7GLL8mWZWHmY1LA1ZO6Adwksjhy";
        assert_eq!(new_token(&Fixed(255)).expose(), most);
    }

    #[test]
    fn a_known_token_finds_its_caller_and_others_find_nobody() {
        let random = SeededRandom::new(2);
        let token = new_token(&random);
        let callers = callers_with(&token, Standing::Live(caller(1)));
        assert_eq!(callers.find(token.expose(), NOW).unwrap(), caller(1));
        for wrong in ["", "cdr_", "sk-123", new_token(&random).expose()] {
            assert_eq!(callers.find(wrong, NOW), Err(FindError::Unknown));
        }
    }

    #[test]
    fn a_revoked_key_and_a_frozen_account_are_told_apart() {
        let token = new_token(&SeededRandom::new(3));
        for (standing, error) in [
            (Standing::Revoked, FindError::Revoked),
            (Standing::Frozen, FindError::Frozen),
        ] {
            assert_eq!(callers_with(&token, standing).find(token.expose(), NOW), Err(error));
        }
    }

    #[test]
    fn an_unconfirmed_snapshot_finds_nobody() {
        let token = new_token(&SeededRandom::new(4));
        let callers = callers_with(&token, Standing::Live(caller(1)));
        let late = NOW + Duration::from_millis(2001);
        assert_eq!(callers.find(token.expose(), late), Err(FindError::Stale));
        callers.confirm(NOW + Duration::from_secs(1));
        assert!(callers.find(token.expose(), late).is_ok());
        assert_eq!(
            Callers::new(Duration::from_secs(2)).find(token.expose(), NOW),
            Err(FindError::Stale)
        );
    }
}
