//! `candor policy check` and `candor policy render`.

use std::sync::Arc;

use base::time::Timestamp;
use clap::{Subcommand, ValueEnum};
use policy::document::State;
use policy::inventory::Checked;
use policy::page::{NumberRow, Operator, Page, PolicyHash};
use serde::{Deserialize, Serialize};

use super::Global;
use super::command::{Command as Ask, Reply};
use super::failure::Failure;
use super::reach::{ask_if_made, configured};
use super::terminal::{Format, Terminal};
use crate::config::Config;
use crate::instance::{Instance, page};
use crate::privacy::published::Parts;
use crate::privacy::{declared, pages, versions};

/// What to do with the policy.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compares the policy document with itself, the program, the schema and the configuration; exit status 1 if anything contradicts
    Check {
        /// One JSON document
        #[arg(long)]
        json: bool,
    },
    /// Shows the policy's page, as this configuration makes it
    Render {
        /// As what
        #[arg(long, value_enum, default_value_t = Rendered::Md)]
        format: Rendered,
    },
}

/// Forms of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Rendered {
    /// A page that stands for itself
    Html,
    /// Markdown
    Md,
    /// JSON, with the document; its hash can be computed again from it
    Json,
}

/// What an instance knows of a policy.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Standing {
    /// When it first ran there, if it has.
    pub first_ran_at: Option<Timestamp>,
    /// How many columns of its databases are there as declared; all of them.
    pub columns: usize,
}

/// Runs the command.
///
/// # Errors
/// The configuration is bad, or something contradicts.
pub fn run(global: &Global, command: &Command, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let config = Arc::new(configured(global)?);
    let parts = page::parts(&config).map_err(Failure::failed)?;
    match command {
        Command::Check { json } => check(&config, &parts, Format::of_switch(*json), terminal),
        Command::Render { format } => {
            let (page, _) = made(&config, &parts)?;
            terminal.line(rendered(page, &parts, *format).trim_end())
        }
    }
}

/// Looks the schema over and finds out since when a policy has run.
///
/// # Errors
/// A database holds what is not declared, or fails.
pub async fn standing(instance: &Instance, hash: [u8; 32]) -> Result<Standing, Failure> {
    let columns = instance.stores.require_inventory().await?;
    let known = versions::store::find(&instance.stores.db, PolicyHash::from_bytes(hash)).await;
    let known = known.map_err(Failure::failed)?;
    Ok(Standing {
        first_ran_at: known.map(|version| version.first_ran_at),
        columns,
    })
}

/// The page, with the date that the instance knows; without an instance, a draft.
fn made(config: &Arc<Config>, parts: &Parts) -> Result<(Page, Option<Standing>), Failure> {
    let draft = parts.making().page(None).map_err(Failure::failed)?;
    let hash = *draft.hash.as_bytes();
    let standing = match ask_if_made(config, Ask::PolicyStanding { hash })? {
        None => return Ok((draft, None)),
        Some(Reply::PolicyStanding(standing)) => standing,
        Some(_) => return Err(Failure::unexpected_reply()),
    };
    let page = parts.making().page(standing.first_ran_at).map_err(Failure::failed)?;
    Ok((page, Some(standing)))
}

fn rendered(page: Page, parts: &Parts, format: Rendered) -> String {
    match format {
        Rendered::Md => page.markdown(),
        Rendered::Json => page.json(&parts.document),
        Rendered::Html => pages::standing_alone(Arc::new(page)),
    }
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Shown<'a> {
    version: &'a str,
    hash: PolicyHash,
    first_ran_at: Option<Timestamp>,
    examined: usize,
    columns: Option<usize>,
    promises: usize,
    in_force: usize,
    stricter: Vec<&'a NumberRow>,
    unnamed: Vec<&'a str>,
    contradictions: Vec<String>,
}

fn check(config: &Arc<Config>, parts: &Parts, format: Format, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let Checked { examined, faults } = declared::examine(parts, &super::commands());
    let (page, standing) = made(config, parts)?;
    let promises = &parts.document.promises;
    let in_force = promises
        .iter()
        .filter(|promise| matches!(promise.state, State::InForce { .. }));
    let shown = Shown {
        version: &page.version,
        hash: page.hash,
        first_ran_at: standing.and_then(|standing| standing.first_ran_at),
        examined,
        columns: standing.map(|standing| standing.columns),
        promises: promises.len(),
        in_force: in_force.count(),
        stricter: page
            .content
            .numbers
            .iter()
            .filter(|row| row.stricter.is_some())
            .collect(),
        unnamed: unnamed(parts),
        contradictions: faults.iter().map(ToString::to_string).collect(),
    };
    match format {
        Format::Json => terminal.json(&shown)?,
        Format::Text => tell(&shown, config, terminal)?,
    }
    match shown.contradictions.len() {
        0 => Ok(()),
        places => Err(Failure::failed(format!(
            "the policy is contradicted in {places} places"
        ))),
    }
}

fn tell(shown: &Shown<'_>, config: &Config, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    for contradiction in &shown.contradictions {
        writeln!(terminal.err, "candor: {contradiction}")?;
    }
    terminal.line(format!("policy {}, {}", shown.version, shown.hash))?;
    terminal.line(match shown.first_ran_at {
        Some(at) => format!("in effect here since {}", at.day()),
        None => "has not run here yet".to_owned(),
    })?;
    terminal.line(format!(
        "{} of {} promises are in force",
        shown.in_force, shown.promises
    ))?;
    terminal.line(format!(
        "document, declarations, program and page: {} things looked at, {} contradictions",
        shown.examined,
        shown.contradictions.len()
    ))?;
    terminal.line(match shown.columns {
        Some(columns) => format!("schema: {columns} columns, all as declared"),
        None => format!(
            "schema: not looked at, since {} holds no instance yet",
            config.data.dir.display()
        ),
    })?;
    for row in &shown.stricter {
        let than = row.stricter.as_ref().map_or("", |stricter| stricter.than.as_str());
        terminal.line(format!(
            "stricter than promised: {} is {} instead of {than}",
            row.key, row.value
        ))?;
    }
    if !shown.unnamed.is_empty() {
        terminal.line(format!(
            "the page says that the operator has not named itself: set {}",
            shown.unnamed.join(", ")
        ))?;
    }
    Ok(())
}

/// Keys of the configuration under which the operator has not named itself yet.
fn unnamed(parts: &Parts) -> Vec<&str> {
    let Operator {
        name,
        address,
        privacy_contact,
    } = &parts.operator;
    let keys = &parts.document.controller;
    let said = [
        (&keys.name, name),
        (&keys.address, address),
        (&keys.privacy_contact, privacy_contact),
    ];
    said.into_iter()
        .filter(|(_, value)| value.is_none())
        .map(|(key, _)| key.as_str())
        .collect()
}
