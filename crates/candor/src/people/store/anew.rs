//! The SQL of look-ups under a later week's key.

use base::ids::{AccountId, SubjectId};
use base::time::Week;
use store::db::{Db, DbError, Statement};

pub(super) const INDEXED_BEFORE: Statement = Statement::common(
    "accounts.indexed_before",
    "SELECT account_id, subject_id, email FROM account WHERE email_week < $1 AND account_id > $2
     ORDER BY account_id LIMIT $3",
);
pub(super) const INDEX_ANEW: Statement = Statement::common(
    "accounts.index_anew",
    "UPDATE account SET email_week = $2, email_tag = $3 WHERE account_id = $1 AND email_week < $2",
);

/// Accounts that are looked at, and changed, together.
const PAGE: i64 = 1_000;

/// An account whose look-up is under an older week's key; the address is sealed.
pub(in crate::people) struct Indexed {
    pub(in crate::people) account: AccountId,
    pub(in crate::people) subject: SubjectId,
    pub(in crate::people) email: Vec<u8>,
}

/// A page of accounts that are found under weeks before this one, behind `after`.
pub(in crate::people) async fn indexed_before(
    db: &Db,
    week: Week,
    after: Option<AccountId>,
) -> Result<Vec<Indexed>, DbError> {
    let after = after.map_or_else(Vec::new, |account| account.as_bytes().to_vec());
    let rows = db
        .query(&INDEXED_BEFORE, vec![week.into(), after.into(), PAGE.into()])
        .await?;
    let indexed = |row: &store::db::Row| {
        Ok(Indexed {
            account: row.id(0)?,
            subject: row.id(1)?,
            email: row.blob(2)?.to_vec(),
        })
    };
    rows.iter().map(indexed).collect()
}

/// Lets accounts be found under other values; how many.
pub(in crate::people) async fn index_anew(db: &Db, indexes: &[(AccountId, (Week, [u8; 32]))]) -> Result<u64, DbError> {
    db.transaction("index anew", |tx| {
        let row = |(account, (week, tag)): &(AccountId, (Week, [u8; 32]))| {
            vec![(*account).into(), (*week).into(), (*tag).into()]
        };
        let rows = indexes.iter().map(row).collect();
        async move { tx.execute_many(&INDEX_ANEW, rows).await }
    })
    .await
}
