//! `candor credit grant`.

use base::money::{Currency, Micro};
use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};

use super::Global;
use super::command::{Command as Ask, Reply};
use super::failure::Failure;
use super::reach::ask;
use super::terminal::{Format, Terminal};
use crate::instance::Instance;
use crate::money::store::GrantError;
use crate::people::Email;

/// What to do with credit.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Adds credit to an account's personal organisation
    Grant(Grant),
}

/// How much for whom.
#[derive(Debug, Args)]
pub struct Grant {
    /// The account's e-mail address
    #[arg(long)]
    account: String,
    /// The amount in the currency of the books, such as 10.00
    #[arg(long, allow_hyphen_values = true)]
    amount: String,
    /// One JSON document
    #[arg(long)]
    json: bool,
}

/// What an organisation may still spend.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Balance {
    /// In the books.
    pub balance_micro: Micro,
    /// Of it, held for what is under way or not booked yet.
    pub reserved_micro: Micro,
    /// The currency of the books.
    pub currency: Currency,
}

/// Runs the command.
///
/// # Errors
/// The amount is none, or there is no such account.
pub fn run(global: &Global, command: Command, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let Command::Grant(Grant { account, amount, json }) = command;
    let amount: Micro = amount
        .parse()
        .map_err(|wrong| Failure::usage(format!("--amount: {wrong}")))?;
    if amount <= Micro::ZERO {
        return Err(Failure::usage("--amount: credit is granted in amounts above zero"));
    }
    match ask(global, Ask::CreditGrant { account, amount })? {
        Reply::Balance(balance) if Format::of_switch(json) == Format::Json => terminal.json(&balance),
        Reply::Balance(balance) => {
            terminal.line(format!("the balance is {} {}", balance.balance_micro, balance.currency))
        }
        _ => Err(Failure::unexpected_reply()),
    }
}

/// Adds credit to an account's personal organisation.
///
/// # Errors
/// There is no such account, or its books are in another currency.
pub async fn grant(instance: &Instance, account: &str, amount: Micro) -> Result<Balance, Failure> {
    let account = instance.people.find_account(&Email::parse(account)?).await?;
    let currency = instance.config.money.currency;
    let credit = instance.credit().await?;
    credit
        .grant(account.org, amount, currency, &*instance.machine.random)
        .await
        .map_err(|error| match error {
            GrantError::Db(_) => Failure::failed(error),
            GrantError::NotPositive(_) | GrantError::Currency { .. } => Failure::usage(error),
        })?;
    let standing = credit.standing(account.org, currency).await.map_err(Failure::failed)?;
    Ok(Balance {
        balance_micro: standing.balance,
        reserved_micro: standing.reserved,
        currency: standing.currency,
    })
}
