//! Money: ledger, prices, credit, leases.
//!
//! Promises: every posting balances; granted − balance = Σ costs to the micro-unit; credit can't be overdrawn, by no number
//! of requests or processes; the books hold no request id, no API key and no time finer than the day.
//! Leaves out: payments, invoices and taxes, which come with their own issue; who an organisation is (people).

pub mod book;
pub mod credit;
pub mod leases;
pub mod lists;
pub mod prices;
pub mod store;
pub mod tables;

use base::ids::{OrgId, PostingId};
use base::money::{Currency, Micro};
use base::time::Day;
use sha2::{Digest, Sha256};

/// The pots of an organisation between which money moves. Each belongs to one organisation, so that its whole book lies
/// together; the operator's totals are sums over organisations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pot {
    /// What the organisation may still spend; its sum is the balance.
    Credit,
    /// Where granted credit comes from; its sum is what was granted, negative.
    Granted,
    /// Where spent credit goes.
    Used,
}

impl Pot {
    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Credit => "credit",
            Self::Granted => "granted",
            Self::Used => "used",
        }
    }
}

/// Why something is booked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The operator gave credit.
    Grant(PostingId),
    /// A day's use of a model: one posting, which grows.
    Usage {
        /// The model as clients call it.
        model: String,
    },
}

/// An amount that moves from one pot to another: the form in which a posting can't be unbalanced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    /// Whose books.
    pub org: OrgId,
    /// Why.
    pub cause: Cause,
    /// On which day.
    pub day: Day,
    /// How much moves; never negative.
    pub amount: Micro,
}

impl Posting {
    /// Its id. A day's use of a model always has the same, so that it is found and grown without a search; the id tells
    /// nothing that its row doesn't.
    #[must_use]
    pub fn id(&self) -> PostingId {
        match &self.cause {
            Cause::Grant(id) => *id,
            Cause::Usage { model } => {
                let mut digest = Sha256::new();
                digest.update(self.org.as_bytes());
                digest.update(self.day.number().to_be_bytes());
                digest.update(model.as_bytes());
                let digest = digest.finalize();
                PostingId::from_bytes(std::array::from_fn(|place| digest[place]))
            }
        }
    }

    /// Its entries: what leaves one pot enters the other.
    #[must_use]
    pub fn entries(&self) -> [(Pot, Micro); 2] {
        let (from, to) = match self.cause {
            Cause::Grant(_) => (Pot::Granted, Pot::Credit),
            Cause::Usage { .. } => (Pot::Credit, Pot::Used),
        };
        let leaves = self
            .amount
            .checked_neg()
            .expect("an amount that moves is not negative, so it has an opposite");
        [(from, leaves), (to, self.amount)]
    }
}

/// What an organisation has, as people see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Granted and not yet spent, as booked.
    pub balance: Micro,
    /// Held by running generations or settled and not yet booked.
    pub reserved: Micro,
    /// The currency of both.
    pub currency: Currency,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_posting_balances(amount in 0..=i64::MAX, grant in any::<bool>()) {
            let cause = if grant {
                Cause::Grant(PostingId::from_bytes([1; 16]))
            } else {
                Cause::Usage { model: "m".to_owned() }
            };
            let posting = Posting {
                org: OrgId::from_bytes([2; 16]),
                cause,
                day: Day::from_number(1),
                amount: Micro::new(amount),
            };
            let [(from, leaves), (to, enters)] = posting.entries();
            prop_assert_ne!(from, to);
            prop_assert_eq!(leaves.checked_add(enters), Some(Micro::ZERO));
        }
    }

    #[test]
    fn a_days_use_of_a_model_is_one_posting() {
        let posting = |day, model: &str| Posting {
            org: OrgId::from_bytes([2; 16]),
            cause: Cause::Usage {
                model: model.to_owned(),
            },
            day: Day::from_number(day),
            amount: Micro::ZERO,
        };
        assert_eq!(posting(1, "m").id(), posting(1, "m").id());
        assert_ne!(posting(1, "m").id(), posting(2, "m").id());
        assert_ne!(posting(1, "m").id(), posting(1, "n").id());
    }
}
