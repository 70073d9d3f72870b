//! `candor key …`: the keys that programs show.

use clap::{Args, Subcommand};

use super::failure::Failure;

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
    pub account: String,
    /// A name to tell it by
    #[arg(long, default_value = "default")]
    pub name: String,
    /// `sandbox`: only the built-in test models
    #[arg(long)]
    pub scope: Option<String>,
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
    pub account: String,
    /// One JSON document
    #[arg(long)]
    pub json: bool,
}

/// The key to end.
#[derive(Debug, Args)]
pub struct Revoke {
    /// The account's e-mail address
    #[arg(long)]
    pub account: String,
    /// The key's name
    #[arg(long)]
    pub name: String,
}

impl Create {
    fn refuse_what_is_to_come(&self) -> Result<(), Failure> {
        if let Some(scope) = self.scope.as_deref().filter(|scope| *scope != "sandbox") {
            return Err(Failure::to_come(&format!(
                "`--scope {scope}` is (only `--scope sandbox`)"
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
