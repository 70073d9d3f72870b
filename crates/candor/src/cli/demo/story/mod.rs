//! The story: one day's conversations, and what becomes of them.
//!
//! Each act does something as people do it, then says what had to be seen and whether it was. Acts hand on what the next one needs,
//! so that none can be left out.

mod cast;
mod end;
mod first_day;
mod later;
mod watch;

use base::time::Day;

use super::stage::Stage;
use super::told::Telling;
use crate::cli::failure::Failure;
use crate::privacy::aggregates::{Strictness, least_shown, reach};
use policy::Parameters;

/// What the instance's operator blocks.
pub(super) const BLOCKED: &str = "project nightjar";

/// So many times the reach of the noise above what is released at least: the odds that the noise hides so large a group are below
/// one in a million.
const ABOVE_THE_NOISE: u64 = 14;
/// More accounts would take longer than anybody watches.
const MOST_ACCOUNTS: usize = 500;

/// Everything, from the first account to the last promise.
pub(super) async fn tell(stage: &Stage<'_>, telling: &mut Telling<'_>) -> Result<(), Failure> {
    let log = stage
        .instance()
        .config
        .policy
        .parameters
        .words("retention.generation_log");
    let words = format!(
        "A real instance of Candor, in a folder that goes at the end: its own listener, database, keys and probes. Only its clock \
         travels. Prompts and answers are promised to be gone {} after they were sent; here is how that looks. Nothing leaves this \
         machine.",
        log.unwrap_or_default()
    );
    telling.show(|screen| screen.title("candor demo", &words))?;
    let cast = first_day::conversation(stage, telling).await?;
    let cast = first_day::company(stage, telling, cast).await?;
    let watch = watch::first_look(stage, telling, cast).await?;
    end::days_pass(stage, telling, &watch).await?;
    end::hidden(stage, telling, &watch).await?;
    end::swept(stage, telling, &watch).await?;
    end::promised(stage, telling, &watch).await?;
    later::in_force(stage, telling).await?;
    later::planned(stage, telling).await?;
    later::summary(stage, telling).await
}

/// How many accounts there must be so that a group of them is released.
pub(super) fn accounts(parameters: &Parameters) -> Result<usize, Failure> {
    let strictness = Strictness {
        k: parameters.aggregates_k,
        epsilon: parameters.aggregates_epsilon,
    };
    let accounts = least_shown(strictness) + ABOVE_THE_NOISE * reach(strictness).accounts;
    match usize::try_from(accounts) {
        Ok(accounts) if accounts <= MOST_ACCOUNTS => Ok(accounts),
        _ => Err(Failure::usage(format!(
            "policy.aggregates asks for {accounts} accounts before anything is released, and the demo plays with {MOST_ACCOUNTS} at \
             most: run it with another configuration"
        ))),
    }
}

/// `1 day`, `2 days`.
fn count(number: usize, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

/// When a day's records are hidden and may go.
fn end_of(stage: &Stage<'_>, day: Day) -> base::time::Timestamp {
    stage.instance().sweep.ends().of_records(day)
}
