//! Planted breaches: places where a promise can be broken on purpose, to see whether its probe notices.
//!
//! A control asks `planted::is("name")` where it keeps its promise. In a release that is the constant `false` and the compiler
//! removes the branch. A debug build with the feature `planted`, as tests are, plants what `CANDOR_PLANT=name[,name]` names
//! when the program starts (the configuration's sources read it, like every variable).
//!
//! Promises: nothing is planted unless it was named; no optimised build can plant anything; the names that exist are those of
//! the policy document's `planted_breaches`, which a test holds equal.
//! Leaves out: faults of the machine (`store::disk`), which no promise is about.

/// The variable of the environment that names what is planted.
pub const VARIABLE: &str = "CANDOR_PLANT";

pub use chosen::{CAN_PLANT, choose, is, is_any};

#[cfg(not(all(feature = "planted", debug_assertions)))]
mod chosen {
    /// Whether this build can plant anything.
    pub const CAN_PLANT: bool = false;

    /// Plants nothing: this build can't.
    pub const fn choose(names: &str) {
        _ = names;
    }

    /// Whether the breach `name` is planted: never in this build.
    #[must_use]
    pub const fn is(name: &str) -> bool {
        _ = name;
        false
    }

    /// Whether anything is planted: never in this build.
    #[must_use]
    pub const fn is_any() -> bool {
        false
    }
}

#[cfg(all(feature = "planted", debug_assertions))]
mod chosen {
    use std::collections::BTreeSet;
    use std::sync::OnceLock;

    /// Whether this build can plant anything.
    pub const CAN_PLANT: bool = true;

    static CHOSEN: OnceLock<BTreeSet<String>> = OnceLock::new();

    /// Plants these breaches, separated by commas, until the process ends. The first call counts.
    pub fn choose(names: &str) {
        let named = names.split(',').map(str::trim).filter(|name| !name.is_empty());
        // A process that loads its configuration again has the same environment.
        let _first = CHOSEN.set(named.map(ToOwned::to_owned).collect());
    }

    /// Whether the breach `name` is planted.
    #[must_use]
    pub fn is(name: &str) -> bool {
        CHOSEN.get().is_some_and(|chosen| chosen.contains(name))
    }

    /// Whether anything is planted.
    #[must_use]
    pub fn is_any() -> bool {
        CHOSEN.get().is_some_and(|chosen| !chosen.is_empty())
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn only_what_was_named_first_is_planted() {
            assert!(!is("lights.off") && !is_any());
            choose("lights.off, doors.open,");
            choose("everything");
            assert!(is("lights.off") && is("doors.open") && is_any());
            assert!(!is("everything") && !is("lights") && !is(""));
        }
    }
}
