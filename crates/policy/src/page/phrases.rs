//! The few words that stand between computed values, in one place, so that a translation finds them.
//!
//! Leaves out: everything that is a sentence of its own: that is in `policy/`.

use crate::document::{Kept, Role};
use crate::inventory::Sealed;
use crate::parameters::{Parameters, Value};

pub(super) const TITLE: &str = "Privacy";
pub(super) const NOT_NAMED: &str = "not named yet";
pub(super) const NONE: &str = "–";
pub(super) const NO_ROWS: &str = "None.";
pub(super) const UPDATED: &str = "Last updated";
pub(super) const DRAFT: &str = "a draft: no instance has run with it yet";
pub(super) const VERSION: &str = "Version";
pub(super) const HASH: &str = "Fingerprint (SHA-256)";
pub(super) const SEE: &str = "See also";
pub(super) const PLANNED: &str = "Planned; it awaits";
pub(super) const IN_FORCE: &str = "In force since";
pub(super) const KEPT_BY: &str = "Kept by";
pub(super) const LOOKED_AT_BY: &str = "looked at by";
pub(super) const BROKEN_BY: &str = "broken on purpose by";

/// How long something is kept.
pub(super) fn kept(kept: &Kept, parameters: &Parameters) -> String {
    let value = |key: &str| parameters.words(key).unwrap_or_else(|| key.to_owned());
    match kept {
        Kept::Parameter(key) if parameters.value(key) == Some(Value::None) => "not at all".to_owned(),
        Kept::Parameter(key) => format!("at most {}", value(key)),
        Kept::WhileAccount => format!(
            "as long as your account; erased {} after it is deleted",
            value("retention.account_grace")
        ),
        Kept::FiscalYearPlus(key) => format!("until {} after the end of its fiscal year", value(key)),
        Kept::Evidence => "it stays: nothing in it is about a person".to_owned(),
    }
}

/// How something is encrypted at rest.
pub(super) const fn sealed(sealed: Sealed) -> &'static str {
    match sealed {
        Sealed::No(_) => "readable in the database",
        Sealed::Subject => "sealed with your own key",
        Sealed::SubjectDay => "sealed with your own key and the key of its day",
        Sealed::Year => "sealed with the key of its year",
    }
}

/// Whom a recipient acts for.
pub(super) const fn role(role: Role) -> &'static str {
    match role {
        Role::Processor => "works on our orders",
        Role::Controller => "answers for itself",
    }
}
