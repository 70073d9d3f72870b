//! The receipt as people read it: what happened, and what is stored of it, where, under which promise, until when.
//!
//! Promises: the ends are those that the program keeps to when it is asked, not those of the day on which it answered: where
//! an operator promised less time since, the receipt says so.
//! Leaves out: opening the sealed record (`reading.rs`).

use base::time::Timestamp;
use serde::Serialize;

use super::closing::Meta;
use super::recording::Kept;

/// One thing that is stored about a generation, and its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stored {
    /// What: `receipt`, `prompt and answer`, usage.
    pub what: &'static str,
    /// In which store.
    #[serde(rename = "where")]
    pub place: &'static str,
    /// Under which promise, as `P-13.3`.
    pub promise: &'static str,
    /// When it will be gone; none if it ends with the account or the books.
    pub ends_at: Option<Timestamp>,
}

/// Exactly what `GET /v1/candor/receipts/{id}` shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// What happened.
    #[serde(flatten)]
    pub meta: Meta,
    /// What is stored.
    pub stored: Vec<Stored>,
}

impl Receipt {
    /// Of a record in the partition of a day that ends then.
    pub(super) fn new(meta: Meta, kept: Kept, day_ends: Timestamp) -> Self {
        let in_log = |what| Stored {
            what,
            place: "generation log",
            promise: "P-13.3",
            ends_at: Some(day_ends),
        };
        let mut stored = vec![in_log("receipt")];
        if meta.content_kept {
            stored.push(in_log(match kept {
                Kept::Whole => "prompt and answer",
                Kept::Cut => "prompt and answer (not all of it: there was no room)",
            }));
        }
        if meta.usage.input_tokens + meta.usage.output_tokens > 0 {
            stored.push(Stored {
                what: "usage of the day, without request or key",
                place: "books",
                promise: "P-6.5",
                ends_at: None,
            });
        }
        Self { meta, stored }
    }

    /// Its JSON.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("ids, texts and numbers always have a JSON form")
    }
}
