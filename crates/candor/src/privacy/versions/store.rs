//! All SQL of versions.

use ::store::db::{Db, DbError, Row, Statement, Value};
use base::time::Timestamp;
use policy::page::PolicyHash;

use super::Version;

/// Two processes that start together note one version once; the first moment stays.
const NOTE: Statement = Statement::common(
    "versions.note",
    "INSERT INTO policy_version (hash, version, first_ran_at) VALUES ($1, $2, $3) ON CONFLICT (hash) DO NOTHING",
);
const FIND: Statement = Statement::common(
    "versions.find",
    "SELECT hash, version, first_ran_at FROM policy_version WHERE hash = $1",
);
const ALL: Statement = Statement::common(
    "versions.all",
    "SELECT hash, version, first_ran_at FROM policy_version ORDER BY first_ran_at DESC, hash",
);

/// Every statement, for the test that prepares them on both databases.
pub const STATEMENTS: &[&Statement] = &[&NOTE, &FIND, &ALL];

/// Notes that a version runs, unless it is known.
///
/// # Errors
/// Those of the database.
pub async fn note(db: &Db, hash: PolicyHash, version: &str, now: Timestamp) -> Result<(), DbError> {
    let row = vec![stored(hash), version.into(), now.into()];
    db.execute(&NOTE, row).await.map(drop)
}

/// The version with this hash, if it has run.
///
/// # Errors
/// Those of the database.
pub async fn find(db: &Db, hash: PolicyHash) -> Result<Option<Version>, DbError> {
    let rows = db.query(&FIND, vec![stored(hash)]).await?;
    rows.first().map(version).transpose()
}

/// Every version that has run, the newest first.
///
/// # Errors
/// Those of the database.
pub async fn all(db: &Db) -> Result<Vec<Version>, DbError> {
    let rows = db.query(&ALL, Vec::new()).await?;
    rows.iter().map(version).collect()
}

fn version(row: &Row) -> Result<Version, DbError> {
    Ok(Version {
        hash: PolicyHash::from_bytes(row.array(0)?),
        version: row.text(1)?.to_owned(),
        first_ran_at: row.timestamp(2)?,
    })
}

fn stored(hash: PolicyHash) -> Value {
    Value::Blob(hash.as_bytes().to_vec())
}
