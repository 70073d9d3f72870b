//! The drivers: databases, day partitions, the data folder, keys, disks and the spool. Knows no table of a domain.

pub mod backup;
pub mod days;
pub mod db;
pub mod descriptors;
pub mod folder;

pub mod keys;

pub mod disk;
pub mod spool;
