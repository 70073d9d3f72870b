//! The SQL of the key store.

use base::ids::SubjectId;
use base::time::{Timestamp, Week};

use super::wrap::{self, Wrapped};
use crate::db::{Db, DbError, Row, Statement};

const INSERT: Statement = Statement::common(
    "subject_key.insert",
    "INSERT INTO subject_key (subject_id, week, wrapped, created_at) VALUES ($1, $2, $3, $4)",
);
const FIND: Statement = Statement::common(
    "subject_key.find",
    "SELECT week, wrapped FROM subject_key WHERE subject_id = $1",
);
const DELETE: Statement = Statement::common("subject_key.delete", "DELETE FROM subject_key WHERE subject_id = $1");
const ANY: Statement = Statement::common("subject_key.any", "SELECT week FROM subject_key LIMIT 1");

const WRAPPED_BEFORE: Statement = Statement::common(
    "subject_key.wrapped_before",
    "SELECT subject_id, week, wrapped FROM subject_key WHERE week < $1 AND subject_id > $2 ORDER BY subject_id LIMIT $3",
);
/// Only what is still as it was read: whoever was erased meanwhile stays so.
const REPLACE: Statement = Statement::common(
    "subject_key.replace",
    "UPDATE subject_key SET week = $3, wrapped = $4 WHERE subject_id = $1 AND wrapped = $2",
);

/// Keys that are wrapped anew in one transaction.
const PAGE: i64 = 1_000;

/// All statements on the key store, for the test that prepares each.
pub const STATEMENTS: &[&Statement] = &[&INSERT, &FIND, &DELETE, &ANY, &WRAPPED_BEFORE, &REPLACE];

pub(super) async fn insert(db: &Db, subject: SubjectId, wrapped: &Wrapped, now: Timestamp) -> Result<(), DbError> {
    let values = vec![subject.into(), wrapped.week.into(), wrapped.bytes.into(), now.into()];
    db.execute(&INSERT, values).await.map(|_| ())
}

pub(super) async fn find(db: &Db, subject: SubjectId) -> Result<Option<Wrapped>, DbError> {
    let row = db.query_optional(&FIND, vec![subject.into()]).await?;
    row.map(|row| wrapped(&row, 0)).transpose()
}

/// A page of keys under older weeks than this, of people behind `after`.
pub(super) async fn wrapped_before(
    db: &Db,
    week: Week,
    after: SubjectId,
) -> Result<Vec<(SubjectId, Wrapped)>, DbError> {
    let rows = db
        .query(&WRAPPED_BEFORE, vec![week.into(), after.into(), PAGE.into()])
        .await?;
    rows.iter().map(|row| Ok((row.id(0)?, wrapped(row, 1)?))).collect()
}

/// A key as it was found and as it is to be.
pub(super) struct Rewrapped {
    pub(super) subject: SubjectId,
    pub(super) old: Wrapped,
    pub(super) new: Wrapped,
}

/// Puts new wraps in the place of old ones; how many.
pub(super) async fn replace(db: &Db, rewrapped: &[Rewrapped]) -> Result<u64, DbError> {
    let row = |one: &Rewrapped| {
        let Rewrapped { subject, old, new } = *one;
        vec![subject.into(), old.bytes.into(), new.week.into(), new.bytes.into()]
    };
    db.transaction("wrap anew", |tx| {
        let rows = rewrapped.iter().map(row).collect();
        async move { tx.execute_many(&REPLACE, rows).await }
    })
    .await
}

fn wrapped(row: &Row, at: usize) -> Result<Wrapped, DbError> {
    let week: Week = row.week(at)?;
    let bytes = row.array::<{ wrap::WRAPPED_BYTES }>(at + 1)?;
    Ok(Wrapped { week, bytes })
}

/// Whether there was one.
pub(super) async fn delete(db: &Db, subject: SubjectId) -> Result<bool, DbError> {
    Ok(db.execute(&DELETE, vec![subject.into()]).await? > 0)
}

pub(super) async fn is_empty(db: &Db) -> Result<bool, DbError> {
    Ok(db.query_optional(&ANY, Vec::new()).await?.is_none())
}
