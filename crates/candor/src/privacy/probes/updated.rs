//! `probe.updated`: the page is dated, by the first run of what it says.
//!
//! Considers every version that has run. A breach is a page without a date though it runs, or with another date than the one
//! that was noted when its hash first ran.

use std::time::Duration;

use base::time::Timestamp;
use futures_util::future::BoxFuture;
use policy::page::Updated;

use super::{Control, Look, LookError, Probe, Probing, promise};
use crate::privacy::versions::{self, Version};

/// The probe of the page's date.
pub(super) const PROBE: Probe = Probe {
    name: "probe.updated",
    promises: &[promise(11, 2)],
    considers: "versions that have run",
    period: Duration::from_hours(1),
    run: |probing| -> BoxFuture<'_, _> { Box::pin(look(probing)) },
};

async fn look(probing: &Probing) -> Result<Look, LookError> {
    let page = probing.published.page();
    let versions = versions::store::all(&probing.db).await?;
    let known = versions.iter().find(|version| version.hash == page.hash);
    let now = probing.clock.now();
    if known.is_some_and(|version| version.first_ran_at > now) {
        return Err(LookError::Other(
            "the clock is behind the first run of the page".to_owned(),
        ));
    }
    let rehearsal = Version {
        hash: page.hash,
        version: page.version.clone(),
        first_ran_at: now,
    };
    let older = Updated::FirstRan(now.minus(Duration::from_hours(24)));
    let seen = |updated| breach(updated, Some(&rehearsal), Serving::No).is_some();
    let control = if seen(Updated::NotYet) && seen(older) && !seen(Updated::FirstRan(now)) {
        Control::Alive
    } else {
        Control::Dead("a page without a date, or with an older one, passed".to_owned())
    };
    let serving = if probing.published.serves() {
        Serving::Yes
    } else {
        Serving::No
    };
    let mut look = Look::at(u64::try_from(versions.len()).unwrap_or(u64::MAX), control);
    if let Some(breach) = breach(page.updated, known, serving) {
        look = look.breach(breach);
    }
    if let Updated::FirstRan(at) = page.updated {
        look = look.figure(format!("since {}", at.day()));
    }
    Ok(look)
}

/// Does this process show the page to people?
#[derive(Clone, Copy, PartialEq, Eq)]
enum Serving {
    Yes,
    No,
}

fn breach(updated: Updated, known: Option<&Version>, serving: Serving) -> Option<String> {
    let day = |at: Timestamp| at.day();
    match (updated, known) {
        (Updated::NotYet, None) if serving == Serving::No => None,
        (Updated::NotYet, None) => Some("the page is shown, and nobody noted since when".to_owned()),
        (Updated::NotYet, Some(version)) => Some(format!(
            "the page has no date, though it first ran on {}",
            day(version.first_ran_at)
        )),
        (Updated::FirstRan(at), None) => Some(format!("the page is dated {}, and nobody noted that it ran", day(at))),
        (Updated::FirstRan(at), Some(version)) if at != version.first_ran_at => Some(format!(
            "the page is dated {}, and what it says first ran on {}",
            day(at),
            day(version.first_ran_at)
        )),
        (Updated::FirstRan(_), Some(_)) => None,
    }
}
