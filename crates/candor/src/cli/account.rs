//! `candor account …`: who may come in.

use std::fmt;

use base::ids::{AccountId, OrgId};
use base::money::{Currency, Micro};
use base::secret::Secret;
use base::time::Timestamp;
use clap::{Args, Subcommand};
use policy::Purpose;
use serde::{Deserialize, Serialize};

use super::Global;
use super::command::{Command as Ask, Reply};
use super::failure::Failure;
use super::reach::ask;
use super::terminal::{Format, Terminal};
use crate::instance::Instance;
use crate::people::accounts::NewAccount;
use crate::people::{Email, Role};
use crate::privacy::gate::ProcessingState;

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes an account with a personal organisation
    Create(Create),
    /// Shows an account, its balance and what is reserved of it
    Show(Show),
    /// Refuses all of its requests from now on
    Freeze(Named),
    /// Lets it in again
    Unfreeze(Named),
    /// Keeps its data but uses none of it (not part of this version yet)
    Restrict(Named),
    /// Deletes it after the time of grace (not part of this version yet)
    Delete(Named),
}

/// A new account.
#[derive(Debug, Args)]
pub struct Create {
    /// The e-mail address
    #[arg(long)]
    email: String,
    /// A name to show
    #[arg(long)]
    username: Option<String>,
    /// May administer this instance
    #[arg(long)]
    admin: bool,
    /// Reads the password from the first line of the standard input
    #[arg(long)]
    password_stdin: bool,
    /// One JSON document
    #[arg(long)]
    json: bool,
}

/// The account to show.
#[derive(Debug, Args)]
pub struct Show {
    /// The e-mail address
    email: String,
    /// One JSON document
    #[arg(long)]
    json: bool,
}

/// An account.
#[derive(Debug, Args)]
pub struct Named {
    /// The e-mail address
    email: String,
}

/// Runs the command.
///
/// # Errors
/// There is no such account, there is one already, or rights are needed that this version lacks.
pub fn run(global: &Global, command: Command, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    match command {
        Command::Create(create) => {
            let password = if create.password_stdin {
                Some(terminal.secret_line()?.expose().to_owned())
            } else {
                None
            };
            let role = if create.admin { Role::Operator } else { Role::Member };
            let Create {
                email, username, json, ..
            } = create;
            let role = role.as_str().to_owned();
            print(
                ask(
                    global,
                    Ask::AccountCreate {
                        email,
                        username,
                        role,
                        password,
                    },
                )?,
                Format::of_switch(json),
                terminal,
            )
        }
        Command::Show(Show { email, json }) => print(
            ask(global, Ask::AccountShow { email })?,
            Format::of_switch(json),
            terminal,
        ),
        Command::Freeze(Named { email }) => set(global, email, ProcessingState::Frozen),
        Command::Unfreeze(Named { email }) => set(global, email, ProcessingState::Active),
        Command::Restrict(_) | Command::Delete(_) => Err(Failure::to_come("rights are")),
    }
}

fn print(reply: Reply, format: Format, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    match reply {
        Reply::Account(account) if format == Format::Json => terminal.json(&account),
        Reply::Account(account) => terminal.line(account),
        _ => Err(Failure::unexpected_reply()),
    }
}

fn set(global: &Global, email: String, state: ProcessingState) -> Result<(), Failure> {
    ask(
        global,
        Ask::AccountState {
            email,
            state: state.as_str().to_owned(),
        },
    )
    .map(drop)
}

/// An account as the operator sees it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AccountShown {
    /// The login.
    pub account: AccountId,
    /// The personal organisation, which pays.
    pub organisation: OrgId,
    /// The address.
    pub email: String,
    /// The name, if one was chosen.
    pub username: Option<String>,
    /// `member` or `operator`.
    pub role: String,
    /// `active` or `frozen`.
    pub state: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// In the books.
    pub balance_micro: Micro,
    /// Of it, held for what is under way or not booked yet.
    pub reserved_micro: Micro,
    /// The currency of the books.
    pub currency: Currency,
}

impl fmt::Display for AccountShown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "account       {}", self.account)?;
        writeln!(f, "organisation  {}", self.organisation)?;
        writeln!(f, "e-mail        {}", self.email)?;
        writeln!(f, "name          {}", self.username.as_deref().unwrap_or("(none)"))?;
        writeln!(f, "role          {}", self.role)?;
        writeln!(f, "state         {}", self.state)?;
        writeln!(f, "since         {}", self.created_at)?;
        writeln!(f, "balance       {} {}", self.balance_micro, self.currency)?;
        write!(f, "reserved      {} {}", self.reserved_micro, self.currency)
    }
}

/// Makes an account.
///
/// # Errors
/// The address, name or password can't be one, or there is an account already.
pub async fn create(
    instance: &Instance,
    email: &str,
    username: Option<String>,
    role: &str,
    password: Option<String>,
) -> Result<AccountShown, Failure> {
    let role = Role::from_name(role).ok_or_else(|| Failure::usage("there is no such role"))?;
    let address = Email::parse(email)?;
    let new = NewAccount {
        email: address,
        username,
        role,
        password: password.map(Secret::from),
    };
    instance.people.create_account(new).await?;
    show(instance, email).await
}

/// Shows an account.
///
/// # Errors
/// There is no such account.
pub async fn show(instance: &Instance, email: &str) -> Result<AccountShown, Failure> {
    let (shown, grant) = instance
        .people
        .show_account(&Email::parse(email)?, Purpose::Operation)
        .await?;
    let org = shown.account.org;
    let credit = instance.credit().await.map_err(Failure::failed)?;
    let standing = credit
        .standing(org, instance.config.money.currency)
        .await
        .map_err(Failure::failed)?;
    Ok(AccountShown {
        account: shown.account.account,
        organisation: org,
        email: shown.email.into_inner(&grant),
        username: shown.username.map(|name| name.into_inner(&grant)),
        role: shown.role.as_str().to_owned(),
        state: shown.state.as_str().to_owned(),
        created_at: shown.created_at,
        balance_micro: standing.balance,
        reserved_micro: standing.reserved,
        currency: standing.currency,
    })
}

/// Refuses an account or lets it in.
///
/// # Errors
/// There is no such account.
pub async fn set_state(instance: &Instance, email: &str, state: &str) -> Result<(), Failure> {
    let state = ProcessingState::from_name(state).ok_or_else(|| Failure::usage("there is no such state"))?;
    instance.people.set_state(&Email::parse(email)?, state).await?;
    Ok(())
}
