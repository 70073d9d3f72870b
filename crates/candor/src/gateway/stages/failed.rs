//! Why a try gave no answer: whose fault, what the client is told if nobody does better, what the receipt says.
//!
//! A request is tried elsewhere after every failure that isn't its own, also where a provider may have begun to answer it: SDKs do
//! the same by themselves, the client has seen nothing, and pays for one answer at most. The receipt names each try.

use crate::gateway::codes::Code;
use crate::gateway::deadlines::Deadlines;
use crate::gateway::providers::{self, Http, UpstreamBody};
use crate::gateway::refusal::Refusal;
use crate::gateway::routing::Fault;
use crate::records::closing::Outcome;
use base::time::Timestamp;
use egress::SendError;
use http::{HeaderMap, StatusCode};
use std::time::Duration;
use wire::neutral::Format;

/// Longest error answer of a provider that is read.
const ERROR_BYTES: usize = 64 * 1024;

/// Why a route gave no answer.
pub struct Failed {
    /// As the receipt tells it.
    pub outcome: Outcome,
    /// As the client is told it.
    pub refusal: Refusal,
    /// Whose fault it is.
    pub fault: Fault,
}

impl Failed {
    /// May anybody else do better?
    pub fn is_final(&self) -> bool {
        self.fault == Fault::Request
    }

    /// No connection, no answer in time, or none that is one.
    pub fn unreachable(error: &SendError) -> Self {
        tracing::warn!(error = %error, "a provider could not be asked");
        Self::without_answer(match error {
            SendError::FirstByteTimeout => Outcome::TimedOut,
            SendError::Connect(_) | SendError::ConnectTimeout | SendError::PlainBeyondLoopback => Outcome::Unreachable,
            SendError::Exchange(_) => Outcome::Cut,
        })
    }

    /// An answer that broke off, was too late, or is none of its API.
    pub fn without_answer(outcome: Outcome) -> Self {
        let refusal = match outcome {
            Outcome::TimedOut => Refusal::upstream(
                Code::UpstreamTimeout,
                "The model's provider did not answer in time. Try again later.",
            ),
            _ => Refusal::upstream(
                Code::UpstreamFailed,
                "The model's provider gave no usable answer. Try again later.",
            ),
        };
        Self {
            outcome,
            refusal,
            fault: Fault::Route,
        }
    }

    /// A status that says that there is no answer; `body` may say why, in `format`.
    pub async fn refused(
        http: &Http,
        format: Format,
        (status, headers): (StatusCode, &HeaderMap),
        now: Timestamp,
        (body, deadlines): (UpstreamBody, Deadlines),
    ) -> Self {
        let retry_after = providers::retry_after(headers, now);
        let body = super::plain::read(body, ERROR_BYTES, deadlines)
            .await
            .unwrap_or_default();
        // A part of a second counts as one: sooner would be too soon.
        let seconds = retry_after.map(|wait| wait.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX));
        Self {
            outcome: Outcome::Status(status.as_u16()),
            refusal: providers::refusal(format, status, &body, seconds, || http.secrets()),
            fault: fault(status, retry_after),
        }
    }
}

fn fault(status: StatusCode, retry_after: Option<Duration>) -> Fault {
    match status.as_u16() {
        // What the request itself got wrong, it gets wrong everywhere.
        400 | 409 | 413 | 415 | 422 => Fault::Request,
        401 | 402 => Fault::Key,
        // Keys are forbidden what others may do, and limited, by model.
        403 | 429 => Fault::Limit(retry_after),
        500.. | 408 => Fault::Route,
        _ => Fault::Place,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_is_somebodys_fault() {
        let fault = |status: u16| fault(StatusCode::from_u16(status).unwrap_or_default(), None);
        assert_eq!([400, 413, 422].map(fault), [Fault::Request; 3]);
        assert_eq!([401, 402].map(fault), [Fault::Key; 2]);
        assert_eq!([403, 429].map(fault), [Fault::Limit(None); 2]);
        assert_eq!([408, 500, 503, 529].map(fault), [Fault::Route; 4]);
        assert_eq!([204, 302, 404].map(fault), [Fault::Place; 3]);
    }
}
