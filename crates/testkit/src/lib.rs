//! What tests stand on: the real program in a folder of its own, both databases, a provider that breaks every rule, canaries and a
//! scanner that finds them.
//!
//! Promises: nothing here sleeps blindly or leaves something behind; a tool that could pass emptily counts what it looked at.
//! Leaves out: the program's types (tests see it as a user does), and what is simulated without a process (`store::disk`, `base::clock`).

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "tests read their environment, files and the system clock, and talk to the program over plain sockets"
)]

mod both;
pub mod canary;
mod circumstances;
pub mod database;
pub mod http;
pub mod http2;
mod port;
pub mod scan;
pub mod serving;
pub mod site;
pub mod upstream;
pub mod wait;

pub use database::Database;
pub use http::{Answer, Request};
pub use port::free_port;
pub use serving::Serving;
pub use site::Site;
pub use upstream::{FakeUpstream, Reply};

/// Runs an asynchronous test body to its end on a runtime of its own.
///
/// # Panics
/// If no runtime can be started.
pub fn block_on<F: Future>(body: F) -> F::Output {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime with two threads can be started")
        .block_on(body)
}
