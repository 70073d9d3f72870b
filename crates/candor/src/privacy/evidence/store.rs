//! All SQL of evidence.

use std::time::Duration;

use ::store::db::{Db, DbError, Row, Statement, Tx, Value};

use crate::privacy::probes::{Observation, Outcome, Probe};

/// Rows a probe. A row is a stretch of equal looks, so that only a probe that keeps changing its mind comes near.
const HISTORY: i64 = 1000;
/// A pause of so many periods between two looks begins a new row, so that it shows.
const PAUSE_PERIODS: u32 = 3;

const LATEST: Statement = Statement::common(
    "evidence.latest",
    "SELECT probe, number, outcome, why, considered, figure, since, at, looks FROM observation
     WHERE number = (SELECT MAX(newest.number) FROM observation AS newest WHERE newest.probe = observation.probe)",
);
const LAST: Statement = Statement::common(
    "evidence.last",
    "SELECT probe, number, outcome, why, considered, figure, since, at, looks FROM observation
     WHERE probe = $1 ORDER BY number DESC LIMIT 1",
);
const LAST_BROKEN: Statement = Statement::common(
    "evidence.last_broken",
    "SELECT probe, number, outcome, why, considered, figure, since, at, looks FROM observation
     WHERE number = (SELECT MAX(newest.number) FROM observation AS newest
                     WHERE newest.probe = observation.probe AND newest.outcome = 'broken')",
);
const BEGIN: Statement = Statement::common(
    "evidence.begin",
    "INSERT INTO observation (probe, number, outcome, why, considered, figure, since, at, looks)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
);
const GO_ON: Statement = Statement::common(
    "evidence.go_on",
    "UPDATE observation SET why = $3, considered = $4, figure = $5, at = $6, looks = looks + 1
     WHERE probe = $1 AND number = $2",
);
const FORGET: Statement = Statement::common(
    "evidence.forget",
    "DELETE FROM observation WHERE probe = $1 AND number <= $2",
);

/// Every statement, for the test that prepares them on both databases.
pub const STATEMENTS: &[&Statement] = &[&LATEST, &LAST, &LAST_BROKEN, &BEGIN, &GO_ON, &FORGET];

/// What is known of some probes.
#[derive(Debug, Default)]
pub struct Seen {
    /// The last observation of each that has looked.
    pub latest: Vec<Observation>,
    /// Of each that ever was, the last that was broken.
    pub broken: Vec<Observation>,
}

/// What was seen by these probes.
///
/// # Errors
/// Those of the database.
pub async fn seen(db: &Db, probes: &'static [Probe]) -> Result<Seen, DbError> {
    Ok(Seen {
        latest: of(probes, &db.query(&LATEST, Vec::new()).await?)?,
        broken: of(probes, &db.query(&LAST_BROKEN, Vec::new()).await?)?,
    })
}

/// Rows of probes that this version doesn't have are left out.
fn of(probes: &'static [Probe], rows: &[Row]) -> Result<Vec<Observation>, DbError> {
    let known = |row: &Row| -> Result<Option<Observation>, DbError> {
        let name = row.text(0)?;
        match probes.iter().find(|probe| probe.name == name) {
            Some(probe) => observation(probe, row),
            None => Ok(None),
        }
    };
    rows.iter().filter_map(|row| known(row).transpose()).collect()
}

/// Keeps a look: it goes on with the last row if that has the same outcome and no long pause lies between.
///
/// # Errors
/// Those of the database.
pub async fn add(db: &Db, probe: &Probe, seen: &Observation) -> Result<(), DbError> {
    db.transaction("keep a look", |tx| async move {
        let last = tx.query_optional(&LAST, vec![probe.name.into()]).await?;
        let number = last.as_ref().map_or(Ok(0), |row| row.integer(1))?;
        let before = last.as_ref().map_or(Ok(None), |row| observation(probe, row))?;
        match before.filter(|before| goes_on(probe, before, seen)) {
            Some(_) => go_on(&tx, number, seen).await,
            None => begin(&tx, number.saturating_add(1), seen).await,
        }
    })
    .await
}

fn goes_on(probe: &Probe, before: &Observation, seen: &Observation) -> bool {
    let pause: Duration = probe.period.saturating_mul(PAUSE_PERIODS);
    before.outcome.word() == seen.outcome.word() && before.at <= seen.at && seen.at.since(before.at) <= pause
}

async fn go_on(tx: &Tx, number: i64, seen: &Observation) -> Result<(), DbError> {
    let row = vec![
        seen.probe.into(),
        number.into(),
        text(seen.outcome.why()),
        count(seen.considered),
        text(seen.figure.as_deref()),
        seen.at.into(),
    ];
    tx.execute(&GO_ON, row).await.map(drop)
}

async fn begin(tx: &Tx, number: i64, seen: &Observation) -> Result<(), DbError> {
    let row = vec![
        seen.probe.into(),
        number.into(),
        seen.outcome.word().into(),
        text(seen.outcome.why()),
        count(seen.considered),
        text(seen.figure.as_deref()),
        seen.since.into(),
        seen.at.into(),
        count(seen.looks),
    ];
    tx.execute(&BEGIN, row).await?;
    let old = number.saturating_sub(HISTORY);
    tx.execute(&FORGET, vec![seen.probe.into(), old.into()]).await.map(drop)
}

fn text(text: Option<&str>) -> Value {
    text.map_or(Value::Null, Value::from)
}

fn count(count: u64) -> Value {
    i64::try_from(count).unwrap_or(i64::MAX).into()
}

/// The row as an observation; none if another version wrote a word that this one doesn't know.
fn observation(probe: &Probe, row: &Row) -> Result<Option<Observation>, DbError> {
    let Some(outcome) = Outcome::from_stored(row.text(2)?, row.optional_text(3)?) else {
        return Ok(None);
    };
    Ok(Some(Observation {
        probe: probe.name,
        outcome,
        considered: row.integer(4)?.unsigned_abs(),
        considers: probe.considers,
        figure: row.optional_text(5)?.map(ToOwned::to_owned),
        since: row.timestamp(6)?,
        at: row.timestamp(7)?,
        looks: row.integer(8)?.unsigned_abs(),
    }))
}
