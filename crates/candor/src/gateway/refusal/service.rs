//! Refusals that are not the client's fault: this service, and the model's provider.

use super::Refusal;
use crate::gateway::codes::{Code, Retry};
use http::StatusCode;
use wire::openai::error::ErrorObject;

impl Refusal {
    /// What is known of keys and accounts is too old to be relied on.
    pub fn stale_authentication() -> Self {
        let message = "Keys can't be checked at the moment. Try again in a moment.";
        Self::new(Code::AuthenticationUnavailable, message).after(1)
    }

    /// Keys or credit could not be read in time.
    pub fn store_unavailable() -> Self {
        let message = "The service's store doesn't answer at the moment. Try again in a moment.";
        Self::new(Code::StoreUnavailable, message).after(1)
    }

    /// The spool is full or can't be written.
    pub fn spool_full(retry_after: u64) -> Self {
        let message = "The service is overloaded and can't record more requests now. Try again later.";
        Self::new(Code::Overloaded, message).after(retry_after)
    }

    /// As many connections are open as may be.
    pub fn too_many_connections() -> Self {
        let message =
            "The service has as many open connections as it takes. Try again in a moment, and use connections again.";
        Self::new(Code::TooManyConnections, message).after(1)
    }

    /// The bodies of requests that are being read are as large as they may be together.
    pub fn too_much_to_read() -> Self {
        let message = "The service is reading as many large requests as it can hold. Try again in a moment.";
        Self::new(Code::Overloaded, message).after(1)
    }

    /// The process is going down.
    pub fn shutting_down() -> Self {
        let message = "The service is restarting. Try again in a moment.";
        Self::new(Code::ShuttingDown, message).after(1)
    }

    /// Something of ours broke; the log has more.
    pub fn internal() -> Self {
        let message = "The service made an error. It was logged under the id in 'x-request-id'.";
        Self::new(Code::InternalError, message)
    }

    /// The provider could not be reached, or what it said can't be shown.
    pub fn upstream(code: Code, message: &'static str) -> Self {
        Self::new(code, message)
    }

    /// The provider refused the request and said why; `error` and `details` are already scrubbed.
    pub fn said_by_upstream(
        status: StatusCode,
        error: ErrorObject<'static>,
        retry_after: Option<u64>,
        details: Option<String>,
    ) -> Self {
        Self {
            status,
            error: Box::new(error),
            retry_after,
            retry: if matches!(status.as_u16(), 408 | 429 | 500..) {
                Retry::Later
            } else {
                Retry::Never
            },
            allow: None,
            details,
        }
    }
}
