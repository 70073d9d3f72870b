//! `probe.aggregates`: looks at what was released of days that ended.
//!
//! A release is a breach if it was made by weaker numbers than those in force, if a cell shows fewer accounts than such a cell
//! can, if a number in it is not the one that was drawn, or if a cell belongs to no release. The control sends synthetic
//! accounts through the same function as real ones: k−1 of them, who must never come out however the noise falls, k, who must
//! pass the first rule, and many, who must come out, with other numbers each time.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use base::money::Micro;
use base::random::Random;
use base::time::Day;
use futures_util::FutureExt as _;

use super::{Control, Look, LookError, Probe, Probing, promise};
use crate::privacy::aggregates::{
    AggregatesError, Counted, Ending, MEASURES, Release, Strictness, Tally, Universe, Verdict, least_shown, select,
    store,
};

/// Probes what was released.
pub(super) const PROBE: Probe = Probe {
    name: "probe.aggregates",
    promises: &[promise(13, 4)],
    considers: "cells, released or not",
    period: Duration::from_hours(1),
    run: |probing| look(probing).boxed(),
};

/// Releases that one look reads.
const PAGE: u32 = 200;
/// How often the control draws.
const DRAWS: usize = 32;
/// An operator's k may be larger than the crowd that the control makes up for itself.
const CONTROL_K_MOST: u32 = 1_000;
/// Of so many times the least, all but one of a million draws release something.
const CLEARLY_MORE: u64 = 2;

async fn look(probing: &Probing) -> Result<Look, LookError> {
    let strictness = Strictness {
        k: probing.parameters.aggregates_k,
        epsilon: probing.parameters.aggregates_epsilon,
    };
    let random = Arc::clone(&probing.random);
    let control = tokio::task::spawn_blocking(move || control(strictness, &*random));
    let control = control.await.map_err(|ended| LookError::Other(ended.to_string()))?;
    let mut seen = Seen::default();
    let mut after = Day::MIN;
    loop {
        let releases = store::list(&probing.db, after, PAGE).await?;
        let Some(last) = releases.last() else { break };
        after = last.day;
        for release in &releases {
            seen.add(release, strictness);
        }
    }
    let stray = store::stray_cells(&probing.db).await?;
    if stray > 0 {
        seen.breach(format!("{stray} cells belong to no release"));
    }
    let mut look = Look::at(seen.considered, control).figure(format!(
        "{} days, {} cells, each of at least {} accounts",
        seen.days,
        seen.cells,
        least_shown(strictness)
    ));
    if let Some(what) = seen.breach {
        look = look.breach(what);
    }
    Ok(look)
}

#[derive(Default)]
struct Seen {
    considered: u64,
    days: u64,
    cells: u64,
    breach: Option<String>,
}

impl Seen {
    fn add(&mut self, release: &Release, in_force: Strictness) {
        self.considered += u64::from(release.considered);
        let made_by = release.strictness;
        if release.is_withdrawn {
            if !release.cells.is_empty() {
                self.breach(format!("the withdrawn release of {} still has cells", release.day));
            }
            return;
        }
        self.days += 1;
        self.cells += u64::try_from(release.cells.len()).unwrap_or(u64::MAX);
        if made_by.k < in_force.k || made_by.epsilon > in_force.epsilon {
            self.breach(format!(
                "{} was released by weaker numbers than those in force",
                release.day
            ));
        }
        let least = least_shown(made_by);
        if release.cells.iter().any(|cell| cell.accounts < least) {
            self.breach(format!("a cell of {} shows fewer than {least} accounts", release.day));
        }
        if !release.is_unchanged() {
            self.breach(format!("the release of {} is not what was released", release.day));
        }
    }

    fn breach(&mut self, what: String) {
        self.breach.get_or_insert(what);
    }
}

fn control(in_force: Strictness, random: &dyn Random) -> Control {
    let strictness = Strictness {
        k: in_force.k.min(CONTROL_K_MOST),
        ..in_force
    };
    let k = u64::from(strictness.k);
    let universe = Universe::new(["synthetic"], ["synthetic"]);
    let [below, at, above] =
        [k - 1, k, least_shown(strictness) * CLEARLY_MORE].map(|accounts| people(&universe, accounts));
    let mut drawn: [BTreeSet<u64>; MEASURES + 1] = Default::default();
    for _ in 0..DRAWS {
        let few = select(below.clone(), strictness, random);
        if !few.released.is_empty() || few.verdicts != [Verdict::TooFew] {
            return Control::Dead(format!("{} synthetic accounts were released", k - 1));
        }
        if select(at.clone(), strictness, random).verdicts == [Verdict::TooFew] {
            return Control::Dead(format!("{k} synthetic accounts count as too few"));
        }
        let many = select(above.clone(), strictness, random);
        let ([Verdict::Released], [cell]) = (many.verdicts.as_slice(), many.released.as_slice()) else {
            return Control::Dead("not even many synthetic accounts are released".to_owned());
        };
        for (numbers, number) in drawn.iter_mut().zip(cell.sums.into_iter().chain([cell.accounts])) {
            numbers.insert(number);
        }
    }
    // Of half of its draws each number is another one, so that all are equal less often than once in 2³¹.
    if drawn.iter().any(|numbers| numbers.len() == 1) {
        return Control::Dead("synthetic accounts are released without noise".to_owned());
    }
    Control::Alive
}

fn people(universe: &Universe, accounts: u64) -> Tally<'_> {
    let mut tally = Tally::new(universe);
    for _ in 0..accounts {
        let mut account = tally.account();
        account.count(&Counted {
            model: "synthetic",
            provider: Some("synthetic"),
            ending: Ending::Completed,
            input_tokens: 1,
            output_tokens: 1,
            cost: Micro::ZERO,
        });
        tally.add(account);
    }
    tally
}

impl From<AggregatesError> for LookError {
    fn from(error: AggregatesError) -> Self {
        match error {
            AggregatesError::Db(error) => Self::Db(error),
            other => Self::Other(other.to_string()),
        }
    }
}
