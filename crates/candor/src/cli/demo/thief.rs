//! Somebody who took a copy of the backup on the first day, waits, and then gets at everything that is left: the keyring and the
//! store of people's keys. He sets his clock back to the day of the copy, so that nothing is hidden from him.
//!
//! What he opens on the first day shows that the attempt is a real one; what he opens later is what the promise is about.

use std::path::PathBuf;
use std::sync::Arc;

use base::clock::TravellingClock;
use base::time::Timestamp;
use policy::Purpose;
use store::backup::BackupReader;
use store::folder::Scratch;

use super::stage::{Person, Stage};
use crate::cli::backup;
use crate::cli::failure::Failure;
use crate::records::reading::{MAX_PAGE, More};
use crate::records::{Owner, Records};

/// A copied backup.
pub(super) struct Thief {
    copy: PathBuf,
    copied_at: Timestamp,
    /// Rows of all tables in it.
    pub(super) rows: u64,
    /// Bytes of its files.
    pub(super) bytes: u64,
}

/// What an attempt came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attempt {
    /// Sealed values that lie in the copy.
    pub(super) sealed: usize,
    /// Those that opened: receipts, and what was said.
    pub(super) opened: usize,
}

impl Thief {
    /// Lets the instance make a backup, which he copies.
    pub(super) async fn copy(stage: &Stage<'_>) -> Result<Self, Failure> {
        let copy = stage.folder().join("backup");
        let made = backup::backup(stage.instance(), &copy).await?;
        Ok(Self {
            copy,
            copied_at: stage.now(),
            rows: made.rows,
            bytes: made.bytes,
        })
    }

    /// Opens what he can of these people.
    pub(super) async fn tries<'p>(
        &self,
        stage: &Stage<'_>,
        people: impl Iterator<Item = &'p Person>,
    ) -> Result<Attempt, Failure> {
        let instance = stage.instance();
        let his = Scratch::make(stage.folder(), "thief", &*instance.machine.random).map_err(Failure::failed)?;
        let reader = BackupReader::open(&self.copy).await.map_err(Failure::failed)?;
        let clock = Arc::new(TravellingClock::new(self.copied_at));
        let days = instance
            .stores
            .days_of_backup(&reader, his.path().join("days"), &instance.config, clock)
            .await
            .map_err(Failure::failed)?;
        let records = Records::new(days.clone(), instance.keys.clone());
        let mut attempt = Attempt { sealed: 0, opened: 0 };
        for day in days.list().await.map_err(Failure::failed)? {
            attempt.sealed += records.sealed(day).await.map_err(Failure::failed)?.len();
        }
        for person in people {
            attempt.opened += opened(stage, &records, person).await?;
        }
        days.close().await;
        his.remove().map_err(Failure::failed)?;
        Ok(attempt)
    }
}

async fn opened(stage: &Stage<'_>, records: &Records, person: &Person) -> Result<usize, Failure> {
    let owner = Owner {
        org: person.account.org,
        subject: person.account.subject,
    };
    let grant = stage
        .instance()
        .gate
        .grant(owner.subject, Purpose::ProvideService)
        .map_err(Failure::failed)?;
    let (mut opened, mut after) = (0, None);
    loop {
        let page = records
            .generations(owner, &grant, MAX_PAGE, after)
            .await
            .map_err(Failure::failed)?;
        let receipts = page.receipts.open(&grant);
        for receipt in receipts {
            let content = records
                .content(receipt.id, owner, &grant)
                .await
                .map_err(Failure::failed)?;
            // Of a refused prompt the receipt is all there is.
            opened += 1 + usize::from(content.is_some());
        }
        after = receipts.last().map(|last| last.id);
        if page.has_more == More::No {
            return Ok(opened);
        }
    }
}
