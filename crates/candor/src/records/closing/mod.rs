//! The closing record of a generation, as it stands in the spool: a money part in the clear and sealed parts.
//!
//! Promises: the money part decodes on every later version of the program or is refused, never misread; what a receipt
//! shows, and all text, only stands in sealed parts.
//! Leaves out: the sealing itself (`store::keys`), the frame around it (`store::spool`), rows (`store.rs`).
//!
//! An interrupted stream whose process died has no *meta*; the applier makes it from the *opening* and the money part.

use base::ids::{AccountId, GenerationId, OrgId, SubjectId};
use base::money::{Currency, Micro};
use base::time::{Day, Timestamp};
pub use base::unit::{Line, Unit};
use serde::{Deserialize, Serialize};

mod parts;

pub use parts::{
    PART_HEAD_BYTES, Part, PartKind, Side, append_content_head, append_part, parts, split_content, whole_parts,
};

/// First byte of an encoded money part. Raise it with any change to [`Money`], and keep reading the one before: segments of
/// the old program are adopted by the new one.
const FORMAT: u8 = 1;

/// Names of table and columns under which the sealed parts derive their keys and authenticate their place.
pub mod sealed {
    /// Table of all three.
    pub const TABLE: &str = "generation";
    /// The receipt, complete.
    pub const META: &str = "meta";
    /// The receipt when a stream begins; never stored, so that no key seals two texts.
    pub const OPENING: &str = "opening";
    /// Prompt and answer.
    pub const CONTENT: &str = "content";
}

/// Why a closing record can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ClosingError {
    /// Written by a newer program.
    #[error(
        "the closing record has format {0}, which this version doesn't know; start the newer version that wrote it"
    )]
    Format(u8),
    /// Damaged although its checksum held: a defect of the program.
    #[error("the closing record can't be decoded")]
    Damaged,
    /// Parts that run past the end.
    #[error("the sealed parts of a closing record are cut off")]
    Parts,
}

/// How a generation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Answered to its end.
    Completed,
    /// Began to answer and broke: the client left, the upstream was cut, the process died.
    Interrupted,
    /// Refused by a filter before any provider saw it.
    Refused,
    /// No provider answered.
    Failed,
}

/// Where the numbers of a usage come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// By the provider.
    Told,
    /// By us, because the provider told nothing or the impossible.
    Estimated,
}

/// How one provider was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Try {
    /// The provider's name in the configuration.
    pub provider: String,
    /// The provider's name of the model.
    pub model: String,
    /// How it went.
    pub outcome: Outcome,
}

/// How a try went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It answered; this is the one that counts.
    Answered,
    /// It answered with this HTTP status, an error.
    Status(u16),
    /// It could not be connected to: it saw nothing of the request.
    Unreachable,
    /// It was connected to and a time limit passed.
    TimedOut,
    /// It was connected to and the connection broke.
    Cut,
}

/// The money part: all that the books need, and nothing of what was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Which generation.
    pub generation: GenerationId,
    /// Who pays.
    pub org: OrgId,
    /// Whose login asked.
    pub account: AccountId,
    /// Whose data it is.
    pub subject: SubjectId,
    /// The day of its acceptance.
    pub day: Day,
    /// HMAC(K_day, key): sums of an API key end with the day.
    pub key_tag: [u8; 16],
    /// HMAC(K_day, org | subject): finds a person's rows while the day lives.
    pub owner_tag: [u8; 16],
    /// The model as the client called it.
    pub model: String,
    /// What was used, with each line's share of the cost. Empty for what cost nothing.
    pub lines: Vec<Line>,
    /// The number of the price list that was charged.
    pub price_version: i64,
    /// The whole cost: the sum of the lines' shares.
    pub cost: Micro,
    /// Its currency.
    pub currency: Currency,
    /// How it ended.
    pub status: Status,
    /// Where the numbers come from.
    pub counted: Counted,
    /// Every provider that was tried, in order.
    pub tries: Vec<Try>,
}

impl Money {
    /// Appends the encoded part to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(FORMAT);
        let buffer = std::mem::take(out);
        *out = postcard::to_extend(self, buffer).expect("a vector takes any number of bytes");
    }

    /// Reads what [`Self::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, ClosingError> {
        match bytes.split_first() {
            Some((&FORMAT, rest)) => postcard::from_bytes(rest).map_err(|_| ClosingError::Damaged),
            Some((&other, _)) => Err(ClosingError::Format(other)),
            None => Err(ClosingError::Damaged),
        }
    }

    /// How much of `unit` was used.
    #[must_use]
    pub fn quantity(&self, unit: Unit) -> u64 {
        let of_unit = self.lines.iter().filter(|line| line.unit == unit);
        of_unit.fold(0, |sum, line| sum.saturating_add(line.quantity))
    }

    /// Did any provider see the request?
    #[must_use]
    pub fn reached_a_provider(&self) -> bool {
        self.tries.iter().any(|one| one.outcome != Outcome::Unreachable)
    }

    /// What was delivered and may cost something.
    #[must_use]
    pub const fn was_answered(&self) -> bool {
        matches!(self.status, Status::Completed | Status::Interrupted)
    }
}

/// Tokens of a generation, as a receipt shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenUsage {
    /// Tokens of the prompt, cached ones among them.
    pub input_tokens: u64,
    /// Tokens of the answer, thought ones among them.
    pub output_tokens: u64,
    /// Were they counted here, because the provider told nothing usable?
    pub estimated: bool,
}

/// What a filter decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterNote {
    /// `allowed`, `refused` or `cut`.
    pub action: String,
    /// The category that was found, if any.
    pub category: Option<String>,
}

/// What happened to a generation; at rest it is one sealed blob. [`crate::records::receipt::Receipt`] shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// The generation.
    pub id: GenerationId,
    /// How it ended.
    pub status: Status,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// The model as the client called it.
    pub model: String,
    /// The provider that answered.
    pub provider: Option<String>,
    /// The provider's region.
    pub region: Option<String>,
    /// On what ground data left the region, if it did.
    pub transfer: Option<String>,
    /// Every provider that was tried, in order.
    pub tries: Vec<Try>,
    /// Tokens.
    pub usage: TokenUsage,
    /// The cost in micro-units.
    pub cost_micro: Micro,
    /// Its currency.
    pub currency: Currency,
    /// What the filter decided.
    pub filter: FilterNote,
    /// Are prompt and answer kept?
    pub content_kept: bool,
}

impl Meta {
    /// Its JSON, which is sealed.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("ids, texts and numbers always have a JSON form")
    }

    /// Reads what [`Self::to_json`] wrote.
    pub fn from_json(bytes: &[u8]) -> Result<Self, ClosingError> {
        serde_json::from_slice(bytes).map_err(|_| ClosingError::Damaged)
    }

    /// The receipt of a stream whose process died and that left nothing sealed: all that the money part knows, and the
    /// beginning of its day for a time.
    #[must_use]
    pub fn of_money(money: &Money) -> Self {
        let empty = Self {
            id: money.generation,
            status: money.status,
            created_at: money.day.start(),
            model: money.model.clone(),
            provider: None,
            region: None,
            transfer: None,
            tries: Vec::new(),
            usage: money.token_usage(),
            cost_micro: money.cost,
            currency: money.currency,
            filter: FilterNote {
                action: "allowed".to_owned(),
                category: None,
            },
            content_kept: false,
        };
        empty.closed_by(money)
    }

    /// The receipt as the money part knows it better: for a stream whose process died between opening and close.
    #[must_use]
    pub fn closed_by(mut self, money: &Money) -> Self {
        self.status = money.status;
        self.provider = money
            .tries
            .iter()
            .find(|one| one.outcome == Outcome::Answered)
            .map(|one| one.provider.clone());
        self.tries.clone_from(&money.tries);
        self.usage = money.token_usage();
        self.cost_micro = money.cost;
        self.currency = money.currency;
        self
    }
}

impl Money {
    /// Tokens as the receipt shows them: parts are counted with their whole.
    #[must_use]
    pub fn token_usage(&self) -> TokenUsage {
        TokenUsage {
            input_tokens: self
                .quantity(Unit::Input)
                .saturating_add(self.quantity(Unit::Cached))
                .saturating_add(self.quantity(Unit::CacheWrite)),
            output_tokens: self
                .quantity(Unit::Output)
                .saturating_add(self.quantity(Unit::Reasoning)),
            estimated: self.counted == Counted::Estimated,
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
pub(crate) mod tests {
    use base::random::SeededRandom;

    use super::*;

    /// A completed generation of 1000 and 500 tokens for 450 micro-units.
    pub(crate) fn sample(seed: u64, day: Day) -> Money {
        let random = SeededRandom::new(seed);
        Money {
            generation: GenerationId::for_day(day, &random),
            org: OrgId::new(&random),
            account: AccountId::new(&random),
            subject: SubjectId::new(&random),
            day,
            key_tag: [1; 16],
            owner_tag: [2; 16],
            model: "chat".to_owned(),
            lines: vec![
                Line {
                    unit: Unit::Input,
                    quantity: 1000,
                    cost: Micro::new(150),
                },
                Line {
                    unit: Unit::Output,
                    quantity: 500,
                    cost: Micro::new(300),
                },
            ],
            price_version: 7,
            cost: Micro::new(450),
            currency: Currency::EUR,
            status: Status::Completed,
            counted: Counted::Told,
            tries: vec![Try {
                provider: "up".to_owned(),
                model: "m".to_owned(),
                outcome: Outcome::Answered,
            }],
        }
    }

    #[test]
    fn the_money_part_reads_back_and_an_unknown_format_is_refused_by_name() {
        let money = sample(1, Day::from_number(20_000));
        let mut bytes = b"before".to_vec();
        money.encode(&mut bytes);
        assert_eq!(Money::decode(&bytes[6..]).unwrap(), money);
        assert!(bytes.len() < 200, "{} bytes", bytes.len());
        bytes[6] = 9;
        assert!(matches!(Money::decode(&bytes[6..]), Err(ClosingError::Format(9))));
        assert!(matches!(Money::decode(&[FORMAT, 1, 2]), Err(ClosingError::Damaged)));
        assert!(matches!(Money::decode(&[]), Err(ClosingError::Damaged)));
    }

    #[test]
    fn a_try_that_connected_reached_its_provider_and_one_that_did_not_has_not() {
        let mut money = sample(1, Day::from_number(20_000));
        assert!(money.reached_a_provider());
        money.tries[0].outcome = Outcome::Unreachable;
        assert!(!money.reached_a_provider());
        money.tries.clear();
        assert!(!money.reached_a_provider());
    }
}
