//! The program through its public face: a module a subject.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "tests"
)]

mod addresses;
mod aggregates;
mod backups;
mod books;
mod canaries;
mod catalogue;
mod command_line;
mod config;
mod crash;
mod demo;
mod disk;
mod errors;
mod evidence;
mod faults;
mod gateway;
mod ground;
mod hostile;
mod inventory;
mod limits;
mod load;
mod money;
mod pages;
mod parameters;
mod people;
mod planted;
mod policy;
mod privacy;
mod records;
mod routes;
mod serve;
mod talkative;
mod upstream;
