//! All SQL of money.
//!
//! Promises: what must be true together is written in one transaction: a posting with its entries, a cost with what it takes
//! off its lease.
//! Leaves out: when leases are asked for and given back (`leases.rs`).

use std::collections::BTreeMap;

use base::ids::{InstanceId, OrgId};
use base::money::{Currency, Micro};
use base::time::{Day, Timestamp};
use store::db::{Db, DbError, Statement, Tx, Value};

use super::book::Leased;
use super::prices::Prices;
use super::{Cause, Posting};

const OPEN_LEDGER: Statement = Statement::common(
    "ledger.open",
    "INSERT INTO ledger_account (org_id, currency) VALUES ($1, $2) ON CONFLICT (org_id) DO NOTHING",
);
const LEDGER_CURRENCY: Statement = Statement::common(
    "ledger.currency",
    "SELECT currency FROM ledger_account WHERE org_id = $1",
);
const ADD_POSTING: Statement = Statement::common(
    "ledger.post",
    "INSERT INTO ledger_posting (org_id, posting_id, kind, day, fiscal_year, model) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (org_id, posting_id) DO NOTHING",
);
const GROW_ENTRY: Statement = Statement::common(
    "ledger.enter",
    "INSERT INTO ledger_entry (org_id, pot, posting_id, amount) VALUES ($1, $2, $3, $4)
     ON CONFLICT (org_id, pot, posting_id) DO UPDATE SET amount = ledger_entry.amount + excluded.amount",
);
const BALANCE: Statement = Statement::common(
    "ledger.balance",
    "SELECT currency, CAST(COALESCE(
         (SELECT SUM(amount) FROM ledger_entry WHERE org_id = $1 AND pot = 'credit'), 0) AS BIGINT)
     FROM ledger_account WHERE org_id = $1",
);
const UNBALANCED: Statement = Statement::common(
    "ledger.unbalanced",
    "SELECT COUNT(*) FROM (
         SELECT posting_id FROM ledger_entry GROUP BY org_id, posting_id HAVING SUM(amount) <> 0) AS wrong",
);
const ADD_PRICE: Statement = Statement::common(
    "prices.add",
    "INSERT INTO price_version (version, unit, model, currency, price) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (version, unit) DO NOTHING",
);
const LEASABLE: Statement = Statement::common(
    "leases.leasable",
    "SELECT
         CAST(COALESCE((SELECT SUM(amount) FROM ledger_entry WHERE org_id = $1 AND pot = 'credit'), 0) AS BIGINT),
         CAST(COALESCE((SELECT SUM(amount) FROM credit_lease WHERE org_id = $1), 0) AS BIGINT),
         CAST(COALESCE((SELECT SUM(CASE WHEN amount > in_use THEN amount - in_use ELSE 0 END)
                        FROM credit_lease WHERE org_id = $1 AND instance_id <> $2), 0) AS BIGINT)",
);
const LEASE: Statement = Statement::common(
    "leases.lease",
    "INSERT INTO credit_lease (org_id, instance_id, amount, in_use) VALUES ($1, $2, $3, 0)
     ON CONFLICT (org_id, instance_id) DO UPDATE SET amount = credit_lease.amount + excluded.amount",
);
const SPEND_LEASE: Statement = Statement::common(
    "leases.spend",
    "UPDATE credit_lease SET amount = CASE WHEN amount > $3 THEN amount - $3 ELSE 0 END,
         in_use = CASE WHEN in_use > $3 THEN in_use - $3 ELSE 0 END
     WHERE org_id = $1 AND instance_id = $2",
);
const GIVE_BACK: Statement = Statement::common(
    "leases.give_back",
    "UPDATE credit_lease SET amount = CASE WHEN amount > $3 THEN amount - $3 ELSE 0 END, in_use = $4
     WHERE org_id = $1 AND instance_id = $2",
);
const END_LEASE: Statement = Statement::common(
    "leases.end",
    "DELETE FROM credit_lease WHERE org_id = $1 AND instance_id = $2",
);
const END_LEASES: Statement = Statement::common("leases.end_all", "DELETE FROM credit_lease WHERE instance_id = $1");
const RESERVED_ELSEWHERE: Statement = Statement::common(
    "leases.reserved_elsewhere",
    "SELECT CAST(COALESCE(SUM(credit_lease.in_use), 0) AS BIGINT) FROM credit_lease
     JOIN process ON process.instance_id = credit_lease.instance_id
     WHERE credit_lease.org_id = $1 AND credit_lease.instance_id <> $2 AND process.seen_at > $3",
);
const REGISTER: Statement = Statement::common(
    "processes.register",
    "INSERT INTO process (instance_id, beats, seen_at) VALUES ($1, 1, $2) ON CONFLICT (instance_id) DO NOTHING",
);
const BEAT: Statement = Statement::common(
    "processes.beat",
    "UPDATE process SET beats = beats + 1, seen_at = $2 WHERE instance_id = $1",
);
const PROCESSES: Statement = Statement::common("processes.list", "SELECT instance_id, beats FROM process");
const BEATS: Statement = Statement::common("processes.beats", "SELECT beats FROM process WHERE instance_id = $1");
const FORGET: Statement = Statement::common("processes.forget", "DELETE FROM process WHERE instance_id = $1");

/// Every statement of this domain, for the test that prepares all of them on both databases.
pub const STATEMENTS: &[&Statement] = &[
    &OPEN_LEDGER,
    &LEDGER_CURRENCY,
    &ADD_POSTING,
    &GROW_ENTRY,
    &BALANCE,
    &UNBALANCED,
    &ADD_PRICE,
    &LEASABLE,
    &LEASE,
    &SPEND_LEASE,
    &GIVE_BACK,
    &END_LEASE,
    &END_LEASES,
    &RESERVED_ELSEWHERE,
    &REGISTER,
    &BEAT,
    &PROCESSES,
    &BEATS,
    &FORGET,
];

/// Why nothing was granted.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// Nothing or less.
    #[error("{0} is no amount to grant; write more than zero, as `10.00`")]
    NotPositive(Micro),
    /// The organisation's books are kept in another currency.
    #[error("the books of this account are kept in {kept}, and `money.currency` is {asked}; they can't be mixed")]
    Currency {
        /// The currency of the books.
        kept: Currency,
        /// The currency asked for.
        asked: Currency,
    },
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Books credit that the operator gives.
pub async fn grant(db: &Db, posting: &Posting, currency: Currency) -> Result<(), GrantError> {
    if posting.amount <= Micro::ZERO {
        return Err(GrantError::NotPositive(posting.amount));
    }
    db.transaction("grant credit", |tx| async move {
        open_ledger(&tx, posting.org, currency).await?;
        let kept = tx
            .query_one(&LEDGER_CURRENCY, vec![posting.org.into()])
            .await?
            .currency(0)?;
        if kept != currency {
            return Err(GrantError::Currency { kept, asked: currency });
        }
        post(&tx, std::slice::from_ref(posting)).await?;
        Ok(())
    })
    .await
}

async fn open_ledger(tx: &Tx, org: OrgId, currency: Currency) -> Result<(), DbError> {
    tx.execute(&OPEN_LEDGER, vec![org.into(), currency.into()]).await?;
    Ok(())
}

/// Books postings; one that exists grows.
async fn post(tx: &Tx, postings: &[Posting]) -> Result<(), DbError> {
    let heads = postings.iter().map(|posting| {
        let (kind, model) = match &posting.cause {
            Cause::Grant(_) => ("grant", ""),
            Cause::Usage { model } => ("usage", model.as_str()),
        };
        vec![
            posting.org.into(),
            posting.id().into(),
            kind.into(),
            posting.day.into(),
            posting.day.year().into(),
            model.into(),
        ]
    });
    tx.execute_many(&ADD_POSTING, heads.collect()).await?;
    let entries = postings.iter().flat_map(|posting| {
        let id = posting.id();
        posting
            .entries()
            .map(|(pot, amount)| vec![posting.org.into(), pot.as_str().into(), id.into(), amount.into()])
    });
    tx.execute_many(&GROW_ENTRY, entries.collect()).await?;
    Ok(())
}

/// What one settled generation costs whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// Who pays.
    pub org: OrgId,
    /// The day of its acceptance.
    pub day: Day,
    /// The model as clients call it.
    pub model: String,
    /// How much; never negative.
    pub amount: Micro,
    /// Its currency.
    pub currency: Currency,
}

/// Books what was settled, and takes it off `holder`'s leases. A day's use of a model is one posting.
pub async fn post_usage(tx: &Tx, holder: InstanceId, costs: &[Cost]) -> Result<(), DbError> {
    let mut by_posting: BTreeMap<(OrgId, Day, &str), Micro> = BTreeMap::new();
    let mut by_org: BTreeMap<OrgId, (Currency, Micro)> = BTreeMap::new();
    for cost in costs.iter().filter(|cost| cost.amount > Micro::ZERO) {
        let sum = by_posting.entry((cost.org, cost.day, &cost.model)).or_default();
        *sum = sum.saturating_add(cost.amount);
        let (_, sum) = by_org.entry(cost.org).or_insert((cost.currency, Micro::ZERO));
        *sum = sum.saturating_add(cost.amount);
    }
    if by_org.is_empty() {
        return Ok(());
    }
    let ledgers = by_org
        .iter()
        .map(|(org, (currency, _))| vec![(*org).into(), (*currency).into()]);
    tx.execute_many(&OPEN_LEDGER, ledgers.collect()).await?;
    let postings: Vec<Posting> = by_posting
        .into_iter()
        .map(|((org, day, model), amount)| Posting {
            org,
            cause: Cause::Usage {
                model: model.to_owned(),
            },
            day,
            amount,
        })
        .collect();
    post(tx, &postings).await?;
    let spent = by_org
        .iter()
        .map(|(org, (_, sum))| vec![(*org).into(), holder.into(), (*sum).into()]);
    tx.execute_many(&SPEND_LEASE, spent.collect()).await?;
    Ok(())
}

/// The balance as booked; `None` if nothing was ever booked for the organisation.
pub async fn balance(db: &Db, org: OrgId) -> Result<Option<(Micro, Currency)>, DbError> {
    let row = db.query_optional(&BALANCE, vec![org.into()]).await?;
    row.map(|row| Ok((row.micro(1)?, row.currency(0)?))).transpose()
}

/// How many postings don't add up to nothing: must be 0, and `verify` asks.
pub async fn unbalanced(db: &Db) -> Result<i64, DbError> {
    db.query_one(&UNBALANCED, vec![]).await?.integer(0)
}

/// Remembers what every version of every price was.
pub async fn remember_prices(db: &Db, prices: &Prices) -> Result<(), DbError> {
    let rows: Vec<Vec<Value>> = prices
        .iter()
        .flat_map(|model| {
            model.listed().map(|(unit, price)| {
                vec![
                    model.version().number().into(),
                    unit.as_str().into(),
                    model.model().into(),
                    model.currency().into(),
                    price.into(),
                ]
            })
        })
        .collect();
    let rows = &rows;
    db.transaction("remember prices", |tx| async move {
        tx.execute_many(&ADD_PRICE, rows.clone()).await.map(|_| ())
    })
    .await
}

/// How much of what is free a process asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// All of it: nobody else serves this database.
    Everything,
    /// At most so much.
    AtMost(Micro),
}

/// Leases free credit of `org` to `instance`. Concurrent askers are serialised by the database.
pub(super) async fn lease(db: &Db, org: OrgId, instance: InstanceId, ask: Ask) -> Result<Leased, DbError> {
    db.transaction("lease credit", |tx| async move {
        let row = tx.query_one(&LEASABLE, vec![org.into(), instance.into()]).await?;
        let free = row.micro(0)?.saturating_sub(row.micro(1)?).max(Micro::ZERO);
        let amount = match ask {
            Ask::Everything => free,
            Ask::AtMost(most) => free.min(most.max(Micro::ZERO)),
        };
        if amount > Micro::ZERO {
            tx.execute(&LEASE, vec![org.into(), instance.into(), amount.into()])
                .await?;
        }
        Ok(Leased {
            amount,
            free: free.saturating_sub(amount),
            idle_elsewhere: row.micro(2)?,
        })
    })
    .await
}

/// What a process reports of one organisation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Report {
    pub(super) org: OrgId,
    pub(super) surplus: Micro,
    pub(super) in_use: Micro,
}

/// Gives surplus credit back, says what is in use, and ends the leases of organisations that went idle.
pub(super) async fn report(db: &Db, instance: InstanceId, reports: &[Report], idle: &[OrgId]) -> Result<(), DbError> {
    db.transaction("report leases", |tx| async move {
        let rows = reports.iter().map(|report| {
            vec![
                report.org.into(),
                instance.into(),
                report.surplus.into(),
                report.in_use.max(Micro::ZERO).into(),
            ]
        });
        tx.execute_many(&GIVE_BACK, rows.collect()).await?;
        let ended = idle.iter().map(|org| vec![(*org).into(), instance.into()]);
        tx.execute_many(&END_LEASE, ended.collect()).await?;
        Ok(())
    })
    .await
}

/// What other living processes (seen after `alive_since`) last said to have in use.
pub(super) async fn reserved_elsewhere(
    db: &Db,
    org: OrgId,
    instance: InstanceId,
    alive_since: Timestamp,
) -> Result<Micro, DbError> {
    db.query_one(
        &RESERVED_ELSEWHERE,
        vec![org.into(), instance.into(), alive_since.into()],
    )
    .await?
    .micro(0)
}

/// Makes a process known, so that it may lease.
pub(super) async fn register(db: &Db, instance: InstanceId, now: Timestamp) -> Result<(), DbError> {
    db.execute(&REGISTER, vec![instance.into(), now.into()]).await?;
    Ok(())
}

/// Is a process still known to the others?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beat {
    Known,
    /// It was taken for dead: its leases are gone.
    Forgotten,
}

/// Says that the process lives.
pub(super) async fn beat(db: &Db, instance: InstanceId, now: Timestamp) -> Result<Beat, DbError> {
    match db.execute(&BEAT, vec![instance.into(), now.into()]).await? {
        0 => Ok(Beat::Forgotten),
        _ => Ok(Beat::Known),
    }
}

/// All known processes, each with a number that grows while it lives.
pub(super) async fn processes(db: &Db) -> Result<Vec<(InstanceId, i64)>, DbError> {
    let rows = db.query(&PROCESSES, vec![]).await?;
    rows.iter().map(|row| Ok((row.id(0)?, row.integer(1)?))).collect()
}

/// Ends a dead process's leases, unless it beat again after `beats`.
pub(super) async fn bury(db: &Db, instance: InstanceId, beats: i64) -> Result<(), DbError> {
    db.transaction("bury process", |tx| async move {
        let row = tx.query_optional(&BEATS, vec![Value::id(instance)]).await?;
        if let Some(row) = row
            && row.integer(0)? == beats
        {
            tx.execute(&END_LEASES, vec![Value::id(instance)]).await?;
            tx.execute(&FORGET, vec![Value::id(instance)]).await?;
        }
        Ok(())
    })
    .await
}
