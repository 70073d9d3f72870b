//! What a command asks of an instance, and what it answers: the same whether the command opened the store itself or the process that
//! owns it was asked over the control socket.
//!
//! Promises: a command never prints and never reads the terminal or the environment here; it is its arguments and nothing else.
//! Leaves out: reading arguments and showing answers (each command's file), the way to the instance (`reach`).

use std::path::PathBuf;
use std::time::Duration;

use base::money::Micro;
use base::time::Day;
use serde::{Deserialize, Serialize};

use super::account::{self, AccountShown};
use super::aggregates;
use super::backup::{self, BackupMade};
use super::config;
use super::credit::{self, Balance};
use super::failure::Failure;
use super::key::{self, KeyShown, OptionsAsked};
use super::policy::{self, Standing};
use super::sweep;
use super::usage::{self, Usage};
use super::verify;
use crate::config::live::Reloaded;
use crate::instance::Instance;
use crate::privacy::evidence::Verified;
use crate::privacy::retention::{Outlook, Swept};

/// What was spooled must be applied within this time.
const FLUSH_WITHIN: Duration = Duration::from_secs(30);

/// What is asked for.
#[derive(Serialize, Deserialize)]
pub enum Command {
    /// A new account.
    AccountCreate {
        /// Its e-mail address.
        email: String,
        /// The name to show.
        username: Option<String>,
        /// What it may do.
        role: String,
        /// Its password.
        password: Option<String>,
    },
    /// One account.
    AccountShow {
        /// Its e-mail address.
        email: String,
    },
    /// Refuse it or let it in.
    AccountState {
        /// Its e-mail address.
        email: String,
        /// The state from now on.
        state: String,
    },
    /// A new API key.
    KeyCreate {
        /// The account's e-mail address.
        account: String,
        /// The key's name; the program finds one, if none is given.
        name: Option<String>,
        /// What it may be used for.
        options: OptionsAsked,
    },
    /// All keys of an account.
    KeyList {
        /// The account's e-mail address.
        account: String,
    },
    /// The end of a key.
    KeyRevoke {
        /// The account's e-mail address.
        account: String,
        /// The key's name.
        name: String,
    },
    /// Credit for an account's personal organisation.
    CreditGrant {
        /// The account's e-mail address.
        account: String,
        /// How much, in the currency of the books.
        amount: Micro,
    },
    /// What an account used, by key.
    Usage {
        /// The account's e-mail address.
        account: String,
    },
    /// Look whether the promises are kept.
    Verify,
    /// What was released of days that ended.
    Aggregates {
        /// Days after this one.
        after: Day,
    },
    /// Apply what is in the spool.
    Flush,
    /// Load the configuration again.
    Reload,
    /// A copy of everything but the keyring.
    Backup {
        /// An absolute path of a folder that doesn't exist or is empty.
        folder: PathBuf,
    },
    /// End what is over.
    Sweep,
    /// What is over.
    Outlook,
    /// What is known of a policy.
    PolicyStanding {
        /// Of everything that its page says.
        hash: [u8; 32],
    },
}

impl Command {
    /// Whether it makes the instance where there is none. All others have nothing to act on then, and looking must not make one.
    pub const fn may_make_an_instance(&self) -> bool {
        matches!(self, Self::AccountCreate { .. })
    }
}

/// What is answered.
#[derive(Serialize, Deserialize)]
pub enum Reply {
    /// It is done.
    Done,
    /// An account.
    Account(AccountShown),
    /// A new key's token, for this once.
    Token(String),
    /// Keys.
    Keys(Vec<KeyShown>),
    /// The balance afterwards.
    Balance(Balance),
    /// What was used.
    Usage(Usage),
    /// How the promises stand.
    Verified(Verified),
    /// A backup that was made.
    Backup(BackupMade),
    /// What was released.
    Aggregates(aggregates::Page),
    /// What a sweep did.
    Swept(Swept),
    /// What the next sweep would do.
    Outlook(Outlook),
    /// What is known of a policy.
    PolicyStanding(Standing),
    /// What a load changed.
    Reloaded(Reloaded),
}

/// Runs a command on an opened instance.
///
/// # Errors
/// What is asked for makes no sense, or the work can't be done.
pub async fn run(command: Command, instance: &Instance) -> Result<Reply, Failure> {
    match command {
        Command::AccountCreate {
            email,
            username,
            role,
            password,
        } => account::create(instance, &email, username, &role, password)
            .await
            .map(Reply::Account),
        Command::AccountShow { email } => {
            // A balance is only as true as what was booked.
            flush(instance).await?;
            account::show(instance, &email).await.map(Reply::Account)
        }
        Command::AccountState { email, state } => {
            account::set_state(instance, &email, &state).await.map(|()| Reply::Done)
        }
        Command::KeyCreate { account, name, options } => key::create(instance, &account, name.as_deref(), options)
            .await
            .map(Reply::Token),
        Command::KeyList { account } => key::list(instance, &account).await.map(Reply::Keys),
        Command::KeyRevoke { account, name } => key::revoke(instance, &account, &name).await.map(|()| Reply::Done),
        Command::CreditGrant { account, amount } => credit::grant(instance, &account, amount).await.map(Reply::Balance),
        Command::Usage { account } => {
            flush(instance).await?;
            usage::usage(instance, &account).await.map(Reply::Usage)
        }
        Command::PolicyStanding { hash } => policy::standing(instance, hash).await.map(Reply::PolicyStanding),
        Command::Verify => verify::verify(instance).await.map(Reply::Verified),
        Command::Flush => flush(instance).await.map(|()| Reply::Done),
        Command::Reload => config::reload(instance).await.map(Reply::Reloaded),
        Command::Backup { folder } => {
            flush(instance).await?;
            backup::backup(instance, &folder).await.map(Reply::Backup)
        }
        Command::Aggregates { after } => aggregates::released(instance, after).await.map(Reply::Aggregates),
        Command::Sweep => sweep::sweep(instance).await.map(Reply::Swept),
        Command::Outlook => sweep::outlook(instance).await.map(Reply::Outlook),
    }
}

/// Brings what is in the spool to the records: this process's own, if it serves, else what dead ones left.
async fn flush(instance: &Instance) -> Result<(), Failure> {
    let Some(spool) = instance.spool() else {
        return Ok(instance.apply_leftovers().await?);
    };
    let late = |_| Failure::failed("the spool could not be applied in time: the log says why");
    tokio::time::timeout(FLUSH_WITHIN, spool.flush()).await.map_err(late)
}
