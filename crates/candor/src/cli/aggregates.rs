//! `candor aggregates`: what was released of days that ended, for ever the same.

use base::money::{Currency, Micro};
use base::time::Day;
use clap::Args;
use serde::{Deserialize, Serialize};

use super::Global;
use super::command::{Command as Ask, Reply};
use super::failure::Failure;
use super::reach::ask;
use super::terminal::{Format, Terminal};
use crate::instance::Instance;
use crate::privacy::aggregates::{self, Release, ReleasedCell};

/// Releases that one call shows: some megabytes at most, also with hundreds of cells a day.
const PAGE: usize = 100;

/// Of which days.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Days after this one alone, as `2026-11-25`
    #[arg(long, value_name = "DAY")]
    after: Option<Day>,
    /// One JSON document
    #[arg(long)]
    json: bool,
}

/// Releases, oldest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Page {
    /// One a day.
    pub releases: Vec<Released>,
    /// There are later ones: ask again, `after` the last of these.
    pub has_more: bool,
}

/// A day.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Released {
    /// The day (UTC) on which the requests were accepted.
    pub day: Day,
    /// The least number of accounts, as it was in force.
    pub k: u32,
    /// The epsilon that it took, as it was in force.
    pub epsilon: String,
    /// Cells that could have been released.
    pub considered: u32,
    /// Taken back, because stricter numbers came.
    pub withdrawn: bool,
    /// The currency of the costs.
    pub currency: Currency,
    /// How far the noise of each number reaches (its scale): half of all numbers are nearer than 0.7 of it to the truth.
    pub noise: Numbers,
    /// What was released.
    pub cells: Vec<Cell>,
}

/// A cell.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Cell {
    /// The model as the configuration calls it, `other`, `none` or `rest`.
    pub model: String,
    /// The provider likewise.
    pub provider: String,
    /// How it ended.
    pub ending: String,
    /// About how much.
    #[serde(flatten)]
    pub numbers: Numbers,
}

/// The numbers of a cell.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Numbers {
    /// Accounts, each shared out over the cells that it was in.
    pub accounts: u64,
    /// Generations.
    pub requests: u64,
    /// Tokens of prompts.
    pub input_tokens: u64,
    /// Tokens of answers.
    pub output_tokens: u64,
    /// What they cost.
    pub cost_micro: u64,
}

/// Runs the command.
///
/// # Errors
/// Those of the instance.
pub fn run(global: &Global, arguments: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let after = arguments.after.unwrap_or(Day::MIN);
    let Reply::Aggregates(page) = ask(global, Ask::Aggregates { after })? else {
        return Err(Failure::unexpected_reply());
    };
    if Format::of_switch(arguments.json) == Format::Json {
        return terminal.json(&page);
    }
    show(&page, terminal)
}

/// The next releases after a day.
///
/// # Errors
/// Those of the database.
pub async fn released(instance: &Instance, after: Day) -> Result<Page, Failure> {
    let wanted = u32::try_from(PAGE + 1).expect("a page is small");
    let mut releases = instance
        .aggregates
        .releases(after, wanted)
        .await
        .map_err(Failure::failed)?;
    let has_more = releases.len() > PAGE;
    releases.truncate(PAGE);
    Ok(Page {
        releases: releases.into_iter().map(shown).collect(),
        has_more,
    })
}

fn show(page: &Page, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let Some(last) = page.releases.last() else {
        return terminal.line("no day was released yet: a day is, when its records end");
    };
    for release in &page.releases {
        let Released { day, k, epsilon, .. } = release;
        let what = match (release.withdrawn, release.cells.is_empty()) {
            (true, _) => "taken back, because stricter numbers came".to_owned(),
            (false, true) => format!("nothing: no group was large enough (k {k}, epsilon {epsilon})"),
            (false, false) => {
                let noise = release.noise;
                format!(
                    "k {k}, epsilon {epsilon}; numbers are off by about {} accounts, {} requests, {} and {} tokens, {} {}",
                    noise.accounts,
                    noise.requests,
                    noise.input_tokens,
                    noise.output_tokens,
                    amount(noise.cost_micro),
                    release.currency
                )
            }
        };
        terminal.line(format!("{day}  {what}"))?;
        for cell in &release.cells {
            let numbers = cell.numbers;
            terminal.line(format!(
                "  {:<24} {:<16} {:<12} {:>9} accounts {:>12} requests {:>15} tokens in {:>15} out {:>14} {}",
                cell.model,
                cell.provider,
                cell.ending,
                numbers.accounts,
                numbers.requests,
                numbers.input_tokens,
                numbers.output_tokens,
                amount(numbers.cost_micro),
                release.currency
            ))?;
        }
    }
    if page.has_more {
        terminal.line(format!("there are later days: candor aggregates --after {}", last.day))?;
    }
    Ok(())
}

fn amount(micro: u64) -> Micro {
    Micro::new(i64::try_from(micro).unwrap_or(i64::MAX))
}

fn shown(release: Release) -> Released {
    let reach = aggregates::reach(release.strictness);
    Released {
        day: release.day,
        k: release.strictness.k,
        epsilon: release.strictness.epsilon.to_string(),
        considered: release.considered,
        withdrawn: release.is_withdrawn,
        currency: release.currency,
        noise: numbers(reach.accounts, reach.sums),
        cells: release.cells.into_iter().map(shown_cell).collect(),
    }
}

fn shown_cell(cell: ReleasedCell) -> Cell {
    let numbers = numbers(cell.accounts, cell.sums);
    let name = cell.name;
    Cell {
        model: name.model,
        provider: name.provider,
        ending: name.ending,
        numbers,
    }
}

const fn numbers(accounts: u64, sums: aggregates::Sums) -> Numbers {
    let [requests, input_tokens, output_tokens, cost_micro] = sums;
    Numbers {
        accounts,
        requests,
        input_tokens,
        output_tokens,
        cost_micro,
    }
}
