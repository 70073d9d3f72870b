//! store

pub mod keys;

pub mod disk;
