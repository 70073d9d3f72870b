//! The privacy policy as types: what is promised, for which purposes personal values may be opened, what is held where.
//!
//! Promises: pure, no I/O; a personal value is opened only with a [`Grant`], a grant is minted only with the process's
//! one [`Authority`]; every number of the policy stands once, in `policy/policy.yaml`; operators can only be stricter.
//! Leaves out: deciding who gets a grant (the gate), carrying anything out.

mod category;
mod closed;
pub mod document;
mod grant;
pub mod inventory;
pub mod page;
pub mod parameters;
mod personal;
mod purpose;

pub use category::Category;
pub use document::Document;
pub use grant::{Authority, Grant};
pub use inventory::Inventory;
pub use page::Page;
pub use parameters::{Days, Parameters, Thousandths, Years};
pub use personal::Personal;
pub use purpose::{LawfulBasis, Purpose};
