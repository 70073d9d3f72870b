//! The heart: who may open what, and what is held where.
//!
//! Promises: a personal value is opened only with a grant of the gate; a database whose tables are not declared column by
//! column is not served; a day of the generation log ends on time; what is said of a promise is what its probes saw; the
//! page says what the document yields, and a program that contradicts its document is not served.
//! Leaves out: consents, rights: they come with their own issues.

pub mod aggregates;
pub mod controls;
pub mod declared;
pub mod evidence;
pub mod gate;
pub mod inventory;
pub mod pages;
pub mod probes;
pub mod published;
pub mod retention;
pub mod versions;
