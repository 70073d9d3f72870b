//! The only way out: every connection that the program opens begins here.
//!
//! Promises: only hosts of the [`register`] are reached; plain text goes to loopback alone unless the operator wrote a
//! reason; a connection is driven by the task that uses it, so that dropping the answer closes it at once; whatever
//! waits has a time limit. Leaves out: what is said over a connection, retries on other hosts, HTTP/2.

mod client;
mod connect;
mod connection;
mod outgoing;
pub mod register;
mod reply;

pub use client::{Client, Options, SendError};
pub use outgoing::Outgoing;
pub use register::{Endpoint, Refused, Register};
pub use reply::{Reply, ReplyError};
