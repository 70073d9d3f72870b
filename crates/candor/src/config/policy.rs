//! `[policy]`: an operator's stricter numbers. Which keys there are, and what is stricter, only the policy document knows.

/// The section's name.
pub const SECTION: &str = "policy";
