//! All that is declared, joined: every table of every domain and of the key store.
//!
//! Promises: a table that stands in no list doesn't exist for the program: [`check`] finds it in the live catalogue and the
//! start ends with the lines to paste. A route that is mounted and stands in no list ends it, too ([`check_routes`]).
//! Leaves out: log fields, labels, files and hosts, which their own places declare and `telemetry` and `serve` hand in.

use policy::inventory::{LiveColumn, Mismatch, Route, Store, Table, compare};

/// What a check found, and how much it looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checked {
    /// Live columns that were compared.
    pub examined: usize,
    /// What differs.
    pub mismatches: Vec<Mismatch>,
}

/// A database holds what is not declared, or not what is.
#[derive(Debug, thiserror::Error)]
#[error("{}", told(.0))]
pub struct Undeclared(pub Vec<Mismatch>);

fn told(mismatches: &[Mismatch]) -> String {
    let mut text = format!(
        "the database and the data inventory differ in {} places:",
        mismatches.len()
    );
    for mismatch in mismatches {
        text.push_str("\n\n");
        text.push_str(&mismatch.to_string());
    }
    text
}

/// Compares the declared tables of one store with its live columns.
// keeps P-6.4: a table that nobody gave an end isn't served.
#[must_use]
pub fn check(tables: &[&'static Table], store: Store, live: &[LiveColumn]) -> Checked {
    let declared: Vec<&Table> = tables.iter().copied().filter(|table| table.store == store).collect();
    Checked {
        examined: live.len(),
        mismatches: compare(&declared, live),
    }
}

/// A route answers that the inventory doesn't show.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{method} {path} answers and is not in the data inventory: add its declaration to `instance::inventory`", method = .0.method.as_str(), path = .0.path)]
pub struct UndeclaredRoute(pub &'static Route);

/// Compares what was mounted with what is declared.
///
/// # Errors
/// The first that is not.
pub fn check_routes(declared: &[&'static Route], mounted: &[&'static Route]) -> Result<(), UndeclaredRoute> {
    match mounted.iter().find(|route| !declared.contains(route)) {
        Some(route) => Err(UndeclaredRoute(route)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::inventory::{Admits, Method, Processing};

    const ROUTE: Route = Route {
        method: Method::Get,
        path: "/",
        admits: Admits::Anyone,
        processing: Processing::Nobody("what the instance is"),
    };
    const BARE: Route = Route { path: "/bare", ..ROUTE };

    #[test]
    fn a_mounted_route_that_stands_in_no_list_is_told() {
        assert_eq!(check_routes(&[&ROUTE], &[&ROUTE]), Ok(()));
        let refused = check_routes(&[&ROUTE], &[&ROUTE, &BARE]);
        assert_eq!(refused, Err(UndeclaredRoute(&BARE)));
        assert!(UndeclaredRoute(&BARE).to_string().starts_with("GET /bare answers"));
    }
}
