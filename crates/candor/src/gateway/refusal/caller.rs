//! Refusals of who asks: keys, accounts, what they may and can pay.

use super::Refusal;
use crate::gateway::codes::Code;
use base::time::Timestamp;

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

    /// The credit does not cover what the request could cost.
    pub fn no_credit(needed: &str, available: &str, currency: &str) -> Self {
        let message = format!(
            "The credit of this account does not cover this request: it could cost up to {needed} {currency}, {available} {currency} are available. Add credit, or lower 'max_completion_tokens'."
        );
        Self::new(Code::InsufficientQuota, message)
    }
}
