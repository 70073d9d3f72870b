//! Reserve: credit for the most that the answer can cost. It can't be overdrawn: what is charged stays within it.

use super::choose::Chosen;
use super::limit::Limited;
use crate::gateway::Gateway;
use crate::gateway::journal::Journal;
use crate::gateway::refusal::Refusal;
use crate::money::credit::{Hold, NoCredit};
use crate::records::closing::Status;
use base::ids::OrgId;
use base::money::Micro;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Longest wait for the books, when an organisation's credit is not in memory yet or held by another process.
const BOOKS_WAIT: Duration = Duration::from_secs(3);
/// Pause before asking again for what another process gives back.
const ELSEWHERE_PAUSE: Duration = Duration::from_millis(50);

/// A request whose cost is covered.
pub struct Reserved {
    /// The stage before; its journal owns the hold.
    pub chosen: Chosen,
}

/// Sets credit aside.
pub async fn reserve(gateway: &Gateway, Limited { mut chosen }: Limited) -> Result<Reserved, Refusal> {
    let bounds = chosen.bounds;
    let amount = chosen.model.price.most(bounds.input, bounds.output).map_err(|error| {
        tracing::error!(error = %error, "a model can't be priced");
        Refusal::internal()
    })?;
    let org = chosen.screened.journal.subject().caller.org;
    match covered(gateway, org, amount).await {
        Ok(hold) => {
            chosen.screened.journal.hold(hold);
            Ok(Reserved { chosen })
        }
        Err(NoCredit::Insufficient { available }) => {
            let currency = chosen.model.price.currency();
            let refusal = Refusal::no_credit(&amount.to_string(), &available.to_string(), currency.as_str());
            Err(recorded(chosen.screened.journal, refusal))
        }
        Err(_) => Err(Refusal::store_unavailable()),
    }
}

/// Memory decides in the steady state; the books are asked when memory knows too little. That is boxed, so that a request
/// holds no room for what it rarely does.
async fn covered(gateway: &Gateway, org: OrgId, amount: Micro) -> Result<Hold, NoCredit> {
    match gateway.credit.reserve(org, amount) {
        Err(NoCredit::Cold | NoCredit::Elsewhere) => timeout(BOOKS_WAIT, Box::pin(asked(gateway, org, amount)))
            .await
            .unwrap_or(Err(NoCredit::Stale)),
        decided => decided,
    }
}

async fn asked(gateway: &Gateway, org: OrgId, amount: Micro) -> Result<Hold, NoCredit> {
    loop {
        match gateway.credit.hold(org, amount).await {
            Err(NoCredit::Elsewhere) => sleep(ELSEWHERE_PAUSE).await,
            decided => return decided,
        }
    }
}

fn recorded(journal: Journal, refusal: Refusal) -> Refusal {
    match journal.settle(Status::Refused, None) {
        Ok(_) => refusal,
        Err(_) => Refusal::spool_full(1),
    }
}
