//! Aggregates: what stays of a day when its records end.
//!
//! Promises: one release a day (UTC), computed once from the day's partition after its end and before it is dropped, never
//! changed and never computed again; in it, counts over at least k accounts with noise, and nothing else (`selection.rs` says
//! what that hides, and from whom); it can't be linked with anything by an id, because it holds none. Stricter numbers hold
//! for what was released before, too: a release made by weaker ones is withdrawn whole.
//! Leaves out: when a day ends and who drops it (retention); regions and latencies, which no receipt holds; organisations of
//! several people: an organisation has one member yet, so that accounts are counted. When that changes, the smaller number of
//! the two has to be (privacy.md 4a).
//!
//! The rows themselves lie in domains above this one: [`Rows`] is how they get here.

mod cells;
mod noise;
mod selection;
pub mod store;
pub mod tables;
mod tally;

use std::sync::Arc;

use ::store::db::{Db, DbError};
use base::money::Currency;
use base::random::Random;
use base::time::Day;
use futures_util::future::BoxFuture;
use sha2::{Digest, Sha256};

pub use cells::{CellName, Counted, Ending, MEASURES, Measure, NONE, OTHER, REST, Sums, Universe};
pub use selection::{Reach, ReleasedCell, Selection, Strictness, Verdict, least_shown, reach, select};
pub use tally::{AccountDay, MOST_CELLS, Tally};

/// The rows of a day, whoever keeps them.
pub trait Rows: Send + Sync {
    /// Hands every generation of `day` that can be opened to `tally`, one account after the other. None if nothing is kept of
    /// the day. Called for days that have ended alone; nothing is written to them any more.
    ///
    /// # Errors
    /// The rows can't be read; then nothing is released.
    fn read<'a>(&'a self, day: Day, tally: &'a mut Tally<'_>) -> ReadingRows<'a>;
}

/// What [`Rows::read`] gives.
pub type ReadingRows<'a> = BoxFuture<'a, Result<Option<Looked>, RowsError>>;

/// Why rows could not be read, in the words of their domain.
pub type RowsError = Box<dyn std::error::Error + Send + Sync>;

/// How much was looked at: exact, so it may be told to nobody but the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Looked {
    /// Accounts that had a row.
    pub accounts: u64,
    /// Rows that were counted.
    pub rows: u64,
    /// Rows that nobody can open any more: their person was erased. They are in no sum.
    pub left_out: u64,
    /// Rows of living persons that don't open although their keys are there. They are in no sum either.
    pub damaged: u64,
}

/// A day's release, as it is kept for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The day of acceptance (UTC) of what is counted.
    pub day: Day,
    /// The numbers it was made by: with `epsilon`, the account of what was spent.
    pub strictness: Strictness,
    /// How many cells there could have been, released or not.
    pub considered: u32,
    /// The currency of the costs.
    pub currency: Currency,
    /// Of what was released: a later change of it is seen.
    pub digest: [u8; 32],
    /// Taken back, because stricter numbers came; it has no cells any more.
    pub is_withdrawn: bool,
    /// What was released.
    pub cells: Vec<ReleasedCell>,
}

/// What [`Aggregates::release_day`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was computed now, and stands.
    Released {
        /// What stands.
        release: Release,
        /// How much was looked at.
        looked: Looked,
    },
    /// It had been computed before; its rows were not looked at again.
    Stood(Release),
    /// Nothing is kept of the day, so there is nothing to release.
    NothingKept,
}

/// Why a day could not be released. Its partition must not be dropped then.
#[derive(Debug, thiserror::Error)]
pub enum AggregatesError {
    /// Its rows.
    #[error("the records of {day} could not be counted: {cause}")]
    Rows {
        /// The day.
        day: Day,
        /// Why.
        cause: RowsError,
    },
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Hardly anything could be read: a release of so little would stand for ever in place of the day's own.
    #[error("{damaged} records of {day} are damaged and {rows} are not: nothing is released of so little")]
    MostlyDamaged {
        /// The day.
        day: Day,
        /// Rows that could be read.
        rows: u64,
        /// Rows that could not, though they should.
        damaged: u64,
    },
    /// A row that this program didn't write.
    #[error("a released aggregate in the database is damaged")]
    Damaged,
}

/// Releases days.
pub struct Aggregates {
    db: Db,
    rows: Arc<dyn Rows>,
    universe: Universe,
    strictness: Strictness,
    currency: Currency,
    random: Arc<dyn Random>,
}

impl Aggregates {
    /// Releases into `db` what `rows` hold. `strictness` are the policy's numbers in force; costs are in `currency`.
    #[must_use]
    pub fn new(
        db: Db,
        rows: Arc<dyn Rows>,
        universe: Universe,
        strictness: Strictness,
        currency: Currency,
        random: Arc<dyn Random>,
    ) -> Self {
        Self {
            db,
            rows,
            universe,
            strictness,
            currency,
            random,
        }
    }

    // keeps P-13.4
    /// Computes what stays of `day` and writes it down, unless that was done before. For the sweep: after the day's end,
    /// before its partition is dropped. Safe to repeat, to interrupt, and to be called by two processes at once: whichever
    /// release is written first stands, and nobody sees the other.
    ///
    /// # Errors
    /// The day can't be read or the release not be written; nothing is released then, and the day must not be dropped.
    pub async fn release_day(&self, day: Day) -> Result<Outcome, AggregatesError> {
        if let Some(release) = store::find(&self.db, day).await? {
            return Ok(Outcome::Stood(release));
        }
        let mut tally = Tally::new(&self.universe);
        let read = self.rows.read(day, &mut tally).await;
        let Some(looked) = read.map_err(|cause| AggregatesError::Rows { day, cause })? else {
            return Ok(Outcome::NothingKept);
        };
        let Looked { rows, damaged, .. } = looked;
        if damaged > rows {
            return Err(AggregatesError::MostlyDamaged { day, rows, damaged });
        }
        let drawn = self.draw(day, tally);
        store::add(&self.db, &drawn).await?;
        match store::find(&self.db, day).await? {
            Some(release) if release == drawn => Ok(Outcome::Released { release, looked }),
            Some(release) => Ok(Outcome::Stood(release)),
            None => Err(AggregatesError::Damaged),
        }
    }

    /// Takes back, whole, what was released by numbers weaker than those in force; how many days that were. To be called at
    /// each start: the page promises the numbers in force of everything that stays.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn withdraw_weaker(&self) -> Result<u64, DbError> {
        store::withdraw_weaker(&self.db, self.strictness).await
    }

    /// The releases of the days after `after`, oldest first, so many at most.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn releases(&self, after: Day, limit: u32) -> Result<Vec<Release>, AggregatesError> {
        store::list(&self.db, after, limit).await
    }

    fn draw(&self, day: Day, tally: Tally<'_>) -> Release {
        let mut release = Release {
            day,
            strictness: self.strictness,
            considered: u32::try_from(self.universe.size()).unwrap_or(u32::MAX),
            currency: self.currency,
            digest: [0; 32],
            is_withdrawn: false,
            cells: select(tally, self.strictness, &*self.random).released,
        };
        release.digest = release.digest_now();
        release
    }
}

impl Release {
    /// Whether it is still what was released.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        if self.is_withdrawn {
            self.cells.is_empty()
        } else {
            self.digest == self.digest_now()
        }
    }

    fn digest_now(&self) -> [u8; 32] {
        let Strictness { k, epsilon } = self.strictness;
        let mut hash = Sha256::new();
        hash.update(format!(
            "candor release 1|{}|{k}|{epsilon}|{}|{}",
            self.day, self.considered, self.currency
        ));
        for ReleasedCell { name, accounts, sums } in &self.cells {
            // Lengths first, so that no two lists of cells are one text.
            for word in [&name.model, &name.provider, &name.ending] {
                hash.update(format!("|{}:{word}", word.len()));
            }
            hash.update(format!("|{accounts}|{sums:?}"));
        }
        hash.finalize().into()
    }
}
