//! The few words that stand between computed values, in one place, so that a translation finds them.
//!
//! Leaves out: everything that is a sentence of its own: that is in `policy/`.

use crate::document::{Document, Kept, Promise, Role, State};
use crate::inventory::Sealed;
use crate::parameters::{Parameters, Value};

pub(super) const TITLE: &str = "Privacy";
pub(super) const NOT_NAMED: &str = "not named yet";
pub(super) const NONE: &str = "–";
pub(super) const NOT_HELD: &str = "not held by this version";
pub(super) const NO_ROWS: &str = "None.";
pub(super) const UPDATED: &str = "Last updated";
pub(super) const DRAFT: &str = "never: a draft that no instance has run with";
pub(super) const VERSION: &str = "Version";
pub(super) const HASH: &str = "Fingerprint (SHA-256)";
pub(super) const SEE: &str = "See also";
pub(super) const PLANNED: &str = "Planned; it awaits";
pub(super) const IN_FORCE: &str = "In force since";
pub(super) const KEPT_BY: &str = "Kept by";
pub(super) const LOOKED_AT_BY: &str = "looked at by";
pub(super) const BROKEN_BY: &str = "broken on purpose by";

/// How long something is kept. Where what ends it is still to be built, that is said.
pub(super) fn kept(kept: &Kept, document: &Document, parameters: &Parameters) -> String {
    let value = |key: &str| parameters.words(key).unwrap_or_else(|| key.to_owned());
    let (words, governed_by) = match kept {
        Kept::Parameter(key) if parameters.value(key) == Some(Value::None) => {
            ("not at all".to_owned(), Some(key.as_str()))
        }
        Kept::Parameter(key) => (format!("at most {}", value(key)), Some(key.as_str())),
        Kept::WhileAccount => {
            let key = "retention.account_grace";
            let words = format!("as long as your account, and {} after you delete it", value(key));
            (words, Some(key))
        }
        Kept::FiscalYearPlus(key) => (
            format!("until {} after the end of its fiscal year", value(key)),
            Some(key.as_str()),
        ),
        Kept::Evidence => ("it stays: nothing in it is about a person".to_owned(), None),
    };
    let governed_by = document
        .parameters
        .iter()
        .find(|parameter| Some(parameter.key.as_str()) == governed_by);
    let promise = governed_by.and_then(|parameter| document.promise(parameter.promise));
    match promise {
        Some(Promise {
            id,
            state: State::Planned { .. },
            ..
        }) => format!("{words} ({id}, planned)"),
        _ => words,
    }
}

/// How something is encrypted at rest.
pub(super) const fn sealed(sealed: Sealed) -> &'static str {
    match sealed {
        Sealed::No(_) => "stored as it is",
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
