//! `candor account …`: who may come in.

use clap::{Args, Subcommand};

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
    /// Keeps its data but uses none of it
    Restrict(Named),
    /// Deletes it after the time of grace
    Delete(Named),
}

/// A new account.
#[derive(Debug, Args)]
pub struct Create {
    /// The e-mail address
    #[arg(long)]
    pub email: String,
    /// A name to show; the part of the address before the @ if none is given
    #[arg(long)]
    pub username: Option<String>,
    /// May administer this instance
    #[arg(long)]
    pub admin: bool,
    /// Reads the password from the first line of the standard input
    #[arg(long)]
    pub password_stdin: bool,
    /// One JSON document
    #[arg(long)]
    pub json: bool,
}

/// The account to show.
#[derive(Debug, Args)]
pub struct Show {
    /// The e-mail address
    pub email: String,
    /// One JSON document
    #[arg(long)]
    pub json: bool,
}

/// An account.
#[derive(Debug, Args)]
pub struct Named {
    /// The e-mail address
    pub email: String,
}
