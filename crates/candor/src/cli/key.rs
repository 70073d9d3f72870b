//! `candor key …`: the keys that programs show.

use base::ids::KeyId;
use base::time::Timestamp;
use clap::{Args, Subcommand};
use policy::Purpose;
use serde::{Deserialize, Serialize};

use super::Global;
use super::command::{Command as Ask, Reply};
use super::failure::Failure;
use super::reach::ask;
use super::terminal::{Format, Terminal};
use crate::backups::beside::{Beside, Revocation};
use crate::instance::Instance;
use crate::people::Email;
use crate::people::keys::Scope;

/// What to do with API keys.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes a key and prints it once, alone
    Create(Create),
    /// Lists an account's keys
    List(List),
    /// Ends a key within two seconds, on every process
    Revoke(Revoke),
}

/// A new key.
#[derive(Debug, Args)]
pub struct Create {
    /// The account's e-mail address
    #[arg(long)]
    account: String,
    /// A name to tell it by
    #[arg(long)]
    name: Option<String>,
    /// `sandbox`: only the built-in test models
    #[arg(long)]
    scope: Option<String>,
    #[arg(long, hide = true)]
    limit: Option<String>,
    #[arg(long, hide = true)]
    model: Option<String>,
    #[arg(long, hide = true)]
    expires: Option<String>,
}

/// Whose keys to list.
#[derive(Debug, Args)]
pub struct List {
    /// The account's e-mail address
    #[arg(long)]
    account: String,
    /// One JSON document
    #[arg(long)]
    json: bool,
}

/// The key to end.
#[derive(Debug, Args)]
pub struct Revoke {
    /// The account's e-mail address
    #[arg(long)]
    account: String,
    /// The key's name
    #[arg(long)]
    name: String,
}

impl Create {
    fn refuse_what_is_to_come(&self) -> Result<(), Failure> {
        if let Some(scope) = self.scope.as_deref().filter(|scope| *scope != "sandbox") {
            return Err(Failure::usage(format!(
                "`--scope {scope}` is not part of this version yet, only `--scope sandbox`"
            )));
        }
        let to_come = [
            ("--limit", &self.limit),
            ("--model", &self.model),
            ("--expires", &self.expires),
        ];
        match to_come.iter().find(|(_, value)| value.is_some()) {
            Some((option, _)) => Err(Failure::to_come(&format!("`{option}` is"))),
            None => Ok(()),
        }
    }
}

/// Runs the command.
///
/// # Errors
/// There is no such account or key, or an option is still to come.
pub fn run(global: &Global, command: Command, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    match command {
        Command::Create(create) => {
            create.refuse_what_is_to_come()?;
            let scope = if create.scope.is_some() {
                Scope::Sandbox
            } else {
                Scope::All
            };
            let Create { account, name, .. } = create;
            match ask(
                global,
                Ask::KeyCreate {
                    account,
                    name,
                    scope: scope.as_str().to_owned(),
                },
            )? {
                Reply::Token(token) => terminal.line(token),
                _ => Err(Failure::unexpected_reply()),
            }
        }
        Command::List(List { account, json }) => match ask(global, Ask::KeyList { account })? {
            Reply::Keys(keys) => print(&keys, Format::of_switch(json), terminal),
            _ => Err(Failure::unexpected_reply()),
        },
        Command::Revoke(Revoke { account, name }) => ask(global, Ask::KeyRevoke { account, name }).map(drop),
    }
}

/// A key as the operator sees it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeyShown {
    /// Its id.
    pub key: KeyId,
    /// Its name.
    pub name: String,
    /// `all` or `sandbox`.
    pub scope: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

fn print(keys: &[KeyShown], format: Format, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    if format == Format::Json {
        return terminal.json(&serde_json::json!({ "keys": keys }));
    }
    for key in keys {
        let state = key
            .revoked_at
            .map_or_else(|| "live".to_owned(), |at| format!("revoked {at}"));
        terminal.line(format!("{:<24} {:<8} {} {state}", key.name, key.scope, key.created_at))?;
    }
    Ok(())
}

/// Makes a key; its token is shown this once.
///
/// # Errors
/// There is no such account, or it has a key of this name.
pub async fn create(instance: &Instance, account: &str, name: Option<&str>, scope: &str) -> Result<String, Failure> {
    let scope = Scope::from_name(scope).ok_or_else(|| Failure::usage("there is no such scope"))?;
    let account = instance.people.find_account(&Email::parse(account)?).await?;
    let issued = instance.people.create_key(account, name, scope).await?;
    Ok(issued.token.expose().to_owned())
}

/// Lists an account's keys.
///
/// # Errors
/// There is no such account.
pub async fn list(instance: &Instance, account: &str) -> Result<Vec<KeyShown>, Failure> {
    let account = instance.people.find_account(&Email::parse(account)?).await?;
    let (keys, grant) = instance.people.list_keys(account, Purpose::Operation).await?;
    let shown = keys.into_iter().map(|key| KeyShown {
        key: key.key,
        name: key.name.into_inner(&grant),
        scope: key.scope.as_str().to_owned(),
        created_at: key.created_at,
        revoked_at: key.revoked_at,
    });
    Ok(shown.collect())
}

/// Ends a key, and notes it beside the keyring, so that no restored backup brings it back.
///
/// # Errors
/// There is no such account or key, or the note can't be written; the key is revoked then.
pub async fn revoke(instance: &Instance, account: &str, name: &str) -> Result<(), Failure> {
    let account = instance.people.find_account(&Email::parse(account)?).await?;
    let key = instance.people.revoke_key(account, name).await?;
    let (disk, at) = (instance.machine.disk.clone(), instance.machine.clock.now());
    let beside = Beside::keyring(&instance.config.keyring());
    beside.revoked(&*disk, Revocation { key, at }).map_err(|error| {
        Failure::failed(format!(
            "the key is revoked, but a restored backup would bring it back: {error}"
        ))
    })
}
