//! The program through its public face: a module a subject.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

mod backups;
mod command_line;
mod config;
mod gateway;
mod ground;
mod inventory;
mod money;
mod people;
mod records;
mod serve;
