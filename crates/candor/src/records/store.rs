//! All SQL of records.
//!
//! Promises: rows and the mark that says they are written are one transaction, in the day's partition and in the books.
//! Leaves out: which rows (`recording.rs`), opening them (`reading.rs`).
//!
//! Every statement names the day too: on PostgreSQL all days share one database.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use base::ids::{AccountId, GenerationId, InstanceId, OrgId};
use base::time::Day;
use store::db::{Db, DbError, Row as DbRow, Statement, Tx, Value};

use super::closing::{Money, Unit};
use super::recording::Row;
use super::{RecordsError, UsageSum};

const DAY_MARK: Statement = Statement::common(
    "days.mark",
    "SELECT sequence FROM day_recorded WHERE day = $1 AND instance_id = $2",
);
const SET_DAY_MARK: Statement = Statement::common(
    "days.set_mark",
    "INSERT INTO day_recorded (day, instance_id, sequence) VALUES ($1, $2, $3)
     ON CONFLICT (day, instance_id) DO UPDATE SET sequence = excluded.sequence",
);
const TAKE_PLACES: Statement = Statement::common(
    "days.take_places",
    "INSERT INTO day_place (day, last) VALUES ($1, $2)
     ON CONFLICT (day) DO UPDATE SET last = day_place.last + excluded.last RETURNING last",
);
const ADD_GENERATION: Statement = Statement::common(
    "generations.add",
    "INSERT INTO generation (day, id, place, owner_tag, meta, content) VALUES ($1, $2, $3, $4, $5, $6)",
);
const GROW_KEY_USAGE: Statement = Statement::common(
    "key_usage.grow",
    "INSERT INTO key_usage (day, key_tag, requests, refused, failed, input_tokens, output_tokens, cost)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (day, key_tag) DO UPDATE SET
         requests = key_usage.requests + excluded.requests, refused = key_usage.refused + excluded.refused,
         failed = key_usage.failed + excluded.failed, input_tokens = key_usage.input_tokens + excluded.input_tokens,
         output_tokens = key_usage.output_tokens + excluded.output_tokens, cost = key_usage.cost + excluded.cost",
);
const RECEIPT: Statement = Statement::common(
    "generations.receipt",
    "SELECT meta FROM generation WHERE day = $1 AND id = $2 AND owner_tag = $3",
);
const CONTENT: Statement = Statement::common(
    "generations.content",
    "SELECT content FROM generation WHERE day = $1 AND id = $2 AND owner_tag = $3",
);
const PLACE: Statement = Statement::common(
    "generations.place",
    "SELECT place FROM generation WHERE day = $1 AND id = $2 AND owner_tag = $3",
);
const NEWEST: Statement = Statement::common(
    "generations.newest",
    "SELECT id, meta FROM generation WHERE day = $1 AND owner_tag = $2 AND place < $3 ORDER BY place DESC LIMIT $4",
);
const KEY_USAGE: Statement = Statement::common(
    "key_usage.of_key",
    "SELECT requests, refused, failed, input_tokens, output_tokens, cost FROM key_usage WHERE day = $1 AND key_tag = $2",
);
/// Jumps from tag to tag on the index, so that it costs owners, not rows.
const OWNER_TAGS: Statement = Statement::common(
    "generations.owner_tags",
    "WITH RECURSIVE owner (tag) AS (
         SELECT (SELECT owner_tag FROM generation WHERE day = $1 AND owner_tag > $2 ORDER BY owner_tag LIMIT 1)
         UNION ALL
         SELECT (SELECT owner_tag FROM generation WHERE day = $1 AND owner_tag > owner.tag ORDER BY owner_tag LIMIT 1)
         FROM owner WHERE owner.tag IS NOT NULL
     )
     SELECT tag FROM owner WHERE tag IS NOT NULL LIMIT $3",
);
const OF_OWNER: Statement = Statement::common(
    "generations.of_owner",
    "SELECT id, place, meta FROM generation WHERE day = $1 AND owner_tag = $2 AND place > $3 ORDER BY place LIMIT $4",
);
const SEALED: Statement = Statement::common(
    "generations.sealed",
    "SELECT place, meta, content FROM generation WHERE day = $1 AND place > $2 ORDER BY place LIMIT $3",
);
const LAST_PLACE: Statement = Statement::common("days.last_place", "SELECT last FROM day_place WHERE day = $1");
const MARK: Statement = Statement::common("booked.mark", "SELECT sequence FROM booked WHERE instance_id = $1");
const SET_MARK: Statement = Statement::common(
    "booked.set_mark",
    "INSERT INTO booked (instance_id, sequence) VALUES ($1, $2)
     ON CONFLICT (instance_id) DO UPDATE SET sequence = excluded.sequence",
);
const GROW_USAGE_LINE: Statement = Statement::common(
    "usage_lines.grow",
    "INSERT INTO usage_line (org_id, account_id, day, model, unit, quantity, cost) VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (org_id, account_id, day, model, unit) DO UPDATE SET
         quantity = usage_line.quantity + excluded.quantity, cost = usage_line.cost + excluded.cost",
);

/// Statements on the main database, for the test that prepares all of them on both databases.
pub const STATEMENTS: &[&Statement] = &[&MARK, &SET_MARK, &GROW_USAGE_LINE];

/// Statements on a day's partition.
pub const DAY_STATEMENTS: &[&Statement] = &[
    &DAY_MARK,
    &SET_DAY_MARK,
    &TAKE_PLACES,
    &ADD_GENERATION,
    &GROW_KEY_USAGE,
    &RECEIPT,
    &CONTENT,
    &PLACE,
    &NEWEST,
    &KEY_USAGE,
    &OWNER_TAGS,
    &OF_OWNER,
    &SEALED,
    &LAST_PLACE,
];

/// Sums of tokens and units that pass what a column holds are held at its bound.
fn bounded(number: u64) -> Value {
    i64::try_from(number).unwrap_or(i64::MAX).into()
}

/// A sequence of the spool; it counts from 1 and stays far below the column's bound.
fn sequence(row: &DbRow) -> Result<u64, DbError> {
    Ok(u64::try_from(row.integer(0)?).unwrap_or(0))
}

/// What one transaction writes into a day's partition.
pub(super) struct DayRows {
    day: Day,
    instance: InstanceId,
    mark: u64,
    pub(super) rows: Vec<Row>,
    sums: Vec<(u64, [u8; 16], UsageSum)>,
}

impl DayRows {
    pub(super) const fn new(day: Day, instance: InstanceId, mark: u64) -> Self {
        Self {
            day,
            instance,
            mark,
            rows: Vec::new(),
            sums: Vec::new(),
        }
    }

    /// Counts a generation for its key.
    pub(super) fn count(&mut self, sequence: u64, key_tag: [u8; 16], sum: UsageSum) {
        self.sums.push((sequence, key_tag, sum));
    }

    /// Leaves out what stands there already.
    fn skip(&mut self, mark: u64) {
        self.rows.retain(|row| row.sequence > mark);
        self.sums.retain(|(sequence, ..)| *sequence > mark);
    }

    fn generations(self, last_place: i64) -> Vec<Vec<Value>> {
        let first = last_place - i64::try_from(self.rows.len()).unwrap_or(i64::MAX) + 1;
        let places = first..;
        let day = self.day;
        let rows = self.rows.into_iter().zip(places);
        rows.map(|(row, place)| {
            vec![
                day.into(),
                row.id.into(),
                place.into(),
                row.owner_tag.into(),
                row.meta.into(),
                if row.content.is_empty() {
                    Value::Null
                } else {
                    row.content.into()
                },
            ]
        })
        .collect()
    }

    fn usage(&self) -> Vec<Vec<Value>> {
        let mut by_key: BTreeMap<[u8; 16], UsageSum> = BTreeMap::new();
        for (_, key_tag, sum) in &self.sums {
            by_key.entry(*key_tag).or_default().add(sum);
        }
        let rows = by_key.into_iter().map(|(key_tag, sum)| {
            vec![
                self.day.into(),
                key_tag.into(),
                bounded(sum.requests),
                bounded(sum.refused),
                bounded(sum.failed),
                bounded(sum.input_tokens),
                bounded(sum.output_tokens),
                sum.cost.into(),
            ]
        });
        rows.collect()
    }
}

/// How far `instance` was written into the day.
pub(super) async fn day_mark(db: &Db, day: Day, instance: InstanceId) -> Result<u64, DbError> {
    let row = db.query_optional(&DAY_MARK, vec![day.into(), instance.into()]).await?;
    row.map_or(Ok(0), |row| sequence(&row))
}

/// Writes rows, sums and mark. What may meet another process comes first; only then the rows, which are big, are moved into
/// the transaction. If that meets one at its very end, the batch is to be formed again.
pub(super) async fn write_day(db: &Db, rows: DayRows) -> Result<(), RecordsError> {
    let (day, instance, mark) = (rows.day, rows.instance, rows.mark);
    let once = Mutex::new(Some(rows));
    let once = &once;
    db.transaction("record generations", |tx| async move {
        let stands = tx.query_optional(&DAY_MARK, vec![day.into(), instance.into()]).await?;
        let stands = stands.map_or(Ok(0), |row| sequence(&row))?;
        if stands >= mark {
            return Ok(());
        }
        let (count, usage) = {
            let mut rows = once.lock().unwrap_or_else(PoisonError::into_inner);
            let rows = rows.as_mut().ok_or(RecordsError::Again)?;
            rows.skip(stands);
            (u64::try_from(rows.rows.len()).unwrap_or(u64::MAX), rows.usage())
        };
        let last = tx
            .query_one(&TAKE_PLACES, vec![day.into(), bounded(count)])
            .await?
            .integer(0)?;
        tx.execute_many(&GROW_KEY_USAGE, usage).await?;
        tx.execute(&SET_DAY_MARK, vec![day.into(), instance.into(), bounded(mark)])
            .await?;
        let rows = once.lock().unwrap_or_else(PoisonError::into_inner).take();
        let rows = rows.ok_or(RecordsError::Again)?;
        tx.execute_many(&ADD_GENERATION, rows.generations(last)).await?;
        Ok(())
    })
    .await
}

/// A receipt's sealed bytes, with the mark before them.
pub(super) async fn receipt(db: &Db, id: GenerationId, owner_tag: [u8; 16]) -> Result<Option<Vec<u8>>, DbError> {
    let row = db
        .query_optional(&RECEIPT, vec![id.day().into(), id.into(), owner_tag.into()])
        .await?;
    row.map(|mut row| row.take_blob(0)).transpose()
}

/// A generation's sealed content, if any was kept.
pub(super) async fn content(db: &Db, id: GenerationId, owner_tag: [u8; 16]) -> Result<Option<Vec<u8>>, DbError> {
    let row = db
        .query_optional(&CONTENT, vec![id.day().into(), id.into(), owner_tag.into()])
        .await?;
    row.map_or(Ok(None), |row| Ok(row.optional_blob(0)?.map(<[u8]>::to_vec)))
}

/// Where a generation stands among the day's.
pub(super) async fn place(db: &Db, id: GenerationId, owner_tag: [u8; 16]) -> Result<Option<i64>, DbError> {
    let row = db
        .query_optional(&PLACE, vec![id.day().into(), id.into(), owner_tag.into()])
        .await?;
    row.map(|row| row.integer(0)).transpose()
}

/// An owner's newest receipts of a day before a place, sealed.
pub(super) async fn newest(
    db: &Db,
    day: Day,
    owner_tag: [u8; 16],
    before: i64,
    limit: usize,
) -> Result<Vec<(GenerationId, Vec<u8>)>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let values = vec![day.into(), owner_tag.into(), before.into(), limit.into()];
    let rows = db.query(&NEWEST, values).await?;
    rows.into_iter()
        .map(|mut row| Ok((row.id(0)?, row.take_blob(1)?)))
        .collect()
}

/// What a key used on a day.
pub(super) async fn key_usage(db: &Db, day: Day, key_tag: [u8; 16]) -> Result<Option<UsageSum>, DbError> {
    let row = db.query_optional(&KEY_USAGE, vec![day.into(), key_tag.into()]).await?;
    row.map(|row| {
        let count = |place| row.integer(place).map(|number| u64::try_from(number).unwrap_or(0));
        Ok(UsageSum {
            requests: count(0)?,
            refused: count(1)?,
            failed: count(2)?,
            input_tokens: count(3)?,
            output_tokens: count(4)?,
            cost: row.micro(5)?,
        })
    })
    .transpose()
}

/// A generation with its place in the day and its sealed receipt.
pub(super) type Placed = (GenerationId, i64, Option<Vec<u8>>);

/// A day as it is read whole.
pub(super) struct DayRead {
    pub(super) db: Db,
    pub(super) day: Day,
}

impl DayRead {
    /// The tags of the day's owners after a tag, in their order.
    pub(super) async fn owner_tags(&self, after: &[u8], limit: u32) -> Result<Vec<[u8; 16]>, DbError> {
        let values = vec![self.day.into(), after.into(), limit.into()];
        let rows = self.db.query(&OWNER_TAGS, values).await?;
        rows.iter().map(|row| row.array(0)).collect()
    }

    /// An owner's receipts behind a place, sealed, each with its place.
    pub(super) async fn of_owner(&self, tag: [u8; 16], after: i64, limit: u32) -> Result<Vec<Placed>, DbError> {
        let values = vec![self.day.into(), tag.into(), after.into(), limit.into()];
        let rows = self.db.query(&OF_OWNER, values).await?;
        rows.iter()
            .map(|row| Ok((row.id(0)?, row.integer(1)?, row.optional_blob(2)?.map(<[u8]>::to_vec))))
            .collect()
    }

    /// What is sealed in the rows behind a place, each row with its place.
    pub(super) async fn sealed(&self, after: i64, limit: u32) -> Result<Vec<(i64, Vec<Vec<u8>>)>, DbError> {
        let values = vec![self.day.into(), after.into(), limit.into()];
        let rows = self.db.query(&SEALED, values).await?;
        let sealed = |row: &DbRow| {
            let values = [row.optional_blob(1)?, row.optional_blob(2)?];
            let values = values.into_iter().flatten().map(<[u8]>::to_vec).collect();
            Ok((row.integer(0)?, values))
        };
        rows.iter().map(sealed).collect()
    }

    /// How many generations were written into the day.
    pub(super) async fn written(&self) -> Result<u64, DbError> {
        let row = self.db.query_optional(&LAST_PLACE, vec![self.day.into()]).await?;
        row.map_or(Ok(0), |row| sequence(&row))
    }
}

/// How far `instance` was booked.
pub async fn mark(db: &Db, instance: InstanceId) -> Result<u64, DbError> {
    let row = db.query_optional(&MARK, vec![instance.into()]).await?;
    row.map_or(Ok(0), |row| sequence(&row))
}

/// How far `instance` was booked, as the transaction sees it.
pub async fn mark_in(tx: &Tx, instance: InstanceId) -> Result<u64, DbError> {
    let row = tx.query_optional(&MARK, vec![instance.into()]).await?;
    row.map_or(Ok(0), |row| sequence(&row))
}

/// What a usage line is one of: payer, login, day, model and unit.
type LineKey<'a> = (OrgId, AccountId, Day, &'a str, Unit);

/// Writes the usage lines of these generations and the mark of their process. The postings belong into the same
/// transaction; the caller holds both.
pub async fn book(tx: &Tx, instance: InstanceId, batch: &[&Money], mark: u64) -> Result<(), DbError> {
    let mut lines: BTreeMap<LineKey<'_>, (u64, i64)> = BTreeMap::new();
    for money in batch.iter().filter(|money| money.was_answered()) {
        let mut grow = |unit, quantity, cost: i64| {
            let line = lines
                .entry((money.org, money.account, money.day, &money.model, unit))
                .or_default();
            *line = (line.0.saturating_add(quantity), line.1.saturating_add(cost));
        };
        for line in &money.lines {
            grow(line.unit, line.quantity, line.cost.get());
        }
        grow(Unit::Request, 1, 0);
    }
    let rows = lines
        .into_iter()
        .map(|((org, account, day, model, unit), (quantity, cost))| {
            vec![
                org.into(),
                account.into(),
                day.into(),
                model.into(),
                unit.as_str().into(),
                bounded(quantity),
                cost.into(),
            ]
        });
    tx.execute_many(&GROW_USAGE_LINE, rows.collect()).await?;
    tx.execute(&SET_MARK, vec![instance.into(), bounded(mark)]).await?;
    Ok(())
}
