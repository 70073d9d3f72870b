//! People: subjects, accounts, organisations, API keys.
//!
//! Promises: subject (a person), account (a login) and organisation (who pays) are three things from the first row; e-mail,
//! user name and names of keys are sealed with the person's key; of an API key only its digest is kept; what changes here
//! is known to every process within `auth.stale`.
//! Leaves out: sign-in, sessions, invitations; money and records, which know people by id alone.

pub mod accounts;
pub mod anew;
pub mod issue;
pub mod keys;
pub mod options;
pub mod owners;
pub mod passwords;
pub mod refresh;
pub mod replay;
pub mod store;
pub mod tables;

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use ::store::db::{Db, DbError};
use ::store::keys::{Keys, KeysError};
use base::clock::Clock;
use base::random::Random;
use tokio::sync::Semaphore;

use crate::privacy::gate::{Denied, Gate};
use keys::Callers;
use passwords::PasswordError;

/// What is known of people, and what is done with it.
pub struct People {
    db: Db,
    keys: Arc<Keys>,
    gate: Arc<Gate>,
    callers: Arc<Callers>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    /// One at a time reads the snapshot, so that an older one never replaces a newer.
    turn: Semaphore,
    /// The change sequence that the snapshot holds.
    seen: AtomicI64,
}

/// Why something about people could not be done.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// No account has this e-mail address.
    #[error("no account has this e-mail address")]
    NoSuchAccount,
    /// An account has it already.
    #[error("an account with this e-mail address exists already")]
    AccountExists,
    /// The text is no address.
    #[error("this is no e-mail address; write it as `name@example.org`")]
    Email,
    /// A name that can't be one.
    #[error("a {what} has 1 to {limit} characters and no control characters")]
    Name {
        /// Which name.
        what: &'static str,
        /// Characters at most.
        limit: usize,
    },
    /// The account has no such key.
    #[error("this account has no key of this name that is not revoked")]
    NoSuchKey,
    /// The account has a key of this name.
    #[error("this account has a key of this name already; choose another `--name` or revoke that one")]
    KeyExists,
    /// A key's list of models that is too long.
    #[error("a key can be restricted to at most {} models", options::MAX_MODELS)]
    TooManyModels,
    /// A key that would never be taken.
    #[error("a key's end must lie in the future")]
    EndsBeforeItBegins,
    /// The password.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The gate said no.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Keys of persons.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// What was opened is no text: a defect of the program.
    #[error("a sealed value is not what was sealed")]
    Damaged,
}

impl People {
    /// Joins the stores; knows nobody until the first [`People::refresh`], which this does.
    pub async fn open(
        db: Db,
        keys: Arc<Keys>,
        gate: Arc<Gate>,
        callers: Arc<Callers>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, PeopleError> {
        let people = Self {
            db,
            keys,
            gate,
            callers,
            clock,
            random,
            turn: Semaphore::new(1),
            seen: AtomicI64::new(0),
        };
        people.refresh().await?;
        Ok(people)
    }
}

/// An e-mail address. Personal: it has no Debug and no Display.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    const MAX_BYTES: usize = 254;

    /// Reads an address: one `@`, something on both sides, no spaces. Whether mail arrives is seen by sending one.
    pub fn parse(text: &str) -> Result<Self, PeopleError> {
        let text = text.trim();
        let (name, host) = text.rsplit_once('@').ok_or(PeopleError::Email)?;
        let is_odd = |character: char| character.is_whitespace() || character.is_control();
        if name.is_empty() || host.is_empty() || text.len() > Self::MAX_BYTES || text.chars().any(is_odd) {
            return Err(PeopleError::Email);
        }
        Ok(Self(text.to_owned()))
    }

    /// As it was typed, for sealing.
    pub(super) fn as_typed(&self) -> &str {
        &self.0
    }

    /// As it is looked up: no provider that people use tells `Ada@` from `ada@`.
    pub(super) fn normalised(&self) -> String {
        self.0.to_lowercase()
    }
}

/// What an account may do beyond its own things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Nothing.
    Member,
    /// The operator's pages.
    Operator,
}

impl Role {
    /// As it is stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Operator => "operator",
        }
    }

    /// The role with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Member, Self::Operator]
            .into_iter()
            .find(|role| role.as_str() == name)
    }
}

/// Checks a name that a person gave to something.
fn checked_name(what: &'static str, limit: usize, name: &str) -> Result<(), PeopleError> {
    if name.is_empty() || name.chars().count() > limit || name.chars().any(char::is_control) {
        return Err(PeopleError::Name { what, limit });
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_looked_up_in_small_letters_and_kept_as_typed() {
        let email = Email::parse(" Ada@Example.ORG\n").ok().unwrap();
        assert_eq!(
            (email.as_typed(), email.normalised().as_str()),
            ("Ada@Example.ORG", "ada@example.org")
        );
    }

    #[test]
    fn what_is_no_address_is_refused_without_being_shown() {
        let long = format!("{}@x", "a".repeat(300));
        for wrong in [
            "",
            "ada",
            "@",
            "ada@",
            "@example.org",
            "a da@example.org",
            "a\u{0}@b",
            &long,
        ] {
            let error = Email::parse(wrong).err().unwrap();
            assert!(matches!(error, PeopleError::Email));
        }
    }
}
