//! The SQL of the key store.

use base::ids::SubjectId;
use base::time::{Timestamp, Week};

use super::wrap::{self, Wrapped};
use crate::db::{Db, DbError, Statement};

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

/// All statements on the key store, for the test that prepares each.
pub const STATEMENTS: &[&Statement] = &[&INSERT, &FIND, &DELETE, &ANY];

pub(super) async fn insert(db: &Db, subject: SubjectId, wrapped: &Wrapped, now: Timestamp) -> Result<(), DbError> {
    let values = vec![subject.into(), wrapped.week.into(), wrapped.bytes.into(), now.into()];
    db.execute(&INSERT, values).await.map(|_| ())
}

pub(super) async fn find(db: &Db, subject: SubjectId) -> Result<Option<Wrapped>, DbError> {
    let Some(row) = db.query_optional(&FIND, vec![subject.into()]).await? else {
        return Ok(None);
    };
    let week: Week = row.week(0)?;
    let bytes = row.array::<{ wrap::WRAPPED_BYTES }>(1)?;
    Ok(Some(Wrapped { week, bytes }))
}

/// Whether there was one.
pub(super) async fn delete(db: &Db, subject: SubjectId) -> Result<bool, DbError> {
    Ok(db.execute(&DELETE, vec![subject.into()]).await? > 0)
}

pub(super) async fn is_empty(db: &Db) -> Result<bool, DbError> {
    Ok(db.query_optional(&ANY, Vec::new()).await?.is_none())
}
