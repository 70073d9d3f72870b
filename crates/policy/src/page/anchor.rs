//! Anchors: what stands behind the `#` of a link to a promise or a clause.
//!
//! Promises: an anchor is made from the number alone, so that a link lives as long as what it points to.
//! Leaves out: the page's own headings.

use crate::document::PromiseId;

/// `P-6.1`, as the promise is cited everywhere.
#[must_use]
pub fn promise_anchor(id: PromiseId) -> String {
    id.to_string()
}

/// `clause-2.a.1` for the point `2/a/1`.
#[must_use]
pub fn clause_anchor(clause: &str) -> String {
    format!("clause-{}", clause.replace('/', "."))
}
