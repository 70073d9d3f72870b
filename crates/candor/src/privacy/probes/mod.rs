//! Probes: each looks at the running instance and says whether a promise is kept.
//!
//! A probe counts what it considered and first proves that it could see a breach: it makes one (a synthetic row past its end,
//! k−1 accounts in a cell) and finds it. It changes nothing that people see, and what it made is gone when it returns. A look
//! may be stopped anywhere, and other processes may look at the same moment: what one makes has random ids.
//!
//! Promises: [`PROBES`] holds every probe there is, under the names that the policy document uses (a test holds both lists
//! equal); *kept* can't be said of an empty look, nor with a control that found nothing; a look is bounded in time.
//! Leaves out: what becomes of a look (`evidence`), keeping the promise (the controls).

mod aggregates;
mod expiry;
mod logs;
mod look;
mod max_age;
mod page;
mod probing;
pub mod rehearsal;
mod updated;

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use policy::document::PromiseId;

/// The name of the probe of the generation log's end.
pub const MAX_AGE_RAW: &str = max_age::PROBE.name;

pub use look::{Control, Look, LookError, Observation, Outcome};
pub use probing::{Places, Probing};

/// Every probe.
pub const PROBES: &[Probe] = &[
    logs::PROBE,
    page::PROBE,
    expiry::PROBE,
    updated::PROBE,
    max_age::PROBE,
    aggregates::PROBE,
];

/// The longest that a look may take.
pub const LOOK_WITHIN: Duration = Duration::from_secs(60);

/// One way of looking.
pub struct Probe {
    /// As in the policy document, for instance `probe.max_age_raw`.
    pub name: &'static str,
    /// The promises that it looks after.
    pub promises: &'static [PromiseId],
    /// What it counts, in the plural: `partitions and keys`.
    pub considers: &'static str,
    /// How often it looks by itself.
    pub period: Duration,
    /// The look.
    pub run: for<'a> fn(&'a Probing) -> BoxFuture<'a, Result<Look, LookError>>,
}

impl Probe {
    /// Looks now. A look that fails, takes too long or ends by a panic is an observation, too.
    pub async fn look(&self, probing: &Probing) -> Observation {
        // Nothing that a panic left half done is used again: a look owns what it works on.
        let looking = AssertUnwindSafe(async { (self.run)(probing).await }).catch_unwind();
        let failed = match tokio::time::timeout(LOOK_WITHIN, looking).await {
            Ok(Ok(Ok(look))) => return Observation::of(self, &look, probing.clock.now()),
            Ok(Ok(Err(error))) => error,
            Ok(Err(_panic)) => LookError::Panicked,
            Err(_late) => LookError::Late(LOOK_WITHIN),
        };
        tracing::warn!(name = self.name, error = %failed, "a probe could not look");
        Observation::blind(self, &failed, probing.clock.now())
    }
}

/// The promise with this number, for [`Probe::promises`].
pub const fn promise(section: u8, number: u8) -> PromiseId {
    PromiseId { section, number }
}
