//! The Candor program: an AI gateway whose privacy policy is executable.
//!
//! The library holds everything, so that tests reach what the binary runs; `main.rs` only starts it. One folder a domain, the same file
//! names in each (`mod.rs` types and rules, `tables.rs` the data inventory, `store.rs` all SQL, `http.rs`, `pages.rs`, `jobs.rs`).
//! What may know what: web ← privacy ← people, money, records, filter ← gateway ← cli, serve; those four don't know each other.

/// A request makes and drops a few dozen small values. The system's allocator took a tenth of its time; mimalloc was as fast
/// as this one but kept half as much memory again for a thousand slow streams.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

pub mod apply;
pub mod backups;
pub mod cli;
pub mod config;
pub mod filter;
pub mod gateway;
pub mod instance;
pub mod jobs;
pub mod money;
pub mod people;
pub mod privacy;
pub mod records;
pub mod schema;
pub mod serve;
pub mod telemetry;
pub mod web;
