//! What is stored of a day, as it lies there: sealed. For looks at raw bytes, which search files for it.
//!
//! Promises: opens nothing and needs no grant; works until the partition is dropped, also behind the day's end.
//! Leaves out: finding it in files (whoever looks).

use base::time::Day;

use super::{Records, RecordsError, store};

/// Rows that one look reads.
const ROWS_PAGE: u32 = 512;

impl Records {
    /// The sealed values of all generations of a day: their receipts, and prompts and answers. None of a day that is not there.
    ///
    /// # Errors
    /// Those of the day partitions.
    pub async fn sealed(&self, day: Day) -> Result<Vec<Vec<u8>>, RecordsError> {
        let mut values = Vec::new();
        let Some(db) = self.days.remaining(day).await? else {
            return Ok(values);
        };
        let read = store::DayRead { db, day };
        let mut after = 0;
        loop {
            let page = read.sealed(after, ROWS_PAGE).await?;
            let Some((last, _)) = page.last() else {
                return Ok(values);
            };
            after = *last;
            values.extend(page.into_iter().flat_map(|(_, sealed)| sealed));
        }
    }
}
