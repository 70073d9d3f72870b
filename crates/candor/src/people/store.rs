//! All SQL of people.
//!
//! Promises: every change that other processes must see counts the change sequence up in its own transaction.
//! Leaves out: sealing (`accounts.rs`, `issue.rs`).

pub(super) mod anew;

use std::collections::HashMap;
use std::sync::Arc;

use base::ids::{AccountId, KeyId, OrgId, SubjectId};
use base::time::{Timestamp, Week};
use store::db::{Db, DbError, Row, Statement, Tx, Value};

use super::keys::{Caller, Snapshot, Standing, TokenHash};
use super::options::KeyOptions;
use super::{PeopleError, Role};
use crate::privacy::gate::ProcessingState;

/// Rows that one look at keys or subjects reads; the next one goes on behind them.
const PAGE: i64 = 10_000;
/// Pairs of a person and an organisation that one look reads.
pub(super) const OWNERS_PAGE: u32 = 1_000;
/// Keys of one account that are listed.
pub const MAX_KEYS: i64 = 1_000;

const ADD_SUBJECT: Statement = Statement::common(
    "subjects.add",
    "INSERT INTO subject (subject_id, state, created_at) VALUES ($1, $2, $3)",
);
const ADD_ORGANISATION: Statement = Statement::common(
    "organisations.add",
    "INSERT INTO organisation (org_id, kind, created_at) VALUES ($1, 'personal', $2)",
);
const ADD_ACCOUNT: Statement = Statement::common(
    "accounts.add",
    "INSERT INTO account (account_id, subject_id, personal_org_id, role, email, email_week, email_tag, username, password,
         created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
);
const ADD_MEMBERSHIP: Statement = Statement::common(
    "memberships.add",
    "INSERT INTO membership (org_id, account_id, role) VALUES ($1, $2, 'owner')",
);
const FIND_ACCOUNT: Statement = Statement::common(
    "accounts.find",
    "SELECT account.account_id, account.subject_id, account.personal_org_id, account.role, account.email, account.username,
         account.created_at, subject.state
     FROM account JOIN subject ON subject.subject_id = account.subject_id WHERE account.email_tag = $1",
);
const SET_STATE: Statement = Statement::common(
    "subjects.set_state",
    "UPDATE subject SET state = $2 WHERE subject_id = $1",
);
const ADD_KEY: Statement = Statement::common(
    "keys.add",
    "INSERT INTO api_key (org_id, key_id, account_id, token_hash, name, scope, created_at, models, limits, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
);
const KEYS_OF: Statement = Statement::common(
    "keys.of_account",
    "SELECT key_id, name, created_at, revoked_at, scope, models, limits, expires_at FROM api_key WHERE account_id = $1
     ORDER BY created_at, key_id LIMIT $2",
);
const KEY_NAME: Statement = Statement::common(
    "keys.name",
    "SELECT name FROM api_key WHERE org_id = $1 AND key_id = $2",
);
const REVOKE: Statement = Statement::common(
    "keys.revoke",
    "UPDATE api_key SET revoked_at = $3 WHERE account_id = $1 AND key_id = $2 AND revoked_at IS NULL",
);
const REVOKE_AGAIN: Statement = Statement::common(
    "keys.revoke_again",
    "UPDATE api_key SET revoked_at = $2 WHERE key_id = $1 AND revoked_at IS NULL",
);
const COUNT_CHANGE: Statement = Statement::common(
    "changes.count",
    "UPDATE change SET sequence = sequence + 1 WHERE topic = 'people'",
);
const CHANGE: Statement = Statement::common("changes.sequence", "SELECT sequence FROM change WHERE topic = 'people'");
const ALL_KEYS: Statement = Statement::common(
    "keys.all",
    "SELECT api_key.org_id, api_key.key_id, api_key.token_hash, api_key.account_id, account.subject_id, api_key.revoked_at,
         subject.state, api_key.scope, api_key.models, api_key.limits, api_key.expires_at
     FROM api_key JOIN account ON account.account_id = api_key.account_id
     JOIN subject ON subject.subject_id = account.subject_id
     WHERE (api_key.org_id, api_key.key_id) > ($1, $2) ORDER BY api_key.org_id, api_key.key_id LIMIT $3",
);
const ALL_SUBJECTS: Statement = Statement::common(
    "subjects.all",
    "SELECT subject_id, state FROM subject WHERE subject_id > $1 ORDER BY subject_id LIMIT $2",
);
const OWNERS: Statement = Statement::common(
    "accounts.owners",
    "SELECT account.subject_id, membership.org_id FROM account JOIN membership ON membership.account_id = account.account_id
     WHERE account.subject_id > $1 ORDER BY account.subject_id, membership.org_id LIMIT $2",
);
const ANY_ACCOUNT: Statement = Statement::common("accounts.any", "SELECT account_id FROM account LIMIT 1");

/// Every statement of this domain, for the test that prepares all of them on both databases.
pub const STATEMENTS: &[&Statement] = &[
    &ADD_SUBJECT,
    &ADD_ORGANISATION,
    &ADD_ACCOUNT,
    &ADD_MEMBERSHIP,
    &FIND_ACCOUNT,
    &SET_STATE,
    &ADD_KEY,
    &KEYS_OF,
    &KEY_NAME,
    &REVOKE,
    &REVOKE_AGAIN,
    &COUNT_CHANGE,
    &CHANGE,
    &ALL_KEYS,
    &ALL_SUBJECTS,
    &OWNERS,
    &ANY_ACCOUNT,
    &anew::INDEXED_BEFORE,
    &anew::INDEX_ANEW,
];

/// A new account with its person and its personal organisation; what is personal is sealed.
pub(super) struct NewRows {
    pub(super) account: AccountId,
    pub(super) subject: SubjectId,
    pub(super) org: OrgId,
    pub(super) role: Role,
    pub(super) email: Vec<u8>,
    pub(super) email_tag: (Week, [u8; 32]),
    /// What the address may be stored as already, under every week's key.
    pub(super) email_tags: Vec<[u8; 32]>,
    pub(super) username: Option<Vec<u8>>,
    pub(super) password: Option<Vec<u8>>,
    pub(super) created_at: Timestamp,
}

/// Writes a new account, unless one has the address under any week's key.
pub(super) async fn add_account(db: &Db, new: &NewRows) -> Result<(), PeopleError> {
    let added = db.transaction("add account", |tx| async move {
        for tag in &new.email_tags {
            if !tx.query(&FIND_ACCOUNT, vec![(*tag).into()]).await?.is_empty() {
                return Err(PeopleError::AccountExists);
            }
        }
        let (account, subject, org) = (new.account, new.subject, new.org);
        let subject_row = vec![
            subject.into(),
            ProcessingState::Active.as_str().into(),
            new.created_at.into(),
        ];
        tx.execute(&ADD_SUBJECT, subject_row).await?;
        tx.execute(&ADD_ORGANISATION, vec![org.into(), new.created_at.into()])
            .await?;
        tx.execute(&ADD_ACCOUNT, account_row(new)).await?;
        tx.execute(&ADD_MEMBERSHIP, vec![org.into(), account.into()]).await?;
        count_change(&tx).await?;
        Ok(())
    });
    match added.await {
        Err(PeopleError::Db(error)) if error.is_duplicate() => Err(PeopleError::AccountExists),
        other => other,
    }
}

fn account_row(new: &NewRows) -> Vec<Value> {
    vec![
        new.account.into(),
        new.subject.into(),
        new.org.into(),
        new.role.as_str().into(),
        new.email.clone().into(),
        new.email_tag.0.into(),
        new.email_tag.1.into(),
        new.username.clone().into(),
        new.password.clone().into(),
        new.created_at.into(),
    ]
}

async fn count_change(tx: &Tx) -> Result<(), DbError> {
    tx.execute(&COUNT_CHANGE, vec![]).await?;
    Ok(())
}

/// An account as stored: what is personal is sealed.
pub(super) struct AccountRow {
    pub(super) account: AccountId,
    pub(super) subject: SubjectId,
    pub(super) org: OrgId,
    pub(super) role: Role,
    pub(super) email: Vec<u8>,
    pub(super) username: Option<Vec<u8>>,
    pub(super) created_at: Timestamp,
    pub(super) state: ProcessingState,
}

/// The account that stands under one of these values of its address.
pub(super) async fn find_account(db: &Db, email_tags: &[[u8; 32]]) -> Result<Option<AccountRow>, PeopleError> {
    for tag in email_tags {
        if let Some(row) = db.query_optional(&FIND_ACCOUNT, vec![(*tag).into()]).await? {
            return Ok(Some(AccountRow {
                account: row.id(0)?,
                subject: row.id(1)?,
                org: row.id(2)?,
                role: Role::from_name(row.text(3)?).ok_or(PeopleError::Damaged)?,
                email: row.blob(4)?.to_vec(),
                username: row.optional_blob(5)?.map(<[u8]>::to_vec),
                created_at: row.timestamp(6)?,
                state: state(&row, 7)?,
            }));
        }
    }
    Ok(None)
}

/// Is there any account at all?
pub(super) async fn is_empty(db: &Db) -> Result<bool, DbError> {
    Ok(db.query(&ANY_ACCOUNT, vec![]).await?.is_empty())
}

/// Changes what may be done with a person's data.
pub(super) async fn set_state(db: &Db, subject: SubjectId, state: ProcessingState) -> Result<(), DbError> {
    db.transaction("set state", |tx| async move {
        tx.execute(&SET_STATE, vec![subject.into(), state.as_str().into()])
            .await?;
        count_change(&tx).await
    })
    .await
}

/// A new API key; its name is sealed.
pub(super) struct NewKeyRow {
    pub(super) org: OrgId,
    pub(super) key: KeyId,
    pub(super) account: AccountId,
    pub(super) token_hash: TokenHash,
    pub(super) name: Vec<u8>,
    pub(super) options: KeyOptions,
    pub(super) created_at: Timestamp,
}

/// Writes a new key.
pub(super) async fn add_key(db: &Db, new: &NewKeyRow) -> Result<(), DbError> {
    db.transaction("add key", |tx| async move {
        let row = vec![
            new.org.into(),
            new.key.into(),
            new.account.into(),
            (*new.token_hash.as_bytes()).into(),
            new.name.clone().into(),
            new.options.scope.as_str().into(),
            new.created_at.into(),
            new.options.stored_models().into(),
            new.options.stored_limits().into(),
            new.options.expires_at.into(),
        ];
        tx.execute(&ADD_KEY, row).await?;
        count_change(&tx).await
    })
    .await
}

/// A key as stored: its name is sealed.
pub(super) struct KeyRow {
    pub(super) key: KeyId,
    pub(super) name: Vec<u8>,
    pub(super) options: KeyOptions,
    pub(super) created_at: Timestamp,
    pub(super) revoked_at: Option<Timestamp>,
}

/// An account's keys, oldest first, at most [`MAX_KEYS`].
pub(super) async fn keys_of(db: &Db, account: AccountId) -> Result<Vec<KeyRow>, PeopleError> {
    let rows = db.query(&KEYS_OF, vec![account.into(), MAX_KEYS.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(KeyRow {
                key: row.id(0)?,
                name: row.blob(1)?.to_vec(),
                created_at: row.timestamp(2)?,
                revoked_at: row.optional_timestamp(3)?,
                options: options(row, 4)?,
            })
        })
        .collect()
}

/// A key's sealed name.
pub(super) async fn key_name(db: &Db, org: OrgId, key: KeyId) -> Result<Option<Vec<u8>>, DbError> {
    let row = db.query_optional(&KEY_NAME, vec![org.into(), key.into()]).await?;
    row.map(|mut row| row.take_blob(0)).transpose()
}

/// Revokes a key; how many were (0: it was already).
pub(super) async fn revoke(db: &Db, account: AccountId, key: KeyId, now: Timestamp) -> Result<u64, DbError> {
    db.transaction("revoke key", |tx| async move {
        let revoked = tx
            .execute(&REVOKE, vec![account.into(), key.into(), now.into()])
            .await?;
        count_change(&tx).await?;
        Ok(revoked)
    })
    .await
}

/// Revokes keys that a restored backup brought back; how many that were.
pub(super) async fn revoke_again(db: &Db, revoked: &[(KeyId, Timestamp)]) -> Result<u64, DbError> {
    let rows: Vec<Vec<Value>> = revoked
        .iter()
        .map(|(key, at)| vec![(*key).into(), (*at).into()])
        .collect();
    db.transaction("revoke keys again", |tx| {
        let rows = rows.clone();
        async move {
            let again = tx.execute_many(&REVOKE_AGAIN, rows).await?;
            count_change(&tx).await?;
            Ok(again)
        }
    })
    .await
}

/// The change sequence: it grows with everything that a snapshot holds.
pub(super) async fn change(db: &Db) -> Result<i64, DbError> {
    db.query_one(&CHANGE, vec![]).await?.integer(0)
}

/// Every key, by its digest.
pub(super) async fn snapshot(db: &Db) -> Result<Snapshot, PeopleError> {
    let mut snapshot = Snapshot::new();
    let (mut org, mut key) = (vec![], vec![]);
    loop {
        let rows = db.query(&ALL_KEYS, vec![org.into(), key.into(), PAGE.into()]).await?;
        let Some(last) = rows.last() else {
            return Ok(snapshot);
        };
        (org, key) = (last.blob(0)?.to_vec(), last.blob(1)?.to_vec());
        for row in &rows {
            snapshot.insert(TokenHash::from_bytes(row.array(2)?), standing(row)?);
        }
    }
}

fn standing(row: &Row) -> Result<Standing, PeopleError> {
    if row.optional_integer(5)?.is_some() {
        return Ok(Standing::Revoked);
    }
    if state(row, 6)? == ProcessingState::Frozen {
        return Ok(Standing::Frozen);
    }
    Ok(Standing::Live(Arc::new(Caller {
        org: row.id(0)?,
        key: row.id(1)?,
        account: row.id(3)?,
        subject: row.id(4)?,
        options: options(row, 7)?,
    })))
}

/// Everybody's state.
pub(super) async fn states(db: &Db) -> Result<HashMap<SubjectId, ProcessingState>, PeopleError> {
    let mut states = HashMap::new();
    let mut subject = vec![];
    loop {
        let rows = db.query(&ALL_SUBJECTS, vec![subject.into(), PAGE.into()]).await?;
        let Some(last) = rows.last() else {
            return Ok(states);
        };
        subject = last.blob(0)?.to_vec();
        for row in &rows {
            states.insert(row.id(0)?, state(row, 1)?);
        }
    }
}

/// Persons after `after` with the organisations that pay for them, in their order; a page of pairs.
pub(super) async fn owners(db: &Db, after: Option<SubjectId>) -> Result<Vec<(SubjectId, OrgId)>, DbError> {
    let after = after.map_or_else(Vec::new, |subject| subject.as_bytes().to_vec());
    let rows = db.query(&OWNERS, vec![after.into(), OWNERS_PAGE.into()]).await?;
    rows.iter().map(|row| Ok((row.id(0)?, row.id(1)?))).collect()
}

fn state(row: &Row, place: usize) -> Result<ProcessingState, PeopleError> {
    ProcessingState::from_name(row.text(place)?).ok_or(PeopleError::Damaged)
}

/// From `scope`, `models`, `limits` and `expires_at`, which stand one after the other.
fn options(row: &Row, place: usize) -> Result<KeyOptions, PeopleError> {
    KeyOptions::of_stored(
        row.text(place)?,
        row.optional_text(place + 1)?,
        row.optional_text(place + 2)?,
        row.optional_timestamp(place + 3)?,
    )
}
