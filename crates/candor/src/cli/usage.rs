//! `candor usage`: what an account used, by key, from the record.

use base::ids::KeyId;
use base::money::{Currency, Micro};
use clap::Args;
use policy::Purpose;
use serde::{Deserialize, Serialize};

use super::Global;
use super::command::{Command as Ask, Reply};
use super::failure::Failure;
use super::reach::ask;
use super::terminal::{Format, Terminal};
use crate::instance::Instance;
use crate::people::Email;
use crate::records::UsageSum;

/// Whose usage.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The account's e-mail address
    #[arg(long)]
    account: String,
    /// One JSON document
    #[arg(long)]
    json: bool,
}

/// What an account used while its generation log lives.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Usage {
    /// A row a key.
    pub keys: Vec<KeyUsage>,
    /// The currency of the costs.
    pub currency: Currency,
}

/// What one key used.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeyUsage {
    /// The key's name.
    pub key_name: String,
    /// Settled generations that reached a provider.
    pub requests: u64,
    /// Generations that were refused before any provider saw them.
    pub refused: u64,
    /// Of the requests, those that no provider answered.
    pub failed: u64,
    /// Tokens of prompts.
    pub input_tokens: u64,
    /// Tokens of answers.
    pub output_tokens: u64,
    /// What they cost.
    pub cost_micro: Micro,
}

/// Runs the command.
///
/// # Errors
/// There is no such account.
pub fn run(global: &Global, arguments: Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let Arguments { account, json } = arguments;
    let Reply::Usage(usage) = ask(global, Ask::Usage { account })? else {
        return Err(Failure::unexpected_reply());
    };
    if Format::of_switch(json) == Format::Json {
        return terminal.json(&usage);
    }
    terminal.line(format!(
        "{:<24} {:>10} {:>10} {:>14} {:>14} {:>16}",
        "key", "requests", "refused", "input tokens", "output tokens", "cost"
    ))?;
    for key in &usage.keys {
        terminal.line(format!(
            "{:<24} {:>10} {:>10} {:>14} {:>14} {:>12} {}",
            key.key_name,
            key.requests,
            key.refused,
            key.input_tokens,
            key.output_tokens,
            key.cost_micro,
            usage.currency
        ))?;
    }
    Ok(())
}

/// What an account used, by key, in the order in which the keys were made; keys that share a name (revoked ones) are one row.
///
/// # Errors
/// There is no such account.
pub async fn usage(instance: &Instance, account: &str) -> Result<Usage, Failure> {
    let account = instance.people.find_account(&Email::parse(account)?).await?;
    let (keys, grant) = instance.people.list_keys(account, Purpose::Billing).await?;
    let ids: Vec<KeyId> = keys.iter().map(|key| key.key).collect();
    let sums = instance.records.usage(&ids).await.map_err(Failure::failed)?;
    let mut rows: Vec<(String, UsageSum)> = Vec::new();
    for (key, (_, sum)) in keys.into_iter().zip(sums) {
        let name = key.name.into_inner(&grant);
        match rows.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => known.add(&sum),
            None => rows.push((name, sum)),
        }
    }
    Ok(Usage {
        keys: rows.into_iter().map(row).collect(),
        currency: instance.config.money.currency,
    })
}

fn row((key_name, sum): (String, UsageSum)) -> KeyUsage {
    KeyUsage {
        key_name,
        requests: sum.requests,
        refused: sum.refused,
        failed: sum.failed,
        input_tokens: sum.input_tokens,
        output_tokens: sum.output_tokens,
        cost_micro: sum.cost,
    }
}
