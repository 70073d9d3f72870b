//! Refusals of who asks: keys, accounts, what they may and can pay.

use super::Refusal;
use crate::gateway::codes::Code;
use crate::gateway::limits::headers::span;
use crate::gateway::limits::{Exceeded, Full, Kind};
use base::limits::Rate;
use base::time::Timestamp;
use std::time::Duration;

impl Refusal {
    /// No key, or one that was never given out.
    pub fn unknown_key() -> Self {
        let message = "No valid API key was sent. Send one as 'Authorization: Bearer cdr_…' or 'x-api-key: cdr_…'.";
        Self::new(Code::InvalidApiKey, message)
    }

    /// The key was revoked.
    pub fn revoked_key() -> Self {
        let message = "This API key was revoked. Use another one.";
        Self::new(Code::InvalidApiKey, message)
    }

    /// The key's end is over.
    pub fn expired_key(end: Timestamp) -> Self {
        let message = format!("This API key ended at {end}. Use another one.");
        Self::new(Code::InvalidApiKey, message)
    }

    /// The account may not be used.
    pub fn frozen_account() -> Self {
        let message = "This account is frozen. Ask the operator of this service.";
        Self::new(Code::AccountFrozen, message)
    }

    /// The gate said no: the purpose is not allowed for this person now.
    pub fn denied() -> Self {
        let message = "This account's data may not be processed at the moment. Ask the operator of this service.";
        Self::new(Code::ProcessingDenied, message)
    }

    /// A limit is reached. OpenAI's `type` says which.
    pub fn limited(exceeded: Exceeded) -> Self {
        let whose = match exceeded.whose {
            Kind::Key => "this API key",
            Kind::Account => "this account",
            Kind::Organisation => "this organisation",
            Kind::Model => "this model",
            Kind::EndUser => "this end user",
            Kind::OtherEndUsers => "end users of this organisation that have no place of their own",
        };
        let (message, kind, wait) = match exceeded.full {
            Full::Requests(rate, wait) => (over("requests", whose, rate, wait), "requests", wait),
            Full::Tokens(rate, wait) => (over("tokens", whose, rate, wait), "tokens", wait),
            Full::AtOnce(most) => (
                format!(
                    "As many requests of {whose} are under way as may be at once: limit {most}. Try again when one has ended."
                ),
                "requests",
                Duration::from_secs(1),
            ),
        };
        let seconds = u64::try_from(wait.as_micros().div_ceil(1_000_000)).unwrap_or(u64::MAX);
        let mut refusal = Self::new(Code::RateLimitExceeded, message).after(seconds.max(1));
        refusal.error.kind = kind.into();
        refusal
    }

    /// The credit does not cover what the request could cost.
    pub fn no_credit(needed: &str, available: &str, currency: &str) -> Self {
        let message = format!(
            "The credit of this account does not cover this request: it could cost up to {needed} {currency}, {available} {currency} are available. Add credit, or lower 'max_completion_tokens'."
        );
        Self::new(Code::InsufficientQuota, message)
    }
}

fn over(what: &str, whose: &str, rate: Rate, wait: Duration) -> String {
    format!(
        "Rate limit reached for {what} of {whose}: limit {} per {}. Try again in {}.",
        rate.amount,
        rate.span.word(),
        span(wait)
    )
}
