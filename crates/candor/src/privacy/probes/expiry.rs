//! `probe.expiry`: no table with rows about people is without an end.
//!
//! Considers every table that is live or declared. A breach is a live column that nobody declared; rows about people that
//! would be kept as evidence; and an end in days outside of the day partitions, which nothing would execute.

use std::collections::BTreeMap;
use std::time::Duration;

use policy::inventory::{
    Column, Disposition, Kind, LiveColumn, Null, Retention, Sealed, Store, SubjectPath, Table, compare,
};
use policy::{Category, Parameters, Purpose};

use super::{Control, Look, LookError, Probe, Probing, promise};

/// The probe of every table's end.
pub(super) const PROBE: Probe = Probe {
    name: "probe.expiry",
    promises: &[promise(6, 4)],
    considers: "tables",
    period: Duration::from_hours(1),
    run: |probing| Box::pin(look(probing)),
};

async fn look(probing: &Probing) -> Result<Look, LookError> {
    let live = live(probing).await?;
    let has_days = live
        .iter()
        .any(|column| declared_in(probing, &column.table) == Some(Store::Day));
    // SQLite has no live day table before the first day.
    let tables: Vec<&Table> = probing
        .inventory
        .tables
        .iter()
        .copied()
        .filter(|table| has_days || table.store != Store::Day)
        .collect();
    let mut look = Look::at(
        u64::try_from(probing.inventory.tables.len()).unwrap_or(u64::MAX),
        control(&probing.parameters),
    );
    for mismatch in compare(&tables, &live) {
        let told = mismatch.to_string();
        look = look.breach(told.lines().next().unwrap_or_default().to_owned());
    }
    let mut ends = Counts::default();
    for table in about_people(&probing.inventory.tables) {
        match end(table, &probing.parameters) {
            Ok(end) => ends.add(end),
            Err(why) => look = look.breach(why),
        }
    }
    Ok(look.figure(ends.words()))
}

/// When the rows of a table end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Day,
    Account,
    FiscalYear,
}

#[derive(Default)]
struct Counts {
    day: usize,
    account: usize,
    fiscal_year: usize,
}

impl Counts {
    const fn add(&mut self, end: End) {
        match end {
            End::Day => self.day += 1,
            End::Account => self.account += 1,
            End::FiscalYear => self.fiscal_year += 1,
        }
    }

    fn words(&self) -> String {
        format!(
            "{} tables end with their day, {} with the account, {} after the fiscal year",
            self.day, self.account, self.fiscal_year
        )
    }
}

fn about_people<'a>(tables: &'a [&'static Table]) -> impl Iterator<Item = &'static Table> + 'a {
    tables.iter().copied().filter(|table| {
        !matches!(table.subject_path, SubjectPath::None(_))
            || table.columns.iter().any(|column| column.category.is_personal())
    })
}

/// When the rows of a table about people end; why they never would.
fn end(table: &Table, parameters: &Parameters) -> Result<End, String> {
    match table.retention {
        Retention::Parameter(key) | Retention::FiscalYearPlus(key) if parameters.value(key).is_none() => Err(format!(
            "`{}` ends by `{key}`, which is no number of the policy",
            table.name
        )),
        Retention::Parameter(_) if table.store == Store::Day => Ok(End::Day),
        Retention::Parameter(_) => Err(format!(
            "nothing ends the rows of `{}`: it is in no day partition",
            table.name
        )),
        Retention::WhileAccount => Ok(End::Account),
        Retention::FiscalYearPlus(_) => Ok(End::FiscalYear),
        Retention::Evidence => Err(format!("`{}` has rows about people and no end", table.name)),
    }
}

async fn live(probing: &Probing) -> Result<Vec<LiveColumn>, LookError> {
    let mut columns = BTreeMap::new();
    let catalogues = [
        probing.db.catalogue().await?,
        probing.key_db.catalogue().await?,
        probing.days.catalogue().await?,
    ];
    for column in catalogues.into_iter().flatten() {
        columns.insert((column.table.clone(), column.column.clone()), column);
    }
    Ok(columns.into_values().collect())
}

fn declared_in(probing: &Probing, name: &str) -> Option<Store> {
    let tables = probing.inventory.tables.iter();
    tables
        .copied()
        .find(|table| table.name == name)
        .map(|table| table.store)
}

/// A table of people without an end, through the same functions.
fn control(parameters: &Parameters) -> Control {
    if about_people(&[&FOREVER, &LATE])
        .filter(|table| end(table, parameters).is_err())
        .count()
        < 2
    {
        return Control::Dead("a synthetic table without an end was not found".to_owned());
    }
    let live = LiveColumn {
        table: FOREVER.name.to_owned(),
        column: "unheard_of".to_owned(),
        kind: Some(Kind::Text),
        null: Null::Allowed,
    };
    if compare(&[&FOREVER], &[live]).is_empty() {
        return Control::Dead("a synthetic column that nobody declared was not found".to_owned());
    }
    Control::Alive
}

const FOREVER: Table = Table {
    name: "synthetic_forever",
    store: Store::Main,
    subject_path: SubjectPath::Column("subject_id"),
    purpose: Purpose::Operation,
    retention: Retention::Evidence,
    disposition: Disposition::Retain("it exists in this probe alone"),
    columns: &[Column {
        name: "subject_id",
        kind: Kind::Blob,
        null: Null::Never,
        category: Category::Identifiers,
        sealed: Sealed::No("it exists in this probe alone"),
    }],
};

const LATE: Table = Table {
    name: "synthetic_late",
    retention: Retention::Parameter("retention.generation_log"),
    ..FOREVER
};
