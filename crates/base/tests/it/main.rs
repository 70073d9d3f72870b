//! What the crate promises through its public face.
#![expect(clippy::unwrap_used, reason = "tests")]

mod literal_messages;
mod log_lines;
