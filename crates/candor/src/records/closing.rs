//! The closing record of a generation, as it stands in the spool: a money part in the clear and sealed parts.
//!
//! Promises: the money part decodes on every later version of the program or is refused, never misread; what a receipt
//! shows, and all text, only stands in sealed parts.
//! Leaves out: the sealing itself (`store::keys`), the frame around it (`store::spool`), rows (`store.rs`).
//!
//! A frame's sealed bytes are parts, one behind the other: a kind byte, a length (u32, little endian), the sealed bytes. In
//! the order of the frames they are: at most one *opening* (the receipt as far as it is known when a stream begins), *content*
//! chunks, and one *meta* (the receipt). An interrupted stream whose process died has no meta; the applier makes it from the
//! opening and the money part.

use base::ids::{AccountId, GenerationId, OrgId, SubjectId};
use base::money::{Currency, Micro};
use base::time::{Day, Timestamp};
pub use base::unit::{Line, Unit};
use serde::{Deserialize, Serialize};

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

/// What [`Stored::what`] calls prompt and answer.
pub const CONTENT_STORED: &str = "prompt and answer";

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

/// One thing that is stored about a generation, and its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// What: `prompt and answer`, `receipt`, `usage`.
    pub what: String,
    /// In which store.
    #[serde(rename = "where")]
    pub place: String,
    /// Under which promise, as `P-13.3`.
    pub promise: String,
    /// When it will be gone; none if it ends with the account or the books.
    pub ends_at: Option<Timestamp>,
}

/// The receipt, exactly as `GET /v1/candor/receipts/{id}` shows it; at rest it is one sealed blob.
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
    /// What is stored, where, under which promise, until when.
    pub stored: Vec<Stored>,
}

impl Meta {
    /// Its JSON: what is sealed, and what is answered.
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
            stored: Vec::new(),
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
            input_tokens: self.quantity(Unit::Input).saturating_add(self.quantity(Unit::Cached)),
            output_tokens: self
                .quantity(Unit::Output)
                .saturating_add(self.quantity(Unit::Reasoning)),
            estimated: self.counted == Counted::Estimated,
        }
    }
}

/// The kind of a sealed part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartKind {
    /// The receipt.
    Meta,
    /// A chunk of prompt or answer.
    Content,
    /// The receipt when a stream begins.
    Opening,
    /// Empty: some of the content was not kept, because the spool was full or failed. Written by the applier, first.
    Cut,
}

/// Bytes before a part's sealed bytes.
pub const PART_HEAD_BYTES: usize = 5;

impl PartKind {
    /// As it stands before the part's length.
    pub(super) const fn byte(self) -> u8 {
        match self {
            Self::Meta => 1,
            Self::Content => 2,
            Self::Opening => 3,
            Self::Cut => 4,
        }
    }

    const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Meta),
            2 => Some(Self::Content),
            3 => Some(Self::Opening),
            4 => Some(Self::Cut),
            _ => None,
        }
    }
}

/// Appends a part to `out`; `seal` appends its sealed bytes to the same buffer, so that nothing is copied.
pub fn append_part(out: &mut Vec<u8>, kind: PartKind, seal: impl FnOnce(&mut Vec<u8>)) {
    let head = out.len();
    out.push(kind.byte());
    out.extend_from_slice(&[0; 4]);
    seal(out);
    let length = u32::try_from(out.len() - head - PART_HEAD_BYTES)
        .expect("a part is smaller than a frame, which is below 4 GiB");
    out[head + 1..head + PART_HEAD_BYTES].copy_from_slice(&length.to_le_bytes());
}

/// Walks over the parts of a frame's sealed bytes (or of several, joined).
pub fn parts(mut bytes: &[u8]) -> impl Iterator<Item = Result<(PartKind, &[u8]), ClosingError>> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let part = split_part(bytes);
        bytes = part.map_or(&[], |(_, _, rest)| rest);
        Some(part.map(|(kind, sealed, _)| (kind, sealed)).ok_or(ClosingError::Parts))
    })
}

fn split_part(bytes: &[u8]) -> Option<(PartKind, &[u8], &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<PART_HEAD_BYTES>()?;
    let kind = PartKind::from_byte(head[0])?;
    let length = usize::try_from(u32::from_le_bytes([head[1], head[2], head[3], head[4]])).ok()?;
    let (sealed, rest) = rest.split_at_checked(length)?;
    Some((kind, sealed, rest))
}

/// Whose words a piece of content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The client's request.
    Request,
    /// The answer as it was delivered.
    Answer,
}

/// Writes the head of a content chunk's plain text: side and media type. The (compressed) bytes follow it. A `media_type` of
/// `""` means: as in the chunk before on this side.
pub fn append_content_head(plain: &mut Vec<u8>, side: Side, media_type: &str) {
    let media_type = media_type.as_bytes();
    let length = u8::try_from(media_type.len()).unwrap_or(u8::MAX);
    plain.push(match side {
        Side::Request => 1,
        Side::Answer => 2,
    });
    plain.push(length);
    plain.extend_from_slice(&media_type[..usize::from(length)]);
}

/// Splits an opened content chunk into side, media type and the bytes behind.
pub fn split_content(plain: &[u8]) -> Result<(Side, &str, &[u8]), ClosingError> {
    let split = || {
        let (head, rest) = plain.split_first_chunk::<2>()?;
        let side = match head[0] {
            1 => Side::Request,
            2 => Side::Answer,
            _ => return None,
        };
        let (media_type, bytes) = rest.split_at_checked(usize::from(head[1]))?;
        Some((side, std::str::from_utf8(media_type).ok()?, bytes))
    };
    split().ok_or(ClosingError::Damaged)
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

    #[test]
    fn parts_are_walked_in_order_and_cut_ones_are_refused() {
        let mut bytes = Vec::new();
        append_part(&mut bytes, PartKind::Content, |out| out.extend_from_slice(b"abc"));
        append_part(&mut bytes, PartKind::Meta, |_| {});
        let seen: Vec<_> = parts(&bytes).map(Result::unwrap).collect();
        assert_eq!(seen, [(PartKind::Content, b"abc".as_slice()), (PartKind::Meta, b"")]);
        for end in 1..bytes.len() {
            let all: Result<Vec<_>, _> = parts(&bytes[..end]).collect();
            assert_eq!(all.is_ok(), end == PART_HEAD_BYTES + 3, "cut at {end}");
        }
    }

    #[test]
    fn a_content_chunk_names_its_side_and_media_type_and_may_hold_any_bytes() {
        let mut plain = Vec::new();
        append_content_head(&mut plain, Side::Answer, "audio/mpeg");
        plain.extend_from_slice(&[0xFF, 0x00]);
        let (side, media_type, bytes) = split_content(&plain).unwrap();
        assert_eq!(
            (side, media_type, bytes),
            (Side::Answer, "audio/mpeg", [0xFF, 0x00].as_slice())
        );
        assert!(split_content(&[1, 200, 3]).is_err());
        assert!(split_content(&[]).is_err());
    }
}
