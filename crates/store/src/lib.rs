//! store

pub mod keys;
