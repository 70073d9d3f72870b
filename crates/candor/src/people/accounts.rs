//! Accounts: made, shown, frozen.
//!
//! Promises: an account comes with its person, the person's key and a personal organisation, or not at all; nobody else's
//! e-mail address is told by looking one up.
//! Leaves out: sign-up by people themselves, rights.

use base::ids::{AccountId, OrgId, SubjectId};
use base::secret::Secret;
use base::time::Timestamp;
use policy::{Grant, Personal, Purpose};

use super::store::{self, AccountRow, NewRows};
use super::{Email, People, PeopleError, Role, checked_name, passwords};
use crate::privacy::gate::ProcessingState;

/// Characters of a user name at most.
pub const MAX_USERNAME: usize = 64;

pub(super) const TABLE: &str = "account";
pub(super) const EMAIL: &str = "email";
const USERNAME: &str = "username";
const PASSWORD: &str = "password";

/// What an account is made of.
pub struct NewAccount {
    /// Its address.
    pub email: Email,
    /// Its name, if one was chosen.
    pub username: Option<String>,
    /// What it may do.
    pub role: Role,
    /// Its password; none: it can't sign in.
    pub password: Option<Secret>,
}

/// An account, by its ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// The login.
    pub account: AccountId,
    /// The person.
    pub subject: SubjectId,
    /// The personal organisation, which pays.
    pub org: OrgId,
}

/// An account as the operator sees it.
pub struct Shown {
    /// Its ids.
    pub account: Account,
    /// What it may do.
    pub role: Role,
    /// What may be done with the person's data.
    pub state: ProcessingState,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its address.
    pub email: Personal<String>,
    /// Its name.
    pub username: Option<Personal<String>>,
}

impl People {
    /// Makes an account.
    pub async fn create_account(&self, new: NewAccount) -> Result<Account, PeopleError> {
        if let Some(username) = &new.username {
            checked_name("user name", MAX_USERNAME, username)?;
        }
        let account = Account {
            account: AccountId::new(&*self.random),
            subject: SubjectId::new(&*self.random),
            org: OrgId::new(&*self.random),
        };
        let password = match &new.password {
            Some(password) => Some(passwords::hash(password, &*self.random).await?),
            None => None,
        };
        // The key comes first: a key without a person is harmless, a person without a key could not be read.
        self.keys.new_subject(account.subject).await?;
        let added = self.add_rows(account, &new, password.as_ref()).await;
        if added.is_err() {
            self.keys.remove_subject(account.subject).await?;
        }
        added?;
        self.refresh().await?;
        Ok(account)
    }

    async fn add_rows(&self, account: Account, new: &NewAccount, password: Option<&Secret>) -> Result<(), PeopleError> {
        let normalised = new.email.normalised();
        let username = match &new.username {
            Some(username) => Some(self.seal(account, USERNAME, username).await?),
            None => None,
        };
        let password = match password {
            Some(hash) => Some(self.seal(account, PASSWORD, hash.expose()).await?),
            None => None,
        };
        let rows = NewRows {
            account: account.account,
            subject: account.subject,
            org: account.org,
            role: new.role,
            email: self.seal(account, EMAIL, new.email.as_typed()).await?,
            email_tag: self.keys.email_index(&normalised)?,
            email_tags: self.email_tags(&normalised),
            username,
            password,
            created_at: self.clock.now(),
        };
        store::add_account(&self.db, &rows).await
    }

    /// The account with this address.
    pub async fn find_account(&self, email: &Email) -> Result<Account, PeopleError> {
        Ok(self.find_row(email).await?.ids())
    }

    /// The account with this address, opened for `purpose`.
    pub async fn show_account(&self, email: &Email, purpose: Purpose) -> Result<(Shown, Grant), PeopleError> {
        let row = self.find_row(email).await?;
        let account = row.ids();
        let grant = self.grant(account.subject, purpose).await?;
        let username = match &row.username {
            Some(sealed) => Some(self.open_text(account, USERNAME, sealed, &grant).await?),
            None => None,
        };
        let shown = Shown {
            account,
            role: row.role,
            state: row.state,
            created_at: row.created_at,
            email: self.open_text(account, EMAIL, &row.email, &grant).await?,
            username,
        };
        Ok((shown, grant))
    }

    /// Stops or resumes the service for the person behind an account; every process knows within `auth.stale`.
    pub async fn set_state(&self, email: &Email, state: ProcessingState) -> Result<Account, PeopleError> {
        let account = self.find_account(email).await?;
        store::set_state(&self.db, account.subject, state).await?;
        self.refresh().await?;
        Ok(account)
    }

    /// Is there any account? Asked at the first start.
    pub async fn is_empty(&self) -> Result<bool, PeopleError> {
        Ok(store::is_empty(&self.db).await?)
    }

    /// A grant of the gate, for somebody whom another process may just have added.
    pub(super) async fn grant(&self, subject: SubjectId, purpose: Purpose) -> Result<Grant, PeopleError> {
        if self.gate.state(subject).is_none() {
            self.refresh().await?;
        }
        Ok(self.gate.grant(subject, purpose)?)
    }

    async fn find_row(&self, email: &Email) -> Result<AccountRow, PeopleError> {
        let tags = self.email_tags(&email.normalised());
        store::find_account(&self.db, &tags)
            .await?
            .ok_or(PeopleError::NoSuchAccount)
    }

    /// What the address may be stored as, newest week first.
    fn email_tags(&self, normalised: &str) -> Vec<[u8; 32]> {
        let indexes = self.keys.email_indexes(normalised);
        indexes.into_iter().rev().map(|(_, tag)| tag).collect()
    }

    async fn seal(&self, account: Account, column: &'static str, text: &str) -> Result<Vec<u8>, PeopleError> {
        let row = account.account.as_bytes();
        let sealed = self
            .keys
            .seal_for_subject(account.subject, TABLE, column, row, text.as_bytes());
        Ok(sealed.await?)
    }

    async fn open_text(
        &self,
        account: Account,
        column: &'static str,
        sealed: &[u8],
        grant: &Grant,
    ) -> Result<Personal<String>, PeopleError> {
        let row = account.account.as_bytes();
        let opened = self
            .keys
            .open_for_subject(account.subject, TABLE, column, row, sealed, grant)
            .await?;
        text(opened, grant)
    }
}

impl AccountRow {
    const fn ids(&self) -> Account {
        Account {
            account: self.account,
            subject: self.subject,
            org: self.org,
        }
    }
}

/// Opened bytes as the text that was sealed.
pub(super) fn text(opened: Personal<Vec<u8>>, grant: &Grant) -> Result<Personal<String>, PeopleError> {
    let text = String::from_utf8(opened.into_inner(grant)).map_err(|_| PeopleError::Damaged)?;
    Ok(Personal::new(text))
}
