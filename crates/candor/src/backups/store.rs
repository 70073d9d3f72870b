//! All SQL of backups.

use ::store::db::{Db, DbError, Statement};
use base::time::Timestamp;

use super::Backup;

const ADD: Statement = Statement::common(
    "add backup",
    "INSERT INTO backup (backup_id, place, made_at, restores_until, dead_at) VALUES ($1, $2, $3, $4, $5)",
);
const LIST: Statement = Statement::common(
    "list backups",
    "SELECT backup_id, place, made_at, restores_until, dead_at FROM backup ORDER BY made_at",
);
const FORGET: Statement = Statement::common("forget dead backups", "DELETE FROM backup WHERE dead_at <= $1");

/// Every statement, for the test that prepares them on both databases.
pub const STATEMENTS: &[&Statement] = &[&ADD, &LIST, &FORGET];

/// Notes a backup, and forgets those that open nobody any more.
///
/// # Errors
/// Those of the database.
pub async fn add(db: &Db, backup: &Backup, now: Timestamp) -> Result<(), DbError> {
    let row = vec![
        backup.id.into(),
        backup.place.as_str().into(),
        backup.made_at.into(),
        backup.restores_until.into(),
        backup.dead_at.into(),
    ];
    db.execute(&FORGET, vec![now.into()]).await?;
    db.execute(&ADD, row).await.map(drop)
}

/// All backups that may still open somebody's data, oldest first.
///
/// # Errors
/// Those of the database.
pub async fn list(db: &Db) -> Result<Vec<Backup>, DbError> {
    let rows = db.query(&LIST, Vec::new()).await?;
    let backup = |row: &::store::db::Row| {
        Ok(Backup {
            id: row.id(0)?,
            place: row.text(1)?.to_owned(),
            made_at: row.timestamp(2)?,
            restores_until: row.timestamp(3)?,
            dead_at: row.timestamp(4)?,
        })
    };
    rows.iter().map(backup).collect()
}
