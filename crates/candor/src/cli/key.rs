//! `candor key …`: the keys that programs show.

use std::fmt;
use std::time::Duration;

use base::ids::KeyId;
use base::limits::{GRAMMAR, Limits};
use base::span::parse_duration;
use base::time::{Day, Timestamp};
use clap::{Args, Subcommand};
use policy::Purpose;
use serde::{Deserialize, Serialize};

use super::Global;
use super::command::{Command as Ask, Reply};
use super::failure::Failure;
use super::reach::ask;
use super::terminal::{Format, Terminal};
use crate::backups::beside::{Beside, Revocation};
use crate::config::nearest::nearest;
use crate::config::provider::SANDBOX_MODELS;
use crate::instance::Instance;
use crate::people::Email;
use crate::people::keys::Scope;
use crate::people::options::KeyOptions;

const LIVE: &str = "live";
const REVOKED: &str = "revoked";
const EXPIRED: &str = "expired";

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
    /// `all`, or `sandbox`: only the built-in test models
    #[arg(long, default_value = "all")]
    scope: String,
    /// A model that it may use and, if any is named, no other one; may be repeated
    #[arg(long, value_name = "NAME")]
    model: Vec<String>,
    /// How much it may use, such as `requests=60/m,tokens=100000/m,concurrent=8`; may be repeated
    #[arg(long, value_name = "LIMITS")]
    limit: Vec<String>,
    /// When it ends: `30d`, `2027-01-31` (00:00 UTC) or `2027-01-31T18:00:00+01:00`
    #[arg(long, value_name = "WHEN")]
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
    fn options(&self) -> Result<OptionsAsked, Failure> {
        let scope = Scope::from_name(&self.scope).ok_or_else(|| {
            Failure::usage(format!(
                "--scope: there is no scope `{}`; write `all` (every model) or `sandbox` (the built-in test models)",
                self.scope
            ))
        })?;
        let limits = if self.limit.is_empty() {
            Limits::NONE
        } else {
            let read = self.limit.join(",").parse::<Limits>();
            read.map_err(|wrong| Failure::usage(format!("--limit: {wrong}; write {GRAMMAR}")))?
        };
        Ok(OptionsAsked {
            scope: scope.as_str().to_owned(),
            models: self.model.clone(),
            limits,
            ends: self.expires.as_deref().map(ends).transpose()?,
        })
    }
}

/// What a new key may do, as it was asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OptionsAsked {
    scope: String,
    models: Vec<String>,
    limits: Limits,
    ends: Option<Ends>,
}

/// When a new key ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Ends {
    /// So long after it was made.
    After(Duration),
    /// At a moment.
    At(Timestamp),
}

fn ends(text: &str) -> Result<Ends, Failure> {
    if let Ok(span) = parse_duration(text) {
        return Ok(Ends::After(span));
    }
    let moment = text.parse::<Day>().map(Day::start).or_else(|_| text.parse());
    moment.map(Ends::At).map_err(|_| {
        Failure::usage(format!(
            "--expires: `{text}` is no moment; write a span such as `30d`, a day such as `2027-01-31` (it ends as that day begins, UTC) or \
             a time such as `2027-01-31T18:00:00+01:00`"
        ))
    })
}

/// Runs the command.
///
/// # Errors
/// There is no such account or key, or an option means nothing.
pub fn run(global: &Global, command: Command, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    match command {
        Command::Create(create) => {
            let options = create.options()?;
            let Create { account, name, .. } = create;
            match ask(global, Ask::KeyCreate { account, name, options })? {
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
    /// The only models that it may use; all of its scope if none is named.
    pub models: Vec<String>,
    /// How much it may use; empty: not limited by itself.
    pub limits: Limits,
    /// When it ends, if it does.
    pub expires_at: Option<Timestamp>,
    /// `live`, `revoked` or `expired`.
    pub state: String,
}

fn print(keys: &[KeyShown], format: Format, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    if format == Format::Json {
        return terminal.json(&serde_json::json!({ "keys": keys }));
    }
    for key in keys {
        terminal.line(key)?;
    }
    Ok(())
}

impl fmt::Display for KeyShown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<24} {:<8} {} {}",
            self.name, self.scope, self.created_at, self.state
        )?;
        match (self.revoked_at, self.expires_at) {
            (Some(at), _) => write!(f, " {at}")?,
            (None, Some(at)) if self.state == EXPIRED => write!(f, " {at}")?,
            (None, Some(at)) => write!(f, ", until {at}")?,
            (None, None) => {}
        }
        if !self.limits.is_none() {
            write!(f, ", {}", self.limits)?;
        }
        if !self.models.is_empty() {
            write!(f, ", only {}", self.models.join(" "))?;
        }
        Ok(())
    }
}

/// Makes a key; its token is shown this once.
///
/// # Errors
/// There is no such account, it has a key of this name, or what is asked for can't be.
pub async fn create(
    instance: &Instance,
    account: &str,
    name: Option<&str>,
    asked: OptionsAsked,
) -> Result<String, Failure> {
    require_models(instance, &asked.models)?;
    let now = instance.machine.clock.now();
    let options = KeyOptions {
        scope: Scope::from_name(&asked.scope).ok_or_else(|| Failure::usage("there is no such scope"))?,
        models: asked.models,
        limits: asked.limits,
        expires_at: asked.ends.map(|ends| match ends {
            Ends::After(span) => now.plus(span),
            Ends::At(moment) => moment,
        }),
    };
    let account = instance.people.find_account(&Email::parse(account)?).await?;
    let issued = instance.people.create_key(account, name, options).await?;
    Ok(issued.token.expose().to_owned())
}

/// A key for a model that a slip of the pen made would be a key for nothing.
fn require_models(instance: &Instance, asked: &[String]) -> Result<(), Failure> {
    let config = instance.in_force();
    let configured = config.models.iter();
    let names = configured.flat_map(|model| std::iter::once(&model.name).chain(&model.aliases));
    let known: Vec<&str> = names.map(String::as_str).chain(SANDBOX_MODELS).collect();
    match asked.iter().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(unknown) => {
            let near = nearest(unknown, known.iter().copied());
            let write = near.map_or_else(
                || format!("there are {}", known.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            Err(Failure::usage(format!(
                "--model: this configuration has no model `{unknown}`; {write}"
            )))
        }
    }
}

/// Lists an account's keys.
///
/// # Errors
/// There is no such account.
pub async fn list(instance: &Instance, account: &str) -> Result<Vec<KeyShown>, Failure> {
    let account = instance.people.find_account(&Email::parse(account)?).await?;
    let (keys, grant) = instance.people.list_keys(account, Purpose::Operation).await?;
    let now = instance.machine.clock.now();
    let shown = keys.into_iter().map(|key| KeyShown {
        key: key.key,
        name: key.name.into_inner(&grant),
        scope: key.options.scope.as_str().to_owned(),
        created_at: key.created_at,
        revoked_at: key.revoked_at,
        state: match key.revoked_at {
            Some(_) => REVOKED,
            None if key.options.is_expired(now) => EXPIRED,
            None => LIVE,
        }
        .to_owned(),
        models: key.options.models,
        limits: key.options.limits,
        expires_at: key.options.expires_at,
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
