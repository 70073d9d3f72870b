//! From a settled generation to its row in the day's partition.
//!
//! Promises: nothing leaves here in the clear but id, day, order and tags; a stream whose process died gets its receipt
//! from what it had sealed at its beginning and from its money part; content of an ended day or an erased person is dropped
//! while its money is still booked.
//! Leaves out: the order of steps and the marks' use (`crate::apply`).

use ::store::days::DaysError;
use ::store::keys::{DayKeys, KeysError, Last};
use base::ids::{GenerationId, InstanceId};
use base::time::Day;
use bytes::Bytes;

use super::closing::{self, Meta, Money, Part, PartKind, sealed, whole_parts};
use super::store::{self, DayRows};
use super::{Records, RecordsError, UsageSum};

/// A settled generation as the spool hands it on.
#[derive(Debug)]
pub struct Settled {
    /// Its sequence in its process.
    pub sequence: u64,
    /// Its money part.
    pub money: Money,
    /// The sealed parts of its frames, in their order.
    pub sealed: Vec<Bytes>,
    /// Was all of its content kept?
    pub kept: Kept,
}

/// Was all content kept?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Yes.
    Whole,
    /// The spool was full or failed on the way.
    Cut,
}

impl Kept {
    /// What stands before a sealed receipt.
    const fn mark(self) -> &'static [u8] {
        match self {
            Self::Whole => &[1],
            Self::Cut => &[2],
        }
    }

    /// Splits the mark from a sealed receipt.
    pub(super) fn of(bytes: &[u8]) -> Result<(Self, &[u8]), closing::ClosingError> {
        match bytes.split_first() {
            Some((1, sealed)) => Ok((Self::Whole, sealed)),
            Some((2, sealed)) => Ok((Self::Cut, sealed)),
            _ => Err(closing::ClosingError::Damaged),
        }
    }
}

/// A generation's row, ready to be written.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) id: GenerationId,
    pub(super) sequence: u64,
    pub(super) owner_tag: [u8; 16],
    pub(super) meta: Vec<Bytes>,
    pub(super) content: Vec<Bytes>,
}

/// What became of a day's batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It stands in the day's partition.
    Written,
    /// The day has ended: nothing of it is kept.
    DayEnded,
}

impl Records {
    /// How far `instance` was written into `day`; the end of all sequences if the day has ended.
    pub async fn day_mark(&self, day: Day, instance: InstanceId) -> Result<u64, RecordsError> {
        match self.days.writer(day).await {
            Ok(db) => Ok(store::day_mark(&db, day, instance).await?),
            Err(DaysError::Ended { .. }) => Ok(u64::MAX),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes generations of one day with the mark of their process, in one transaction; those at or below the mark that
    /// stands there already are left out.
    pub async fn record(&self, day: Day, instance: InstanceId, batch: Vec<Settled>) -> Result<Recorded, RecordsError> {
        let db = match self.days.writer(day).await {
            Ok(db) => db,
            Err(DaysError::Ended { .. }) => return Ok(Recorded::DayEnded),
            Err(error) => return Err(error.into()),
        };
        let mark = batch.iter().map(|settled| settled.sequence).max().unwrap_or(0);
        let mut rows = DayRows::new(day, instance, mark);
        for settled in batch {
            rows.count(settled.sequence, settled.money.key_tag, UsageSum::of(&settled.money));
            match self.keys.day_keys(settled.money.subject, day).await {
                Ok(keys) => rows.rows.push(row(&keys, settled)?),
                // Erased, or ended, between the answer and now: the money is booked, the content is not kept.
                Err(KeysError::NoSuchSubject | KeysError::DayEnded(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        store::write_day(&db, rows).await?;
        Ok(Recorded::Written)
    }
}

fn row(keys: &DayKeys, settled: Settled) -> Result<Row, RecordsError> {
    let Settled {
        sequence,
        money,
        sealed: frames,
        kept,
    } = settled;
    let (mut meta, mut opening, mut content) = (None, None, Vec::new());
    for frame in &frames {
        for part in whole_parts(frame) {
            let Part { kind, whole, sealed } = part?;
            match kind {
                PartKind::Meta => meta = Some(frame.slice_ref(sealed)),
                PartKind::Opening => opening = Some(sealed),
                PartKind::Content => content.push(frame.slice_ref(whole)),
            }
        }
    }
    let meta = match meta {
        Some(meta) => meta,
        None => interrupted_meta(keys, &money, opening)?.into(),
    };
    Ok(Row {
        id: money.generation,
        sequence,
        owner_tag: money.owner_tag,
        meta: vec![Bytes::from_static(kept.mark()), meta],
        content,
    })
}

/// The receipt of a stream that nobody closed. The same inputs seal to the same bytes, so that a repeated step is safe.
fn interrupted_meta(keys: &DayKeys, money: &Money, opening: Option<&[u8]>) -> Result<Vec<u8>, RecordsError> {
    let id = money.generation.as_bytes();
    let meta = match opening {
        Some(opening) => {
            let plain = keys
                .record(sealed::TABLE, sealed::OPENING, id)
                .open(0, Last::Yes, opening)?;
            Meta::from_json(&plain)?.closed_by(money)
        }
        None => Meta::of_money(money),
    };
    let mut out = Vec::new();
    keys.record(sealed::TABLE, sealed::META, id)
        .seal_append(0, Last::Yes, &meta.to_json(), &mut out);
    Ok(out)
}

/// The money of a generation that nobody closed: what its last piece said, else its opening. None if neither says anything:
/// then nothing was delivered.
pub fn interrupted_money(opening: &[u8], latest: Option<&[u8]>) -> Result<Option<Money>, closing::ClosingError> {
    match latest.filter(|latest| !latest.is_empty()).unwrap_or(opening) {
        [] => Ok(None),
        bytes => Money::decode(bytes).map(Some),
    }
}
