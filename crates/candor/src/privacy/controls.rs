//! Controls: what keeps each promise in force, by the name that the policy document uses.
//!
//! Promises: this list and the document's name the same controls for the same promises, and each file says at the place itself
//! which promise it keeps (a test holds all three together), so that one search leads from a promise to its code and back.
//! Leaves out: whether a control does what it should; its probe and its planted breaches show that.

use policy::document::PromiseId;

use super::probes::promise;

/// What keeps a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Control {
    /// As in the policy document.
    pub name: &'static str,
    /// What it keeps.
    pub promise: PromiseId,
    /// The file that says `keeps P-…`, from the root of the repository.
    pub file: &'static str,
}

/// Every control.
pub const CONTROLS: &[Control] = &[
    control("policy.page", promise(1, 1), "crates/candor/src/privacy/published.rs"),
    control(
        "policy.declared",
        promise(1, 1),
        "crates/candor/src/privacy/declared.rs",
    ),
    control("telemetry.fields", promise(2, 5), "crates/base/src/telemetry/line.rs"),
    control("telemetry.scrub", promise(2, 5), "crates/detect/src/scrub.rs"),
    control(
        "telemetry.metrics",
        promise(2, 5),
        "crates/candor/src/telemetry/recorder.rs",
    ),
    control(
        "inventory.retention",
        promise(6, 4),
        "crates/policy/src/inventory/check.rs",
    ),
    control(
        "inventory.live",
        promise(6, 4),
        "crates/candor/src/privacy/inventory.rs",
    ),
    control(
        "policy.versions",
        promise(11, 2),
        "crates/candor/src/privacy/versions/mod.rs",
    ),
    control(
        "retention.sweep",
        promise(13, 3),
        "crates/candor/src/privacy/retention/mod.rs",
    ),
    control("keys.end_day", promise(13, 3), "crates/store/src/keys/facade/ends.rs"),
    control("days.read_filter", promise(13, 3), "crates/store/src/days/mod.rs"),
    control(
        "aggregates.release",
        promise(13, 4),
        "crates/candor/src/privacy/aggregates/mod.rs",
    ),
    control(
        "aggregates.suppress",
        promise(13, 4),
        "crates/candor/src/privacy/aggregates/selection.rs",
    ),
    control(
        "aggregates.noise",
        promise(13, 4),
        "crates/candor/src/privacy/aggregates/noise.rs",
    ),
];

const fn control(name: &'static str, promise: PromiseId, file: &'static str) -> Control {
    Control { name, promise, file }
}
