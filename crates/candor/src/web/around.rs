//! What all pages of a process share: the instance's name and the policy that everything stands under.

use std::sync::Arc;

use pages::{Frame, Style, Tab};
use policy::page::Page;

/// The program's name, for an instance whose operator has none.
const PROGRAM: &str = "Candor";

/// What stands around every page.
#[derive(Debug, Clone)]
pub struct Around {
    /// The policy in effect.
    pub policy: Arc<Page>,
}

impl Around {
    /// The frame of a page.
    #[must_use]
    pub fn frame(&self, tab: Tab) -> Frame<'_> {
        Frame {
            name: self.policy.content.operator.name.as_deref().unwrap_or(PROGRAM),
            release: env!("CARGO_PKG_VERSION"),
            policy: &self.policy,
            style: Style::Linked,
            tab,
        }
    }
}
