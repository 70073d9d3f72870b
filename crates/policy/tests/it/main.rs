//! What the crate promises through its public face.
#![expect(clippy::unwrap_used, reason = "tests")]

mod document;
mod inventory;
mod page;
mod parameters;
