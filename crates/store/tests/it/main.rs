//! The drivers through their public face.
#![expect(clippy::unwrap_used, reason = "tests")]

mod backup;
mod days;
mod db;
mod disk;
mod folder;
mod keys;
mod simulator;
mod spool;
