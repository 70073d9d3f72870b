//! All SQL of released aggregates.
//!
//! Promises: a day's row and its cells are one transaction, and the first that comes stays: no statement changes a released
//! number. Whole releases go only when they were made by weaker numbers than those in force.

use ::store::db::{Db, DbError, Row, Statement, Value};
use base::time::Day;
use policy::parameters::Thousandths;

use super::cells::{CellName, Sums};
use super::selection::{ReleasedCell, Strictness};
use super::{AggregatesError, Release};

const FIND: Statement = Statement::common(
    "aggregates.find",
    "SELECT day, k, epsilon, cells, currency, digest, withdrawn FROM aggregate_release WHERE day = $1",
);
const LIST: Statement = Statement::common(
    "aggregates.list",
    "SELECT day, k, epsilon, cells, currency, digest, withdrawn FROM aggregate_release WHERE day > $1 ORDER BY day LIMIT $2",
);
const ADD: Statement = Statement::common(
    "aggregates.add",
    "INSERT INTO aggregate_release (day, k, epsilon, cells, currency, digest, withdrawn) VALUES ($1, $2, $3, $4, $5, $6, 0)",
);
const CELLS: Statement = Statement::common(
    "aggregates.cells",
    "SELECT model, provider, ending, accounts, requests, input_tokens, output_tokens, cost FROM aggregate_cell
     WHERE day = $1",
);
const ADD_CELL: Statement = Statement::common(
    "aggregates.add_cell",
    "INSERT INTO aggregate_cell (day, model, provider, ending, accounts, requests, input_tokens, output_tokens, cost)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
);
const STRAY: Statement = Statement::common(
    "aggregates.stray_cells",
    "SELECT COUNT(*) FROM aggregate_cell WHERE day NOT IN (SELECT day FROM aggregate_release)",
);
const WITHDRAW_CELLS: Statement = Statement::common(
    "aggregates.withdraw_cells",
    "DELETE FROM aggregate_cell WHERE day IN (SELECT day FROM aggregate_release WHERE k < $1 OR epsilon > $2)",
);
const WITHDRAW: Statement = Statement::common(
    "aggregates.withdraw",
    "UPDATE aggregate_release SET withdrawn = 1 WHERE withdrawn = 0 AND (k < $1 OR epsilon > $2)",
);

/// Every statement, for the test that prepares them on both databases.
pub const STATEMENTS: &[&Statement] = &[
    &FIND,
    &LIST,
    &ADD,
    &CELLS,
    &ADD_CELL,
    &STRAY,
    &WITHDRAW_CELLS,
    &WITHDRAW,
];

/// A day's release, if there is one.
pub(super) async fn find(db: &Db, day: Day) -> Result<Option<Release>, AggregatesError> {
    match db.query_optional(&FIND, vec![day.into()]).await? {
        Some(row) => Ok(Some(with_cells(db, release(&row)?).await?)),
        None => Ok(None),
    }
}

/// The releases after `after`, in the order of their days, so many at most.
///
/// # Errors
/// Those of the database; a damaged row.
pub async fn list(db: &Db, after: Day, limit: u32) -> Result<Vec<Release>, AggregatesError> {
    let mut releases = Vec::new();
    for row in db.query(&LIST, vec![after.into(), limit.into()]).await? {
        releases.push(with_cells(db, release(&row)?).await?);
    }
    Ok(releases)
}

/// Writes a release, unless the day has one: whichever was first is the one that is there afterwards.
pub(super) async fn add(db: &Db, release: &Release) -> Result<(), AggregatesError> {
    let day = release.day;
    let added = db.transaction("release aggregates", |tx| async move {
        if tx.query_optional(&FIND, vec![day.into()]).await?.is_some() {
            return Ok(());
        }
        let row = vec![
            day.into(),
            release.strictness.k.into(),
            release.strictness.epsilon.get().into(),
            release.considered.into(),
            release.currency.into(),
            release.digest.into(),
        ];
        tx.execute(&ADD, row).await?;
        let cells = release.cells.iter().map(|cell| cell_row(day, cell)).collect();
        tx.execute_many(&ADD_CELL, cells).await?;
        Ok(())
    });
    match added.await {
        Err(error) if DbError::is_duplicate(&error) => Ok(()),
        other => Ok(other?),
    }
}

/// Takes back what was released by weaker numbers; how many days that were.
pub(super) async fn withdraw_weaker(db: &Db, in_force: Strictness) -> Result<u64, DbError> {
    db.transaction("withdraw aggregates", |tx| async move {
        let numbers = || vec![in_force.k.into(), in_force.epsilon.get().into()];
        tx.execute(&WITHDRAW_CELLS, numbers()).await?;
        tx.execute(&WITHDRAW, numbers()).await
    })
    .await
}

/// Cells that belong to no release: there must be none.
///
/// # Errors
/// Those of the database.
pub async fn stray_cells(db: &Db) -> Result<u64, DbError> {
    Ok(unsigned(db.query_one(&STRAY, vec![]).await?.integer(0)?))
}

async fn with_cells(db: &Db, mut release: Release) -> Result<Release, AggregatesError> {
    for row in db.query(&CELLS, vec![release.day.into()]).await? {
        release.cells.push(cell(&row)?);
    }
    // In the program's order, which is not each database's.
    release.cells.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(release)
}

fn release(row: &Row) -> Result<Release, AggregatesError> {
    let small = |number: i64| u32::try_from(number).map_err(|_| AggregatesError::Damaged);
    Ok(Release {
        day: row.day(0)?,
        strictness: Strictness {
            k: small(row.integer(1)?)?,
            epsilon: Thousandths::new(small(row.integer(2)?)?),
        },
        considered: small(row.integer(3)?)?,
        currency: row.currency(4)?,
        digest: row.array(5)?,
        is_withdrawn: row.boolean(6)?,
        cells: Vec::new(),
    })
}

fn cell(row: &Row) -> Result<ReleasedCell, DbError> {
    let mut sums = Sums::default();
    for (place, sum) in (4..).zip(&mut sums) {
        *sum = unsigned(row.integer(place)?);
    }
    Ok(ReleasedCell {
        name: CellName {
            model: row.text(0)?.to_owned(),
            provider: row.text(1)?.to_owned(),
            ending: row.text(2)?.to_owned(),
        },
        accounts: unsigned(row.integer(3)?),
        sums,
    })
}

fn cell_row(day: Day, cell: &ReleasedCell) -> Vec<Value> {
    let mut row = vec![
        day.into(),
        cell.name.model.as_str().into(),
        cell.name.provider.as_str().into(),
        cell.name.ending.as_str().into(),
        signed(cell.accounts),
    ];
    row.extend(cell.sums.into_iter().map(signed));
    row
}

/// Sums that pass what a column holds are held at its bound.
fn signed(number: u64) -> Value {
    i64::try_from(number).unwrap_or(i64::MAX).into()
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
