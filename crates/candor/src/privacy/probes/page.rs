//! `probe.page`: the page says what the document yields, and has no gap.
//!
//! Considers every promise and every row of the page. A breach is a page that differs from one that is made anew, a hash that
//! isn't its own, or a kind of data without purpose, ground, end and rights.

use std::time::Duration;

use futures_util::future::BoxFuture;
use policy::page::{Listing, Page};

use super::{Control, Look, LookError, Probe, Probing, promise};
use crate::privacy::published::drift;

/// The probe of the page.
pub(super) const PROBE: Probe = Probe {
    name: "probe.page",
    promises: &[promise(1, 1)],
    considers: "promises and rows of the page",
    period: Duration::from_hours(1),
    run: |probing| -> BoxFuture<'_, _> { Box::pin(async move { look(probing) }) },
};

fn look(probing: &Probing) -> Result<Look, LookError> {
    let edition = probing.published.edition();
    let (parts, shown) = (&edition.parts, &edition.page);
    let made = parts
        .making()
        .page(None)
        .map_err(|error| LookError::Other(error.to_string()))?;
    let mut drifted = Page::clone(&made);
    drift(&mut drifted);
    let control = match difference(&drifted, &made) {
        Some(_) => Control::Alive,
        None => Control::Dead("a page with other numbers passed for the document's".to_owned()),
    };
    let rows: usize = Listing::ALL
        .iter()
        .map(|listing| shown.table(*listing).rows.len())
        .sum();
    let promises = shown.promises().count();
    let mut look = Look::at(u64::try_from(promises + rows).unwrap_or(u64::MAX), control)
        .figure(format!("{promises} promises, {rows} rows"));
    if let Some(difference) = difference(shown, &made) {
        look = look.breach(difference);
    }
    if shown.hash != shown.recomputed(&parts.document) {
        look = look.breach("the hash on the page is not of what it says");
    }
    let gaps = parts.making().check().faults;
    let undeclared = parts.document.check_inventory(&parts.inventory).faults;
    for fault in gaps.iter().chain(&undeclared) {
        look = look.breach(fault.to_string());
    }
    Ok(look)
}

/// Where a page differs from the one that the document yields.
fn difference(shown: &Page, made: &Page) -> Option<String> {
    if shown.hash != made.hash {
        return Some("the page on show has another hash than the document's".to_owned());
    }
    let changed = Listing::ALL
        .iter()
        .find(|listing| shown.table(**listing) != made.table(**listing));
    if let Some(listing) = changed {
        return Some(format!(
            "the table of {} says something else than the document",
            listing.name()
        ));
    }
    (shown.content != made.content).then(|| "the page says something else than the document".to_owned())
}
