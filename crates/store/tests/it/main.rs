//! The drivers through their public face.
#![expect(clippy::unwrap_used, reason = "tests")]

mod backup;
mod days;
mod db;
mod folder;
mod keys;
mod simulator;
