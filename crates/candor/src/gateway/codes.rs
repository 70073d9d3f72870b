//! The codes of errors: what programs branch on. A closed list; a refusal's status, type and advice follow from its row, and
//! so does its section in `docs/reference/errors.md` (`manual`). Codes of providers pass besides.
//!
//! To add one: a row in `table`, a constructor in `refusal`, and `CANDOR_BLESS=1 cargo test -p candor --test it errors`.

pub mod manual;
mod table;

pub use table::Code;

use http::StatusCode;

/// What a code stands for.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// In `code`, or in `error.details.error_code`.
    pub name: &'static str,
    /// Where the documentation tells it.
    pub part: Part,
    /// How it is told.
    pub told: Told,
    /// Its family, as OpenAI names them. Anthropic's follows from the status.
    pub kind: &'static str,
    /// Whether trying again can help.
    pub retry: Retry,
    /// What happened: sentences, in Markdown.
    pub means: &'static str,
    /// What whoever reads it does: the end of a sentence, in Markdown.
    pub remedy: &'static str,
}

/// How an error reaches the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// By an answer with this status.
    Status(u16),
    /// By the last event of a stream that began well.
    InStream,
    /// By an answer whose status the prompt asked for.
    AsAsked,
}

/// What SDKs shall do by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// What is wrong now is wrong the next time.
    Never,
    /// The same request may get its answer a little later.
    Later,
}

/// The parts of the documentation, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Keys and accounts.
    WhoAsks,
    /// The request.
    WhatWasAsked,
    /// Limits and credit.
    HowMuch,
    /// Providers.
    Provider,
    /// Candor itself.
    Service,
    /// What breaks after the status was sent.
    Stream,
    /// Errors on demand.
    Sandbox,
}

/// Families of errors, as OpenAI names them.
mod kind {
    pub(super) const REQUEST: &str = "invalid_request_error";
    pub(super) const AUTHENTICATION: &str = "authentication_error";
    pub(super) const PERMISSION: &str = "permission_error";
    pub(super) const QUOTA: &str = "insufficient_quota";
    pub(super) const RATE: &str = "rate_limit_error";
    pub(super) const SERVER: &str = "server_error";
    pub(super) const UPSTREAM: &str = "upstream_error";
}

impl Code {
    /// What programs read.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The code of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }

    /// The status of an answer that says it before anything else was sent.
    pub fn status(self) -> StatusCode {
        match self.row().told {
            Told::Status(status) => StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            Told::InStream | Told::AsAsked => StatusCode::BAD_GATEWAY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_row_has_a_name_of_its_own_and_a_status_that_fits_its_advice() {
        let names: BTreeSet<&str> = Code::ALL.iter().map(|code| code.name()).collect();
        assert!(names.len() == Code::ALL.len() && names.len() > 30);
        for code in Code::ALL {
            let row = code.row();
            let may_pass = match row.told {
                Told::Status(status) => matches!(status, 404 | 408 | 429 | 500..=599),
                Told::InStream | Told::AsAsked => true,
            };
            assert!(row.retry == Retry::Never || may_pass, "{}: trying again", row.name);
            assert!(
                row.means.ends_with('.') && row.remedy.ends_with('.'),
                "{}: no sentences",
                row.name
            );
        }
    }
}
