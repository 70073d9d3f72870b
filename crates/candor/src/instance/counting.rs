//! Brings a day's rows to the aggregates: whose they may be from people, what they are from records, and a grant for each from
//! the gate. None of the three knows another.

use std::sync::Arc;

use base::money::{Currency, Micro};
use base::random::Random;
use base::time::Day;
use policy::{Grant, Purpose};
use store::db::Db;

use crate::config::Config;
use crate::config::provider::{SANDBOX, SANDBOX_MODELS};
use crate::people::People;
use crate::people::owners::Owners;
use crate::privacy::aggregates::{
    AccountDay, Aggregates, Counted, Ending, Looked, ReadingRows, Rows, RowsError, Strictness, Tally, Universe,
};
use crate::privacy::gate::Gate;
use crate::privacy::retention::{Release, ReleaseError};
use crate::records::closing::Status;
use crate::records::counting::{Generation, WholeDay};
use crate::records::{Owner, Records};

/// The generation log, for counting.
pub struct Counting {
    people: Arc<People>,
    records: Arc<Records>,
    gate: Arc<Gate>,
    /// The currency of costs; what was charged in another one counts without its cost.
    currency: Currency,
}

impl Counting {
    /// Joins the three.
    #[must_use]
    pub const fn new(people: Arc<People>, records: Arc<Records>, gate: Arc<Gate>, currency: Currency) -> Self {
        Self {
            people,
            records,
            gate,
            currency,
        }
    }

    /// The aggregates over these rows, by the numbers and names of the configuration.
    #[must_use]
    pub fn aggregates(self, config: &Config, db: Db, random: Arc<dyn Random>) -> Aggregates {
        let parameters = &config.policy.parameters;
        let strictness = Strictness {
            k: parameters.aggregates_k,
            epsilon: parameters.aggregates_epsilon,
        };
        let models = config
            .models
            .iter()
            .map(|model| model.name.as_str())
            .chain(SANDBOX_MODELS);
        let providers = config
            .providers
            .iter()
            .map(|provider| provider.name.as_str())
            .chain([SANDBOX]);
        let universe = Universe::new(models, providers);
        let currency = self.currency;
        Aggregates::new(db, Arc::new(self), universe, strictness, currency, random)
    }

    async fn read_day(&self, day: Day, tally: &mut Tally<'_>) -> Result<Option<Looked>, RowsError> {
        let Some(whole) = self.records.whole_day(day).await? else {
            return Ok(None);
        };
        let mut looked = Looked::default();
        let mut after = None;
        loop {
            let page = self.people.owners(after).await?;
            let Some((last, _)) = page.last() else { break };
            after = Some(*last);
            for owners in &page {
                self.add_person(&whole, owners, tally, &mut looked).await?;
            }
        }
        let seen = looked.rows.saturating_add(looked.damaged);
        looked.left_out = whole.rows().await?.saturating_sub(seen);
        if looked.damaged > 0 {
            tracing::error!(day = %day, count = looked.damaged, "records are damaged and in no statistics");
        }
        Ok(Some(looked))
    }

    async fn add_person(
        &self,
        whole: &WholeDay<'_>,
        (subject, orgs): &Owners,
        tally: &mut Tally<'_>,
        looked: &mut Looked,
    ) -> Result<(), RowsError> {
        let mut grant: Option<Grant> = None;
        let mut account = tally.account();
        let rows_before = looked.rows;
        for org in orgs {
            let owner = Owner {
                org: *org,
                subject: *subject,
            };
            if !whole.has(owner)? {
                continue;
            }
            let grant = match &mut grant {
                Some(grant) => grant,
                // Whoever the gate refuses is left out: erased meanwhile, or restricted.
                none => match self.gate.grant(*subject, Purpose::Statistics) {
                    Ok(granted) => none.insert(granted),
                    Err(_denied) => return Ok(()),
                },
            };
            let mut see = |generation: &Generation<'_>| self.count(generation, &mut account);
            let rows = whole.of_owner(owner, grant, &mut see).await?;
            looked.rows += rows.counted;
            looked.damaged += rows.damaged;
        }
        if looked.rows > rows_before {
            looked.accounts += 1;
            tally.add(account);
        }
        Ok(())
    }

    fn count(&self, generation: &Generation<'_>, account: &mut AccountDay<'_>) {
        account.count(&Counted {
            model: &generation.model,
            provider: generation.provider.as_deref(),
            ending: match generation.status {
                Status::Completed => Ending::Completed,
                Status::Interrupted => Ending::Interrupted,
                Status::Refused => Ending::Refused,
                Status::Failed => Ending::Failed,
            },
            input_tokens: generation.usage.input_tokens,
            output_tokens: generation.usage.output_tokens,
            cost: if generation.currency == self.currency {
                generation.cost_micro
            } else {
                Micro::ZERO
            },
        });
    }
}

impl Rows for Counting {
    fn read<'a>(&'a self, day: Day, tally: &'a mut Tally<'_>) -> ReadingRows<'a> {
        Box::pin(self.read_day(day, tally))
    }
}

/// What the sweep calls for a day that is over, before its partition goes.
#[must_use]
pub fn before_a_day_goes(aggregates: Arc<Aggregates>) -> Release {
    Box::new(move |day| {
        let aggregates = aggregates.clone();
        Box::pin(async move {
            let released = aggregates.release_day(day).await;
            released.map(drop).map_err(|error| ReleaseError(error.to_string()))
        })
    })
}
